//! Workflows over the fakes: who may start one, once by its key, and how far it is.

use super::{good, outside, person};
use crate::{
    call,
    wire::{InstanceWord, WorkflowStartView, WorkflowStatusView},
};
use orchestron_domain::{
    Leg, Status,
    workflow::{Parameter, StepTemplate, Workflow},
};
use orchestron_engine::ports::WorkflowFile;
use orchestron_testkit::World;
use serde_json::{Value, json};

fn step(name: &str, depends_on: &[&str]) -> StepTemplate {
    StepTemplate {
        name: name.into(),
        title: format!("{name}: ${{goal}}"),
        depends_on: depends_on.iter().map(|text| (*text).to_owned()).collect(),
        ..StepTemplate::default()
    }
}

fn shop() -> World {
    let world = World::new();
    let mut verify = step("verify", &["build"]);
    verify.goal = "Try what ${build.task} did.".into();
    verify.chain.insert(Leg::Review, "person".parse().unwrap());
    let workflow = Workflow {
        name: "two".into(),
        parameters: vec![Parameter {
            name: "goal".into(),
            ..Parameter::default()
        }],
        // As people write them: what is waited for need not come first.
        steps: vec![verify, step("build", &[])],
        ..Workflow::default()
    };
    world.workflows(vec![WorkflowFile {
        name: "two".into(),
        file: "workflows/two.yaml".into(),
        workflow: Some(workflow),
        problems: Vec::new(),
    }]);
    world
}

fn started(world: &World, input: Value) -> WorkflowStartView {
    serde_json::from_value(good(world, "workflow-start", input)).unwrap()
}

fn status(world: &World) -> WorkflowStatusView {
    serde_json::from_value(good(world, "workflow-status", json!({}))).unwrap()
}

#[test]
fn tasks_are_made_behind_those_they_wait_for_and_told_as_the_template_has_them() {
    let world = shop();
    let view = started(
        &world,
        json!({"workflow": "two", "set": [{"name": "goal", "value": "log in"}]}),
    );
    assert_eq!((view.instance.id.as_str(), view.again), ("two-1", false));
    let steps: Vec<_> = view
        .instance
        .steps
        .iter()
        .map(|step| (step.step.as_str(), step.task.as_str()))
        .collect();
    assert_eq!(steps, [("verify", "TASK-002"), ("build", "TASK-001")]);
    let text = world
        .text("tasks/pending/TASK-002-verify-log-in.md")
        .unwrap_or_default();
    assert!(
        text.contains("Try what TASK-001 did.") && text.contains("## Workflow\ntwo two-1 verify\n"),
        "{text}"
    );
    let state = person(&world).state().unwrap();
    let task = "TASK-2".parse().unwrap();
    assert_eq!(
        state.assigned(&task, Leg::Review).unwrap().as_str(),
        "person"
    );
}

#[test]
fn the_same_key_makes_nothing_twice_and_finishes_what_was_interrupted() {
    let world = shop();
    let input = json!({"workflow": "two", "set": [{"name": "goal", "value": "x"}], "key": "one"});
    // A start that died after its first task.
    world.write(
        "tasks/pending/TASK-001-build-x.md",
        "# Task: TASK-001 - build: x\n\n## Workflow\ntwo one build\n",
    );
    let view = started(&world, input.clone());
    assert_eq!(view.instance.steps[1].task, "TASK-001");
    assert_eq!(person(&world).state().unwrap().cards.len(), 2);
    assert!(started(&world, input).again);
    assert_eq!(person(&world).state().unwrap().cards.len(), 2);
}

#[test]
fn only_the_person_starts_one_and_how_far_it_is_anybody_may_ask() {
    let world = shop();
    let refused = call(
        &mut outside(&world, "cursor"),
        "workflow-start",
        json!({"workflow": "two", "set": []}),
    );
    assert_eq!(refused.unwrap_err().code(), "not_allowed");
    started(
        &world,
        json!({"workflow": "two", "set": [{"name": "goal", "value": "x"}]}),
    );
    let told = call(
        &mut outside(&world, "cursor"),
        "workflow-status",
        json!({"instance": "two-1"}),
    );
    assert_eq!(told.unwrap()["instances"][0]["all"], 2);
    assert_eq!(status(&world).instances[0].state, InstanceWord::Running);
    for number in ["001-build-x", "002-verify-x"] {
        world.rename(
            &format!("tasks/pending/TASK-{number}.md"),
            &format!("tasks/done/TASK-{number}.md"),
        );
    }
    let done = status(&world);
    assert_eq!(
        (done.instances[0].state, done.instances[0].done),
        (InstanceWord::Done, 2)
    );
    world.remove("tasks/done/TASK-002-verify-x.md");
    assert_eq!(status(&world).instances[0].state, InstanceWord::Stuck);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
}
