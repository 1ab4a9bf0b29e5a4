//! `orchestron hook NAME …`: what git's hooks call. No verb for people, and never a reason why a commit fails, but for one: exit code 1
//! before a commit means that a gate did not pass. Whatever goes wrong here is told in a line and lets git go on.
//!
//! It leaves as early as it can: most commits have nothing to do with a task or a gate.

use crate::{failure::Failure, here};
use orchestron_adapters::{
    git::{CheckedMark, CommitPlace},
    process::{caller, foreground},
    project::{self, Project},
};
use orchestron_domain::{
    Gate, TaskId,
    commits::{Check, ids_in, needed, task_of_branch},
};
use orchestron_operations::{
    Context,
    hooks_commit::{self, Made, Making},
};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

/// The exit code that keeps a commit from being made.
const STOP: u8 = 1;
/// Set by people who want none of this for a while.
const OFF: &str = "ORCHESTRON_HOOKS";

/// What git calls for.
struct Hook {
    args: Vec<String>,
    /// The top folder of the worktree.
    top: PathBuf,
    /// The project's folder.
    root: PathBuf,
}

/// Carries a hook out.
pub fn run(args: &[OsString]) -> ExitCode {
    let words: Vec<String> = args
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let Some((name, rest)) = words.split_first() else {
        return ExitCode::SUCCESS;
    };
    let Some(hook) = called_for(rest) else {
        return ExitCode::SUCCESS;
    };
    let done = match name.as_str() {
        "pre-commit" => before_commit(&hook),
        "prepare-commit-msg" => prepare_message(&hook).map(|()| true),
        "post-commit" | "post-merge" => after_commit(&hook, name).map(|()| true),
        "post-checkout" => after_checkout(&hook).map(|()| true),
        _ => Ok(true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(STOP),
        Err(failure) => {
            tell(&format!(
                "the {name} hook could not do its part; git goes on: {failure}"
            ));
            ExitCode::SUCCESS
        }
    }
}

/// None when there is nothing for us here: switched off, inside a run or another hook of ours, no project.
fn called_for(args: &[String]) -> Option<Hook> {
    let off = env::var_os(OFF).is_some_and(|value| value == "off" || value == "0");
    if off || env::var_os(foreground::IN_HOOK).is_some() {
        return None;
    }
    let top = env::current_dir().ok()?;
    let root = project::find(&top)?;
    if caller::run_around_us().is_some() {
        return None;
    }
    Some(Hook {
        args: args.to_vec(),
        top,
        root,
    })
}

fn tell(line: &str) {
    eprintln!("orchestron: {line}");
}

impl Hook {
    fn place(&self) -> Option<CommitPlace> {
        CommitPlace::at(&self.top, &self.root)
    }

    fn open(&self) -> Result<(Arc<Project>, Context), Failure> {
        let project = Arc::new(Project::open(&self.root)?);
        let mut context = here::context(&project)?;
        context.store.keep_no_copy();
        Ok((project, context))
    }
}

/// Whether the commit may be made.
fn before_commit(hook: &Hook) -> Result<bool, Failure> {
    let Some(place) = hook.place() else {
        return Ok(true);
    };
    let config = project::config_of(&hook.root)?;
    if !config.gates.iter().any(|gate| gate.at_commit) {
        return Ok(true);
    }
    let files = place.staged()?;
    if needed(&config.gates, &files).is_empty() {
        place.mark_looked(&this_git())?;
        return Ok(true);
    }
    let (project, mut context) = hook.open()?;
    let making = Making {
        top: place.top().display().to_string(),
        branch: place.branch(),
        files,
    };
    let plan = hooks_commit::plan(&mut context, &making)?;
    if plan.untrusted {
        tell(
            "no gate was run: nobody has accepted the project's commands on this machine yet (`orchestron trust`)",
        );
        return Ok(true);
    }
    let checks = run_gates(&place, &plan.gates)?;
    let failed = checks
        .iter()
        .find(|check| !check.passed)
        .map(|check| format!("gate {}: {}", check.gate, check.end));
    if let Some(task) = &plan.task {
        report(&project, context, task, checks);
    }
    match failed {
        Some(why) => {
            tell(&format!(
                "the commit is not made: {why}. Mend it and commit again; `git commit --no-verify` leaves the gates out, and that is shown"
            ));
            Ok(false)
        }
        None => {
            place.mark_checked(&this_git())?;
            Ok(true)
        }
    }
}

/// Runs gates one after the other, up to the first that does not pass.
fn run_gates(place: &CommitPlace, gates: &[Gate]) -> Result<Vec<Check>, Failure> {
    let loose = place.unstaged()?;
    if loose > 0 {
        tell(&format!(
            "{loose} files differ from what is staged; the gates see them as they lie there"
        ));
    }
    let mut checks = Vec::new();
    for gate in gates {
        tell(&format!("gate {}: {}", gate.name, gate.run));
        let ended = foreground::run(
            &gate.run,
            &place.project(),
            Duration::from_secs(gate.timeout_s),
        )
        .map_err(|said| Failure::Io {
            doing: "cannot run a gate",
            said,
        })?;
        checks.push(Check {
            gate: gate.name.clone(),
            passed: ended.good,
            end: ended.end,
            tail: if ended.good {
                String::new()
            } else {
                ended.tail
            },
            took_ms: u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX),
        });
        if !ended.good {
            break;
        }
    }
    Ok(checks)
}

/// Tells the task's story; that it could not be told changes nothing about the commit.
fn report(project: &Arc<Project>, mut context: Context, task: &TaskId, checks: Vec<Check>) {
    let told = hooks_commit::checked(&mut context, task, checks)
        .map_err(Failure::from)
        .and_then(|outcome| {
            for line in &outcome.lines {
                tell(line);
            }
            if outcome.follows {
                let here = here::Here {
                    project: Arc::clone(project),
                    context,
                };
                here.settle()?;
            }
            Ok(())
        });
    if let Err(failure) = told {
        tell(&format!("{task} does not know of it: {failure}"));
    }
}

/// Adds the trailer when the branch tells the task.
fn prepare_message(hook: &Hook) -> Result<(), Failure> {
    let (Some(file), Some(place)) = (hook.args.first(), hook.place()) else {
        return Ok(());
    };
    let Some(task) = place.branch().as_deref().and_then(task_of_branch) else {
        return Ok(());
    };
    if !has_file(&hook.root, &task) {
        return Ok(());
    }
    let path = hook.top.join(file);
    let read = |said| Failure::Io {
        doing: "cannot read the commit's message",
        said,
    };
    let text = fs::read_to_string(&path).map_err(read)?;
    let Some(text) = with_trailer(&text, &task) else {
        return Ok(());
    };
    fs::write(&path, text).map_err(|said| Failure::Io {
        doing: "cannot write the commit's message",
        said,
    })
}

/// Whether there is a task file with this id; nothing is opened.
fn has_file(root: &Path, task: &TaskId) -> bool {
    let tasks = root.join(".mcp/tasks");
    orchestron_domain::Status::ALL.into_iter().any(|status| {
        let entries = fs::read_dir(tasks.join(status.folder()));
        let mut names = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.any(|name| {
            orchestron_domain::task_file::id_from_file_name(&name).as_ref() == Some(task)
        })
    })
}

/// The message with `Task: TASK-007` behind its last words; none when it is there. A message that says nothing yet is opened in an editor:
/// there only a comment tells it, for a trailer alone would keep git from seeing that the person gave up.
fn with_trailer(text: &str, task: &TaskId) -> Option<String> {
    let trailer = format!("Task: {task}");
    let is_comment = |line: &str| line.starts_with('#');
    let lines: Vec<&str> = text.lines().collect();
    if lines
        .iter()
        .any(|line| line.trim_start_matches(['#', ' ']).starts_with(&trailer))
    {
        return None;
    }
    let scissors = lines
        .iter()
        .position(|line| is_comment(line) && line.contains(">8"));
    let end = scissors.unwrap_or(lines.len());
    let said = lines
        .iter()
        .take(end)
        .rposition(|line| !is_comment(line) && !line.trim().is_empty());
    let Some(said) = said else {
        return Some(format!(
            "{}\n# {trailer} (Orchestron links this commit to it: the branch says so)\n",
            text.trim_end_matches('\n')
        ));
    };
    let (before, behind) = lines.split_at_checked(said + 1)?;
    let words: Vec<&str> = before
        .iter()
        .copied()
        .filter(|line| !is_comment(line))
        .collect();
    let last = words
        .iter()
        .rev()
        .take_while(|line| !line.trim().is_empty());
    let is_trailer = |line: &&&str| {
        line.split_once(": ").is_some_and(|(key, _)| {
            !key.is_empty()
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
    };
    let trailers = last.clone().count() == last.filter(is_trailer).count()
        && words.iter().any(|line| line.trim().is_empty());
    let gap = if trailers { "" } else { "\n" };
    let rest = if behind.is_empty() {
        String::new()
    } else {
        format!("{}\n", behind.join("\n"))
    };
    Some(format!("{}\n{gap}{trailer}\n{rest}", before.join("\n")))
}

/// The process that runs the hooks, as they told us.
fn this_git() -> String {
    env::var("ORCHESTRON_GIT").unwrap_or_default()
}

/// Links the commit to its tasks, and notices when its checks were left out.
fn after_commit(hook: &Hook, name: &str) -> Result<(), Failure> {
    let Some(place) = hook.place() else {
        return Ok(());
    };
    let mark = place.take_mark();
    let gates = project::config_of(&hook.root)?.gates;
    let has_gates = gates.iter().any(|gate| gate.at_commit);
    let names_none = ids_in(&place.message_draft()).is_empty()
        && place.branch().as_deref().and_then(task_of_branch).is_none();
    let is_main = fs::metadata(place.top().join(".git")).is_ok_and(|look| look.is_dir());
    let commits = name == "post-commit";
    let quiet = commits && names_none && is_main && !holds_something(hook)?;
    let git = this_git();
    // Told by the process without asking git anything; what came through another tool's hook is told by its tree.
    let looked = |mark: &CheckedMark| !git.is_empty() && mark.git == git;
    let was_looked = mark.as_ref().is_some_and(looked);
    let left_out = commits
        && has_gates
        && !was_looked
        && place.was_committed() == Some(true)
        && !needed(&gates, &place.changed()?).is_empty();
    if quiet && !left_out {
        return Ok(());
    }
    let mut made = place.made()?;
    made.seen.unchecked = left_out && mark.is_none_or(|mark| mark.tree != made.tree);
    if quiet && !made.seen.unchecked && ids_in(&made.message).is_empty() {
        return Ok(());
    }
    let (_project, mut context) = hook.open()?;
    // Without trust no gate was run, and nothing was left out.
    made.seen.unchecked = made.seen.unchecked && context.store.configured()?.trusted;
    let told = Made {
        seen: made.seen,
        message: made.message,
        top: place.top().display().to_string(),
    };
    for line in hooks_commit::made(&mut context, &told)? {
        tell(&line);
    }
    Ok(())
}

/// Whether a task is in progress at all; else none is held, and a commit belongs to none by that.
fn holds_something(hook: &Hook) -> Result<bool, Failure> {
    let folder = hook
        .root
        .join(".mcp/tasks")
        .join(orchestron_domain::Status::InProgress.folder());
    match fs::read_dir(&folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(said) => Err(Failure::Io {
            doing: "cannot look at the tasks in progress",
            said,
        }),
    }
}

/// Wakes a running engine, for task files may have come and gone with the branch; says whose task the branch is.
fn after_checkout(hook: &Hook) -> Result<(), Failure> {
    // The third word is 0 when only files were checked out.
    if hook.args.get(2).is_some_and(|word| word == "0") {
        return Ok(());
    }
    let Some(place) = hook.place() else {
        return Ok(());
    };
    let branch = place.branch();
    if branch.as_deref().and_then(task_of_branch).is_none() {
        return Ok(());
    }
    let (_project, mut context) = hook.open()?;
    let top = place.top().display().to_string();
    if let Some(line) = hooks_commit::arrived(&mut context, &top, branch.as_deref())? {
        tell(&line);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::with_trailer;

    #[test]
    fn the_trailer_comes_behind_the_last_words_and_once() {
        let task = "TASK-7".parse().unwrap();
        for (before, after) in [
            ("Fix login\n", Some("Fix login\n\nTask: TASK-007\n")),
            ("Fix login", Some("Fix login\n\nTask: TASK-007\n")),
            (
                "Fix\n\nWhy.\n\nSigned-off-by: A <a@b>\n",
                Some("Fix\n\nWhy.\n\nSigned-off-by: A <a@b>\nTask: TASK-007\n"),
            ),
            ("fix: it\n", Some("fix: it\n\nTask: TASK-007\n")),
            ("Fix\n\nTask: TASK-007\n", None),
            (
                "Fix\n\n# Please enter\n# the message\n",
                Some("Fix\n\nTask: TASK-007\n\n# Please enter\n# the message\n"),
            ),
            (
                "\n# Please enter\n",
                Some(
                    "\n# Please enter\n# Task: TASK-007 (Orchestron links this commit to it: the branch says so)\n",
                ),
            ),
            (
                "Fix\n# ------------------------ >8 ------------------------\ndiff --git a b\n",
                Some(
                    "Fix\n\nTask: TASK-007\n# ------------------------ >8 ------------------------\ndiff --git a b\n",
                ),
            ),
        ] {
            assert_eq!(with_trailer(before, &task).as_deref(), after, "{before:?}");
        }
    }
}
