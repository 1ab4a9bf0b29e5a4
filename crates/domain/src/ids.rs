//! Names of things. Each is its own type, so that a run can never be passed for a task.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{cmp::Ordering, fmt, str::FromStr, sync::Arc};
use thiserror::Error;

/// Longest prefix of a task id (`TASK`), in bytes.
const MAX_PREFIX: usize = 16;
/// Most digits in a task number.
const MAX_DIGITS: usize = 9;

/// Why a text is no name of that kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// Not a task id.
    #[error(
        "`{text}` is no task id: write a prefix of capital letters, a dash and a number, such as TASK-7"
    )]
    Task {
        /// What was given.
        text: String,
    },
    /// Not an agent name.
    #[error("`{text}` is no agent name: use 1 to 40 of a-z, 0-9 and `-`, starting with a letter")]
    Agent {
        /// What was given.
        text: String,
    },
    /// Not a run id.
    #[error("`{text}` is no run id: it looks like TASK-7-implement-2")]
    Run {
        /// What was given.
        text: String,
    },
}

/// A task's id: a prefix and a number, `TASK-007`. `TASK-7` and `TASK-007` are the same task.
///
/// It lies in one piece, without a place in memory of its own: there are tens of thousands of them in a large project.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TaskId {
    /// Filled up with zeros, which no prefix has: so prefixes compare like the texts they are.
    prefix: [u8; MAX_PREFIX],
    number: u32,
}

impl TaskId {
    /// The id with this prefix and number.
    ///
    /// # Errors
    /// When the prefix is not 1 to 16 capital letters and digits starting with a letter.
    pub fn new(prefix: &str, number: u32) -> Result<Self, IdError> {
        let mut bytes = prefix.bytes();
        let good = prefix.len() <= MAX_PREFIX
            && bytes.next().is_some_and(|b| b.is_ascii_uppercase())
            && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !good || number.checked_ilog10().unwrap_or(0) as usize >= MAX_DIGITS {
            return Err(IdError::Task {
                text: format!("{prefix}-{number}"),
            });
        }
        let mut padded = [0; MAX_PREFIX];
        for (place, byte) in padded.iter_mut().zip(prefix.bytes()) {
            *place = byte;
        }
        Ok(Self {
            prefix: padded,
            number,
        })
    }

    /// The part before the dash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let end = self.prefix.iter().position(|byte| *byte == 0);
        let bytes = self.prefix.get(..end.unwrap_or(MAX_PREFIX));
        // Only capital letters and digits come in.
        std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }

    /// The part after the dash.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }
}

/// By prefix, as texts compare, then by number. Ids are compared more often than anything else: two numbers each.
impl Ord for TaskId {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |id: &Self| (u128::from_be_bytes(id.prefix), id.number);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for TaskId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({self})")
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:03}", self.prefix(), self.number)
    }
}

impl FromStr for TaskId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bad = || IdError::Task {
            text: text.chars().take(80).collect(),
        };
        // Lists read tens of thousands of them: each byte is looked at once.
        let bytes = text.as_bytes();
        let mut prefix = [0; MAX_PREFIX];
        let mut long = 0;
        for (place, byte) in prefix.iter_mut().zip(bytes) {
            let first = byte.is_ascii_uppercase();
            if !(first || (long > 0 && byte.is_ascii_digit())) {
                break;
            }
            *place = *byte;
            long += 1;
        }
        let digits = match bytes.get(long..) {
            Some([b'-', digits @ ..]) if long > 0 => digits,
            _ => return Err(bad()),
        };
        if digits.is_empty() || digits.len() > MAX_DIGITS {
            return Err(bad());
        }
        let mut number = 0;
        for byte in digits {
            if !byte.is_ascii_digit() {
                return Err(bad());
            }
            number = number * 10 + u32::from(byte - b'0');
        }
        Ok(Self { prefix, number })
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Reads the text where it lies.
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = TaskId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a task id")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TaskId, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl TryFrom<String> for TaskId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}
impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.to_string()
    }
}

/// A text that is compared far more often than it is made: its copies share it, and its first bytes lie beside it, as a number that
/// compares as they do.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    head: u128,
    text: Arc<str>,
}

impl Name {
    fn new(text: &str) -> Self {
        // Filled up with zeros, which no name has.
        let mut head = [0; 16];
        for (place, byte) in head.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Self {
            head: u128::from_be_bytes(head),
            text: text.into(),
        }
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = || {
            if Arc::ptr_eq(&self.text, &other.text) {
                return Ordering::Equal;
            }
            self.text.cmp(&other.text)
        };
        self.head.cmp(&other.head).then_with(rest)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// The name of an agent in `.mcp/agents.yaml`, or of a holder outside Orchestron (`cursor`). Its copies share one text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentName(Name);

impl AgentName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }
}

impl FromStr for AgentName {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let good = (1..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if good {
            Ok(Self(Name::new(text)))
        } else {
            Err(IdError::Agent {
                text: text.chars().take(80).collect(),
            })
        }
    }
}
impl TryFrom<String> for AgentName {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}
impl From<AgentName> for String {
    fn from(name: AgentName) -> Self {
        name.as_str().to_owned()
    }
}
impl fmt::Display for AgentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One agent process (or one gate command) on one leg of one task: `TASK-007-implement-2`. Also its folder's name. Its copies share one
/// text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(Name);

impl RunId {
    /// The id of the `ordinal`-th run of `what` (a leg, or `gate-<name>`) on `task`; ordinals start at 1.
    #[must_use]
    pub fn of(task: &TaskId, what: &str, ordinal: u32) -> Self {
        let what: String = what
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .take(60)
            .collect();
        Self(Name::new(&format!("{task}-{what}-{ordinal}")))
    }

    /// The id as text; safe as a file name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The task whose run it is, as its name says.
    #[must_use]
    pub fn task(&self) -> Option<TaskId> {
        let mut parts = self.as_str().splitn(3, '-');
        format!("{}-{}", parts.next()?, parts.next()?).parse().ok()
    }
}
impl FromStr for RunId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let good = (1..=120).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if good {
            Ok(Self(Name::new(text)))
        } else {
            Err(IdError::Run {
                text: text.chars().take(80).collect(),
            })
        }
    }
}
impl TryFrom<String> for RunId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}
impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.as_str().to_owned()
    }
}
impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! opaque_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

opaque_text!(
    /// A git commit, as git prints it (40 or 64 hex digits).
    CommitId
);
opaque_text!(
    /// An agent's conversation, which later runs can resume. Chosen by us, a UUID.
    SessionId
);
opaque_text!(
    /// A permission ask of one run, named by the agent's protocol.
    AskId
);
opaque_text!(
    /// A call one run made to one of our tools, named by the agent's protocol.
    CallId
);

/// Position of an event in its project's log; the first is 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// A request to a person: the [`Seq`] of the event that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R-{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentName, RunId, TaskId};

    #[test]
    fn task_ids_are_read_and_printed() {
        for (text, printed) in [
            ("TASK-1", "TASK-001"),
            ("TASK-001", "TASK-001"),
            ("T-0112", "T-112"),
            ("WEB2-9999", "WEB2-9999"),
        ] {
            assert_eq!(text.parse::<TaskId>().unwrap().to_string(), printed);
        }
        assert_eq!(
            "TASK-7".parse::<TaskId>().unwrap(),
            "TASK-007".parse::<TaskId>().unwrap()
        );
    }

    #[test]
    fn hostile_task_ids_are_refused() {
        for text in [
            "",
            "TASK",
            "TASK-",
            "-1",
            "task-1",
            "TASK-1/..",
            "../TASK-1",
            "TASK-+1",
            "TASK-1234567890",
            "TÄSK-1",
            "T SK-1",
            "1A-2",
            "A-B-1",
            "TASK--1",
            "TASK-1-",
            "TASK-1 ",
            "ABCDEFGHIJKLMNOPQ-1",
            "TASK-٣",
        ] {
            assert!(text.parse::<TaskId>().is_err(), "{text}");
        }
    }

    #[test]
    fn ids_are_ordered_by_prefix_and_number() {
        let in_order = [
            "A-9",
            "AB-1",
            "B-2",
            "TASK-7",
            "TASK-010",
            "TASK2-001",
            "TASKS-1",
        ];
        let ids: Vec<TaskId> = in_order.iter().map(|id| id.parse().unwrap()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].prefix(), "A");
        let longest: TaskId = "ABCDEFGHIJKLMNOP-999999999".parse().unwrap();
        assert_eq!(longest.prefix(), "ABCDEFGHIJKLMNOP");
        assert_eq!(longest.to_string(), "ABCDEFGHIJKLMNOP-999999999");
        assert_eq!(size_of::<TaskId>(), 20);
    }

    #[test]
    fn ids_survive_serde_only_when_valid() {
        let id: TaskId = serde_json::from_str("\"TASK-7\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"TASK-007\"");
        assert!(serde_json::from_str::<TaskId>("\"../x\"").is_err());
        assert!(serde_json::from_str::<AgentName>("\"Claude Impl\"").is_err());
        assert!(serde_json::from_str::<RunId>("\"../../etc\"").is_err());
    }

    #[test]
    fn names_are_ordered_like_the_texts_they_are() {
        let texts = [
            "A-1",
            "T-007-implement-1",
            "T-007-implement-10",
            "T-007-implement-2",
            "T-007-review-1",
            "TASK-007-implement-1",
            "TASK-007-implement-2",
            "TASK-008-gate-test-1",
        ];
        let runs: Vec<RunId> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(runs.is_sorted());
        for (n, run) in runs.iter().enumerate() {
            let same = |other: &&RunId| *other == run && other.cmp(&run).is_eq();
            assert_eq!(runs.iter().filter(same).count(), 1, "{n}");
            assert_eq!(&texts[n].parse::<RunId>().unwrap(), run);
        }
    }

    #[test]
    fn run_ids_are_file_names() {
        let task = "TASK-7".parse().unwrap();
        assert_eq!(
            RunId::of(&task, "implement", 2).as_str(),
            "TASK-007-implement-2"
        );
        assert_eq!(
            RunId::of(&task, "gate-../x y", 1).as_str(),
            "TASK-007-gate----x-y-1"
        );
    }
}
