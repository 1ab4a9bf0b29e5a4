//! What a rule can ask for: a small closed set, each told in words with what was seen.

use crate::{
    AgentName, Leg, Priority, RunStatus, State, Status, TaskCard, Time,
    state::{Progress, Step},
    task::Ticks,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something a rule asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Every box of `## Definition of Ready` is ticked, and there is one.
    ReadyTicked,
    /// Every box of `## Acceptance Criteria` is ticked, and there is one.
    CriteriaTicked,
    /// Everything under `## Depends On` is done.
    DependenciesDone,
    /// The last checkpoint names steps that are done and none that comes next.
    StepsDone,
    /// At least so many percent are done, as its holder told; else as many of its acceptance criteria are ticked.
    Progress(u8),
    /// At least so many attempts were made to implement it.
    Attempts(u32),
    /// It was sent back at least so often.
    Feedback(u32),
    /// Nothing has gone forward for so many seconds; waiting for a person does not count.
    Idle(u64),
    /// It has been where it is for so many seconds.
    Stands(u64),
    /// Its file says this priority.
    Priority(Priority),
    /// Its file names this agent, or nobody.
    Agent(Option<AgentName>),
    /// Its file says that it needs this.
    Needs(String),
}

impl Condition {
    /// The words that stand alone in a rule.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("ready_ticked", Self::ReadyTicked),
        ("criteria_ticked", Self::CriteriaTicked),
        ("dependencies_done", Self::DependenciesDone),
        ("steps_done", Self::StepsDone),
    ];
    /// The words that have a value (`idle: 2h`).
    pub const KEYS: [&'static str; 8] = [
        "progress", "attempts", "feedback", "idle", "stands", "priority", "agent", "needs",
    ];

    /// The condition of a word that stands alone.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let found = Self::WORDS.into_iter().find(|(known, _)| *known == word);
        found.map(|(_, condition)| condition)
    }

    /// Whether only somebody who edits the file, or another task, changes it.
    pub(super) const fn is_of_file(&self) -> bool {
        matches!(
            self,
            Self::ReadyTicked
                | Self::CriteriaTicked
                | Self::DependenciesDone
                | Self::Priority(_)
                | Self::Agent(_)
                | Self::Needs(_)
        )
    }

    /// Whether time alone can make it true.
    pub(super) const fn is_timed(&self) -> bool {
        matches!(self, Self::Idle(_) | Self::Stands(_))
    }

    /// Whether it holds.
    pub(super) fn holds(&self, state: &State, card: &TaskCard, now: Time) -> bool {
        let found = state.tasks.get(&card.id);
        match self {
            Self::ReadyTicked => all(card.ready_boxes),
            Self::CriteriaTicked => all(card.criteria),
            Self::DependenciesDone => state.undone(card).is_empty(),
            Self::StepsDone => steps(state, card).is_some_and(|(done, next)| done > 0 && next == 0),
            Self::Progress(least) => {
                percent(card, found).is_some_and(|percent| percent >= u64::from(*least))
            }
            Self::Attempts(least) => attempts(found) >= *least,
            Self::Feedback(least) => found.map_or(0, |found| found.feedback) >= *least,
            Self::Idle(_) | Self::Stands(_) => {
                self.from(state, card).is_some_and(|from| from <= now)
            }
            Self::Priority(priority) => card.priority == *priority,
            Self::Agent(agent) => card.agent == *agent,
            Self::Needs(need) => card.needs.iter().any(|known| known == need),
        }
    }

    /// When time makes it true; none when it is not about time, or time does not count now.
    pub(super) fn from(&self, state: &State, card: &TaskCard) -> Option<Time> {
        let found = state.tasks.get(&card.id)?;
        let (since, seconds) = match self {
            Self::Stands(seconds) => (found.moved, *seconds),
            Self::Idle(seconds) => (idle_since(state, card, found)?, *seconds),
            _ => return None,
        };
        let millis = i64::try_from(seconds)
            .unwrap_or(i64::MAX / 1_000)
            .saturating_mul(1_000);
        Some(since.plus_millis(millis))
    }

    /// How it is now, in words.
    pub(super) fn seen(&self, state: &State, card: &TaskCard, now: Time) -> String {
        let found = state.tasks.get(&card.id);
        match self {
            Self::ReadyTicked => boxes(card.ready_boxes, "Definition of Ready"),
            Self::CriteriaTicked => boxes(card.criteria, "Acceptance Criteria"),
            Self::DependenciesDone => {
                let undone = state.undone(card);
                let names: Vec<_> = undone.iter().map(ToString::to_string).collect();
                match names.as_slice() {
                    [] => "everything it depends on is done".to_owned(),
                    names => format!("it waits for {}", names.join(", ")),
                }
            }
            Self::StepsDone => steps(state, card).map_or_else(
                || "no steps were told".to_owned(),
                |(done, next)| format!("{done} steps are done, {next} come next"),
            ),
            Self::Progress(_) => percent(card, found).map_or_else(
                || "no progress was told".to_owned(),
                |percent| format!("{percent} % are done"),
            ),
            Self::Attempts(_) => format!("{} attempts were made", attempts(found)),
            Self::Feedback(_) => {
                let times = found.map_or(0, |found| found.feedback);
                format!("it was sent back {times} times")
            }
            Self::Idle(_) => self.waited(found.and_then(|it| idle_since(state, card, it)), now),
            Self::Stands(_) => self.waited(found.map(|found| found.moved), now),
            Self::Priority(_) => format!("its priority is {}", card.priority),
            Self::Agent(_) => match &card.agent {
                Some(agent) => format!("its file names {agent}"),
                None => "its file names nobody".to_owned(),
            },
            Self::Needs(need) if self.holds(state, card, now) => format!("it needs {need}"),
            Self::Needs(need) => format!("it does not need {need}"),
        }
    }

    fn waited(&self, since: Option<Time>, now: Time) -> String {
        let Some(since) = since else {
            return "its time does not count now".to_owned();
        };
        let seconds = u64::try_from(now.since(since) / 1_000).unwrap_or(0);
        match self {
            Self::Stands(_) => format!("it has been there for {}", span(seconds)),
            _ => format!("nothing has gone forward for {}", span(seconds)),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadyTicked => f.write_str("its Definition of Ready is ticked"),
            Self::CriteriaTicked => f.write_str("its Acceptance Criteria are ticked"),
            Self::DependenciesDone => f.write_str("everything it depends on is done"),
            Self::StepsDone => f.write_str("all steps of its last checkpoint are done"),
            Self::Progress(least) => write!(f, "at least {least} % are done"),
            Self::Attempts(least) => write!(f, "at least {least} attempts were made"),
            Self::Feedback(least) => write!(f, "it was sent back at least {least} times"),
            Self::Idle(seconds) => write!(f, "nothing has gone forward for {}", span(*seconds)),
            Self::Stands(seconds) => write!(f, "it has been there for {}", span(*seconds)),
            Self::Priority(priority) => write!(f, "its priority is {priority}"),
            Self::Agent(Some(agent)) => write!(f, "its file names {agent}"),
            Self::Agent(None) => f.write_str("its file names nobody"),
            Self::Needs(need) => write!(f, "it needs {need}"),
        }
    }
}

const fn all(ticks: Ticks) -> bool {
    ticks.all > 0 && ticks.done >= ticks.all
}

fn boxes(ticks: Ticks, section: &str) -> String {
    match ticks.all {
        0 => format!("there are no boxes under {section}"),
        all => format!("{} of {all} boxes under {section} are ticked", ticks.done),
    }
}

fn attempts(found: Option<&Progress>) -> u32 {
    found.map_or(0, |found| found.tries(Leg::Implement))
}

/// Steps that the last checkpoint names: done, and to come.
fn steps(state: &State, card: &TaskCard) -> Option<(usize, usize)> {
    let context = &state.contexts.get(&card.id)?.context.context;
    Some((context.completed.len(), context.next.len()))
}

/// What its holder told, else what the ticked criteria say.
fn percent(card: &TaskCard, found: Option<&Progress>) -> Option<u64> {
    let told = found.and_then(|found| found.told.as_ref()?.percent);
    let Ticks { done, all } = card.criteria;
    told.map(u64::from)
        .or_else(|| (u64::from(done) * 100).checked_div(u64::from(all)))
}

/// Since when nothing has gone forward; none while a person is awaited.
fn idle_since(state: &State, card: &TaskCard, found: &Progress) -> Option<Time> {
    let since = found.went_on.unwrap_or(found.moved).max(found.moved);
    if card.status != Status::InProgress {
        return Some(since);
    }
    let run = state.live_run(&card.id);
    let waits = run.is_some_and(|run| run.status == RunStatus::Waiting);
    let asked = state
        .requests_of(&card.id)
        .any(|request| request.kind.holds_up());
    let by_hand = matches!(found.step, Step::Held { .. });
    let waited = run.map_or(0, |run| run.waited_ms);
    let aside = waited.saturating_add(state.absent.since(since));
    (by_hand || !(waits || asked)).then(|| since.plus_millis(aside))
}

/// `2 h 30 min`.
fn span(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let told: Vec<_> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .take(2)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    match told.as_slice() {
        [] => "0 s".to_owned(),
        told => told.join(" "),
    }
}
