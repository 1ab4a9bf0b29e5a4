//! A request to a person.

use super::{Sight, word};
use crate::wire::{Big, RequestView};
use orchestron_domain::{
    Actor, AgentName, Decision, Holder, Leg, Request, RequestKind, Run, TaskCard, TaskId,
    run::Verdict,
};

/// A request as surfaces show it. `base` is the branch approved work goes to; none without git.
#[must_use]
pub fn request(sight: &Sight<'_>, request: &Request, base: Option<&str>) -> RequestView {
    let card = request
        .task
        .as_ref()
        .and_then(|task| sight.state.cards.get(task));
    let run = request.run().and_then(|run| sight.state.runs.get(run));
    let (title, detail) = lines(sight, request, card);
    let urgency = sight.urgency(request);
    let mut view = RequestView {
        id: Big(request.id.0),
        kind: word::request(&request.kind),
        task: request.task.as_ref().map(ToString::to_string),
        task_title: card.map(|card| card.title.clone()),
        title,
        detail,
        since: word::millis(request.since),
        from: from(sight, request, run),
        run: request.run().map(ToString::to_string),
        commit: None,
        tool: None,
        input: None,
        options: Vec::new(),
        files: Vec::new(),
        open: request.is_open(),
        outcome: outcome(request),
        effect: effect(request, run, base),
        urgency: urgency.score,
        urgency_why: Some(urgency.why).filter(|why| !why.is_empty()),
        clash: None,
        rule: None,
    };
    match &request.kind {
        RequestKind::Review { commit } => {
            view.commit = commit.as_ref().map(|commit| commit.0.clone())
        }
        RequestKind::Permission { tool, input, .. } => {
            view.tool = Some(tool.clone());
            view.input = Some(input.clone());
            view.rule = run
                .and_then(Run::agent)
                .and_then(|agent| rule(sight, agent, tool, input));
        }
        RequestKind::Question(question) => view.options.clone_from(&question.options),
        RequestKind::Conflict { files, commit, .. } => {
            view.files.clone_from(files);
            view.commit = commit.as_ref().map(|commit| commit.0.clone());
        }
        RequestKind::Clash {
            options, conflict, ..
        } => {
            view.clash = Some(Big(conflict.0));
            view.options = options.iter().map(word::resolution).collect();
        }
        RequestKind::Escalation { .. } | RequestKind::Budget { .. } => {}
    }
    view
}

/// The rule that would let an agent do this without asking from now on; none where a rule would allow more than what is asked.
pub fn rule(sight: &Sight<'_>, agent: &AgentName, tool: &str, input: &str) -> Option<String> {
    let known = sight.state.config.agents.get(agent)?;
    let rule = if tool == "Bash" {
        let input: serde_json::Value = serde_json::from_str(input).ok()?;
        let fields = input.as_object()?;
        let plain = ["command", "description", "timeout"];
        if !fields.keys().all(|name| plain.contains(&name.as_str())) {
            return None;
        }
        let command = fields.get("command")?.as_str()?;
        // Nothing that a rule or a shell reads as more than itself.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " _./:@=,+-".contains(c);
        if command.trim() != command || command.is_empty() || !command.chars().all(is_plain) {
            return None;
        }
        format!("Bash({command})")
    } else {
        return None;
    };
    (!known.tools_allowed.contains(&rule)).then_some(rule)
}

/// Title and detail.
fn lines(sight: &Sight<'_>, request: &Request, card: Option<&TaskCard>) -> (String, String) {
    let name = || card.map_or_else(|| "The project".to_owned(), |card| card.title.clone());
    match &request.kind {
        RequestKind::Permission {
            tool,
            summary,
            reason,
            ..
        } => {
            let title = match word::first_line(summary) {
                line if line.is_empty() => tool.clone(),
                line => line,
            };
            (
                title,
                reason
                    .as_deref()
                    .map_or_else(|| format!("wants to use {tool}"), word::first_line),
            )
        }
        RequestKind::Question(question) => asked(&question.question, &question.options),
        RequestKind::Review { .. } => (
            name(),
            card.map(|card| evidence(sight, card)).unwrap_or_default(),
        ),
        // What holds the whole project up has no title but itself.
        RequestKind::Escalation { why } if card.is_none() => (word::first_line(why), why.clone()),
        RequestKind::Escalation { why } => (
            format!("{}{}", name(), held_up(sight, request)),
            why.clone(),
        ),
        RequestKind::Conflict { why, .. } => (format!("{} cannot be merged", name()), why.clone()),
        RequestKind::Budget {
            scope,
            spent,
            limit,
        } => (
            format!("{} is used up", word::budget(scope)),
            format!(
                "{spent} of {limit} is spent or reserved, and another run may cost more than is left; nothing more is started on it"
            ),
        ),
        RequestKind::Clash { evidence, .. } => (format!("{} clashes", name()), evidence.clone()),
    }
}

/// A question's first line and the rest of it, or its options when it is only a line.
fn asked(question: &str, options: &[String]) -> (String, String) {
    let (title, rest) = question
        .trim()
        .split_once('\n')
        .unwrap_or((question.trim(), ""));
    let listed = || {
        let words = options.iter().enumerate().map(|(at, option)| match at {
            0 => format!("{option} (recommended)"),
            _ => option.clone(),
        });
        words.collect::<Vec<_>>().join(" · ")
    };
    let rest = rest.trim();
    let detail = if rest.is_empty() {
        listed()
    } else {
        rest.to_owned()
    };
    (title.trim().to_owned(), detail)
}

/// ` blocks TASK-098 and 2 more`.
fn held_up(sight: &Sight<'_>, request: &Request) -> String {
    let waiting = request
        .task
        .as_ref()
        .map_or(&[][..], |task| sight.waiting_for(task));
    match waiting {
        [] => String::new(),
        [one] => format!(" blocks {one}"),
        [first, rest @ ..] => format!(" blocks {first} and {} more", rest.len()),
    }
}

/// `codex-review approved · all 6 criteria met · gates pass`.
fn evidence(sight: &Sight<'_>, card: &TaskCard) -> String {
    let mut parts = Vec::new();
    let found = sight.progress(&card.id);
    if found.is_some_and(|found| found.verdict == Some(Verdict::Approve))
        && let Some(stop) = found.and_then(|found| {
            found
                .stops
                .iter()
                .rev()
                .find(|stop| stop.leg == Leg::Review)
        })
    {
        parts.push(format!("{} approved", word::holder_name(&stop.holder)));
    }
    match (card.criteria.done, card.criteria.all) {
        (_, 0) => {}
        (done, all) if done == all => parts.push(format!("all {all} criteria met")),
        (done, all) => parts.push(format!("{done} of {all} criteria met")),
    }
    let gates = &sight.state.config.gates;
    let passed = |gate: &str| {
        found.is_some_and(|found| {
            found.receipts.iter().any(|receipt| {
                receipt.gate == gate
                    && receipt.commit == found.commit
                    && receipt.passed == Some(true)
            })
        })
    };
    let missing: Vec<_> = gates
        .iter()
        .filter(|gate| !passed(&gate.name))
        .map(|gate| gate.name.as_str())
        .collect();
    if !missing.is_empty() {
        parts.push(format!("not checked: {}", missing.join(", ")));
    } else if let [gate] = &gates[..] {
        parts.push(format!("{} passes", gate.name));
    } else if !gates.is_empty() {
        parts.push("gates pass".to_owned());
    }
    parts.join(" · ")
}

/// Who waits.
fn from(sight: &Sight<'_>, request: &Request, run: Option<&Run>) -> Option<String> {
    if let Some(agent) = run.and_then(Run::agent) {
        return Some(agent.to_string());
    }
    last_holder(sight, request.task.as_ref()?)
}

fn last_holder(sight: &Sight<'_>, task: &TaskId) -> Option<String> {
    let stop = sight.progress(task)?.stops.last()?;
    (stop.holder != Holder::Person).then(|| word::holder_name(&stop.holder))
}

/// What a yes will do.
fn effect(request: &Request, run: Option<&Run>, base: Option<&str>) -> Option<String> {
    if !request.is_open() {
        return None;
    }
    let agent = run
        .and_then(Run::agent)
        .map_or_else(|| "the agent".to_owned(), ToString::to_string);
    Some(match &request.kind {
        RequestKind::Review { .. } => base.map_or_else(
            || "marks it as done".to_owned(),
            |base| format!("merges into {base}"),
        ),
        RequestKind::Permission { .. } => format!("{agent} may do this, once"),
        RequestKind::Question(question) => match &question.fallback {
            None => format!("{agent} goes on with your answer"),
            Some(fallback) => format!(
                "{agent} goes on with your answer; without one by {}, with: {}",
                fallback.until,
                word::first_line(&fallback.answer)
            ),
        },
        RequestKind::Escalation { .. } => "it is tried again".to_owned(),
        RequestKind::Budget { .. } => "grants more money, and work goes on".to_owned(),
        RequestKind::Clash { .. } => "is carried out as you choose".to_owned(),
        RequestKind::Conflict { .. } => base.map_or_else(
            || "tries again".to_owned(),
            |base| format!("tries the merge into {base} again"),
        ),
    })
}

/// What became of a request, in words; none while it is open.
#[must_use]
pub fn outcome(request: &Request) -> Option<String> {
    if let Some(decided) = &request.decided {
        let by = match &decided.by {
            Actor::Person => String::new(),
            Actor::Outside { name } => format!(" by {name}"),
            _ => " by somebody else".to_owned(),
        };
        return Some(match &decided.decision {
            Decision::Approve { .. } => format!("approved{by}"),
            Decision::Changes { note } => format!("sent back{by}: {}", word::first_line(note)),
            Decision::Allow => format!("allowed{by}"),
            Decision::AllowAlike => format!("allowed for the whole task{by}"),
            Decision::Deny { note: Some(note) } => {
                format!("denied{by}: {}", word::first_line(note))
            }
            Decision::Deny { note: None } => format!("denied{by}"),
            Decision::Answer { text } => format!("answered{by}: {}", word::first_line(text)),
            Decision::Retry { .. } => format!("tried again{by}"),
            Decision::GiveUp => format!("left as it is{by}"),
            Decision::Raise { by: more } => format!("{more} more granted{by}"),
            Decision::Resolve { resolution } => {
                format!("{}{by}", word::resolution(resolution))
            }
        });
    }
    request.withdrawn.as_ref().map(|why| format!("void: {why}"))
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn a_question_shows_its_options_or_what_it_explains() {
        let options = ["SQLite".to_owned(), "PostgreSQL".to_owned()];
        let (title, detail) = asked("Which database?", &options);
        assert_eq!(
            (title.as_str(), detail.as_str()),
            ("Which database?", "SQLite (recommended) · PostgreSQL")
        );
        let (title, detail) = asked(
            "Which database?\n\nThe log grows by 2 GB a day.\n",
            &options,
        );
        assert_eq!(
            (title.as_str(), detail.as_str()),
            ("Which database?", "The log grows by 2 GB a day.")
        );
    }
}
