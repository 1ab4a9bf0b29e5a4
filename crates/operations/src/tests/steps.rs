//! A person steps in, and is told few things.

use super::{ask, asking, code, good, in_review, mark, run, settle, since};
use orchestron_domain::{
    Fact, Halt, RunEnd, Status,
    event::Scope,
    notice::{Manner, NoticeKind},
};
use orchestron_testkit::World;
use serde_json::{Value, json};

fn open(world: &World, kind: &str) -> Vec<Value> {
    let requests = good(world, "requests", json!({}));
    let open = requests.as_array().unwrap().iter();
    let open = open.filter(|request| request["open"] == true && request["kind"] == kind);
    open.cloned().collect()
}

#[test]
fn stepping_in_names_the_agent_and_voids_what_it_asked() {
    let world = asking();
    let before = mark(&world);
    let done = good(
        &world,
        "intervene",
        json!({"task": "TASK-1", "text": " Use PostgreSQL "}),
    );
    assert_eq!(
        done["did"],
        "interrupted claude-impl; it goes on with your words"
    );
    assert!(
        done["not_done"][0].as_str().unwrap().contains("void"),
        "{done}"
    );
    let facts = since(&world, before);
    assert!(
        matches!(&facts[..], [(_, Fact::PersonIntervened { text, .. })] if text == "Use PostgreSQL"),
        "{facts:?}"
    );
    run(&world);
    assert_eq!(open(&world, "permission"), Vec::<Value>::new());
}

#[test]
fn nobody_to_step_in_on_is_said_with_what_helps() {
    let world = in_review();
    let error = ask(&world, "intervene", json!({"task": "TASK-1", "text": "no"})).unwrap_err();
    assert_eq!(error.code(), "not_now");
    let hints = error.view().hints.join(" ");
    assert!(hints.contains("orchestron clarify TASK-001"), "{hints}");
    assert_eq!(
        code(&world, "intervene", json!({"task": "TASK-1", "text": " "})),
        "input_invalid"
    );
    assert_eq!(
        code(&world, "intervene", json!({"task": "TASK-9", "text": "x"})),
        "task_not_found"
    );
}

#[test]
fn a_clarification_without_a_question_goes_into_the_goal_and_to_who_works() {
    let world = asking();
    let before = mark(&world);
    let done = good(
        &world,
        "clarify",
        json!({"task": "TASK-1", "text": "Cards only, no invoices."}),
    );
    assert!(
        done["did"].as_str().unwrap().ends_with("told claude-impl"),
        "{done}"
    );
    let task = good(&world, "task", json!({"task": "TASK-1"}));
    assert!(
        task["goal"]
            .as_str()
            .unwrap()
            .contains("by you): Cards only, no invoices."),
        "{task}"
    );
    let told = since(&world, before);
    assert!(
        told.iter()
            .any(|(_, fact)| matches!(fact, Fact::PersonSaid { .. })),
        "{told:?}"
    );
    assert_eq!(
        code(
            &world,
            "clarify",
            json!({"task": "TASK-1", "text": "x", "request": 999})
        ),
        "input_invalid"
    );
}

#[test]
fn pausing_a_task_ends_its_run_and_asks_nothing() {
    let world = asking();
    let before = mark(&world);
    let done = good(
        &world,
        "pause",
        json!({"task": "TASK-1", "why": "Needs a look"}),
    );
    assert!(
        done["did"]
            .to_string()
            .contains("claude-impl is interrupted"),
        "{done}"
    );
    let facts = since(&world, before);
    assert!(
        matches!(
            &facts[..],
            [
                (
                    _,
                    Fact::Paused {
                        scope: Scope::Task { .. },
                        ..
                    }
                ),
                (
                    _,
                    Fact::RunHalting {
                        end: RunEnd::Paused { .. },
                        halt: Halt::Interrupt,
                        ..
                    }
                )
            ]
        ),
        "{facts:?}"
    );
    settle(&world);
    assert_eq!(open(&world, "escalation"), Vec::<Value>::new());
    let card = good(&world, "task", json!({"task": "TASK-1"}))["card"].clone();
    assert_eq!(card["status"], "in-progress");
}

#[test]
fn a_pause_may_let_what_works_finish() {
    let world = asking();
    let before = mark(&world);
    let done = good(&world, "pause", json!({"task": "TASK-1", "now": false}));
    assert!(
        done["not_done"].to_string().contains("goes on to its end"),
        "{done}"
    );
    assert_eq!(since(&world, before).len(), 1);
    let before = mark(&world);
    good(&world, "pause", json!({}));
    assert_eq!(
        since(&world, before).len(),
        1,
        "all of it: only what is new"
    );
    good(&world, "pause", json!({"now": true}));
    let facts = since(&world, before);
    assert!(
        matches!(facts.last(), Some((_, Fact::RunHalting { .. }))),
        "{facts:?}"
    );
}

#[test]
fn a_follow_up_is_a_task_behind_the_approved_one() {
    let world = in_review();
    let words = "Good work.\nExtract the retry loop later.";
    let asked = json!({"task": "TASK-1", "note": words, "follow_up": true});
    let done = good(&world, "approve", asked);
    assert!(
        done["next"]
            .to_string()
            .contains("TASK-002 comes after it: Good work."),
        "{done}"
    );
    settle(&world);
    let task = good(&world, "task", json!({"task": "TASK-2"}));
    assert!(
        task["text"].as_str().unwrap().contains("- TASK-001"),
        "{task}"
    );
    assert!(
        task["goal"]
            .as_str()
            .unwrap()
            .contains("Extract the retry loop later."),
        "{task}"
    );
    let first = good(&world, "task", json!({"task": "TASK-1"}));
    assert_eq!(first["card"]["status"], "done");
    let handoffs = first["handoffs"].as_array().unwrap();
    let last = handoffs.last().unwrap()["note"].as_str().unwrap();
    assert!(last.contains("Extract the retry loop later."), "{last}");
}

#[test]
fn a_follow_up_without_words_is_refused_before_anything_is_approved() {
    let world = in_review();
    let asked = json!({"task": "TASK-1", "follow_up": true});
    assert_eq!(code(&world, "approve", asked), "input_invalid");
    assert_eq!(open(&world, "review").len(), 1);
}

#[test]
fn escalating_stops_who_works_with_the_reason() {
    let world = asking();
    good(
        &world,
        "escalate",
        json!({"task": "TASK-1", "note": "The schema is wrong"}),
    );
    settle(&world);
    let asked = open(&world, "escalation");
    assert_eq!(asked.len(), 1);
    let why = asked[0]["detail"].as_str().unwrap();
    assert!(
        why.contains("escalated by you: The schema is wrong"),
        "{why}"
    );
}

#[test]
fn what_a_person_is_told_is_told_once() {
    let world = asking();
    let first = good(&world, "notices", json!({}));
    let show = first["show"].as_array().unwrap();
    assert_eq!(show.len(), 1, "{first}");
    assert_eq!(show[0]["kind"], "permission");
    assert_eq!(show[0]["title"], "TASK-001: Run npm install stripe@17");
    assert_eq!(show[0]["task"], "TASK-001");
    assert_eq!(show[0]["request"]["id"], show[0]["about"][0]);
    let again = good(&world, "notices", json!({"memory": first["memory"]}));
    assert_eq!((&again["show"], &again["over"]), (&json!([]), &json!([])));
    let id = &show[0]["about"][0];
    good(
        &world,
        "decide",
        json!({"request": id, "decision": {"type": "deny", "note": null}}),
    );
    let over = good(&world, "notices", json!({"memory": again["memory"]}));
    assert_eq!(over["over"], json!([id]));
    let settled = good(&world, "notices", json!({"memory": over["memory"]}));
    assert_eq!(settled["over"], json!([]), "told once");
}

#[test]
fn many_things_become_one_notice() {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.trust();
    for n in 1..=6 {
        world.task(n, Status::Ready, &format!("Number {n}"));
    }
    run(&world);
    let memory = good(&world, "notices", json!({}))["memory"].clone();
    world.pass(10 * 60_000);
    let told = good(&world, "notices", json!({"memory": memory}));
    let show = told["show"].as_array().unwrap();
    assert_eq!(show.len(), 1, "{told}");
    assert_eq!(show[0]["kind"], "several");
    let (title, body) = (
        show[0]["title"].as_str().unwrap(),
        show[0]["body"].as_str().unwrap(),
    );
    assert!(title.ends_with("things wait for you"), "{title}");
    assert!(body.contains("more"), "{body}");
}

#[test]
fn an_urgent_request_says_why() {
    let world = asking();
    let request = open(&world, "permission").remove(0);
    assert_eq!(request["urgency_why"], "claude-impl waits in its run");
}

#[test]
fn what_is_done_is_told_once_and_not_taken_back() {
    let world = in_review();
    world.configure(|config| {
        let manners = &mut config.notify.manners;
        manners.insert(NoticeKind::Done, Manner::Now);
    });
    world.trust();
    let memory = good(&world, "notices", json!({}))["memory"].clone();
    good(&world, "approve", json!({"task": "TASK-1"}));
    settle(&world);
    let told = good(&world, "notices", json!({"memory": memory}));
    assert_eq!(told["show"][0]["title"], "TASK-001 is done", "{told}");
    let next = good(&world, "notices", json!({"memory": told["memory"]}));
    assert_eq!(next["show"], json!([]));
    let done = &told["show"][0]["about"][0];
    assert!(!next["over"].as_array().unwrap().contains(done), "{next}");
}

#[test]
fn status_names_the_most_urgent_and_notices_say_when_and_why() {
    let world = super::asking();
    let status = good(&world, "status", json!({}));
    assert_eq!(status["needs_you"], 1);
    assert_eq!(status["urgent"][0]["kind"], "permission", "{status}");
    assert_eq!(status["urgent"][0]["task"], "TASK-001");
    world.configure(|config| {
        let manners = &mut config.notify.manners;
        manners.insert(
            orchestron_domain::notice::NoticeKind::Permission,
            orchestron_domain::notice::Manner::Off,
        );
    });
    let told = good(&world, "notices", json!({"explain": true}));
    assert_eq!(told["waits"][0]["when"], "never", "{told}");
    assert!(
        told["waits"][0]["why"]
            .as_str()
            .unwrap()
            .contains("notify.permission")
    );
    let short = good(&world, "notices", json!({}));
    assert!(short.get("waits").is_none() && short.get("quiet").is_none());
}
