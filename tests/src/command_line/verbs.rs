//! Every verb's way to succeed.

use super::{does, prints, quiet_shop};
use crate::environment::{Chain, TestEnvironment, check, out_of_envelope};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn init_says_what_it_wrote_and_keeps_what_is_there() {
    let env = TestEnvironment::new();
    env.set(
        "ORCHESTRON_CLAUDE",
        crate::environment::binary("fake-claude"),
    );
    env.repository();
    prints(
        &env,
        &["init"],
        "
        ✓ Orchestron is set up in [ROOT]/shop
          + .mcp/config.yaml
          + .mcp/agents.yaml
          + .mcp/prompts/prepare.md
          + .mcp/prompts/implement.md
          + .mcp/prompts/review.md
          + .mcp/workflows/rpiv.yaml
          + .mcp/.gitignore
          chain: architect prepares · claude-impl implements · claude-review reviews · you approve
          next: orchestron create \"What is to be done\"
          next: orchestron run",
    );
    env.write(".mcp/prompts/review.md", "Mine.\n");
    prints(
        &env,
        &["init"],
        "
        ✓ Orchestron is set up in [ROOT]/shop
          = .mcp/config.yaml (kept as it is)
          = .mcp/agents.yaml (kept as it is)
          = .mcp/prompts/prepare.md (kept as it is)
          = .mcp/prompts/implement.md (kept as it is)
          = .mcp/prompts/review.md (kept as it is)
          = .mcp/workflows/rpiv.yaml (kept as it is)
          = .mcp/.gitignore (kept as it is)
          chain: architect prepares · claude-impl implements · claude-review reviews · you approve
          next: orchestron create \"What is to be done\"
          next: orchestron run",
    );
    assert_eq!(env.read(".mcp/prompts/review.md"), "Mine.\n");
}

#[test]
fn init_in_a_node_project_adds_scripts_when_asked() {
    let env = TestEnvironment::new();
    env.repository();
    let package =
        "{\n  \"name\": \"shop\",\n  \"scripts\": {\n    \"test\": \"node --test\"\n  }\n}\n";
    env.write("package.json", package);
    let done = env.orchestron(&["init"]);
    assert!(
        done.stdout
            .contains("`orchestron init --npm-scripts` adds mcp:status"),
        "{done}"
    );
    assert_eq!(
        env.read("package.json"),
        package,
        "nothing is added unasked"
    );
    assert!(
        env.read(".mcp/config.yaml").contains("run: \"npm test\""),
        "its tests are a gate"
    );
    does(&env, &["init", "--npm-scripts"]);
    let expected = package.replace(
        "\"node --test\"\n",
        "\"node --test\",\n    \"mcp:status\": \"orchestron status\",\n    \"mcp:next\": \"orchestron next\",\n    \"mcp:create\": \"orchestron create\"\n",
    );
    assert_eq!(env.read("package.json"), expected);
}

/// Where the first task is worked on.
fn worktree(env: &TestEnvironment) -> PathBuf {
    let shown = env.json(&["show", "TASK-001"]);
    PathBuf::from(shown["task"]["worktree"].as_str().expect("a worktree"))
}

#[test]
fn a_task_goes_its_way_by_verbs_alone() {
    let env = quiet_shop();
    prints(
        &env,
        &[
            "create",
            "Greet the customers",
            "-p",
            "P0",
            "-g",
            "They feel welcome.",
            "-c",
            "It says Hello",
            "-f",
            "greeting.txt",
        ],
        "
        ✓ wrote TASK-001: Greet the customers
          next: `orchestron prep TASK-001` when it can be worked on without asking",
    );
    prints(
        &env,
        &["list"],
        "TASK-001  P0  pending  ◆○○  Greet the customers  your turn",
    );
    prints(
        &env,
        &["prep", "TASK-1", "-m", "All clear."],
        "
        ✓ TASK-001 is prepared; it is now ready
        ! 3 of 3 boxes under `## Definition of Ready` were not ticked; they stay as they are
          next: it is cursor's turn: `orchestron next --agent cursor`",
    );
    prints(
        &env,
        &["claim", "TASK-1", "--agent", "cursor"],
        "
        ✓ cursor took TASK-001 (implement)
          next: work in [ROOT]/state/projects/[PROJECT]/worktrees/TASK-001
          next: `orchestron next --agent cursor` gives the task with its whole context
          next: `orchestron review TASK-001 --agent cursor -m \"…\"` when it is done",
    );
    prints(
        &env,
        &["status"],
        "
        shop  no engine running (start one: orchestron run)

        pending 0  ready 0  in progress 1  review 0  done 0  failed 0

        TASK-001  P0  in progress  ●◐○  Greet the customers  cursor works on it",
    );
    fs::write(worktree(&env).join("greeting.txt"), "Goodbye\n").expect("a file");
    prints(
        &env,
        &["review", "TASK-1", "--agent", "cursor", "-m", "It greets."],
        "
        ✓ TASK-001 is submitted; it is now ready
        ! it did not pass, so it came back with feedback: `orchestron show TASK-001` tells why
          next: it is cursor's turn: `orchestron next --agent cursor`",
    );
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    fs::write(worktree(&env).join("greeting.txt"), "Hello\n").expect("a file");
    prints(
        &env,
        &[
            "review",
            "TASK-1",
            "--agent",
            "cursor",
            "-m",
            "It greets now.",
        ],
        "
        ✓ TASK-001 is submitted; it is now in review
        ! waits for your decision",
    );
    prints(
        &env,
        &["requests"],
        "
        review [REQUEST] TASK-001 · Greet the customers · waiting [TIME]
          0 of 1 criteria met · check-1 passes
          orchestron show TASK-001 --diff, then: orchestron approve TASK-001 | orchestron reject TASK-001 -m \"…\"",
    );
    prints(
        &env,
        &["approve", "TASK-1", "--with-feedback", "Fine."],
        "✓ approved TASK-001; it is now done: merged into main as [COMMIT]",
    );
    prints(
        &env,
        &["list", "--status", "done"],
        "TASK-001  P0  done  ●●●  Greet the customers",
    );
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    prints(
        &env,
        &["log", "TASK-1", "-n", "4"],
        "
        [TIME] ago  engine  TASK-001's worktree was cleared away
        [TIME] ago  engine  TASK-001 went from review to done
        [TIME] ago  engine  TASK-001 is done: Approved and merged into main as [COMMIT].
        [TIME] ago  engine  TASK-001 was merged into main as [COMMIT]",
    );
}

#[test]
fn show_tells_everything_about_a_task() {
    let env = quiet_shop();
    does(
        &env,
        &[
            "create",
            "Greet the customers",
            "-g",
            "They feel welcome.",
            "-c",
            "It says Hello",
        ],
    );
    does(&env, &["prep", "TASK-1", "-m", "All clear."]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    fs::write(worktree(&env).join("greeting.txt"), "Hello\n").expect("a file");
    does(
        &env,
        &[
            "complete",
            "TASK-1",
            "--agent",
            "cursor",
            "-m",
            "It greets.",
        ],
    );
    prints(
        &env,
        &["show", "TASK-1", "--diff"],
        "
        TASK-001 Greet the customers
        review · P1 · $0.00 · .mcp/tasks/review/TASK-001-greet-the-customers.md
        waits for your decision

        Chain
        done     prepare    you
        done     implement  cursor
        waiting  approve    you

        Goal
        They feel welcome.

        Acceptance criteria
        ○ It says Hello

        Prepare by person
        [WHEN]
        All clear.

        Implement by cursor
        [WHEN]
        It greets.

        Git
        branch task/TASK-001-greet-the-customers in [ROOT]/state/projects/[PROJECT]/worktrees/TASK-001

        Waits for you
        review [REQUEST] TASK-001 · Greet the customers · waiting [TIME]
          0 of 1 criteria met · check-1 passes
          orchestron show TASK-001 --diff, then: orchestron approve TASK-001 | orchestron reject TASK-001 -m \"…\"

        greeting.txt
        @@ -0,0 +1 @@
        +Hello",
    );
    let raw = env.orchestron(&["show", "TASK-1", "--raw"]);
    assert_eq!(raw.stdout, env.task_text("TASK-001"));
}

#[test]
fn next_hands_over_one_document_ready_to_work_from() {
    let env = quiet_shop();
    does(
        &env,
        &["create", "Greet the customers", "-g", "They feel welcome."],
    );
    does(&env, &["prep", "TASK-1", "-m", "All clear."]);
    let done = env.orchestron(&["next", "--agent", "cursor", "--claim"]);
    assert_eq!(done.code, 0, "{done}");
    check(
        &done.stdout,
        "
        # TASK-001 · implement · attempt 1

        Implement this task: Greet the customers

        ## Where

        Work in `[ROOT]/state/projects/[PROJECT]/worktrees/TASK-001`. It is a git worktree of its own on branch `task/TASK-001-greet-the-customers`; approved work is merged into `main`. Do not switch branches, push, stash, reset other work or touch other worktrees.

        ## Task file

        ```markdown
        # Task: TASK-001 - Greet the customers

        ## Status: in-progress

        ## Priority: P1

        ## Agent: unassigned

        ## Created: [WHEN]
        ## Last Updated: [WHEN]

        ## Goal
        They feel welcome.

        ## Acceptance Criteria

        ## Definition of Ready
        - [ ] Prerequisites met
        - [ ] Context provided
        - [ ] Files identified

        ## Definition of Done
        - [ ] All tests pass
        - [ ] Code reviewed
        - [ ] Documentation updated

        ## Files Affected

        ## Depends On

        ## Implementation Notes

        ## Review Feedback

        ## Error Context

        ## Git Context
        - Branch: task/TASK-001-greet-the-customers
        - Commit:
        - PR:

        ## Handoffs

        ### 1 · prepare · person · [WHEN]

        > All clear.
        ```

        ## Gates

        These commands are run on your work before anybody reviews it. All must pass:
        - check-1: `grep -q Hello greeting.txt || { echo 'it does not greet'; exit 3; }`

        ## How to end

        Tick the acceptance criteria you have seen hold in the task file `.mcp/tasks/in-progress/TASK-001-greet-the-customers.md` of the project (not a copy of it in a worktree). When the work is done, run `orchestron review TASK-001 --agent cursor -m \"note to the reviewer\"`. The gates are run on it; if one fails, the task comes back with feedback.",
        env.root(),
    );
    assert_eq!(env.status_of("TASK-001"), "in-progress");
}

#[test]
fn sending_back_giving_up_and_trying_again() {
    let env = quiet_shop();
    does(&env, &["create", "Greet the customers"]);
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    fs::write(worktree(&env).join("greeting.txt"), "Hello\n").expect("a file");
    does(&env, &["review", "TASK-1", "--agent", "cursor"]);
    prints(
        &env,
        &["reject", "TASK-1", "-m", "Louder."],
        "
        ✓ asked for changes on TASK-001; it is now ready
          next: it is cursor's turn: `orchestron next --agent cursor`",
    );
    assert!(env.read(".mcp/feedback/TASK-001-1.md").contains("Louder."));
    prints(
        &env,
        &["fail", "TASK-1", "-m", "No idea how."],
        "
        ✓ TASK-001 is failed: No idea how.
          next: `orchestron retry TASK-001` lets it be tried again",
    );
    assert!(env.task_text("TASK-001").contains("No idea how."));
    prints(
        &env,
        &["retry", "TASK-1", "-m", "With a megaphone."],
        "✓ TASK-001 is ready to be tried again",
    );
    assert_eq!(env.status_of("TASK-001"), "ready");
}

#[test]
fn pause_and_resume_are_seen_in_the_status() {
    let env = quiet_shop();
    prints(
        &env,
        &["pause", "-m", "Lunch"],
        "
        ✓ nothing new is started
          next: `orchestron resume` goes on",
    );
    prints(
        &env,
        &["status"],
        "
        shop  paused: Lunch

        pending 0  ready 0  in progress 0  review 0  done 0  failed 0",
    );
    does(&env, &["resume"]);
    let status = env.orchestron(&["status"]);
    assert!(!status.stdout.contains("paused"), "{status}");
}

#[test]
fn watch_prints_what_happens_as_it_happens() {
    let env = quiet_shop();
    let mut watch = env
        .orchestron_command(&["watch"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    let mut line = || lines.next().expect("a line").expect("text");
    check(
        &line(),
        "Following [ROOT]/shop; Ctrl-C ends it.",
        env.root(),
    );
    does(&env, &["create", "Greet the customers"]);
    check(
        &line(),
        "TASK-001  you wrote TASK-001: Greet the customers",
        env.root(),
    );
    does(&env, &["prep", "TASK-1"]);
    check(&line(), "TASK-001  you said it is prepared", env.root());
    crate::environment::kill(watch.id());
    watch.wait().expect("a child of ours");
}

#[test]
fn watch_and_run_print_envelopes_for_programs() {
    let env = quiet_shop();
    let mut watch = env
        .orchestron_command(&["watch", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .try_for_each(|line| tell.send(line))
    });
    // Nothing is printed when it is ready, so tasks are written until one is seen.
    let line = env.wait_for("a line", SOON, || {
        does(&env, &["create", "Greet"]);
        told.recv_timeout(Duration::from_millis(50)).ok()
    });
    let event = out_of_envelope(&line);
    assert_eq!(
        (&event["kind"], &event["by"]),
        (&"task-created".into(), &"you".into())
    );
    crate::environment::kill(watch.id());
    watch.wait().expect("a child of ours");

    // `lines` takes each line out of its envelope, and fails when there is none.
    let engine = env.engine();
    does(&env, &["create", "Greet again"]);
    env.wait_for("both kinds of lines", SOON, || {
        let lines = engine.lines();
        let of_log = lines.iter().any(|line| line["kind"] == "task-created");
        let of_engine = lines.iter().any(|line| line["event"] == "engine");
        (of_log && of_engine).then_some(())
    });
    engine.stop();
}

#[test]
fn with_an_engine_running_the_outcome_is_told_or_who_is_at_it() {
    let env = quiet_shop();
    let chain = Chain {
        prepare: "person",
        implement: "cursor",
        review: "",
        gates: &["sleep 4"],
        ..Chain::default()
    };
    env.configure(&chain, None);
    let engine = env.engine();
    does(&env, &["create", "Greet"]);
    let prepared = env.orchestron(&["prep", "TASK-1"]);
    assert!(
        prepared
            .stdout
            .contains("TASK-001 is prepared; it is now ready"),
        "{prepared}"
    );
    let claimed = env.orchestron(&["claim", "TASK-1", "--agent", "cursor"]);
    assert!(claimed.stdout.contains("next: work in /"), "{claimed}");
    fs::write(worktree(&env).join("greeting.txt"), "Hello\n").expect("a file");
    prints(
        &env,
        &["review", "TASK-1", "--agent", "cursor"],
        "
        ✓ TASK-001 is submitted
          next: the gates are run on it: check-1
          next: the running engine runs the gates on it; `orchestron watch TASK-001` follows it",
    );
    env.wait_for_status("TASK-001", "review", SOON);
    env.wait_for_request("review", SOON);
    prints(
        &env,
        &["approve", "TASK-1"],
        "✓ approved TASK-001; it is now done: merged into main as [COMMIT]",
    );
    engine.stop();
}

#[test]
fn completions_are_good_shell() {
    let env = quiet_shop();
    let bash = env.orchestron(&["completions", "bash"]);
    fs::write(env.root().join("completions.bash"), &bash.stdout).expect("a file");
    let script = env.root().join("completions.bash");
    let checked = crate::environment::finish(
        env.command("bash").arg("-n").arg(&script),
        Duration::from_secs(10),
    );
    assert_eq!(checked.code, 0, "{checked}");
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        let done = env.orchestron(&["completions", shell]);
        assert!(
            done.code == 0 && done.stdout.contains("approve"),
            "{shell}: {done}"
        );
    }
    assert!(
        !bash.stdout.contains("key-helper"),
        "hidden verbs are not offered"
    );
}

#[test]
fn help_names_every_verb_and_every_exit_code() {
    let env = TestEnvironment::new();
    let help = env.orchestron(&["--help"]).stdout;
    let verbs = [
        "init",
        "create",
        "prep",
        "claim",
        "review",
        "complete",
        "approve",
        "reject",
        "fail",
        "status",
        "next",
        "list",
        "show",
        "log",
        "watch",
        "doctor",
        "demo",
        "run",
        "completions",
    ];
    for verb in verbs {
        assert!(
            help.lines()
                .any(|line| line.trim_start().starts_with(&format!("{verb} "))),
            "{verb} is not in\n{help}"
        );
        let own = env.orchestron(&[verb, "--help"]);
        assert_eq!(own.code, 0, "{own}");
    }
    assert!(!help.contains("keep "), "`keep` is hidden:\n{help}");
    assert!(
        help.starts_with("Hands work from one coding agent to the next"),
        "{help}"
    );
    for code in 0..=7 {
        assert!(help.contains(&format!("{code} ")), "exit code {code}");
    }
}
