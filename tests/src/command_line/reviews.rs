//! Reviews at the terminal: comments on lines, verdicts on parts, a file in the editor.

use super::{does, quiet_shop};
use crate::environment::TestEnvironment;
use std::{fs, path::PathBuf};

/// A task in review whose work is a greeting of three lines.
fn greeting() -> (TestEnvironment, PathBuf) {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    let shown = env.json(&["show", "TASK-1"]);
    let worktree = PathBuf::from(shown["task"]["worktree"].as_str().expect("a worktree"));
    fs::write(worktree.join("greeting.txt"), "Hello\nyou\nthere\n").expect("a file");
    does(&env, &["review", "TASK-1", "--agent", "cursor"]);
    (env, worktree)
}

#[test]
fn comments_and_verdicts_go_into_the_feedback_with_their_code() {
    let (env, _) = greeting();
    let wrong = env.orchestron(&["reject", "TASK-1", "--comment", "greeting.txt:no number"]);
    assert_eq!(wrong.code, 2, "{wrong}");
    let unknown = env.orchestron(&["reject", "TASK-1", "--comment", "other.txt:1:who?"]);
    assert!(
        unknown.code == 2
            && unknown
                .stderr
                .contains("is not among the changed files: greeting.txt"),
        "{unknown}"
    );
    does(
        &env,
        &[
            "reject",
            "TASK-1",
            "--comment",
            "greeting.txt:2-3:Say: \"dear customers\".",
            "--again",
            "greeting.txt:1",
        ],
    );
    let feedback = env.read(".mcp/feedback/TASK-001-1.md");
    for part in [
        "- Why: 1 comment, 1 change to be done again: greeting.txt",
        "### `greeting.txt:2-3`\n\n```txt\nyou\nthere\n```\n\n> Say: \"dear customers\".",
        "## Do again",
        "+Hello\n+you\n+there",
    ] {
        assert!(feedback.contains(part), "{part}: {feedback}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_is_opened_in_the_editor_that_was_chosen() {
    use std::{os::unix::fs::PermissionsExt, time::Duration};
    let (env, worktree) = greeting();
    let program = env.root().join("an editor");
    let told = env.root().join("told");
    let script = format!(
        "#!/bin/sh\nprintf '%s|' \"$@\" > '{0}.new'\nmv '{0}.new' '{0}'\n",
        told.display()
    );
    fs::write(&program, script).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("rights");
    let program = program.display().to_string();
    let no_file = env.orchestron(&["editor", &program, "-x"]);
    assert_eq!(no_file.code, 2, "{no_file}");
    does(&env, &["editor", &program, "--at", "{line}", "{file}"]);
    does(&env, &["open", "TASK-1", "greeting.txt:2"]);
    let said = env.wait_for("the editor", Duration::from_secs(20), || {
        fs::read_to_string(&told).ok()
    });
    assert_eq!(
        said,
        format!("--at|2|{}|", worktree.join("greeting.txt").display())
    );
    let outside = env.orchestron(&["open", "TASK-1", "../../secret"]);
    assert_eq!(outside.code, 2, "{outside}");
}
