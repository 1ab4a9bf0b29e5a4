//! In whose name commits are made: never depending on anybody's configuration.

use super::command::Git;
use orchestron_domain::TaskId;

/// Signs a commit as `name <name@orchestron.local>`.
pub(super) fn signed(git: Git, name: &str) -> Git {
    let shown: String = name
        .chars()
        .map(|c| {
            if c.is_control() || "<>".contains(c) {
                ' '
            } else {
                c
            }
        })
        .take(100)
        .collect();
    let local: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .map(|c| c.to_ascii_lowercase())
        .take(60)
        .collect();
    // Git refuses names that are nothing but punctuation.
    let speaks = shown.chars().any(char::is_alphanumeric);
    let shown = if speaks { shown.trim() } else { "agent" };
    let local = if local.bytes().any(|b| b.is_ascii_alphanumeric()) {
        local
    } else {
        "agent".to_owned()
    };
    let email = format!("{local}@orchestron.local");
    git.env("GIT_AUTHOR_NAME", shown)
        .env("GIT_AUTHOR_EMAIL", &email)
        .env("GIT_COMMITTER_NAME", shown)
        .env("GIT_COMMITTER_EMAIL", &email)
}

/// The message with the trailers `Task` and `Agent` at its end, unless they are there already.
pub(super) fn with_trailers(message: &str, task: Option<&TaskId>, agent: &str) -> String {
    let agent: String = agent.chars().filter(|c| !c.is_control()).collect();
    let mut trailers = Vec::new();
    if let Some(task) = task {
        trailers.push(format!("Task: {task}"));
    }
    trailers.push(format!("Agent: {}", agent.trim()));
    let mut text = message.replace('\0', " ").trim().to_owned();
    if text.is_empty() {
        text = task.map_or_else(|| "Work".to_owned(), |task| format!("{task}: work"));
    }
    let last = text.rsplit("\n\n").next().unwrap_or_default();
    let ends_with_trailers = text.contains("\n\n") && last.lines().all(is_trailer);
    trailers.retain(|line| !(ends_with_trailers && last.lines().any(|l| l == line)));
    if trailers.is_empty() {
        return text + "\n";
    }
    let gap = if ends_with_trailers { "\n" } else { "\n\n" };
    format!("{text}{gap}{}\n", trailers.join("\n"))
}

fn is_trailer(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(key, _)| {
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

/// The task that a branch `task/TASK-001-slug` belongs to.
pub(super) fn task_of_branch(branch: &str) -> Option<TaskId> {
    let name = branch.strip_prefix("task/")?;
    let (prefix, rest) = name.split_once('-')?;
    let number = rest.split('-').next()?;
    format!("{prefix}-{number}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{task_of_branch, with_trailers};

    #[test]
    fn trailers_are_added_once_and_to_what_is_there() {
        let task = "TASK-1".parse().unwrap();
        let one = with_trailers("Add login\n", Some(&task), "claude-impl");
        assert_eq!(one, "Add login\n\nTask: TASK-001\nAgent: claude-impl\n");
        assert_eq!(with_trailers(&one, Some(&task), "claude-impl"), one);
        assert_eq!(
            with_trailers("Add login\n\nGate: test", Some(&task), "x\ny"),
            "Add login\n\nGate: test\nTask: TASK-001\nAgent: xy\n"
        );
        assert_eq!(with_trailers("Fix: it", None, "a"), "Fix: it\n\nAgent: a\n");
        assert_eq!(
            with_trailers(" \n", Some(&task), "a"),
            "TASK-001: work\n\nTask: TASK-001\nAgent: a\n"
        );
    }

    #[test]
    fn branches_name_their_task() {
        for (branch, task) in [
            ("task/TASK-001-a-b", Some("TASK-001")),
            ("task/WEB-12", Some("WEB-012")),
            ("task/x", None),
            ("main", None),
        ] {
            let found = task_of_branch(branch).map(|t| t.to_string());
            assert_eq!(found.as_deref(), task, "{branch}");
        }
    }
}
