//! Status rules: when a task moves by itself, as the project's configuration says it (`from`, `to`, `when`).
//!
//! The chain has moves of its own ([`CHAIN`]): work begins by a claim, comes to review by a submission whose gates passed, and is done
//! by a person's approval. A rule cannot stand in for those ([`refusal`]); it moves what waits: pending, ready, failed, and work that
//! is to be given up.
//!
//! Rules come to rest, whatever they say. They never go round in a circle ([`circle`]), and each moves a task once: it is armed again
//! when a person moves the task or decides about it, or when something in the task's file that it asks for was not so in between. Where
//! a person puts a task, it stays, though a rule's conditions hold there. Nothing is moved that a person is asked about, that is paused
//! or that a person gave up.

mod conditions;
#[cfg(test)]
mod tests;

pub use conditions::Condition;

use crate::{
    Actor, Command, Event, Fact, RequestKind, State, Status, TaskCard, TaskId, Time,
    state::{Progress, Step},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule: tasks in `from` go to `to` when everything in `when` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name, unique; who moves the task in the log.
    pub name: String,
    /// Where it finds tasks.
    pub from: Status,
    /// Where it puts them.
    pub to: Status,
    /// What has to hold, all of it.
    pub when: Vec<Condition>,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, from, to, .. } = self;
        write!(f, "{name}: {from} → {to} when {}", self.asks())
    }
}

impl Rule {
    /// What it asks for, in words.
    #[must_use]
    pub fn asks(&self) -> String {
        let asks: Vec<_> = self.when.iter().map(ToString::to_string).collect();
        asks.join(" and ")
    }

    /// Whether all of it holds.
    fn holds(&self, state: &State, card: &TaskCard, now: Time) -> bool {
        card.status == self.from && self.when.iter().all(|one| one.holds(state, card, now))
    }

    /// Whether what it asks of the task's file does not hold: somebody edited the file, so the rule may move the task once more. Out of
    /// work and failures it does not, for there an agent's next try would begin each time.
    fn is_armed_again(&self, state: &State, card: &TaskCard, now: Time) -> bool {
        let mut of_file = self.when.iter().filter(|one| one.is_of_file());
        !matches!(self.from, Status::InProgress | Status::Failed)
            && of_file.any(|one| !one.holds(state, card, now))
    }
}

/// That a rule does not move a task any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// Since when.
    pub at: Time,
    /// From where to where it moved the task; none when a person put the task where the rule would have moved it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<(Status, Status)>,
    /// What held then.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// A move that the chain makes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainMove {
    /// From where; none = from wherever work goes wrong.
    pub from: Option<Status>,
    /// To where.
    pub to: Status,
    /// The word for when, as rules write it.
    pub when: &'static str,
    /// Who or what does it.
    pub by: &'static str,
}

/// What the chain does by itself, told as rules. A rule that says one of these again changes nothing.
pub const CHAIN: [ChainMove; 8] = [
    ChainMove {
        from: Some(Status::Pending),
        to: Status::Ready,
        when: "prepared",
        by: "the prepare leg hands it on, or nobody prepares here",
    },
    ChainMove {
        from: Some(Status::Ready),
        to: Status::InProgress,
        when: "task_started",
        by: "an agent gets a place, or somebody claims it",
    },
    ChainMove {
        from: Some(Status::InProgress),
        to: Status::Review,
        when: "tests_pass",
        by: "the work is submitted, committed, and every gate passed",
    },
    ChainMove {
        from: Some(Status::InProgress),
        to: Status::Ready,
        when: "tests_fail",
        by: "a gate failed; the feedback says why",
    },
    ChainMove {
        from: Some(Status::Review),
        to: Status::Ready,
        when: "changes_requested",
        by: "a reviewer or you sent it back",
    },
    ChainMove {
        from: Some(Status::Review),
        to: Status::Done,
        when: "review_approved",
        by: "you approved it, and it was merged",
    },
    ChainMove {
        from: None,
        to: Status::Failed,
        when: "attempts_used_up",
        by: "nobody got it done; you are asked",
    },
    ChainMove {
        from: Some(Status::Failed),
        to: Status::Ready,
        when: "retried",
        by: "you decided to try again",
    },
];

/// The move of the chain that a word names.
#[must_use]
pub fn chain_move(when: &str) -> Option<&'static ChainMove> {
    CHAIN.iter().find(|one| one.when == when)
}

/// Why no rule may move tasks from there to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It would not move anything.
    SamePlace,
    /// What is done is merged.
    FromDone,
    /// Work begins by a claim.
    ToInProgress,
    /// Review needs work whose gates passed.
    ToReview,
    /// Done needs a person's approval.
    ToDone,
}

impl Refusal {
    /// What is wrong with it.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::SamePlace => "goes to where it comes from, so it would move nothing",
            Self::FromDone => "takes tasks out of done, but what is done is approved and merged",
            Self::ToInProgress => {
                "goes to in-progress, but work begins only when somebody has it: an agent with a place, or whoever claims it"
            }
            Self::ToReview => {
                "goes to review, but only submitted work whose gates passed is reviewed; a rule would go round the gates"
            }
            Self::ToDone => {
                "goes to done, but that is only what a person approved; a rule would approve in your name"
            }
        }
    }

    /// What to write, or what does it instead.
    #[must_use]
    pub const fn cure(self) -> &'static str {
        match self {
            Self::SamePlace => {
                "Give it another `to`: pending, ready or failed. To be shown what stands still, see `limits.stalled`."
            }
            Self::FromDone => {
                "Leave it out. `orchestron undo` takes a merge back, and a new task goes on from what is there."
            }
            Self::ToInProgress => {
                "Leave it out, or write `{from: ready, to: in-progress, when: task_started}`: a rule to ready is enough, the engine or `orchestron claim` does the rest."
            }
            Self::ToReview => {
                "Leave it out, or write `{from: in-progress, to: review, when: tests_pass}`: `orchestron submit` (or the agent's task_submit) runs the gates, and then it goes to review by itself."
            }
            Self::ToDone => {
                "Leave it out, or write `{from: review, to: done, when: review_approved}`: `orchestron approve` does it."
            }
        }
    }
}

/// Why a rule may not move tasks from `from` to `to`; none when it may.
#[must_use]
pub fn refusal(from: Status, to: Status) -> Option<Refusal> {
    match (from, to) {
        (from, to) if from == to => Some(Refusal::SamePlace),
        (Status::Done, _) => Some(Refusal::FromDone),
        (_, Status::InProgress) => Some(Refusal::ToInProgress),
        (_, Status::Review) => Some(Refusal::ToReview),
        (_, Status::Done) => Some(Refusal::ToDone),
        _ => None,
    }
}

/// The rules by which a task could come back to where the rule at `at` took it from, that one first: the shortest way round.
#[must_use]
pub fn circle(rules: &[Rule], at: usize) -> Option<Vec<usize>> {
    let home = rules.get(at)?.from;
    let mut ways = std::collections::VecDeque::from([vec![at]]);
    while let Some(way) = ways.pop_front() {
        let stands = way.last().and_then(|last| rules.get(*last))?.to;
        if stands == home {
            return Some(way);
        }
        let next = rules.iter().enumerate().filter(|(_, rule)| {
            let met = way.iter().filter_map(|met| rules.get(*met));
            rule.from == stands && met.clone().all(|met| met.from != rule.from)
        });
        ways.extend(next.map(|(next, _)| [way.as_slice(), &[next]].concat()));
    }
    None
}

/// What rules do now: tasks that go, and rules that may move a task once more. Doing it changes the state, so that asking again gives
/// nothing more.
#[must_use]
pub fn found(state: &State, now: Time) -> Vec<Command> {
    let rules = &state.config.rules;
    if rules.is_empty() || state.paused.is_some() {
        return Vec::new();
    }
    let mut commands = Vec::new();
    for card in state.cards.values() {
        let ruled = state.tasks.get(&card.id).map(|found| &found.ruled);
        for rule in rules {
            let rests = ruled.is_some_and(|ruled| ruled.contains_key(&rule.name));
            if rests && rule.is_armed_again(state, card, now) {
                let (task, rule) = (card.id.clone(), rule.name.clone());
                commands.push(Command::ArmRule { task, rule });
            }
        }
        let moves = |rule: &&Rule| is_armed(state, card, rule) && rule.holds(state, card, now);
        if let Some(rule) = rules.iter().find(moves) {
            commands.push(Command::Follow {
                task: card.id.clone(),
                rule: rule.name.clone(),
                from: rule.from,
                to: rule.to,
                why: held(rule, state, card, now),
            });
        }
    }
    commands
}

fn held(rule: &Rule, state: &State, card: &TaskCard, now: Time) -> String {
    let seen: Vec<_> = rule
        .when
        .iter()
        .map(|one| one.seen(state, card, now))
        .collect();
    seen.join("; ")
}

/// When [`found`] will next have something to say because time has passed.
#[must_use]
pub fn next_deadline(state: &State, now: Time) -> Option<Time> {
    let timed = |rule: &&Rule| rule.when.iter().any(Condition::is_timed);
    let rules: Vec<_> = state.config.rules.iter().filter(timed).collect();
    if rules.is_empty() || state.paused.is_some() {
        return None;
    }
    let mut soonest = None;
    for card in state.cards.values() {
        for rule in rules.iter().filter(|rule| is_armed(state, card, rule)) {
            // The last of them to come true.
            let from = rule.when.iter().filter_map(|one| one.from(state, card));
            let due = from.max().filter(|due| *due > now);
            soonest = soonest.into_iter().chain(due).min();
        }
    }
    soonest
}

/// Whether a rule may move this task, should its conditions hold.
#[must_use]
pub fn is_armed(state: &State, card: &TaskCard, rule: &Rule) -> bool {
    let ruled = state.tasks.get(&card.id).map(|found| &found.ruled);
    card.status == rule.from
        && !ruled.is_some_and(|ruled| ruled.contains_key(&rule.name))
        && held_back(state, card).is_none()
}

/// Why no rule moves this task now.
#[must_use]
pub fn held_back(state: &State, card: &TaskCard) -> Option<&'static str> {
    let found = state.tasks.get(&card.id);
    if state.unclear.contains(&card.id) {
        return Some("its file has a problem, or its id lies in two places");
    }
    if state.paused_tasks.contains_key(&card.id) {
        return Some("it is paused");
    }
    if found.is_some_and(|found| found.given_up) {
        return Some("you decided to leave it as it is");
    }
    let own = |kind: &RequestKind| match card.status {
        Status::Failed => matches!(kind, RequestKind::Escalation { .. }),
        Status::Review => matches!(kind, RequestKind::Review { .. }),
        _ => false,
    };
    let asked = state
        .requests_of(&card.id)
        .any(|request| request.kind.holds_up() && !own(&request.kind));
    if asked {
        return Some("you are asked something about it");
    }
    let rests = match found.map(|found| &found.step) {
        None | Some(Step::Idle | Step::Held { .. } | Step::Working { .. }) => true,
        Some(Step::Asking) => card.status == Status::Failed,
        Some(_) => false,
    };
    (!rests).then_some("a step of its chain is being carried out")
}

/// What follows when a task was put somewhere by hand: rules that would take it away from there again leave it alone.
pub(crate) fn put(state: &State, event: &Event, task: &TaskId, now: Time) -> Vec<Command> {
    let Some(card) = state.cards.get(task).filter(|_| is_a_person(&event.by)) else {
        return Vec::new();
    };
    let rules = state.config.rules.iter();
    rules
        .filter(|rule| rule.holds(state, card, now))
        .map(|rule| Command::RestRule {
            task: task.clone(),
            rule: rule.name.clone(),
        })
        .collect()
}

/// Whether it is somebody whose word on a task arms the rules again: no rule, no engine, no run.
pub(crate) const fn is_a_person(by: &Actor) -> bool {
    matches!(by, Actor::Person | Actor::Outside { .. } | Actor::Unknown)
}

/// Changes `state` by a fact about rules.
pub(crate) fn apply(state: &mut State, event: &Event) {
    let Some(found) = event.fact.task().and_then(|task| state.tasks.get_mut(task)) else {
        return;
    };
    match &event.fact {
        Fact::RuleMoved {
            rule,
            from,
            to,
            why,
            ..
        } => {
            if *to == Status::Failed {
                found.why = Some(failed_by(rule, why));
            }
            rest(found, rule, event.at, Some((*from, *to)), why);
        }
        Fact::RuleRests { rule, .. } => rest(found, rule, event.at, None, ""),
        Fact::RuleArmed { rule, .. } => {
            found.ruled.remove(rule);
        }
        _ => {}
    }
}

/// A rule does not move a task any more.
pub(crate) fn rest(
    found: &mut Progress,
    rule: &str,
    at: Time,
    moved: Option<(Status, Status)>,
    why: &str,
) {
    let why = why.to_owned();
    found
        .ruled
        .insert(rule.to_owned(), Ruled { at, moved, why });
}

/// Why a task failed that a rule has put there.
pub(crate) fn failed_by(rule: &str, why: &str) -> String {
    format!("The rule `{rule}` of .mcp/config.yaml put it to failed: {why}.")
}

/// What a rule did with a task, or would do with it where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prospect<'a> {
    /// Its name.
    pub rule: &'a str,
    /// In a sentence.
    pub words: String,
    /// When it moved the task, if it did.
    pub moved: Option<Time>,
}

/// What the rules did with a task, newest first, and what they would do with it where it stands.
#[must_use]
pub fn prospects<'a>(state: &'a State, card: &TaskCard, now: Time) -> Vec<Prospect<'a>> {
    let ruled = state.tasks.get(&card.id).map(|found| &found.ruled);
    let mut did: Vec<_> = ruled
        .into_iter()
        .flatten()
        .filter_map(|(rule, ruled)| {
            let (from, to) = ruled.moved?;
            let words = format!(
                "moved it from {from} to {to} at {}: {}",
                ruled.at, ruled.why
            );
            let moved = Some(ruled.at);
            Some(Prospect { rule, words, moved })
        })
        .collect();
    did.sort_by_key(|prospect| std::cmp::Reverse(prospect.moved));
    let here = state.config.rules.iter();
    let here = here.filter(|rule| rule.from == card.status);
    let coming = here.map(|rule| Prospect {
        rule: &rule.name,
        words: coming(state, card, rule, now),
        moved: None,
    });
    did.extend(coming);
    did
}

/// What a rule would do with a task, and what it waits for.
fn coming(state: &State, card: &TaskCard, rule: &Rule, now: Time) -> String {
    let to = rule.to;
    let ruled = state
        .tasks
        .get(&card.id)
        .and_then(|found| found.ruled.get(&rule.name));
    match ruled.map(|ruled| ruled.moved.is_some()) {
        Some(true) => {
            return format!(
                "moved it to {to} already, and does so once until you move it or decide about it"
            );
        }
        Some(false) => {
            return format!(
                "would move it to {to}, but you put it here while that held already, so it stays"
            );
        }
        None => {}
    }
    let missing: Vec<_> = rule
        .when
        .iter()
        .filter(|one| !one.holds(state, card, now))
        .map(|one| one.seen(state, card, now))
        .collect();
    if !missing.is_empty() {
        let asks = rule.asks();
        return format!("moves it to {to} when {asks}; now: {}", missing.join("; "));
    }
    let paused = state.paused.as_ref().map(|_| "the project is paused");
    match paused.or_else(|| held_back(state, card)) {
        Some(why) => format!("moves it to {to}, but not while this is so: {why}"),
        None => format!("moves it to {to} next: {}", held(rule, state, card, now)),
    }
}
