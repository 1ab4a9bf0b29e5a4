//! Scenario files: YAML text to a [`Scenario`]. The demo's scenario.yaml is a long example; this is
//! the whole grammar:
//!
//! ```yaml
//! name: storefront              # required
//! pace_ms: 30                   # pause after each delta of a stream (default 25)
//! text_chars: 8                 # about so many characters per delta of text (default 8)
//! input_chars: 60               # and per delta of a tool's input (default 60)
//! aside: A short text.          # answer to what the CLI asks for itself
//! texts: { greeting: &hi "…" }  # a place for YAML anchors, otherwise unused
//! plays:                        # the first play that matches is played
//!   - when: { task: TASK-001, leg: implement, attempt: 2+ }   # each may be left out
//!     end: Said after the last step.
//!     steps:                    # one step is one turn of the model
//!       - think_ms: 500
//!         say: I read the handler first.
//!         calls:
//!           - { tool: Read, input: { file_path: "${worktree}/src/login.js" } }
//!         instead:              # the first whose condition holds replaces say and calls
//!           - if: { tool: Bash, failed: true, has: refused }
//!             say: You said no, so I leave it.
//!         usage: { input: 1200, output: 80, cache_read: 9000, cache_creation: 300 }
//!         stop_reason: max_tokens
//!       - error: { status: 429, type: rate_limit_error, message: Slow down, retry_after: 2, in_stream: false }
//!         times: 3              # the first three times only (default once)
//!       - stall_s: 400          # or silent_s: 400 (before the first byte), or cut: true
//! ```
//!
//! `${worktree}`, `${task}`, `${leg}` and `${attempt}` are replaced in texts and inputs; any other
//! `${…}` is left alone, since scripts write code. A step with only a fault belongs to the turn
//! after it, because a fault by itself leaves no message behind to count.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::scenario::{
    Attempts, Call, Condition, Fault, FaultKind, Pace, Pacing, Play, Scenario, Speech, Turn, When,
    WrittenError, WrittenUsage,
};

/// Said to the CLI's own requests when the scenario writes nothing for them.
const DEFAULT_ASIDE: &str = "Scripted model";
/// Said after the last step of a play that writes no `end`.
const DEFAULT_END: &str = "That is all the script has for this run.";
/// A pause longer than this in a scenario is a slip of the pen.
const LONGEST_PAUSE_S: f64 = 86_400.0;

/// Why a scenario cannot be played. Every variant names the file, most the line, all the cure.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file could not be read.
    #[error("cannot read the scenario {}: {source}; check the path and its permissions", file.display())]
    Read {
        /// The scenario file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not YAML, or not of the scenario's shape.
    #[error(
        "{file}:{line}:{column}: this is not a scenario: {}; \
         the grammar stands at the top of scripted_model/parse.rs",
        source.without_snippet()
    )]
    Shape {
        /// The scenario file.
        file: String,
        /// Line, from 1; 0 when not known.
        line: u64,
        /// Column, from 1; 0 when not known.
        column: u64,
        /// What the YAML reader said.
        source: Box<serde_saphyr::Error>,
    },
    /// The YAML is fine, but something it says makes no sense.
    #[error("{file}:{line}: {flaw}")]
    Flaw {
        /// The scenario file.
        file: String,
        /// Line, from 1.
        line: u64,
        /// What makes no sense, and what to write.
        flaw: Flaw,
    },
}

/// What makes no sense in a scenario, and what to write in its place.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// There is nothing to play.
    #[error("the scenario has no plays; add at least one under `plays:`")]
    NoPlays,
    /// A play without steps.
    #[error("this play has no steps; add at least one under `steps:`")]
    NoSteps,
    /// A step that does nothing.
    #[error(
        "this step does nothing; give it `say`, `calls`, `error`, `stall_s`, `silent_s` or `cut: true`"
    )]
    EmptyStep,
    /// Two faults in one step.
    #[error("a step has one fault at most; write `{0}` and `{1}` as two steps")]
    TwoFaults(&'static str, &'static str),
    /// `times` without a fault.
    #[error("`times` counts a fault, and this step has none; remove it or add the fault")]
    TimesWithoutFault,
    /// A key that only means something on a turn stands on a fault-only step.
    #[error("a step with only a fault is no turn of its own; move `{0}` to the step after it")]
    TurnKeyOnFault(&'static str),
    /// An attempt that is no number or range.
    #[error("`attempt: {0}` is no attempt; write 2, 2-3 or 2+")]
    BadAttempt(String),
    /// An error status that is none.
    #[error("`status: {0}` is no error; write 400 to 599")]
    BadStatus(u16),
    /// A pause that is negative, not a number or longer than a day.
    #[error("`{0}` must be a number of seconds between 0 and 86400")]
    BadPause(&'static str),
    /// A condition that asks for nothing.
    #[error("this condition always holds; give it `failed: true` or `has: some text`")]
    EmptyCondition,
    /// A play that no request can reach.
    #[error(
        "this play is never played, the one in line {0} matches first; move it up or narrow that one"
    )]
    Unreachable(u64),
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// When the file cannot be read or is not a scenario that can be played.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|source| ScenarioError::Read {
            file: path.to_owned(),
            source,
        })?;
        Self::from_yaml(&text, &path.display().to_string())
    }

    /// Reads a scenario from its text; `file` is the name used in errors.
    ///
    /// # Errors
    /// When the text is not a scenario that can be played.
    pub fn from_yaml(text: &str, file: &str) -> Result<Self, ScenarioError> {
        let raw: RawScenario = serde_saphyr::from_str(text).map_err(|source| {
            let location = source.location();
            ScenarioError::Shape {
                file: file.to_owned(),
                line: location.as_ref().map_or(0, serde_saphyr::Location::line),
                column: location.as_ref().map_or(0, serde_saphyr::Location::column),
                source: Box::new(source),
            }
        })?;
        build(raw).map_err(|(line, flaw)| ScenarioError::Flaw {
            file: file.to_owned(),
            line,
            flaw,
        })
    }
}

/// A flaw and the line it stands in.
type Flawed<T> = Result<T, (u64, Flaw)>;

fn build(raw: RawScenario) -> Flawed<Scenario> {
    if raw.plays.is_empty() {
        return Err((1, Flaw::NoPlays));
    }
    let mut faults = 0;
    let mut plays: Vec<Play> = Vec::new();
    for raw_play in raw.plays {
        let play = build_play(raw_play, &mut faults)?;
        if let Some(earlier) = plays.iter().find(|earlier| earlier.when.covers(&play.when)) {
            return Err((play.line, Flaw::Unreachable(earlier.line)));
        }
        plays.push(play);
    }
    Ok(Scenario {
        name: raw.name,
        pacing: Pacing {
            pace: Pace::AsWritten,
            delta: Duration::from_millis(raw.pace_ms.unwrap_or(25)),
            text_chars: raw.text_chars.unwrap_or(8).max(1),
            input_chars: raw.input_chars.unwrap_or(60).max(1),
        },
        aside: raw.aside.unwrap_or_else(|| DEFAULT_ASIDE.to_owned()),
        plays,
    })
}

fn build_play(raw: Spanned<RawPlay>, faults: &mut usize) -> Flawed<Play> {
    let line = raw.referenced.line();
    let raw = raw.value;
    if raw.steps.is_empty() {
        return Err((line, Flaw::NoSteps));
    }
    let mut play = Play {
        line,
        when: build_when(raw.when)?,
        turns: Vec::new(),
        closing_faults: Vec::new(),
        end: raw.end.unwrap_or_else(|| DEFAULT_END.to_owned()),
    };
    let mut pending = Vec::new();
    for raw_step in raw.steps {
        let line = raw_step.referenced.line();
        let step = raw_step.value;
        pending.extend(build_fault(&step, faults).map_err(|flaw| (line, flaw))?);
        if step.say.is_some() || !step.calls.is_empty() {
            play.turns
                .push(build_turn(step, std::mem::take(&mut pending))?);
        } else {
            check_fault_only(&step).map_err(|flaw| (line, flaw))?;
        }
    }
    play.closing_faults = pending;
    Ok(play)
}

fn build_when(raw: RawWhen) -> Flawed<When> {
    let attempts = match raw.attempt {
        None => Attempts::ALL,
        Some(written) => Attempts::parse(&written.value.0).ok_or_else(|| {
            let line = written.referenced.line();
            (line, Flaw::BadAttempt(written.value.0.clone()))
        })?,
    };
    Ok(When {
        task: raw.task,
        leg: raw.leg,
        attempts,
    })
}

/// The fault a step writes, if any, numbered for its counter.
fn build_fault(step: &RawStep, faults: &mut usize) -> Result<Option<Fault>, Flaw> {
    let mut kinds = Vec::new();
    if let Some(error) = &step.error {
        kinds.push(build_error(error)?);
    }
    if let Some(seconds) = step.stall_s {
        kinds.push(FaultKind::Stall(pause("stall_s", seconds)?));
    }
    if let Some(seconds) = step.silent_s {
        kinds.push(FaultKind::Silence(pause("silent_s", seconds)?));
    }
    if step.cut {
        kinds.push(FaultKind::Cut);
    }
    if let [first, second, ..] = &kinds[..] {
        return Err(Flaw::TwoFaults(first.word(), second.word()));
    }
    let Some(kind) = kinds.pop() else {
        return match step.times {
            Some(_) => Err(Flaw::TimesWithoutFault),
            None => Ok(None),
        };
    };
    let counter = *faults;
    *faults += 1;
    Ok(Some(Fault {
        counter,
        times: step.times.unwrap_or(1),
        kind,
    }))
}

fn pause(key: &'static str, seconds: f64) -> Result<Duration, Flaw> {
    if !(0.0..=LONGEST_PAUSE_S).contains(&seconds) {
        return Err(Flaw::BadPause(key));
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| Flaw::BadPause(key))
}

fn build_error(raw: &RawError) -> Result<FaultKind, Flaw> {
    if !(400..=599).contains(&raw.status) {
        return Err(Flaw::BadStatus(raw.status));
    }
    let written = WrittenError {
        status: raw.status,
        kind: raw
            .kind
            .clone()
            .unwrap_or_else(|| usual_kind(raw.status).to_owned()),
        message: raw
            .message
            .clone()
            .unwrap_or_else(|| format!("scripted error {}", raw.status)),
        retry_after: raw.retry_after,
    };
    Ok(if raw.in_stream {
        FaultKind::ErrorInStream(written)
    } else {
        FaultKind::Error(written)
    })
}

/// The error type the Messages API gives with a status.
fn usual_kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500..=599 => "api_error",
        _ => "invalid_request_error",
    }
}

fn check_fault_only(step: &RawStep) -> Result<(), Flaw> {
    let has_fault =
        step.error.is_some() || step.stall_s.is_some() || step.silent_s.is_some() || step.cut;
    if !has_fault {
        return Err(Flaw::EmptyStep);
    }
    let turn_keys = [
        ("think_ms", step.think_ms.is_some()),
        ("instead", !step.instead.is_empty()),
        ("usage", step.usage.is_some()),
        ("stop_reason", step.stop_reason.is_some()),
    ];
    match turn_keys.iter().find(|(_, present)| *present) {
        Some((key, _)) => Err(Flaw::TurnKeyOnFault(key)),
        None => Ok(()),
    }
}

fn build_turn(step: RawStep, faults: Vec<Fault>) -> Flawed<Turn> {
    let mut instead = Vec::new();
    for raw in step.instead {
        let line = raw.referenced.line();
        let RawInstead {
            condition,
            say,
            calls,
        } = raw.value;
        if condition.failed.is_none() && condition.has.is_none() {
            return Err((line, Flaw::EmptyCondition));
        }
        if say.is_none() && calls.is_empty() {
            return Err((line, Flaw::EmptyStep));
        }
        let condition = Condition {
            tool: condition.tool,
            failed: condition.failed,
            has: condition.has.map(|text| text.to_lowercase()),
        };
        instead.push((condition, speech(say, calls)));
    }
    let usage = step.usage.unwrap_or_default();
    Ok(Turn {
        faults,
        think: Duration::from_millis(step.think_ms.unwrap_or(0)),
        speech: speech(step.say, step.calls),
        instead,
        usage: WrittenUsage {
            input: usage.input,
            output: usage.output,
            cache_read: usage.cache_read,
            cache_creation: usage.cache_creation,
        },
        stop_reason: step.stop_reason,
    })
}

fn speech(say: Option<String>, calls: Vec<RawCall>) -> Speech {
    let calls = calls.into_iter().map(|call| Call {
        tool: call.tool,
        input: call.input.into_iter().collect(),
    });
    Speech {
        say,
        calls: calls.collect(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    name: String,
    pace_ms: Option<u64>,
    text_chars: Option<usize>,
    input_chars: Option<usize>,
    aside: Option<String>,
    /// Only a place for anchors.
    #[serde(default, rename = "texts")]
    _texts: BTreeMap<String, String>,
    plays: Vec<Spanned<RawPlay>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlay {
    #[serde(default)]
    when: RawWhen,
    steps: Vec<Spanned<RawStep>>,
    end: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWhen {
    task: Option<String>,
    leg: Option<String>,
    attempt: Option<Spanned<AttemptText>>,
}

/// `attempt:` is a number or a text; both are kept as text.
struct AttemptText(String);

impl<'de> Deserialize<'de> for AttemptText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;
        impl Visitor<'_> for NumberOrText {
            type Value = AttemptText;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an attempt such as 2, 2-3 or 2+")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<AttemptText, E> {
                Ok(AttemptText(number.to_string()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<AttemptText, E> {
                Ok(AttemptText(number.to_string()))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<AttemptText, E> {
                Ok(AttemptText(text.to_owned()))
            }
        }
        deserializer.deserialize_any(NumberOrText)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    think_ms: Option<u64>,
    say: Option<String>,
    #[serde(default)]
    calls: Vec<RawCall>,
    #[serde(default)]
    instead: Vec<Spanned<RawInstead>>,
    error: Option<RawError>,
    stall_s: Option<f64>,
    silent_s: Option<f64>,
    #[serde(default)]
    cut: bool,
    times: Option<u32>,
    usage: Option<RawUsage>,
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    tool: String,
    #[serde(default)]
    input: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInstead {
    #[serde(rename = "if")]
    condition: RawCondition,
    say: Option<String>,
    #[serde(default)]
    calls: Vec<RawCall>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    tool: Option<String>,
    failed: Option<bool>,
    has: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawError {
    status: u16,
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
    retry_after: Option<u64>,
    #[serde(default)]
    in_stream: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUsage {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(text: &str) -> (u64, Flaw) {
        match Scenario::from_yaml(text, "s.yaml") {
            Err(ScenarioError::Flaw { line, flaw, .. }) => (line, flaw),
            other => panic!("expected a flaw, found {other:?}"),
        }
    }

    #[test]
    fn a_full_scenario_keeps_everything_it_says() {
        let scenario = Scenario::from_yaml(
            r#"
name: full
pace_ms: 5
texts: { code: &code "const a = `${b}`;\n" }
plays:
  - when: { task: TASK-001, leg: implement, attempt: 1 }
    end: Bye.
    steps:
      - error: { status: 529 }
        times: 2
      - think_ms: 250
        say: Hello.
        calls:
          - tool: Write
            input: { file_path: "${worktree}/a.js", content: *code, deep: { n: [1, true, null] } }
        instead:
          - if: { tool: Bash, failed: true, has: REFUSED }
            say: Then not.
      - cut: true
  - when: { attempt: 2-3 }
    steps: [{ say: later }]
"#,
            "s.yaml",
        )
        .unwrap();
        let [first, second] = &scenario.plays[..] else {
            panic!("two plays");
        };
        assert_eq!(first.turns.len(), 1, "a fault is no turn of its own");
        let turn = &first.turns[0];
        assert_eq!(turn.faults.len(), 1);
        assert_eq!(turn.faults[0].times, 2);
        let FaultKind::Error(error) = &turn.faults[0].kind else {
            panic!("an error");
        };
        assert_eq!(
            (error.status, error.kind.as_str()),
            (529, "overloaded_error")
        );
        assert_eq!(first.closing_faults.len(), 1);
        assert_eq!(turn.think, Duration::from_millis(250));
        let input = &turn.speech.calls[0].input;
        assert_eq!(input["content"], "const a = `${b}`;\n", "anchors work");
        assert_eq!(input["deep"], serde_json::json!({"n": [1, true, null]}));
        assert_eq!(turn.instead[0].0.has.as_deref(), Some("refused"));
        assert!(second.when.matches("ANY-9", "review", 3));
        assert_eq!(second.end, DEFAULT_END);
    }

    #[test]
    fn what_is_not_of_the_shape_names_file_line_and_column() {
        for (text, line) in [
            ("name: x\nplays:\n  - steps:\n      - shout: hi\n", 4),
            ("name: x\nplays: [}\n", 2),
            ("name: x\nplays:\n  - steps:\n      - say: [1]\n", 4),
        ] {
            let error = Scenario::from_yaml(text, "s.yaml").unwrap_err();
            let ScenarioError::Shape {
                line: found,
                column,
                ..
            } = &error
            else {
                panic!("expected a shape error, found {error:?}");
            };
            assert_eq!(*found, line, "{error}");
            assert!(*column > 0);
            assert!(
                error.to_string().starts_with(&format!("s.yaml:{line}:")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_makes_no_sense_names_its_line_and_the_cure() {
        let step =
            |step: &str| format!("name: x\nplays:\n  - steps:\n      - say: a\n      - {step}\n");
        let cases = [
            ("name: x\nplays: []\n".to_owned(), 1, Flaw::NoPlays),
            ("name: x\nplays:\n  - steps: []\n".to_owned(), 3, Flaw::NoSteps),
            (step("think_ms: 5"), 5, Flaw::EmptyStep),
            (step("{ cut: true, stall_s: 5 }"), 5, Flaw::TwoFaults("stall_s", "cut")),
            (step("{ say: b, times: 2 }"), 5, Flaw::TimesWithoutFault),
            (step("{ cut: true, think_ms: 2 }"), 5, Flaw::TurnKeyOnFault("think_ms")),
            (step("error: { status: 200 }"), 5, Flaw::BadStatus(200)),
            (step("stall_s: -1"), 5, Flaw::BadPause("stall_s")),
            (step("silent_s: .nan"), 5, Flaw::BadPause("silent_s")),
            (step("{ say: b, instead: [{ if: { tool: Bash }, say: c }] }"), 5, Flaw::EmptyCondition),
            (
                "name: x\nplays:\n  - when:\n      attempt: soon\n    steps: [{ say: a }]\n".to_owned(),
                4,
                Flaw::BadAttempt("soon".to_owned()),
            ),
            (
                "name: x\nplays:\n  - when: { leg: review }\n    steps: [{ say: a }]\n  - when: { leg: review, attempt: 2 }\n    steps: [{ say: b }]\n".to_owned(),
                5,
                Flaw::Unreachable(3),
            ),
        ];
        for (text, line, expected) in cases {
            assert_eq!(flaw(&text), (line, expected), "{text}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Scenario::load(Path::new("/nowhere/at/all.yaml")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all.yaml"));
    }
}
