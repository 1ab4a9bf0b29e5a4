//! What a run may not do with git, because others live in the same repository: the stash, foreign branches, what was pushed, worktrees,
//! configuration and hooks are shared by all of them. Every refusal says what to do instead, for it is a model that reads it.
//!
//! Pure: what was asked for comes in, an answer comes out. Who asks, and how git is kept from doing it, is told elsewhere.

use crate::TaskId;

/// Why git does not do it, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked for, as `git stash`.
    pub what: String,
    /// Why it is refused.
    pub why: &'static str,
    /// What to do instead.
    pub instead: &'static str,
}

impl Refusal {
    /// The lines a model reads.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "orchestron: `{}` is refused inside a run: {}.\nInstead: {}.\n",
            self.what, self.why, self.instead
        )
    }
}

const STASH: (&str, &str) = (
    "the stash is shared by all worktrees of this repository, so others would find your changes in it, or you would take theirs",
    "leave your changes where they are, this worktree is yours alone; to see what was there before use `git diff` or `git show HEAD:FILE`, to keep a state commit it on this branch",
);
const WORKTREE: (&str, &str) = (
    "the other worktrees are where others work, and yours is taken care of",
    "work in this worktree only; what is left over is cleared away when the task is over",
);
const FORCE: (&str, &str) = (
    "it rewrites or deletes what others may have fetched",
    "do not push: your work is committed and merged for you once it is approved; if something must be pushed, say so when you submit",
);
const CONFIG: (&str, &str) = (
    "configuration and hooks are shared by all worktrees and by the person",
    "set what you need for one command in the environment it reads, or ask the person with request_help; reading is allowed (`git config --get NAME`)",
);
const BRANCH: (&str, &str) = (
    "the branch belongs to somebody else's work",
    "work on your own branch; to have other work beside yours, read it with `git show BRANCH:FILE` or `git diff BRANCH`, and ask for a catch-up when you submit",
);
const OWN_BRANCH: (&str, &str) = (
    "this branch is what is handed in",
    "leave it; undo single commits with `git revert` or move it with `git reset`",
);
const CLEAN: (&str, &str) = (
    "it deletes history that other worktrees may still need",
    "leave it; the repository is looked after",
);

fn refuse(what: impl Into<String>, (why, instead): (&'static str, &'static str)) -> Refusal {
    Refusal {
        what: what.into(),
        why,
        instead,
    }
}

/// Options of git itself that have their value in the next word.
const WITH_VALUE: [&str; 7] = [
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--config-env",
];

/// Judges a command line of git, without the `git`.
///
/// # Errors
/// What is refused.
pub fn command(words: &[String]) -> Result<(), Refusal> {
    let mut rest = words.iter().map(String::as_str);
    let mut verb = None;
    while let Some(word) = rest.next() {
        let sets = match word {
            "-c" | "--config-env" => rest.next(),
            _ if WITH_VALUE.contains(&word) => {
                rest.next();
                None
            }
            _ if word.starts_with("-c") && !word.starts_with("--") => word.get(2..),
            _ => word.strip_prefix("--config-env="),
        };
        if sets.is_some_and(|setting| setting.to_lowercase().starts_with("core.hookspath")) {
            return Err(refuse("git -c core.hooksPath", CONFIG));
        }
        if !word.starts_with('-') {
            verb = Some(word);
            break;
        }
    }
    let rest: Vec<&str> = rest.collect();
    match verb {
        Some("stash") => stash(&rest),
        Some("worktree") => worktree(&rest),
        Some("push") => push(&rest),
        Some("config") => config(&rest),
        Some("remote") => remote(&rest),
        Some("gc" | "prune" | "filter-branch" | "filter-repo") => {
            Err(refuse(format!("git {}", verb.unwrap_or_default()), CLEAN))
        }
        Some("reflog")
            if rest
                .iter()
                .any(|word| matches!(*word, "expire" | "delete" | "drop")) =>
        {
            Err(refuse("git reflog expire", CLEAN))
        }
        Some("maintenance")
            if rest
                .iter()
                .any(|word| matches!(*word, "start" | "register" | "stop" | "unregister")) =>
        {
            Err(refuse("git maintenance", CONFIG))
        }
        _ => Ok(()),
    }
}

fn stash(rest: &[&str]) -> Result<(), Refusal> {
    match rest.iter().find(|word| !word.starts_with('-')) {
        Some(&"list" | &"show" | &"create") => Ok(()),
        Some(verb) => Err(refuse(format!("git stash {verb}"), STASH)),
        None => Err(refuse("git stash", STASH)),
    }
}

fn worktree(rest: &[&str]) -> Result<(), Refusal> {
    match rest.iter().find(|word| !word.starts_with('-')) {
        Some(verb @ (&"remove" | &"prune" | &"move" | &"unlock" | &"repair")) => {
            Err(refuse(format!("git worktree {verb}"), WORKTREE))
        }
        _ => Ok(()),
    }
}

/// Long options may be shortened, as far as they are the only ones that begin so.
fn is_option(word: &str, long: &str, shortest: usize) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    name.len() >= shortest && long.starts_with(name)
}

fn push(rest: &[&str]) -> Result<(), Refusal> {
    let forces = |word: &&&str| {
        let short = word.starts_with('-')
            && !word.starts_with("--")
            && word.contains(['f', 'd'])
            && !word.starts_with("-o");
        short
            || is_option(word, "--force", 4)
            || word.starts_with("--force-")
            || is_option(word, "--mirror", 3)
            || is_option(word, "--delete", 4)
            || is_option(word, "--prune", 5)
            || is_option(word, "--no-verify", 6)
            || word.starts_with('+')
            || (word.starts_with(':') && word.len() > 1)
    };
    match rest.iter().find(forces) {
        Some(word) => Err(refuse(format!("git push {word}"), FORCE)),
        None => Ok(()),
    }
}

fn config(rest: &[&str]) -> Result<(), Refusal> {
    const READS: [&str; 8] = [
        "--get",
        "--get-all",
        "--get-regexp",
        "--get-urlmatch",
        "--get-color",
        "--get-colorbool",
        "--list",
        "-l",
    ];
    if rest.iter().any(|word| READS.contains(word)) {
        return Ok(());
    }
    let takes_value =
        |word: &str| matches!(word, "-f" | "--file" | "--blob" | "--type" | "--default");
    let mut plain = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if takes_value(word) {
            words.next();
        } else if word.starts_with('-') {
            let writes = [
                "--add",
                "--unset",
                "--unset-all",
                "--replace-all",
                "--rename-section",
                "--remove-section",
                "--edit",
                "-e",
            ];
            if writes.contains(word) {
                return Err(refuse(format!("git config {word}"), CONFIG));
            }
        } else {
            plain.push(*word);
        }
    }
    match plain.as_slice() {
        [] | ["get" | "list", ..] => Ok(()),
        // One name alone is read.
        [name] if name.contains('.') => Ok(()),
        [first, ..] => Err(refuse(format!("git config {first}"), CONFIG)),
    }
}

fn remote(rest: &[&str]) -> Result<(), Refusal> {
    match rest.iter().find(|word| !word.starts_with('-')) {
        None | Some(&"show" | &"get-url" | &"update") => Ok(()),
        Some(verb) => Err(refuse(format!("git remote {verb}"), CONFIG)),
    }
}

/// A branch or another name that git is about to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move<'a> {
    /// Its full name: `refs/heads/main`.
    pub name: &'a str,
    /// Whether there is one.
    pub exists: bool,
    /// Whether it is to be deleted.
    pub deletes: bool,
    /// Whether it is what is checked out in the run's worktree.
    pub checked_out: bool,
}

/// Judges the move of a name, by whatever command.
///
/// # Errors
/// What is refused.
pub fn moves(moved: &Move<'_>, task: Option<&TaskId>, base: &str) -> Result<(), Refusal> {
    if moved.name == "refs/stash" {
        return Err(refuse("git stash", STASH));
    }
    if moved.name.starts_with("refs/orchestron/") {
        return Err(refuse(format!("git update-ref {}", moved.name), CLEAN));
    }
    let Some(branch) = moved.name.strip_prefix("refs/heads/") else {
        return Ok(());
    };
    if task.is_some_and(|task| is_of(branch, task)) {
        return match moved.deletes {
            true => Err(refuse(format!("git branch -d {branch}"), OWN_BRANCH)),
            false => Ok(()),
        };
    }
    let shared = branch == base || branch.starts_with("task/");
    // One that the run makes itself, and goes on with, is its own affair.
    let its_own = !shared && (!moved.exists || (moved.checked_out && !moved.deletes));
    if its_own {
        return Ok(());
    }
    let what = match (moved.deletes, moved.exists) {
        (true, _) => format!("git branch -d {branch}"),
        (false, true) => format!("moving the branch {branch}"),
        (false, false) => format!("git branch {branch}"),
    };
    Err(refuse(what, BRANCH))
}

fn is_of(branch: &str, task: &TaskId) -> bool {
    let rest = branch
        .strip_prefix("task/")
        .and_then(|name| name.strip_prefix(&task.to_string()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// What is to be pushed to one name of a remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed<'a> {
    /// The name there.
    pub name: &'a str,
    /// Whether it is to be deleted.
    pub deletes: bool,
    /// Whether what is there stays part of it.
    pub keeps: bool,
}

/// Judges what is about to be pushed, by whatever command.
///
/// # Errors
/// What is refused.
pub fn pushes(pushed: &Pushed<'_>) -> Result<(), Refusal> {
    if pushed.deletes {
        return Err(refuse(format!("git push --delete {}", pushed.name), FORCE));
    }
    if !pushed.keeps {
        return Err(refuse(format!("git push --force {}", pushed.name), FORCE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Move, Pushed, command, moves, pushes};

    fn judged(line: &str) -> Option<String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        command(&words).err().map(|refusal| refusal.what)
    }

    #[test]
    fn what_is_shared_is_left_alone() {
        for line in [
            "stash",
            "stash -u",
            "stash push -m x",
            "stash pop",
            "stash drop",
            "-C /x stash",
            "worktree remove ../b",
            "worktree prune",
            "worktree remove -f x",
            "push --force",
            "push -f origin x",
            "push -fu origin x",
            "push origin +x",
            "push origin :x",
            "push --delete origin x",
            "push -d origin x",
            "push --force-with-lease",
            "push --forc origin",
            "push --mirror",
            "push --no-verify",
            "config user.name x",
            "config --unset core.bare",
            "config --global alias.x y",
            "config set a.b c",
            "config -e",
            "-c core.hooksPath=/dev/null commit",
            "-ccore.hookspath= commit",
            "--config-env=core.hooksPath=X commit",
            "remote add x y",
            "remote set-url origin x",
            "gc",
            "gc --prune=now",
            "reflog expire --all",
            "prune",
            "--no-pager -c a.b=c stash",
        ] {
            assert!(judged(line).is_some(), "{line}");
        }
    }

    #[test]
    fn everything_else_goes_on() {
        for line in [
            "",
            "status",
            "diff",
            "log -f",
            "commit -m stash",
            "add -f x",
            "reset --hard HEAD~1",
            "checkout -f",
            "switch -c mine",
            "clean -fd",
            "stash list",
            "stash show -p",
            "stash create",
            "worktree list",
            "worktree add ../x",
            "push",
            "push origin HEAD",
            "push -u origin x",
            "push -o ci.skip origin",
            "config --get a.b",
            "config a.b",
            "config -l",
            "config list",
            "config get a.b",
            "config --type bool a.b",
            "remote -v",
            "remote get-url origin",
            "reflog",
            "rebase main",
            "merge main",
            "-c user.name=x commit",
            "grep worktree prune",
            "fetch origin",
            "tag v1",
            "branch -D other",
        ] {
            assert_eq!(judged(line), None, "{line}");
        }
    }

    #[test]
    fn branches_of_others_stay_where_they_are() {
        let task = "TASK-7".parse().unwrap();
        let judged = |name: &str, exists, deletes, checked_out| {
            moves(
                &Move {
                    name,
                    exists,
                    deletes,
                    checked_out,
                },
                Some(&task),
                "main",
            )
            .is_ok()
        };
        assert!(
            judged("refs/heads/task/TASK-007-x", true, false, true),
            "its own"
        );
        assert!(!judged("refs/heads/task/TASK-007-x", true, true, false));
        assert!(!judged("refs/heads/task/TASK-0071", true, false, false));
        assert!(!judged("refs/heads/task/TASK-008-y", false, false, false));
        assert!(
            !judged("refs/heads/main", true, false, true),
            "the base is everybody's"
        );
        assert!(!judged("refs/heads/other", true, false, false));
        assert!(judged("refs/heads/mine", false, false, false));
        assert!(judged("refs/heads/mine", true, false, true));
        assert!(!judged("refs/heads/mine", true, true, true));
        assert!(!judged("refs/stash", false, false, false));
        assert!(!judged("refs/orchestron/saved/x", true, true, false));
        for name in [
            "HEAD",
            "ORIG_HEAD",
            "refs/remotes/origin/main",
            "refs/tags/v1",
            "refs/bisect/bad",
        ] {
            assert!(judged(name, true, false, false), "{name}");
        }
        let refusal = moves(
            &Move {
                name: "refs/stash",
                exists: false,
                deletes: false,
                checked_out: false,
            },
            None,
            "main",
        )
        .unwrap_err();
        assert!(
            refusal
                .text()
                .contains("Instead: leave your changes where they are")
        );
    }

    #[test]
    fn nothing_that_was_pushed_is_rewritten() {
        let pushed = |deletes, keeps| {
            pushes(&Pushed {
                name: "refs/heads/x",
                deletes,
                keeps,
            })
            .is_ok()
        };
        assert!(pushed(false, true));
        assert!(!pushed(true, true) && !pushed(false, false));
    }
}
