//! Who may start, who may not, who works how: `why`, `impact`, `order`, `reassign`, `agents`, `pause` and `resume` with a scope.

use super::{does, prints, quiet_shop, refuses};
use crate::environment::TestEnvironment;

/// A shop with three tasks: the second waits for the first, the third for nothing.
fn shop() -> TestEnvironment {
    let env = quiet_shop();
    does(&env, &["create", "Greet in French", "-p", "P2"]);
    does(&env, &["create", "Greet in Dutch", "-d", "TASK-1"]);
    does(
        &env,
        &["create", "Greet in Danish", "--order", "-5", "-n", "danish"],
    );
    for task in ["TASK-1", "TASK-2", "TASK-3"] {
        does(&env, &["prep", task]);
    }
    env
}

#[test]
fn why_tells_what_a_task_waits_for_and_what_would_change_it() {
    let env = shop();
    prints(
        &env,
        &["why", "TASK-2"],
        "
        TASK-002 Greet in Dutch
        ready · P1 · implement: cursor

        ◌ TASK-001 (ready) is not done
          change: it starts when the last of them is done, or is taken out of `## Depends On`",
    );
    prints(
        &env,
        &["why", "TASK-3"],
        "
        TASK-003 Greet in Danish
        ready · P1 · implement: cursor · order -5

        ◆ cursor has the turn; nothing is launched for that
          change: `orchestron next --agent cursor` hands it to cursor",
    );
    let file = env.task_text("TASK-003");
    assert!(
        file.contains("## Order: -5\n") && file.contains("## Needs\n- danish\n"),
        "{file}"
    );
    let view = env.json(&["why", "TASK-2"]);
    assert_eq!(view["reasons"][0]["kind"], "dependencies");
    assert_eq!(view["reasons"][0]["tasks"][0], "TASK-001");
    refuses(
        &env,
        &["why", "TASK-9"],
        3,
        "
        error: there is no task TASK-009
          hint: `orchestron list` shows all tasks",
    );
}

#[test]
fn tasks_that_wait_in_a_circle_are_told_with_their_path() {
    let env = shop();
    let path = ".mcp/tasks/ready/TASK-001-greet-in-french.md";
    let text = env
        .read(path)
        .replace("## Depends On\n", "## Depends On\n- TASK-002\n");
    env.write(path, &text);
    let done = env.orchestron(&["why", "TASK-1"]);
    let line = "✗ it waits in a circle: TASK-001 → TASK-002 → TASK-001";
    assert!(done.stdout.contains(line), "{done}");
    let done = env.orchestron(&["list"]);
    assert!(done.stdout.contains("waits in a circle"), "{done}");
}

#[test]
fn impact_tells_what_the_approval_would_start() {
    let env = shop();
    does(
        &env,
        &["create", "Greet in both", "-d", "TASK-1", "-d", "TASK-3"],
    );
    prints(
        &env,
        &["impact", "TASK-1"],
        "
        TASK-001 Greet in French
        ◌ TASK-002 Greet in Dutch
          it is cursor's turn then
        ◌ TASK-004 Greet in both still waits for TASK-003",
    );
    prints(
        &env,
        &["impact", "TASK-2"],
        "
        TASK-002 Greet in Dutch
        Nothing waits for it.",
    );
}

#[test]
fn a_task_gets_its_place() {
    let env = shop();
    prints(
        &env,
        &["order", "TASK-2", "--before", "TASK-3"],
        "
        ✓ TASK-002 goes before TASK-003
          next: what is furthest along goes first, then what is more urgent, then the order",
    );
    assert!(env.task_text("TASK-002").contains("## Order: -15\n"));
    does(&env, &["order", "TASK-2", "--none"]);
    assert!(env.task_text("TASK-002").contains("## Order: none\n"));
    does(&env, &["order", "TASK-2", "-7"]);
    assert!(env.task_text("TASK-002").contains("## Order: -7\n"));
    refuses(
        &env,
        &["order", "TASK-2", "--after", "TASK-1"],
        2,
        "
        error: order: TASK-002 is P1 and TASK-001 is P2: the order counts only among tasks of one priority",
    );
    assert_eq!(
        env.orchestron(&["order", "TASK-2"]).code,
        2,
        "it has to be said where"
    );
    env.write(
        ".mcp/tasks/ready/TASK-003-greet-in-danish.md",
        "# Task: TASK-003 - Greet in Danish\n\n## Order: soon\n",
    );
    let shown = env.orchestron(&["show", "TASK-3", "--raw"]);
    assert_eq!(
        shown.stdout,
        "# Task: TASK-003 - Greet in Danish\n\n## Order: soon\n"
    );
}

#[test]
fn a_leg_is_given_away_and_back() {
    let env = shop();
    does(&env, &["agents", "add", "codex"]);
    prints(
        &env,
        &["reassign", "TASK-3", "codex", "-m", "knows Danish"],
        "
        ✓ codex has the implement leg of TASK-003
          next: nothing is launched for codex: `orchestron next --agent codex` hands it over
          next: `orchestron why TASK-003` tells what it waits for",
    );
    let next = env.orchestron(&["next", "--agent", "codex"]);
    assert!(next.code == 0 && next.stdout.contains("TASK-003"), "{next}");
    does(&env, &["reassign", "TASK-3", "--back"]);
    assert_eq!(env.json(&["why", "TASK-3"])["turn"]["name"], "cursor");
    does(&env, &["claim", "TASK-3", "--agent", "cursor"]);
    assert_eq!(env.orchestron(&["reassign", "TASK-3", "codex"]).code, 4);
}

#[test]
fn one_task_or_one_agent_is_paused() {
    let env = shop();
    does(&env, &["agents", "add", "rusty", "cli=claude"]);
    prints(
        &env,
        &["pause", "TASK-3", "-m", "not yet"],
        "
        ✓ nothing new is started for TASK-003
          next: `orchestron resume TASK-003` goes on",
    );
    prints(
        &env,
        &["pause", "--agent", "rusty"],
        "
        ✓ rusty is not started any more
          next: `orchestron resume --agent rusty` goes on",
    );
    let log = env.orchestron(&["log", "-n", "2"]).stdout;
    assert!(log.contains("you paused TASK-003: not yet"), "{log}");
    prints(
        &env,
        &["resume"],
        "
        ✓ it was not paused
        ! TASK-003 is still paused: `orchestron resume TASK-003`
        ! rusty is still paused: `orchestron resume --agent rusty`
        ! no engine is running; what is ready is started when one does (`orchestron run`)",
    );
    does(&env, &["resume", "TASK-3"]);
    does(&env, &["resume", "--agent", "rusty"]);
    let both = env.orchestron(&["pause", "TASK-3", "--agent", "rusty"]);
    assert_eq!(both.code, 2, "{both}");
    refuses(
        &env,
        &["pause", "--agent", "cursor"],
        2,
        "
        error: agent: nothing is launched for cursor, so there is nothing to pause",
    );
}

#[test]
fn agents_are_added_changed_and_removed_and_the_file_stays_as_people_wrote_it() {
    let env = quiet_shop();
    let file =
        "# Who works here.\nagents:\n  cursor:   # in the editor\n    persona: Implements.\n";
    env.write(".mcp/agents.yaml", file);
    prints(
        &env,
        &["agents", "add", "rusty", "cli=claude", "instances=2", "capabilities=rust", "capabilities=unsafe rust"],
        "
        ✓ added rusty to .mcp/agents.yaml
        ! what agents run has changed, so nothing is started until `orchestron trust` accepts it
          next: a running engine reads it by itself
          next: name it in the chain of .mcp/config.yaml, or give it a task: `orchestron reassign TASK rusty`",
    );
    does(
        &env,
        &["agents", "set", "cursor", "persona", "Implements: well."],
    );
    does(&env, &["agents", "set", "rusty", "instances", "--unset"]);
    assert_eq!(
        env.read(".mcp/agents.yaml"),
        "# Who works here.\nagents:\n  cursor:   # in the editor\n    persona: \"Implements: well.\"\n\n  rusty:\n    cli: claude\n    capabilities: [rust, \"unsafe rust\"]\n"
    );
    let before = env.read(".mcp/agents.yaml");
    refuses(
        &env,
        &["agents", "set", "rusty", "instances", "many"],
        2,
        "
        error: agents: .mcp/agents.yaml was not changed: `agents.rusty.instances` is no whole number from 1 to 64 (Write a number from 1 to 64, or leave the key out.)",
    );
    let wrong = env.orchestron(&["agents", "set", "rusty", "modell", "opus"]);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("Did you mean `model`?"),
        "{wrong}"
    );
    assert_eq!(env.read(".mcp/agents.yaml"), before, "nothing was changed");
    does(&env, &["agents", "remove", "rusty"]);
    assert!(!env.read(".mcp/agents.yaml").contains("rusty"));
    assert_eq!(env.orchestron(&["agents", "remove", "rusty"]).code, 2);
    let told = env.orchestron(&["agents", "remove", "cursor"]);
    assert!(told.stdout.contains("still names it"), "{told}");
    assert_eq!(
        env.read(".mcp/agents.yaml"),
        "# Who works here.\nagents: {}\n"
    );
}

#[test]
fn agents_shows_status_and_record_of_each() {
    let env = quiet_shop();
    let done = env.orchestron(&["agents"]);
    let heads = done.stdout.lines().next().unwrap_or_default();
    let heads: Vec<_> = heads
        .split("  ")
        .map(str::trim)
        .filter(|head| !head.is_empty())
        .collect();
    assert_eq!(
        heads,
        [
            "AGENT",
            "LEGS",
            "RUNS",
            "DONE",
            "AVERAGE",
            "ERRORS",
            "FIRST PASS",
            "COST",
            "EACH",
            "HEARD"
        ]
    );
    assert!(done.stdout.contains("offline  cursor "), "{done}");
    let all = env.json(&["agents"]);
    let all = all.as_array().expect("a list");
    assert!(
        all.iter()
            .all(|one| one["status"] == "offline" && one["completed"] == 0),
        "{all:?}"
    );
}
