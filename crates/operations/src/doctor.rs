//! `doctor`: whether everything agrees: files, configuration, log, engine, git, agents, keys, worktrees and runs.

pub mod fix;
mod odd;

use crate::{
    Context, OpError,
    view::{Sight, agents, word},
    wire::{AgentView, DoctorView, Finding, HolderKind, input},
};
use orchestron_domain::{Fact, Run, RunId, State, Status, TaskId};
use orchestron_engine::ports::{
    InstalledAgent, KeptRun, PortError, PortErrorKind, PortResult, Problem,
};
use std::collections::{BTreeMap, BTreeSet};

/// What findings on runs are about.
const RUNS: &str = "runs";
/// How to do without a keyring.
const LOG_IN: &str = "start a keyring, or log in with the agent's own command";

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
    let templates = crate::workflows::problems(cx)?;
    findings.extend(problems(
        "workflows",
        "every workflow of .mcp/workflows can be started",
        templates,
    ));
    let dropped = orchestron_engine::drops::problems(&cx.store, &state)?;
    if !dropped.is_empty() {
        findings.extend(problems("messages", "", dropped));
    }
    findings.extend(tests_without_command(&state));
    let good = format!(
        "{} read without a problem",
        word::count(state.cards.len(), "task file")
    );
    let misplaced = cx.store.files().misplaced()?;
    let task_problems = task_problems.into_iter().chain(misplaced).collect();
    findings.extend(problems("task files", &good, task_problems));
    findings.extend(odd::found(cx, &state)?);
    findings.push(log(cx, &state)?);
    findings.push(trust(&state));
    findings.push(engine(&sight));
    findings.push(git(&repository, cx));
    findings.extend(base(&repository, &state, cx));
    findings.extend(hooks(cx));
    let installed = cx.programs.installed()?;
    findings.extend(programs(cx, &sight, &installed));
    findings.extend(keys(cx, &state));
    findings.extend(worktrees(cx, &state)?);
    findings.extend(runs(cx, &sight)?);
    findings.extend(fix::left_behind(cx, &state)?);
    let healthy = findings.iter().all(|finding| finding.good);
    Ok(DoctorView { findings, healthy })
}

/// Hooks that were put in and do not call us any more; that there are none is no fault.
fn hooks(cx: &Context) -> Vec<Finding> {
    match cx.git.hooks() {
        Ok(found) if found.problems.is_empty() => Vec::new(),
        Ok(found) => problems("git hooks", "they call Orchestron", found.problems),
        Err(error) => vec![bad(
            "git hooks",
            error.to_string(),
            "mend git, then look again",
        )],
    }
}

/// Tasks that name tests nobody can run.
fn tests_without_command(state: &State) -> Option<Finding> {
    let named = |card: &&orchestron_domain::TaskCard| {
        !card.tests.is_empty() && card.status != orchestron_domain::Status::Done
    };
    let card = state.cards.values().find(named)?;
    state.config.tests.is_none().then(|| {
        let what = format!(
            "{} names tests, and nothing says how a test is run",
            card.id
        );
        bad(
            "tests",
            what,
            "write `tests: { run: \"npm test -- ${test}\" }` into .mcp/config.yaml",
        )
    })
}

fn good(about: &str, what: impl Into<String>) -> Finding {
    Finding {
        good: true,
        about: about.to_owned(),
        what: what.into(),
        cure: None,
    }
}

/// No fault, but something to know, with what can be done about it.
fn note(about: &str, what: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding {
        good: true,
        ..bad(about, what, cure)
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
    if let (Some(why), None) = (&sight.paused, &sight.state.paused) {
        return bad("engine", why.clone(), "mend what it names");
    }
    match (sight.running, &sight.state.paused) {
        (true, None) => good("engine", "an engine runs"),
        (_, Some(why)) => bad(
            "engine",
            format!("nothing new is started: {why}"),
            "`orchestron resume` goes on",
        ),
        (false, None) => note(
            "engine",
            "no engine runs, so no agent is started",
            "`orchestron run` starts one, or the window",
        ),
    }
}

fn git(repository: &PortResult<bool>, cx: &Context) -> Finding {
    const ABOUT: &str = "git";
    match repository {
        Ok(true) => match cx.git.current_branch() {
            Ok(Some(branch)) => good(
                ABOUT,
                format!("{}a git repository; {branch} is checked out", version(cx)),
            ),
            Ok(None) => bad(
                ABOUT,
                "no branch is checked out (a detached HEAD)",
                "check a branch out, or name one as base_branch in .mcp/config.yaml",
            ),
            Err(error) => bad(ABOUT, error.to_string(), "run `git status` in the project"),
        },
        Ok(false) if matches!(cx.git.current_branch(), Ok(Some(_))) => bad(
            ABOUT,
            "the git repository has no commit yet, so no task can have a worktree: nobody can begin",
            "`git add -A && git commit -m start`",
        ),
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

/// A base branch that is not there: no task could have a worktree, and nothing could be merged.
fn base(repository: &PortResult<bool>, state: &State, cx: &Context) -> Option<Finding> {
    let named = state.config.base_branch.as_deref()?;
    if !matches!(repository, Ok(true)) || cx.git.has_branch(named).unwrap_or(true) {
        return None;
    }
    Some(bad(
        "git",
        format!("there is no branch `{named}`, which .mcp/config.yaml names as base_branch"),
        format!("`git branch {named}`, or `orchestron config set base_branch BRANCH`"),
    ))
}

/// `git 2.39.5; `. Whatever is wrong with git is told elsewhere.
fn version(cx: &Context) -> String {
    let version = cx.git.version().ok().flatten();
    version.map_or_else(String::new, |version| format!("git {version}; "))
}

fn programs(cx: &Context, sight: &Sight<'_>, installed: &[InstalledAgent]) -> Vec<Finding> {
    let views = agents(cx, sight, installed);
    let mut findings: Vec<Finding> = Vec::new();
    for view in views.iter().filter(|view| view.kind == HolderKind::Agent) {
        let found = program(view, installed);
        // What holds for several agents is said once.
        let same = |one: &&mut Finding| (&one.what, &one.cure) == (&found.what, &found.cure);
        match findings.iter_mut().find(same) {
            Some(one) => {
                let names = one.about.split_once(' ').map_or("", |(_, names)| names);
                one.about = format!("agents {names}, {}", view.name);
            }
            None => findings.push(found),
        }
    }
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
    let cli = view.cli.as_deref().unwrap_or_default();
    let Some(found) = found.filter(|found| found.program.is_some()) else {
        // Another program is named for it.
        return good(&about, format!("{cli} can be started"));
    };
    let program = found.program.as_deref().unwrap_or_default();
    let Some(version) = &found.version else {
        return bad(
            &about,
            format!("{cli} is there, but does not tell its version, so it will hardly work"),
            format!(
                "see what `{program} --version` says; else {}",
                found.install
            ),
        );
    };
    let can = format!("{cli} {version} can be started");
    match &found.remark {
        None => good(&about, can),
        Some(remark) => note(&about, can, format!("{remark}: {program}")),
    }
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
    let mut findings = Vec::new();
    let works = match cx.keys.store() {
        Ok(store) => {
            findings.push(good(ABOUT, format!("keys are kept in {store}")));
            true
        }
        Err(error) => {
            findings.push(no_keyring(cx, &accounts, error));
            false
        }
    };
    let account = |account: &str| match cx.keys.source(account) {
        Ok(Some(source)) => Some(good(
            ABOUT,
            format!("{account} has a key, from the {source}"),
        )),
        // Agents may have a login of their own, which only they can see.
        Ok(None) => Some(good(
            ABOUT,
            format!("{account} has no key here; its agents use their own login, if they have one"),
        )),
        Err(error) if works => Some(bad(
            ABOUT,
            format!("{account}: {}", error.said),
            error.cure.unwrap_or_else(|| LOG_IN.to_owned()),
        )),
        // That the keyring cannot be asked is said once.
        Err(_) => None,
    };
    findings.extend(accounts.into_iter().filter_map(account));
    findings
}

/// Without a keyring an account may still have its key in the environment, or its agents a login of their own.
fn no_keyring(cx: &Context, accounts: &BTreeSet<&str>, error: PortError) -> Finding {
    const ABOUT: &str = "keys";
    let has_key = |account: &&str| matches!(cx.keys.source(account), Ok(Some(_)));
    let cure = error.cure.unwrap_or_else(|| LOG_IN.to_owned());
    if accounts.iter().all(has_key) {
        return note(ABOUT, format!("{}; none is needed", error.said), cure);
    }
    // Nor is it a fault otherwise: most agents have one.
    note(
        ABOUT,
        format!(
            "{}, so no key can be kept; agents use their own login, if they have one",
            error.said
        ),
        cure,
    )
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
            // Nobody works there any more; it is cleared away just before that is told.
            None if status.is_none_or(|status| status == Status::Done) => {}
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

/// Runs of the log against processes, and run folders against the log.
fn runs(cx: &Context, sight: &Sight<'_>) -> Result<Vec<Finding>, OpError> {
    let kept = cx.logs.kept()?;
    let lives = |run: &RunId| kept.iter().any(|kept| kept.lives && kept.run == *run);
    let mut findings = Vec::new();
    let (alive, dead): (Vec<&Run>, Vec<&Run>) =
        sight.state.live_runs().partition(|run| lives(&run.id));
    let gone = |run: &&&Run| !sight.state.cards.contains_key(&run.task);
    let names = |runs: &[&Run]| {
        let names: Vec<_> = runs.iter().map(|run| run.id.to_string()).collect();
        names.join(", ")
    };
    let lost: Vec<&Run> = alive.iter().filter(gone).copied().collect();
    if !lost.is_empty() {
        findings.push(bad(
            RUNS,
            format!("{}: at work on a task whose file is gone", names(&lost)),
            "a running engine stops it: `orchestron run`",
        ));
    }
    // A running engine takes note of an end within moments.
    if !dead.is_empty() && !sight.running {
        findings.push(bad(
            RUNS,
            format!(
                "{}: over, and nobody has taken note of how it ended",
                names(&dead)
            ),
            "`orchestron run` reads what it said and goes on from there",
        ));
    }
    let unfollowed = alive.len() - lost.len();
    if unfollowed > 0 && !sight.running {
        findings.push(note(
            RUNS,
            format!(
                "{} at work without an engine",
                word::count(unfollowed, "run")
            ),
            "agents go on when the engine stops; `orchestron run` takes them up again",
        ));
    } else if findings.is_empty() {
        findings.push(good(
            RUNS,
            format!("{} alive", word::count(alive.len(), "run")),
        ));
    }
    findings.extend(strangers(cx, sight.state, &kept)?);
    Ok(findings)
}

/// Run folders that the log knows nothing of: the log was deleted, or they were put there by hand.
fn strangers(cx: &Context, state: &State, kept: &[KeptRun]) -> Result<Vec<Finding>, OpError> {
    let mut known: BTreeMap<TaskId, BTreeSet<RunId>> = BTreeMap::new();
    let (mut living, mut over) = (Vec::new(), Vec::new());
    for kept in kept
        .iter()
        .filter(|kept| !state.runs.contains_key(&kept.run))
    {
        // The state forgets old runs; the log does not.
        let told = match kept.run.task() {
            Some(task) if known.contains_key(&task) => known[&task].contains(&kept.run),
            Some(task) => {
                let runs = started(cx, &task)?;
                let told = runs.contains(&kept.run);
                known.insert(task, runs);
                told
            }
            None => false,
        };
        match (told, kept.lives) {
            (true, _) => {}
            (false, true) => living.push(kept.run.to_string()),
            (false, false) => over.push(kept.run.to_string()),
        }
    }
    let mut findings = Vec::new();
    if !living.is_empty() {
        findings.push(bad(
            RUNS,
            format!("{}: at work, and no run of the log", living.join(", ")),
            "its keeper's process id is in run.json in its folder; end that process",
        ));
    }
    if !over.is_empty() {
        let what = format!(
            "{} of runs that the log does not know: {}",
            word::count(over.len(), "folder"),
            shortened(&over)
        );
        let cure = "left over from a log that is gone; may be deleted, else an engine does it when their tasks are done";
        findings.push(note(RUNS, what, cure));
    }
    Ok(findings)
}

/// All runs of a task that the log tells of.
fn started(cx: &Context, task: &TaskId) -> Result<BTreeSet<RunId>, OpError> {
    let mut runs = BTreeSet::new();
    cx.back_through(task, |event| {
        if let Fact::RunStarted { run, .. } = event.fact {
            runs.insert(run);
        }
    })?;
    Ok(runs)
}

/// The first few, and how many more there are.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let first = names.get(..SHOWN).unwrap_or(names).join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
