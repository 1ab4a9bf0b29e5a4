//! Reads: requests, events, diffs, transcripts, next, doctor.

use super::{
    asking, by_cursor, code, escalated, failing, good, in_review, outside, person, run, settle,
};
use crate::{call, registry::ALL};
use orchestron_domain::{Actor, Fact, MicroUsd, Status, transcript::TranscriptItem};
use orchestron_engine::ports::{InstalledAgent, Problem};
use orchestron_testkit::World;
use serde_json::{Value, json};

#[test]
fn requests_say_what_is_asked_and_what_yes_does() {
    let permission = good(&asking(), "requests", json!({}))[0].clone();
    assert_eq!(
        (
            permission["title"].as_str(),
            permission["detail"].as_str(),
            permission["from"].as_str(),
            permission["effect"].as_str()
        ),
        (
            Some("Run npm install stripe@17"),
            Some("Network access"),
            Some("claude-impl"),
            Some("claude-impl may do this, once")
        )
    );
    assert_eq!(
        (permission["tool"].as_str(), permission["task"].as_str()),
        (Some("Bash"), Some("TASK-001"))
    );
    assert!(permission["input"].as_str().unwrap().contains("stripe@17"));

    let review = good(&in_review(), "requests", json!({}))[0].clone();
    assert_eq!(
        (
            review["title"].as_str(),
            review["detail"].as_str(),
            review["effect"].as_str()
        ),
        (
            Some("Rate-limit the login"),
            Some("codex-review approved · 1 of 2 criteria met · test passes"),
            Some("merges into main")
        )
    );

    let world = escalated();
    for number in 2..=4 {
        world.task_with(number, Status::Ready, "Waits", "## Depends On\n- TASK-001");
    }
    let escalation = good(&world, "requests", json!({}))[0].clone();
    assert_eq!(
        escalation["title"],
        "Flaky checkout blocks TASK-002 and 2 more"
    );
    assert!(
        escalation["detail"]
            .as_str()
            .unwrap()
            .contains("3 attempts")
    );
    good(
        &world,
        "decide",
        json!({"request": escalation["id"], "decision": {"type": "give-up"}}),
    );
    let closed = good(&world, "requests", json!({}))[0].clone();
    assert_eq!(
        (
            closed["open"].as_bool(),
            closed["outcome"].as_str(),
            &closed["effect"]
        ),
        (Some(false), Some("left as it is"), &Value::Null)
    );
}

#[test]
fn a_waiting_agent_is_more_urgent_than_anything_that_only_waits() {
    let world = in_review();
    world.pass(30 * 86_400_000);
    world.task(2, Status::Ready, "Asks");
    let ask = orchestron_domain::AskId("a".into());
    let asked = orchestron_domain::signal::Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    };
    world.script(
        "implement",
        vec![
            orchestron_testkit::Act::Says(asked),
            orchestron_testkit::Act::AwaitsPermit(ask),
        ],
    );
    run(&world);
    let requests = good(&world, "requests", json!({}));
    let kinds: Vec<_> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|request| request["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["permission", "review"]);
    assert!(requests[0]["urgency"].as_u64() > requests[1]["urgency"].as_u64());
}

#[test]
fn what_holds_up_more_is_more_urgent() {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.trust();
    world.task(1, Status::Ready, "Alone");
    run(&world);
    world.task(2, Status::Ready, "Held up by it");
    world.task_with(3, Status::Pending, "Waits", "## Depends On\n- TASK-002");
    run(&world);
    let requests = good(&world, "requests", json!({}));
    assert_eq!(
        (requests[0]["task"].as_str(), requests[1]["task"].as_str()),
        (Some("TASK-002"), Some("TASK-001"))
    );
}

#[test]
fn events_are_told_in_plain_words() {
    let world = in_review();
    good(
        &world,
        "approve",
        json!({"task": "TASK-1", "note": "lovely"}),
    );
    settle(&world);
    let events = good(&world, "events", json!({"limit": 1000}));
    let texts: Vec<_> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["text"].as_str().unwrap().to_owned())
        .collect();
    for wanted in [
        "TASK-001 appeared in ready: Rate-limit the login",
        "claude-impl took TASK-001 (implement)",
        "claude-impl started on TASK-001 (implement)",
        "TASK-001: claude-impl submitted the work: it is done",
        "gate test passed",
        "claude-impl implemented TASK-001: it is done",
        "TASK-001 went from in-progress to review",
        "codex-review found TASK-001 good: reads well",
        "TASK-001 waits for your decision",
        "you approved: lovely",
        "TASK-001 was merged into main as 0000000000",
        "TASK-001's worktree was cleared away",
    ] {
        assert!(
            texts.iter().any(|text| text.starts_with(wanted)),
            "{wanted} in {texts:#?}"
        );
    }
    let every = events["events"].as_array().unwrap();
    assert!(
        every
            .iter()
            .all(|event| event["kind"] != "run-read" && event["kind"] != "command-done")
    );
    assert!(
        every
            .iter()
            .all(|event| !event["text"].as_str().unwrap().is_empty()
                && !event["kind"].as_str().unwrap().is_empty())
    );
}

#[test]
fn events_come_in_pages_and_none_is_left_out() {
    let world = in_review();
    let all = good(&world, "events", json!({"limit": 1000}));
    assert!(all["before"].is_null());
    let (mut paged, mut before) = (Vec::new(), Value::Null);
    loop {
        let page = good(&world, "events", json!({"limit": 3, "before": before}));
        assert!(page["events"].as_array().unwrap().len() <= 3);
        paged.extend(page["events"].as_array().unwrap().clone());
        before = page["before"].clone();
        if before.is_null() {
            break;
        }
    }
    assert_eq!(&paged, all["events"].as_array().unwrap());
    world.task(2, Status::Ready, "Other");
    let one = good(&world, "events", json!({"task": "TASK-2"}));
    assert_eq!(one["events"].as_array().unwrap().len(), 1);
}

#[test]
fn a_diff_says_what_would_be_merged() {
    let world = in_review();
    let diff = good(&world, "diff", json!({"task": "TASK-1"}));
    assert_eq!(
        (
            diff["files"][0]["path"].as_str(),
            diff["files"][0]["change"].as_str()
        ),
        (Some("src/pay.rs"), Some("modified"))
    );
    assert_eq!(
        (diff["base"].as_str(), &diff["conflicts"], &diff["none"]),
        (Some("main"), &json!([]), &Value::Null)
    );
    world.conflict("TASK-001", &["src/pay.rs"]);
    assert_eq!(
        good(&world, "diff", json!({"task": "TASK-1"}))["conflicts"],
        json!(["src/pay.rs"])
    );
    world.task(2, Status::Ready, "New");
    assert_eq!(
        good(&world, "diff", json!({"task": "TASK-2"}))["none"],
        "nothing is changed yet: it has no branch"
    );
    world.is_repository(false);
    assert!(
        good(&world, "diff", json!({"task": "TASK-2"}))["none"]
            .as_str()
            .unwrap()
            .contains("no git repository")
    );
}

#[test]
fn a_task_page_has_everything() {
    let world = World::new();
    world.script("gate-test", failing("FAIL"));
    world.task(1, Status::Ready, "Rate-limit the login");
    run(&world);
    let view = good(&world, "task", json!({"task": "TASK-1"}));
    assert_eq!(
        (view["goal"].as_str(), view["criteria"][1]["text"].as_str()),
        (Some("Do it well."), Some("it is fast"))
    );
    assert_eq!(
        view["path"],
        ".mcp/tasks/review/TASK-001-rate-limit-the-login.md"
    );
    assert_eq!(
        (
            view["handoffs"][0]["who"].as_str(),
            view["handoffs"][0]["note"].as_str()
        ),
        (Some("claude-impl"), Some("it is done"))
    );
    assert_eq!(view["feedback"][0]["path"], ".mcp/feedback/TASK-001-1.md");
    assert!(
        view["feedback"][0]["text"]
            .as_str()
            .unwrap()
            .contains("FAIL")
    );
}

#[test]
fn a_task_page_has_its_gates_runs_and_requests() {
    let world = in_review();
    world.task_with(
        2,
        Status::Ready,
        "Waits",
        "## Depends On\n- TASK-001\n\n## Priority: soon",
    );
    let view = good(&world, "task", json!({"task": "TASK-1"}));
    let gate = &view["gates"][0];
    assert_eq!(
        (
            gate["state"].as_str(),
            gate["stale"].as_bool(),
            gate["command"].as_str()
        ),
        (Some("passed"), Some(false), Some("npm test"))
    );
    let runs: Vec<_> = view["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(runs.len(), 3, "{runs:?}");
    assert_eq!(view["requests"][0]["kind"], "review");
    assert_eq!(
        (view["worktree"].as_str(), view["unblocks"][0].as_str()),
        (Some("/worktrees/TASK-001"), Some("TASK-002"))
    );
    assert_eq!(
        view["commit"].as_str().map(str::to_owned),
        world.tip("TASK-001")
    );
    let odd = good(&world, "task", json!({"task": "TASK-2"}));
    assert!(
        odd["problems"][0]["what"]
            .as_str()
            .unwrap()
            .contains("no priority"),
        "{}",
        odd["problems"]
    );
}

#[test]
fn a_file_with_a_problem_is_told_with_its_cure() {
    let world = World::new();
    world.task(1, Status::Ready, "One");
    world.write("tasks/done/TASK-001-two.md", "# Task: TASK-001 - Two\n");
    world.write("tasks/ready/TASK-002-bad.md", "no heading\n");
    assert_eq!(
        code(&world, "task", json!({"task": "TASK-1"})),
        "task_file_malformed"
    );
    let error = call(&mut person(&world), "claim", json!({"task": "TASK-1"})).unwrap_err();
    assert!(
        error
            .hints()
            .iter()
            .any(|hint| hint.contains("give the other a new id")),
        "{:?}",
        error.hints()
    );
    assert_eq!(
        code(&world, "claim", json!({"task": "TASK-2"})),
        "task_file_malformed"
    );
    let board = good(&world, "board", json!({}));
    let problems = board["project"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 3, "{problems:#?}");
}

#[test]
fn a_transcript_goes_on_where_it_was_left() {
    let world = asking();
    let says = |text: &str| TranscriptItem::Says { text: text.into() };
    world.transcript(
        "TASK-001-implement-1",
        vec![says("one"), says("two"), says("three")],
    );
    let read = |from: u64| {
        good(
            &world,
            "transcript",
            json!({"run": "TASK-001-implement-1", "from": from, "limit": 2}),
        )
    };
    let first = read(0);
    assert_eq!(
        (
            first["items"][1]["text"].as_str(),
            first["next"].as_u64(),
            first["live"].as_bool()
        ),
        (Some("two"), Some(2), Some(true))
    );
    assert_eq!(
        (
            first["run"]["state"].as_str(),
            first["run"]["doing"].as_str()
        ),
        (Some("waiting"), Some("Edit src/pay/card.rs"))
    );
    assert_eq!(
        (
            read(2)["items"][0]["text"].as_str(),
            read(3)["next"].as_u64()
        ),
        (Some("three"), Some(3))
    );
    for run in ["TASK-001-implement-9", "../../etc", ""] {
        assert_eq!(
            code(&world, "transcript", json!({"run": run})),
            "run_not_found"
        );
    }
}

#[test]
fn what_was_cleared_away_is_said_to_be() {
    let world = in_review();
    for run in ["TASK-001-implement-1", "TASK-001-gate-test-1"] {
        world.lose_run(run);
        let view = good(&world, "transcript", json!({"run": run}));
        assert_eq!(
            view["items"],
            json!([{"type": "note", "text": "What this run said is not kept any more."}]),
            "{run}"
        );
    }
}

#[test]
fn a_gates_output_is_shown_once_it_is_over() {
    let world = World::new();
    world.script("gate-test", failing("FAIL login"));
    world.task(1, Status::Ready, "Search");
    run(&world);
    let view = good(&world, "transcript", json!({"run": "TASK-001-gate-test-1"}));
    assert_eq!(
        (
            view["items"][0]["text"].as_str(),
            view["next"].as_u64(),
            view["run"]["gate"].as_str()
        ),
        (Some("FAIL login"), Some(1), Some("test"))
    );
    assert_eq!(view["run"]["end"], "the gate failed with exit code 1");
    let rest = good(
        &world,
        "transcript",
        json!({"run": "TASK-001-gate-test-1", "from": 1}),
    );
    assert_eq!(
        (
            rest["items"].as_array().unwrap().len(),
            rest["next"].as_u64()
        ),
        (0, Some(1))
    );
}

#[test]
fn next_gives_a_holder_its_task_with_the_whole_context() {
    let world = by_cursor();
    world.task_with(1, Status::Ready, "Later", "## Priority: P2");
    world.task(2, Status::Ready, "Sooner");
    let next = good(&world, "next", json!({"agent": "cursor"}));
    assert_eq!(
        (
            next["task"]["id"].as_str(),
            next["leg"].as_str(),
            &next["worktree"]
        ),
        (Some("TASK-002"), Some("implement"), &Value::Null)
    );
    let document = next["document"].as_str().unwrap();
    assert!(
        document.starts_with("# TASK-002 · implement · attempt 1\n"),
        "{document}"
    );
    assert!(
        document.contains("Do it well.")
            && document.contains("orchestron review TASK-002 --agent cursor"),
        "{document}"
    );
    assert_eq!(
        world.status("TASK-002"),
        Some(Status::Ready),
        "asking takes nothing"
    );

    good(&world, "next", json!({"agent": "cursor", "claim": true}));
    assert_eq!(world.status("TASK-002"), Some(Status::InProgress));
    settle(&world);
    let again = call(&mut outside(&world, "cursor"), "next", json!({})).unwrap();
    assert_eq!(
        (again["task"]["id"].as_str(), again["worktree"].as_str()),
        (Some("TASK-002"), Some("/worktrees/TASK-002")),
        "what it holds comes first"
    );
}

#[test]
fn next_says_why_there_is_nothing() {
    let world = in_review();
    world.outside("cursor");
    world.trust();
    let nothing = |input| {
        good(&world, "next", input)["none"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        nothing(json!({})),
        "no task is yours to work on; 1 request waits for your decision (`orchestron requests`)"
    );
    assert_eq!(
        nothing(json!({"agent": "cursor"})),
        "it is not cursor's turn on any task (`orchestron list` shows whose turn it is)"
    );
    assert!(
        good(&World::new(), "next", json!({}))["none"]
            .as_str()
            .unwrap()
            .starts_with("there is nothing to do")
    );
    assert_eq!(
        code(&world, "next", json!({"agent": "nobody-here"})),
        "input_invalid"
    );
}

#[test]
fn the_project_counts_what_is_there() {
    let world = asking();
    world.task(2, Status::Done, "Old");
    let run = "TASK-001-implement-1".parse().unwrap();
    let cost = Fact::RunCost {
        run,
        session_total: MicroUsd(840_000),
        input_tokens: 1,
        cached_tokens: 0,
        output_tokens: 1,
        requests: 1,
    };
    world.store().append(&Actor::Engine, vec![cost]).unwrap();
    let project = good(&world, "project", json!({}));
    assert_eq!(
        (
            project["name"].as_str(),
            project["base_branch"].as_str(),
            project["git"].as_bool()
        ),
        (Some("storefront"), Some("main"), Some(true))
    );
    assert_eq!(
        (
            &project["tasks"],
            &project["in_flight"],
            &project["needs_you"],
            &project["spent_today"],
            &project["budget_today"]
        ),
        (
            &json!(1),
            &json!(1),
            &json!(1),
            &json!(840_000),
            &json!(null)
        )
    );
    assert_eq!(
        project["engine"],
        json!({"running": false, "paused": null, "trusted": true})
    );
    let agents = project["agents"].as_array().unwrap();
    let names: Vec<_> = agents
        .iter()
        .map(|agent| agent["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["architect", "claude-impl", "codex-review"]);
    assert_eq!(
        (
            agents[1]["busy"].as_bool(),
            agents[1]["task"].as_str(),
            &agents[1]["legs"]
        ),
        (Some(true), Some("TASK-001"), &json!(["implement"]))
    );
    assert!(agents.iter().all(|agent| agent["missing"].is_null()));
}

#[test]
fn an_agent_says_what_it_misses() {
    let world = World::new();
    world.configure(|config| {
        for (name, cli, prompt) in [
            ("architect", "claude", None),
            ("claude-impl", "codex", None),
            ("codex-review", "claude", Some("prompts/review.md")),
        ] {
            let agent = config.agents.get_mut(&name.parse().unwrap()).unwrap();
            agent.cli = Some(cli.into());
            agent.prompt_file = prompt.map(str::to_owned);
        }
    });
    let missing = |world: &World| {
        let project = good(world, "project", json!({}));
        let agents = project["agents"].as_array().unwrap().clone();
        agents
            .iter()
            .map(|agent| agent["missing"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let found = missing(&world);
    assert_eq!(found[0], "");
    assert!(
        found[1].contains("cannot start `codex`") && found[1].contains("claude"),
        "{}",
        found[1]
    );
    assert!(
        found[2].contains(".mcp/prompts/review.md is missing"),
        "{}",
        found[2]
    );
    world.write("prompts/review.md", "Be strict.");
    world.installed(vec![InstalledAgent {
        cli: "claude".into(),
        program: None,
        version: None,
        install: "npm install -g @anthropic-ai/claude-code".into(),
        remark: None,
    }]);
    assert_eq!(
        missing(&world)[2],
        "claude is not installed: npm install -g @anthropic-ai/claude-code"
    );
}

/// What doctor found that is wrong; each has a cure.
fn bad(world: &World) -> Vec<String> {
    let view = good(world, "doctor", json!({}));
    let found = view["findings"].as_array().unwrap().clone();
    let bad: Vec<_> = found
        .into_iter()
        .filter(|finding| finding["good"] == false)
        .collect();
    assert!(
        bad.iter().all(|finding| finding["cure"]
            .as_str()
            .is_some_and(|cure| !cure.is_empty())),
        "{bad:#?}"
    );
    assert_eq!(view["healthy"].as_bool(), Some(bad.is_empty()));
    let line = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{}: {}", text("about"), text("what"))
    };
    bad.iter().map(line).collect()
}

#[test]
fn doctor_tells_what_is_no_fault_but_good_to_know() {
    let world = asking();
    let lease = world.store().locks().lease().unwrap();
    assert_eq!(bad(&world), Vec::<String>::new());
    drop(lease);
    assert_eq!(
        bad(&world),
        Vec::<String>::new(),
        "that no engine runs is no fault"
    );
    let view = good(&world, "doctor", json!({}));
    let found = view["findings"].as_array().unwrap().clone();
    let notes = found
        .iter()
        .filter(|found| found["good"] == true && !found["cure"].is_null());
    let notes: Vec<_> = notes.map(|found| found["what"].as_str().unwrap()).collect();
    assert_eq!(
        notes,
        [
            "no engine runs, so no agent is started",
            "1 run at work without an engine"
        ]
    );
}

#[test]
fn doctor_misses_no_worktree_of_what_is_done() {
    let world = in_review();
    let lease = world.store().locks().lease().unwrap();
    world.lose_worktree("TASK-001");
    let gone = |found: &[String]| found.iter().any(|line| line.starts_with("worktrees: "));
    assert!(gone(&bad(&world)));
    // Merged and cleared away; that this is so was not told yet.
    let paths = world.paths();
    let from = paths.iter().find(|path| path.contains("review/TASK-001"));
    let from = from.unwrap_or_else(|| panic!("{paths:?}"));
    world.rename(from, &from.replace("/review/", "/done/"));
    let found = bad(&world);
    assert!(!gone(&found), "{found:?}");
    drop(lease);
}

#[test]
fn doctor_finds_what_is_wrong_and_says_how_to_mend_it() {
    let world = asking();
    world.lose_run("TASK-001-implement-1");
    world.lose_worktree("TASK-001");
    world.keyring_works(false);
    world.config_problems(vec![Problem {
        path: ".mcp/config.yaml".into(),
        line: Some(3),
        what: "unknown key `gate`".into(),
        cure: "write `gates`".into(),
    }]);
    world.write("tasks/ready/TASK-002-bad.md", "no heading\n");
    world.configure(|config| config.gates[0].run = "other".into());
    world.installed(Vec::new());
    let found = bad(&world);
    for wanted in [
        "configuration: .mcp/config.yaml:3: unknown key `gate`",
        "task files: .mcp/tasks/ready/TASK-002-bad.md",
        "trust: ",
        "agents architect, claude-impl, codex-review: Orchestron cannot start `claude`",
        "worktrees: TASK-001's worktree /worktrees/TASK-001 is gone",
        "runs: TASK-001-implement-1: over, and nobody has taken note of how it ended",
    ] {
        assert!(
            found.iter().any(|line| line.starts_with(wanted)),
            "{wanted} in {found:#?}"
        );
    }
    // Agents may have a login of their own.
    let keys = found.iter().filter(|line| line.starts_with("keys: "));
    assert_eq!(keys.count(), 0, "{found:#?}");
    world.hide_tasks(true);
    assert!(
        bad(&world)
            .iter()
            .any(|line| line == "files: .mcp/tasks is missing")
    );
}

#[test]
fn a_lost_database_is_told() {
    let world = in_review();
    world.lose_log();
    let view = good(&world, "doctor", json!({}));
    let log = view["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["about"] == "log")
        .unwrap()
        .clone();
    assert!(
        log["good"] == false && log["what"].as_str().unwrap().contains("it is new"),
        "{log}"
    );
    let runs: Vec<_> = view["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["about"] == "runs")
        .map(|finding| {
            (
                finding["good"].clone(),
                finding["what"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert!(
        runs.iter().any(|(good, what)| *good == true
            && what.contains("of runs that the log does not know: TASK-001-")),
        "{runs:?}"
    );
}

#[test]
fn reads_leave_no_trace() {
    let world = in_review();
    good(&world, "board", json!({}));
    let (events, paths) = (world.events().len(), world.paths());
    let reads = ALL.iter().filter(|operation| !operation.writes);
    // One is for runs alone; the other needs a key (`settings.rs`).
    let apart = ["run-context", "key-test"];
    for operation in reads.filter(|operation| !apart.contains(&operation.name)) {
        let input = match operation.name {
            "task" | "diff" | "review" | "why" | "impact" | "context-load" | "context"
            | "handoff" => {
                json!({"task": "TASK-1"})
            }
            "transcript" => json!({"run": "TASK-001-implement-1"}),
            _ => json!({}),
        };
        good(&world, operation.name, input);
    }
    assert_eq!((world.events().len(), world.paths()), (events, paths));
}
