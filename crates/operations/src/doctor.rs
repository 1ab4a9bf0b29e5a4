//! `doctor`: whether everything agrees: files, configuration, log, engine, git, agents, keys, worktrees and runs.

use crate::{
    Context, OpError,
    view::{Sight, agents, word},
    wire::{AgentView, DoctorView, Finding, HolderKind, input},
};
use orchestron_domain::{Run, State, Status};
use orchestron_engine::ports::{InstalledAgent, PortErrorKind, PortResult, Problem};
use std::collections::BTreeSet;

/// Looks at everything and says what is wrong, with cures.
///
/// # Errors
/// When not even the log can be read.
pub fn doctor(cx: &mut Context, _input: &input::Nothing) -> Result<DoctorView, OpError> {
    let mut findings = vec![files(cx)];
    let state = cx.store.state()?;
    let repository = cx.git.is_repository();
    let sight = Sight::new(cx, &state)?;
    let (_, config_problems) = cx.store.files().config()?;
    let (_, _, task_problems) = cx.store.board()?;
    findings.extend(problems(
        "configuration",
        ".mcp/config.yaml and .mcp/agents.yaml are good",
        config_problems,
    ));
    let good = format!(
        "{} read without a problem",
        word::count(state.cards.len(), "task file")
    );
    findings.extend(problems("task files", &good, task_problems));
    findings.push(log(cx, &state)?);
    findings.push(trust(&state));
    findings.push(engine(&sight));
    findings.push(git(&repository, cx));
    let installed = cx.programs.installed()?;
    findings.extend(programs(cx, &sight, &installed));
    findings.extend(keys(cx, &state));
    findings.extend(worktrees(cx, &state)?);
    findings.extend(runs(&sight));
    let healthy = findings.iter().all(|finding| finding.good);
    Ok(DoctorView { findings, healthy })
}

fn good(about: &str, what: impl Into<String>) -> Finding {
    Finding {
        good: true,
        about: about.to_owned(),
        what: what.into(),
        cure: None,
    }
}

fn bad(about: &str, what: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding {
        good: false,
        about: about.to_owned(),
        what: what.into(),
        cure: Some(cure.into()),
    }
}

fn files(cx: &mut Context) -> Finding {
    const ABOUT: &str = "files";
    match cx.store.refresh().map(|done| done.unreadable) {
        Ok(None) => good(ABOUT, ".mcp/tasks can be read"),
        Ok(Some(PortErrorKind::Missing)) => bad(
            ABOUT,
            ".mcp/tasks is missing",
            "`orchestron init` makes it; with git, `git checkout -- .mcp` brings it back",
        ),
        Ok(Some(_)) => bad(
            ABOUT,
            ".mcp/tasks cannot be read",
            "give yourself the right to read and write it",
        ),
        Err(error) => bad(
            ABOUT,
            error.to_string(),
            error
                .cure
                .unwrap_or_else(|| "look at what the system said".into()),
        ),
    }
}

fn problems(about: &str, fine: &str, problems: Vec<Problem>) -> Vec<Finding> {
    if problems.is_empty() {
        return vec![good(about, fine)];
    }
    let finding = |problem: Problem| {
        let at = problem
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        bad(
            about,
            format!("{}{at}: {}", problem.path, problem.what),
            problem.cure,
        )
    };
    problems.into_iter().map(finding).collect()
}

fn log(cx: &Context, state: &State) -> Result<Finding, OpError> {
    const ABOUT: &str = "log";
    let last = cx.store.log().last()?;
    let worked_on = state
        .cards
        .values()
        .filter(|card| card.handoffs > 0)
        .count();
    let known = state.tasks.values().any(|found| !found.stops.is_empty());
    if worked_on > 0 && !known {
        let tell = if worked_on == 1 { "tells" } else { "tell" };
        let what = format!(
            "{} {tell} of handoffs that the log knows nothing of: it is new, and the history before it is only in the files",
            word::count(worked_on, "task file")
        );
        return Ok(bad(
            ABOUT,
            what,
            "nothing has to be done: the chain goes on where the files stand",
        ));
    }
    Ok(good(
        ABOUT,
        format!(
            "{} can be read",
            word::count(usize::try_from(last.0).unwrap_or(usize::MAX), "event")
        ),
    ))
}

fn trust(state: &State) -> Finding {
    if state.trusted {
        return good(
            "trust",
            "what the configuration runs is accepted on this machine",
        );
    }
    bad(
        "trust",
        "what the configuration runs was not accepted on this machine, so no agent and no gate is started",
        "read .mcp/config.yaml and .mcp/agents.yaml, then `orchestron trust`",
    )
}

fn engine(sight: &Sight<'_>) -> Finding {
    match (sight.running, &sight.state.paused) {
        (true, None) => good("engine", "an engine runs"),
        (_, Some(why)) => bad(
            "engine",
            format!("nothing new is started: {why}"),
            "`orchestron resume` goes on",
        ),
        (false, None) => bad(
            "engine",
            "no engine runs, so no agent is started",
            "open the window, or `orchestron run`",
        ),
    }
}

fn git(repository: &PortResult<bool>, cx: &Context) -> Finding {
    const ABOUT: &str = "git";
    match repository {
        Ok(true) => match cx.git.current_branch() {
            Ok(Some(branch)) => good(ABOUT, format!("a git repository; {branch} is checked out")),
            Ok(None) => bad(
                ABOUT,
                "no branch is checked out (a detached HEAD)",
                "check a branch out, or name one as base_branch in .mcp/config.yaml",
            ),
            Err(error) => bad(ABOUT, error.to_string(), "run `git status` in the project"),
        },
        Ok(false) => bad(
            ABOUT,
            "the project is no git repository with a commit: agents work in its own folder, one after the other, and nothing is merged",
            "`git init && git add -A && git commit -m start`",
        ),
        Err(error) => bad(
            ABOUT,
            error.to_string(),
            error.cure.clone().unwrap_or_else(|| "install git".into()),
        ),
    }
}

fn programs(cx: &Context, sight: &Sight<'_>, installed: &[InstalledAgent]) -> Vec<Finding> {
    let views = agents(cx, sight, installed);
    let mut findings: Vec<_> = views
        .iter()
        .filter(|view| view.kind == HolderKind::Agent)
        .map(|view| program(view, installed))
        .collect();
    if views.is_empty() {
        findings.push(bad(
            "agents",
            "nobody is named in .mcp/agents.yaml",
            "`orchestron init` writes the agents it finds on this machine",
        ));
    }
    findings
}

fn program(view: &AgentView, installed: &[InstalledAgent]) -> Finding {
    let about = format!("agent {}", view.name);
    if let Some(missing) = &view.missing {
        let (what, cure) = missing
            .split_once(": ")
            .unwrap_or((missing, "see .mcp/agents.yaml"));
        return bad(&about, what, cure);
    }
    let found = installed
        .iter()
        .find(|found| Some(&found.cli) == view.cli.as_ref());
    let version = found
        .and_then(|found| found.version.as_deref())
        .unwrap_or("of unknown version");
    good(
        &about,
        format!(
            "{} {version} can be started",
            view.cli.as_deref().unwrap_or_default()
        ),
    )
}

fn keys(cx: &Context, state: &State) -> Vec<Finding> {
    const ABOUT: &str = "keys";
    let accounts: BTreeSet<&str> = state
        .config
        .agents
        .values()
        .filter(|agent| agent.cli.is_some() && agent.base_url.is_none())
        .map(|agent| agent.account.as_str())
        .collect();
    if accounts.is_empty() {
        return Vec::new();
    }
    let store = match cx.keys.store() {
        Ok(store) => good(ABOUT, format!("keys are kept in {store}")),
        Err(error) => bad(
            ABOUT,
            error.to_string(),
            error.cure.unwrap_or_else(|| {
                "start a keyring, or log in with the agent's own command".into()
            }),
        ),
    };
    let account = |account: &str| match cx.keys.source(account) {
        Ok(Some(source)) => good(ABOUT, format!("{account} has a key, from the {source}")),
        // Agents may have a login of their own, which only they can see.
        Ok(None) => good(
            ABOUT,
            format!("{account} has no key here; its agents use their own login, if they have one"),
        ),
        Err(error) => bad(
            ABOUT,
            format!("{account}: {}", error.said),
            "see the keyring above",
        ),
    };
    std::iter::once(store)
        .chain(accounts.into_iter().map(account))
        .collect()
}

/// Worktrees the log knows of, against those there are.
fn worktrees(cx: &Context, state: &State) -> Result<Vec<Finding>, OpError> {
    const ABOUT: &str = "worktrees";
    let mut findings = Vec::new();
    let mut there = 0;
    for (task, found) in &state.tasks {
        let Some(place) = found.place.as_ref().filter(|place| place.branch.is_some()) else {
            continue;
        };
        let status = state.status(task);
        match cx.git.find_worktree(task)? {
            None => findings.push(bad(ABOUT, format!("{task}'s worktree {} is gone", place.path), format!("move {task} to ready: it is made again from its branch when somebody takes it"))),
            Some(_) if status.is_none() => findings.push(bad(ABOUT, format!("{} is left over from {task}, whose file is gone", place.path), format!("`git worktree unlock {0} && git worktree remove {0}` when nothing in it is needed", place.path))),
            Some(_) if status == Some(Status::Done) => findings.push(bad(ABOUT, format!("{} is left over from {task}, which is done", place.path), format!("`git worktree unlock {0} && git worktree remove {0}` when nothing in it is needed", place.path))),
            Some(_) => there += 1,
        }
    }
    if findings.is_empty() {
        findings.push(good(
            ABOUT,
            format!("{} where the log says", word::count(there, "worktree")),
        ));
    }
    Ok(findings)
}

/// Runs that nobody follows.
fn runs(sight: &Sight<'_>) -> Vec<Finding> {
    const ABOUT: &str = "runs";
    let live: Vec<&Run> = sight.state.live_runs().collect();
    let lost: Vec<_> = live
        .iter()
        .filter(|run| !sight.state.cards.contains_key(&run.task))
        .map(|run| run.id.to_string())
        .collect();
    if !lost.is_empty() {
        return vec![bad(
            ABOUT,
            format!("{} work on tasks whose files are gone", lost.join(", ")),
            "a running engine stops them: `orchestron run`",
        )];
    }
    if !live.is_empty() && !sight.running {
        let names: Vec<_> = live.iter().map(|run| run.id.to_string()).collect();
        return vec![bad(
            ABOUT,
            format!(
                "{} go on without an engine that follows them",
                names.join(", ")
            ),
            "`orchestron run` takes them up again",
        )];
    }
    vec![good(
        ABOUT,
        format!("{} alive", word::count(live.len(), "run")),
    )]
}
