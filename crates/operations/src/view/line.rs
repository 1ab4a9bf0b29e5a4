//! One line on what happens with a task now, or why nothing does.

use super::{Sight, word};
use orchestron_domain::{
    Holder, Leg, Request, RequestKind, Run, RunStatus, Status, TaskCard, TaskId,
    budget::Blocked,
    run::Work,
    schedule::{Wait, path_words},
    state::Step,
};

/// The line; none when there is nothing to say.
pub fn line(sight: &Sight<'_>, card: &TaskCard) -> Option<String> {
    if card.status == Status::Done {
        return None;
    }
    if let Some(request) = sight.requests(&card.id).first() {
        return Some(asked(sight, request));
    }
    if let Some(run) = sight.live(&card.id) {
        return Some(at_work(sight, run));
    }
    let found = sight.progress(&card.id);
    if card.status == Status::Failed {
        return found
            .and_then(|found| found.why.as_deref())
            .map(word::first_line);
    }
    found
        .and_then(|found| under_way(sight, &found.step))
        .or_else(|| waits(sight, card))
}

fn asked(sight: &Sight<'_>, request: &Request) -> String {
    match &request.kind {
        RequestKind::Permission { summary, .. } => {
            format!("waiting for you: {}", word::first_line(summary))
        }
        RequestKind::Question(question) => format!(
            "{} is asking: {}",
            question.asker(sight.state),
            word::first_line(&question.question)
        ),
        RequestKind::Review { .. } => "waits for your decision".to_owned(),
        RequestKind::Budget { scope, .. } => format!("{} is used up", word::budget(scope)),
        RequestKind::Clash { evidence, .. } => word::first_line(evidence),
        RequestKind::Escalation { why } => format!("escalated to you: {}", word::first_line(why)),
        RequestKind::Conflict { files, why, .. } if files.is_empty() => {
            format!("cannot be merged: {}", word::first_line(why))
        }
        RequestKind::Conflict { files, .. } => format!("cannot be merged: {}", files.join(", ")),
    }
}

fn at_work(sight: &Sight<'_>, run: &Run) -> String {
    match &run.work {
        Work::Gate { gate, .. } => format!("gate {gate} running"),
        Work::Leg { agent, leg, .. } => match run.status {
            RunStatus::Starting => format!("{agent} is starting"),
            RunStatus::Ending => format!("{agent} is finishing"),
            _ => {
                let now = sight.doing(run).unwrap_or_else(|| {
                    let what = match leg {
                        Leg::Prepare => "preparing",
                        Leg::Implement => "working",
                        Leg::Review | Leg::Approve => "reading the work",
                    };
                    format!("{agent} is {what}")
                });
                how_far(sight, &run.task, now)
            }
        },
    }
}

/// What happens, behind how far its holder said it is: `40 % · the limiter · Edit src/pay/card.rs`.
fn how_far(sight: &Sight<'_>, task: &TaskId, now: String) -> String {
    let told = sight.progress(task).and_then(|found| found.told.as_ref());
    let Some(told) = told else { return now };
    let percent = told.percent.map(|percent| format!("{percent} %"));
    let step = word::first_line(&told.step);
    let step = Some(step).filter(|step| !step.is_empty());
    let parts = [percent, step, Some(now)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn under_way(sight: &Sight<'_>, step: &Step) -> Option<String> {
    let text = match step {
        Step::Idle | Step::Held { .. } => return None,
        Step::Claimed { .. } => "its worktree is being made".to_owned(),
        Step::Starting { agent, .. } => format!("{agent} is starting"),
        Step::Working { .. } => "its agent is being looked for".to_owned(),
        Step::Committing { .. } => "the work is being committed".to_owned(),
        Step::Gating { .. } => "the gates are next".to_owned(),
        Step::Handing => "being handed on".to_owned(),
        Step::Asking => "a question to you is being written".to_owned(),
        Step::Merging => "being merged".to_owned(),
    };
    Some(if sight.running {
        text
    } else {
        format!("{text}, once an engine runs")
    })
}

/// `: why`, when there are words.
fn because(why: &str) -> String {
    match word::first_line(why) {
        line if line.is_empty() => String::new(),
        line => format!(": {line}"),
    }
}

fn waits(sight: &Sight<'_>, card: &TaskCard) -> Option<String> {
    let held = matches!(sight.state.step(&card.id), Step::Held { .. });
    Some(match &sight.wait(card) {
        Wait::UnderWay | Wait::Over | Wait::Request => return None,
        // Whose turn it is says enough.
        Wait::Full | Wait::Starting | Wait::AgentFull(..) | Wait::AccountFull(..) => return None,
        Wait::StatusFull(..) => return None,
        Wait::Turn(Holder::Person) if held => how_far(sight, &card.id, "you work on it".to_owned()),
        Wait::Turn(Holder::Person) if card.status == Status::Review => {
            "waits for your decision".to_owned()
        }
        Wait::Turn(Holder::Person) => "your turn".to_owned(),
        Wait::Turn(holder) if held => {
            let now = format!("{} works on it", word::holder_name(holder));
            how_far(sight, &card.id, now)
        }
        Wait::Turn(holder) => format!("{}'s turn", word::holder_name(holder)),
        Wait::NobodyNamed(Leg::Implement) => "nobody is named to implement it".to_owned(),
        Wait::NobodyNamed(Leg::Prepare) => "goes to ready by itself".to_owned(),
        Wait::NobodyNamed(_) => "waits for your decision".to_owned(),
        Wait::Dependencies(ids) => {
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            format!("waits for {}", ids.join(", "))
        }
        Wait::Circle(path) => format!("waits in a circle: {}", path_words(path)),
        Wait::InUse(other, files) => {
            format!("waits for {other}: both are about {}", files.join(", "))
        }
        Wait::Behind(other, _) => format!("waits until {other} is merged"),
        Wait::Unfit(agent, unfit) => format!("{agent} {unfit}"),
        Wait::AgentPaused(agent, why) => format!("{agent} is paused{}", because(why)),
        Wait::TaskPaused(why) => format!("paused{}", because(why)),
        Wait::Breaker(agent, until, _) => format!(
            "{agent} could not be started; it is tried again in {}",
            word::span(until.since(sight.now))
        ),
        Wait::Rate(over) => format!(
            "used too fast; goes on in {}",
            word::span(over.until.since(sight.now))
        ),
        Wait::Budget(Blocked::Short(short)) => format!("{} is used up", short.scope),
        Wait::Budget(Blocked::Unread) => {
            "a limit of money in .mcp/config.yaml cannot be understood".to_owned()
        }
        Wait::BackOff(until) => {
            let tries = sight.progress(&card.id).map_or(0, |found| found.failures);
            format!(
                "tries again in {} ({} try failed)",
                word::span(until.since(sight.now)),
                word::ordinal(tries)
            )
        }
        Wait::Parked(until) => format!(
            "the provider's limit is reached; goes on in {}",
            word::span(until.since(sight.now))
        ),
        Wait::Paused => "paused".to_owned(),
        Wait::Untrusted => "its commands are not trusted on this machine yet".to_owned(),
        Wait::Unclear => "its file has a problem".to_owned(),
        Wait::Next if !sight.running => "starts when an engine runs".to_owned(),
        Wait::Next if sight.starts_next(&card.id) => "starts next".to_owned(),
        Wait::Next => return None, // after those that start next
    })
}

/// Where a task stands, in a few words.
pub fn where_it_stands(sight: &Sight<'_>, card: &TaskCard) -> String {
    match line(sight, card) {
        Some(line) => format!("{} ({line})", card.status),
        None => card.status.to_string(),
    }
}
