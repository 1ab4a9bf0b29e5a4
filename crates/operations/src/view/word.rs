//! The domain's words on the wire.

use crate::wire::{
    HolderKind, HolderView, LegWord, Millis, Money, ProblemView, RequestWord, StatusWord,
};
use orchestron_domain::{
    AgentName, Holder, Leg, MicroUsd, RequestKind, Status, Time, budget::BudgetScope,
    conflict::Resolution, event::Scope,
};
use orchestron_engine::ports::Problem;

/// A status.
#[must_use]
pub const fn status(status: Status) -> StatusWord {
    match status {
        Status::Pending => StatusWord::Pending,
        Status::Ready => StatusWord::Ready,
        Status::InProgress => StatusWord::InProgress,
        Status::Review => StatusWord::Review,
        Status::Done => StatusWord::Done,
        Status::Failed => StatusWord::Failed,
    }
}

/// The status a word means.
#[must_use]
pub const fn status_of(word: StatusWord) -> Status {
    match word {
        StatusWord::Pending => Status::Pending,
        StatusWord::Ready => Status::Ready,
        StatusWord::InProgress => Status::InProgress,
        StatusWord::Review => Status::Review,
        StatusWord::Done => Status::Done,
        StatusWord::Failed => Status::Failed,
    }
}

/// A leg.
#[must_use]
pub const fn leg(leg: Leg) -> LegWord {
    match leg {
        Leg::Prepare => LegWord::Prepare,
        Leg::Implement => LegWord::Implement,
        Leg::Review => LegWord::Review,
        Leg::Approve => LegWord::Approve,
    }
}

/// A holder.
#[must_use]
pub fn holder(holder: &Holder) -> HolderView {
    let (kind, name) = match holder {
        Holder::Nobody => (HolderKind::Nobody, ""),
        Holder::Person => (HolderKind::Person, ""),
        Holder::Agent(name) => (HolderKind::Agent, name.as_str()),
        Holder::Outside(name) => (HolderKind::Outside, name.as_str()),
    };
    HolderView {
        kind,
        name: name.to_owned(),
    }
}

/// A holder's name in a sentence.
#[must_use]
pub fn holder_name(holder: &Holder) -> String {
    match holder {
        Holder::Nobody => "nobody".to_owned(),
        Holder::Person => "you".to_owned(),
        Holder::Agent(name) | Holder::Outside(name) => name.to_string(),
    }
}

/// The name of a holder that has one.
#[must_use]
pub const fn name_of(holder: &Holder) -> Option<&AgentName> {
    match holder {
        Holder::Agent(name) | Holder::Outside(name) => Some(name),
        Holder::Person | Holder::Nobody => None,
    }
}

/// A kind of request.
#[must_use]
pub const fn request(kind: &RequestKind) -> RequestWord {
    match kind {
        RequestKind::Review { .. } => RequestWord::Review,
        RequestKind::Permission { .. } => RequestWord::Permission,
        RequestKind::Question(_) => RequestWord::Question,
        RequestKind::Escalation { .. } => RequestWord::Escalation,
        RequestKind::Conflict { .. } | RequestKind::Clash { .. } => RequestWord::Conflict,
        RequestKind::Budget { .. } => RequestWord::Budget,
    }
}

/// A moment.
#[must_use]
pub const fn millis(time: Time) -> Millis {
    Millis(time.0)
}

/// An amount.
#[must_use]
pub const fn money(amount: MicroUsd) -> Money {
    Money(amount.0)
}

/// Something wrong with a file.
#[must_use]
pub fn problem(problem: Problem) -> ProblemView {
    ProblemView {
        path: problem.path,
        line: problem.line,
        what: problem.what,
        cure: problem.cure,
    }
}

/// `1st`, `2nd`, `3rd`, `4th`.
#[must_use]
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// A span in words: `40 s`, `12 min`, `3 h`, `2 d`.
#[must_use]
pub fn span(millis: i64) -> String {
    let seconds = millis.max(0).saturating_add(999) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The first line of a text that says something, at most 160 characters of it.
#[must_use]
pub fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or_default().chars().take(160).collect()
}

/// `1 task`, `2 tasks`.
#[must_use]
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 {
        format!("1 {thing}")
    } else {
        format!("{number} {thing}s")
    }
}

/// What is paused or resumed: `the project`, `TASK-007`, `claude-impl`.
#[must_use]
pub fn scope(scope: &Scope) -> String {
    match scope {
        Scope::All => "the project".to_owned(),
        Scope::Task { task } => task.to_string(),
        Scope::Agent { agent } => agent.to_string(),
    }
}

/// A budget: `the project's budget`.
#[must_use]
pub fn budget(scope: &BudgetScope) -> String {
    match scope {
        BudgetScope::Task(task) => format!("the budget of {task}"),
        BudgetScope::Day(_) => "the day's budget".to_owned(),
        BudgetScope::Project => "the project's budget".to_owned(),
    }
}

/// A way to resolve a conflict.
#[must_use]
pub fn resolution(resolution: &Resolution) -> String {
    match resolution {
        Resolution::Reassign => "it is taken from its holder and tried again".to_owned(),
        Resolution::Queue { task, behind } => {
            format!("{task} waits until {behind} is merged, is brought up to it, and goes on")
        }
        Resolution::Escalate => "a person decides".to_owned(),
        Resolution::Gone => "it is fine as it is".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{count, first_line, ordinal, span};

    #[test]
    fn numbers_read_well() {
        for (number, text) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (112, "112th"),
            (122, "122nd"),
        ] {
            assert_eq!(ordinal(number), text);
        }
        for (millis, text) in [
            (-5, "0 s"),
            (1, "1 s"),
            (119_000, "119 s"),
            (120_000, "2 min"),
            (7_200_000, "2 h"),
            (200_000_000, "2 d"),
        ] {
            assert_eq!(span(millis), text);
        }
        assert_eq!(
            (count(1, "task"), count(0, "task")),
            ("1 task".into(), "0 tasks".into())
        );
        assert_eq!(first_line("\n\n  the first \nsecond"), "the first");
    }
}
