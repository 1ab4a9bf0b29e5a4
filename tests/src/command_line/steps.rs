//! Stepping in where there is nobody to step in on: refused, with what helps instead.

use super::{does, prints, quiet_shop, refuses};

#[test]
fn where_nobody_works_each_verb_says_what_helps() {
    let env = quiet_shop();
    does(&env, &["create", "Greet the customers"]);
    prints(
        &env,
        &["logs", "TASK-1"],
        "No agent has worked on TASK-1 yet.",
    );
    refuses(
        &env,
        &["intervene", "TASK-1", "-m", "Stop it"],
        1,
        "
        error: TASK-001 cannot be interrupted now: no agent works on it
          hint: `orchestron clarify TASK-001 \"…\"` writes it into the task; in review, send TASK-001 back with a note",
    );
    refuses(
        &env,
        &["attach", "TASK-1"],
        2,
        "error: a conversation is taken over in a terminal, and this is none; `--print` prints the command",
    );
    refuses(
        &env,
        &["attach", "TASK-1", "--print"],
        1,
        "
        error: TASK-001 cannot be taken over now: no agent has worked on it yet
          hint: `orchestron show TASK-001` tells how far it is; a conversation begins with an agent's first run",
    );
    refuses(
        &env,
        &["watch", "--session", "current"],
        1,
        "
        error: nobody works now
          hint: `orchestron watch` follows whatever happens; `orchestron logs TASK` shows what was said",
    );
    refuses(
        &env,
        &["clarify", "TASK-1", "in French", "--request", "R-9"],
        2,
        "error: request: [REQUEST] is no open question about TASK-001",
    );
    prints(
        &env,
        &["clarify", "TASK-1", "in French"],
        "✓ wrote it into the goal of TASK-001; nobody was asking about it",
    );
    assert!(env.task_text("TASK-001").contains("by you): in French"));
    prints(
        &env,
        &["escalate", "TASK-1", "--why", "No idea how"],
        "
        ✓ the person is asked about TASK-001
        ! escalated to you: No idea how
          next: `orchestron requests` shows it, until somebody decides what becomes of it",
    );
}

#[test]
fn what_rests_is_given_back_by_retry_too() {
    let env = quiet_shop();
    does(&env, &["create", "Greet the customers"]);
    does(
        &env,
        &["pause", "TASK-1", "--reason", "Needs architecture review"],
    );
    let given = env.orchestron(&["retry", "TASK-1", "-m", "Go on."]);
    assert!(
        given.stdout.starts_with("✓ TASK-001 is paused no more"),
        "{given}"
    );
    assert!(
        env.task_text("TASK-001")
            .contains("By you, when it went on: Go on.")
    );
    assert_eq!(
        env.orchestron(&["retry", "TASK-1"]).code,
        1,
        "nothing is stuck any more"
    );
}
