//! `pause`, `resume`, `commands` and `trust`: whether anything is started at all.

use crate::{
    Context, OpError,
    view::word,
    who::{is_known_in, only_person, unknown},
    wire::{CommandView, CommandsView, Done, input},
    writing::{Facts, done, id, must_be_clear, tell_engine, trimmed, write},
};
use orchestron_domain::{
    Actor, AgentName, Fact, Halt, Holder, RunEnd, State, TaskId, event::Scope, ids::IdError,
};
use orchestron_engine::trust::{KEY, commands, is_trusted};
use std::collections::BTreeSet;

/// What is said of an agent whose run ends for a pause.
const INTERRUPTED: &str = "is interrupted";

/// Lets nothing new be started: of one task, of one agent, or at all. The agent at work on a paused task rests where it is; what else
/// works goes on, unless it is to rest now, too.
///
/// # Errors
/// When there is no such task or agent, or the log cannot be written.
pub fn pause(cx: &mut Context, input: &input::Pause) -> Result<Done, OpError> {
    only_person(cx, "pause anything")?;
    let scope = scope(cx, input.task.as_deref(), input.agent.as_deref())?;
    if let Scope::Agent { agent } = &scope
        && !matches!(cx.story()?.config.called(agent.clone()), Holder::Agent(_))
    {
        return Err(OpError::Input {
            field: "agent",
            what: format!("nothing is launched for {agent}, so there is nothing to pause"),
        });
    }
    let why = match trimmed(input.why.as_deref()) {
        why if why.is_empty() => "paused by a person".to_owned(),
        why => why,
    };
    // Who pauses one task means the agent that works on it.
    let now = input.now.unwrap_or(matches!(scope, Scope::Task { .. }));
    let (rests, live) = write(cx, [], |state| Ok(pausing(state, &scope, &why, now)))?;
    let mut did = match &scope {
        Scope::All => "nothing new is started".to_owned(),
        Scope::Task { task } => format!("nothing new is started for {task}"),
        Scope::Agent { agent } => format!("{agent} is not started any more"),
    };
    if !rests.is_empty() {
        let goes = if rests.len() == 1 { "goes" } else { "go" };
        let rests = rests.join(", ");
        did = format!("{did}; {rests} {INTERRUPTED} and {goes} on where it was when you resume it");
    }
    let status = match &scope {
        Scope::Task { task } => cx.of([task])?.status(task),
        Scope::All | Scope::Agent { .. } => None,
    };
    let mut told = done(named(&scope), status, did);
    if told.did.contains(INTERRUPTED) {
        tell_engine(cx, &mut told, "what works is interrupted")?;
    }
    if live > 0 {
        let line = format!(
            "{} at work: what runs goes on to its end",
            word::count(live, "run")
        );
        told.not_done.push(line);
    }
    told.next.push(format!("`{}` goes on", undo(&scope)));
    Ok(told)
}

/// Lets nothing new be started in this scope; with `now` also what agents do there rests. Who rests, and how many runs go on.
fn pausing(state: &State, scope: &Scope, why: &str, now: bool) -> (Facts, (Vec<String>, usize)) {
    let paused = Fact::Paused {
        why: why.to_owned(),
        scope: scope.clone(),
    };
    let mut facts = vec![(Actor::Person, paused)];
    let (mut rests, mut live) = (Vec::new(), 0);
    let within = state.live_runs().filter(|run| match scope {
        Scope::All => true,
        Scope::Task { task } => run.task == *task,
        Scope::Agent { agent } => run.agent() == Some(agent),
    });
    for run in within {
        match run.agent() {
            // What is done is handed on; what is being stopped stops.
            Some(agent) if now && run.halting.is_none() && !run.turn_over => {
                rests.push(agent.to_string());
                let end = RunEnd::Paused {
                    why: why.to_owned(),
                };
                let fact = Fact::RunHalting {
                    run: run.id.clone(),
                    end,
                    halt: Halt::Interrupt,
                };
                facts.push((Actor::Person, fact));
            }
            _ => live += 1,
        }
    }
    (facts, (rests, live))
}

/// Goes on starting.
///
/// # Errors
/// When there is no such task or agent, or the log cannot be written.
pub fn resume(cx: &mut Context, input: &input::Resume) -> Result<Done, OpError> {
    only_person(cx, "resume anything")?;
    let scope = scope(cx, input.task.as_deref(), input.agent.as_deref())?;
    let paused: Vec<TaskId> = match &scope {
        Scope::All => cx.story()?.paused_tasks.into_keys().collect(),
        Scope::Task { .. } | Scope::Agent { .. } => Vec::new(),
    };
    let (was, rest) = write(cx, &paused, |state| {
        let was = match &scope {
            Scope::All => state.paused.is_some(),
            Scope::Task { task } => state.paused_tasks.contains_key(task),
            Scope::Agent { agent } => state.paused_agents.contains_key(agent),
        };
        let fact = Fact::Resumed {
            scope: scope.clone(),
        };
        let facts = was.then_some((Actor::Person, fact));
        Ok((
            facts.into_iter().collect(),
            (was, still_paused(state, &scope)),
        ))
    })?;
    let what = match &scope {
        Scope::All => "what is ready".to_owned(),
        Scope::Task { task } => task.to_string(),
        Scope::Agent { agent } => agent.to_string(),
    };
    let did = match (was, &scope) {
        (true, Scope::All) => "what is ready is started again".to_owned(),
        (true, _) => format!("{what} is paused no more"),
        (false, Scope::All) => "it was not paused".to_owned(),
        (false, _) => format!("{what} was not paused"),
    };
    let mut told = done(named(&scope), None, did);
    told.not_done = rest;
    let goes_on = match &scope {
        Scope::All => "what is ready is started".to_owned(),
        Scope::Task { .. } | Scope::Agent { .. } => format!("{what} goes on"),
    };
    tell_engine(cx, &mut told, &goes_on)?;
    Ok(told)
}

/// What is still paused when this goes on.
fn still_paused(state: &State, scope: &Scope) -> Vec<String> {
    let line = |scope: Scope| {
        format!(
            "{} is still paused: `{}`",
            word::scope(&scope),
            undo(&scope)
        )
    };
    let all = (*scope != Scope::All && state.paused.is_some()).then_some(Scope::All);
    let open = |task: &&TaskId| {
        let card = state.cards.get(*task);
        card.is_some_and(|card| !card.status.is_over())
    };
    let tasks = state.paused_tasks.keys().filter(open);
    let tasks = tasks.map(|task| Scope::Task { task: task.clone() });
    let agents = state.paused_agents.keys().map(|agent| Scope::Agent {
        agent: agent.clone(),
    });
    let others = tasks.chain(agents).filter(|_| *scope == Scope::All);
    all.into_iter().chain(others).map(line).collect()
}

fn undo(scope: &Scope) -> String {
    match scope {
        Scope::All => "orchestron resume".to_owned(),
        Scope::Task { task } => format!("orchestron resume {task}"),
        Scope::Agent { agent } => format!("orchestron resume --agent {agent}"),
    }
}

const fn named(scope: &Scope) -> Option<&TaskId> {
    match scope {
        Scope::Task { task } => Some(task),
        Scope::All | Scope::Agent { .. } => None,
    }
}

/// What is meant: a task, an agent, or everything.
fn scope(cx: &mut Context, task: Option<&str>, agent: Option<&str>) -> Result<Scope, OpError> {
    let wrong = |what: String| OpError::Input {
        field: "agent",
        what,
    };
    match (task, agent) {
        (None, None) => Ok(Scope::All),
        (Some(_), Some(_)) => Err(wrong("name a task or an agent, not both".to_owned())),
        (Some(task), None) => {
            let task = id(task)?;
            let state = cx.of([&task])?;
            must_be_clear(cx, &state, &task)?;
            Ok(Scope::Task { task })
        }
        (None, Some(text)) => {
            let agent: AgentName = text
                .parse()
                .map_err(|error: IdError| wrong(error.to_string()))?;
            let state = cx.story()?;
            // Also one that is in the configuration no more, so that it can be resumed.
            let paused = state.paused_agents.contains_key(&agent);
            if !paused && !is_known_in(cx, &state, &agent)? {
                return Err(wrong(unknown(&state, &agent)));
            }
            Ok(Scope::Agent { agent })
        }
    }
}

/// What the configuration wants to run on this machine, line by line, and whether exactly that was accepted.
///
/// # Errors
/// When configuration or log cannot be read.
pub fn wanted(cx: &mut Context, _input: &input::Nothing) -> Result<CommandsView, OpError> {
    let (config, _) = cx.store.files().config()?;
    let accepted = cx.store.log().setting(KEY)?;
    let text = commands(&config);
    let known: BTreeSet<&str> = accepted.iter().flat_map(|text| text.lines()).collect();
    let line = |text: &str| CommandView {
        text: text.to_owned(),
        fresh: !known.contains(text),
    };
    Ok(CommandsView {
        trusted: is_trusted(&config, accepted.as_deref()),
        commands: text.lines().map(line).collect(),
        text,
    })
}

/// Accepts what the configuration wants to run on this machine: exactly what whoever accepts it has seen.
///
/// # Errors
/// `CommandsChanged` when that is not what the configuration says now; when configuration or log cannot be read or written.
pub fn trust(cx: &mut Context, input: &input::Trust) -> Result<Done, OpError> {
    only_person(cx, "trust this project's commands")?;
    let state = cx.store.configured()?;
    let accepted = commands(&state.config);
    if accepted != input.commands {
        return Err(OpError::CommandsChanged);
    }
    if state.trusted {
        return Ok(done(
            None,
            None,
            "this project's commands are trusted already",
        ));
    }
    cx.store.set_setting(KEY, &accepted)?;
    let lines: Vec<String> = accepted.lines().map(str::to_owned).collect();
    cx.store
        .append(&Actor::Person, vec![Fact::Trusted { commands: accepted }])?;
    let mut told = done(
        None,
        None,
        format!("accepted on this machine:\n  {}", lines.join("\n  ")),
    );
    told.next
        .push("when one of them changes, you are asked again".into());
    tell_engine(cx, &mut told, "what is ready is started")?;
    Ok(told)
}
