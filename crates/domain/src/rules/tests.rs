//! What rules are refused, what they move, and that they come to rest.

use super::{Condition, Refusal, Rule, circle, found, next_deadline, prospects, refusal};
use crate::{
    Actor, Command, Decision, Event, Fact, Holder, Leg, Priority, RequestId, RequestKind, Seq,
    State, Status, TaskCard, TaskId, Time, apply::apply, carry, decide::decide, run::Work,
    state::Step, task::Ticks,
};

const HOUR: i64 = 3_600_000;

fn task() -> TaskId {
    "TASK-1".parse().unwrap()
}

fn rule(name: &str, from: Status, to: Status, when: &[Condition]) -> Rule {
    let (name, when) = (name.to_owned(), when.to_vec());
    Rule {
        name,
        from,
        to,
        when,
    }
}

/// A project with these rules and one task.
fn project(status: Status, rules: &[Rule]) -> State {
    let mut state = State::default();
    state.config.rules = rules.to_vec();
    let card = TaskCard::only_where(task(), status);
    state.cards.insert(task(), card);
    let title = String::new();
    let task = task();
    tell(
        &mut state,
        Actor::Unknown,
        Fact::TaskCreated {
            task,
            title,
            status,
        },
    );
    state
}

fn tell(state: &mut State, by: Actor, fact: Fact) -> Vec<Command> {
    tell_at(state, Time(0), by, fact)
}

fn tell_at(state: &mut State, at: Time, by: Actor, fact: Fact) -> Vec<Command> {
    if let Fact::TaskMoved { task, to, .. } = &fact {
        state.cards.get_mut(task).unwrap().status = *to;
    }
    let seq = Seq(state.seq.0 + 1);
    let event = Event { seq, at, by, fact };
    apply(state, &event);
    decide(state, &event, at)
}

fn moved(from: Status, to: Status) -> Fact {
    let task = task();
    Fact::TaskMoved { task, from, to }
}

fn tick(state: &mut State, done: u32, all: u32) {
    state.cards.get_mut(&task()).unwrap().ready_boxes = Ticks { done, all };
}

/// Carries out what the rules order, until they come to rest; how often a task moved.
fn follow(state: &mut State, now: Time) -> usize {
    let mut moves = 0;
    for _ in 0..20 {
        let commands = found(state, now);
        if commands.is_empty() {
            return moves;
        }
        for command in commands {
            let by = carry::by(&command);
            let places = carry::moves(state, &command);
            // As the store writes it: what the move means comes before the move.
            tell_at(state, now, by.clone(), carry::ends_in(&command).unwrap());
            if let Some((from, to)) = places {
                moves += 1;
                tell_at(state, now, by, moved(from, to));
            }
        }
    }
    panic!("the rules do not come to rest");
}

fn ticked() -> Rule {
    rule(
        "ticked",
        Status::Pending,
        Status::Ready,
        &[Condition::ReadyTicked],
    )
}

#[test]
fn a_task_goes_when_all_that_the_rule_asks_for_holds_and_the_log_says_which_rule_it_was() {
    let both = [Condition::ReadyTicked, Condition::Priority(Priority::P0)];
    let both = rule("urgent", Status::Pending, Status::Ready, &both);
    let mut state = project(Status::Pending, &[both]);
    assert_eq!(found(&state, Time(0)), []);
    tick(&mut state, 2, 2);
    assert_eq!(found(&state, Time(0)), [], "its priority is P1");
    state.cards.get_mut(&task()).unwrap().priority = Priority::P0;
    let [command] = found(&state, Time(0)).try_into().unwrap();
    let (name, why) = (
        "urgent".to_owned(),
        "2 of 2 boxes under Definition of Ready are ticked; its priority is P0",
    );
    assert!(
        matches!(&command, Command::Follow { why: told, .. } if told == why),
        "{command:?}"
    );
    assert_eq!(carry::by(&command), Actor::Rule { name });
    assert_eq!(
        carry::moves(&state, &command),
        Some((Status::Pending, Status::Ready))
    );
    assert_eq!(carry::overtaken(&state, &command), None);
    assert_eq!(follow(&mut state, Time(0)), 1);
    assert!(carry::overtaken(&state, &command).is_some(), "it is done");
    let told = prospects(&state, &state.cards[&task()], Time(0));
    assert!(told[0].words.contains("from pending to ready"), "{told:?}");
}

#[test]
fn where_a_person_puts_a_task_it_stays_until_its_file_says_otherwise() {
    let mut state = project(Status::Pending, &[ticked()]);
    tick(&mut state, 1, 1);
    assert_eq!(follow(&mut state, Time(0)), 1);
    let back = moved(Status::Ready, Status::Pending);
    for command in tell(&mut state, Actor::Person, back) {
        tell(&mut state, Actor::Engine, carry::ends_in(&command).unwrap());
    }
    assert_eq!(follow(&mut state, Time(0)), 0, "a person put it back");
    let told = prospects(&state, &state.cards[&task()], Time(0));
    assert!(told[0].words.contains("you put it here"), "{told:?}");
    tick(&mut state, 0, 1);
    assert_eq!(follow(&mut state, Time(0)), 0);
    tick(&mut state, 1, 1);
    assert_eq!(follow(&mut state, Time(0)), 1, "the box was ticked anew");
}

#[test]
fn a_failed_task_is_tried_again_once_and_then_waits_for_a_person() {
    let again = rule(
        "again",
        Status::Failed,
        Status::Ready,
        &[Condition::Stands(3_600)],
    );
    let mut state = project(Status::InProgress, &[again]);
    let fails = |state: &mut State| {
        let from = state.status(&task()).unwrap();
        tell(state, Actor::Engine, moved(from, Status::Failed));
        let (task, why) = (task(), "no".to_owned());
        let asks = tell(state, Actor::Engine, Fact::Failed { task, why });
        assert!(matches!(asks[..], [Command::OpenRequest { .. }]));
        let (task, kind) = (
            Some(super::tests::task()),
            RequestKind::Escalation { why: "no".into() },
        );
        tell(state, Actor::Engine, Fact::RequestOpened { task, kind });
        RequestId(state.seq.0)
    };
    let asked = fails(&mut state);
    assert_eq!(next_deadline(&state, Time(0)), Some(Time(HOUR)));
    assert_eq!(follow(&mut state, Time(HOUR - 1)), 0);
    assert_eq!(follow(&mut state, Time(HOUR)), 1);
    assert!(!state.requests[&asked].is_open(), "the question is void");
    assert_eq!(*state.step(&task()), Step::Idle);
    let asked = fails(&mut state);
    assert_eq!(follow(&mut state, Time(9 * HOUR)), 0, "once is enough");
    assert_eq!(next_deadline(&state, Time(0)), None);
    // The person tries again: the rule may, too.
    let (request, decision) = (asked, Decision::Retry { note: None });
    tell(
        &mut state,
        Actor::Person,
        Fact::RequestDecided { request, decision },
    );
    tell(
        &mut state,
        Actor::Engine,
        moved(Status::Failed, Status::Ready),
    );
    fails(&mut state);
    assert_eq!(follow(&mut state, Time(9 * HOUR)), 1);
}

#[test]
fn what_a_person_gave_up_or_is_asked_about_or_paused_is_not_moved() {
    let now = Time(5 * HOUR);
    let all = [Status::Failed, Status::Pending]
        .map(|from| rule(from.folder(), from, Status::Ready, &[Condition::Stands(60)]));
    let mut state = project(Status::Ready, &all);
    tell(
        &mut state,
        Actor::Person,
        moved(Status::Ready, Status::Failed),
    );
    assert_eq!(found(&state, now), [], "given up by hand");
    let mut state = project(Status::Pending, &all);
    assert_eq!(found(&state, now).len(), 1);
    let mut paused = state.clone();
    paused.paused_tasks.insert(task(), String::new());
    assert_eq!(found(&paused, now), []);
    let mut paused = state.clone();
    paused.paused = Some(String::new());
    assert_eq!(found(&paused, now), []);
    let mut unclear = state.clone();
    unclear.unclear.insert(task());
    assert_eq!(found(&unclear, now), []);
    let kind = RequestKind::Question(crate::request::Question::default());
    let task = Some(task());
    tell(
        &mut state,
        Actor::Engine,
        Fact::RequestOpened { task, kind },
    );
    assert_eq!(found(&state, now), []);
}

#[test]
fn work_that_stands_still_is_taken_back_and_its_run_ended_but_not_while_a_person_is_awaited() {
    let idle = rule(
        "idle",
        Status::InProgress,
        Status::Ready,
        &[Condition::Idle(7_200)],
    );
    let mut state = project(Status::Ready, &[idle]);
    let claimed = |attempt| Fact::Claimed {
        task: task(),
        leg: Leg::Implement,
        holder: Holder::Agent("coder".parse().unwrap()),
        attempt,
        why: None,
    };
    let run: crate::RunId = "TASK-1-implement-1".parse().unwrap();
    for fact in [
        claimed(1),
        moved(Status::Ready, Status::InProgress),
        Fact::WorktreeReady {
            task: task(),
            path: "/w".into(),
            branch: None,
            base: None,
        },
        Fact::RunStarted {
            run: run.clone(),
            task: task(),
            work: Work::Leg {
                leg: Leg::Implement,
                agent: "coder".parse().unwrap(),
                attempt: 1,
            },
            session: None,
            resumed: false,
            cap: None,
        },
    ] {
        tell(&mut state, Actor::Engine, fact);
    }
    assert_eq!(next_deadline(&state, Time(0)), Some(Time(2 * HOUR)));
    let orders = found(&state, Time(2 * HOUR));
    let [Command::Follow { from, to, .. }] = orders[..] else {
        panic!("it is taken back: {orders:?}");
    };
    let by = Actor::Rule {
        name: "idle".into(),
    };
    let halts = tell_at(&mut state.clone(), Time(2 * HOUR), by, moved(from, to));
    let [
        Command::HaltRun {
            run: halted, end, ..
        },
    ] = &halts[..]
    else {
        panic!("its run is stopped");
    };
    assert_eq!(*halted, run);
    assert!(
        end.to_string()
            .contains("the rule `idle` moved the task to ready"),
        "{end}"
    );
    state.runs.get_mut(&run).unwrap().status = crate::RunStatus::Waiting;
    assert_eq!(found(&state, Time(9 * HOUR)), []);
}

#[test]
fn a_task_that_a_rule_fails_is_a_persons_with_the_reason() {
    let enough = rule(
        "enough",
        Status::Ready,
        Status::Failed,
        &[Condition::Feedback(3)],
    );
    let mut state = project(Status::Ready, &[enough]);
    state.tasks.get_mut(&task()).unwrap().feedback = 3;
    let [command] = found(&state, Time(0)).try_into().unwrap();
    let by = carry::by(&command);
    let asks = tell(&mut state, by.clone(), carry::ends_in(&command).unwrap());
    assert_eq!(
        tell(&mut state, by, moved(Status::Ready, Status::Failed)),
        []
    );
    let [
        Command::OpenRequest {
            kind: RequestKind::Escalation { why },
            ..
        },
    ] = &asks[..]
    else {
        panic!("nobody is asked: {asks:?}");
    };
    assert!(
        why.contains("`enough`") && why.contains("sent back 3 times"),
        "{why}"
    );
    assert_eq!(*state.step(&task()), Step::Asking);
    let progress = &state.tasks[&task()];
    assert!(!progress.given_up && progress.why.as_ref() == Some(why));
}

#[test]
fn what_cannot_be_carried_out_is_not_ordered_for_ever() {
    let mut state = project(Status::Pending, &[ticked()]);
    tick(&mut state, 1, 1);
    let [command] = found(&state, Time(0)).try_into().unwrap();
    let (command, error) = (Box::new(command), "no".to_owned());
    tell(
        &mut state,
        Actor::Engine,
        Fact::CommandFailed { command, error },
    );
    assert_eq!(found(&state, Time(0)), []);
}

#[test]
fn rules_that_take_turns_retrying_come_to_rest() {
    let rules = ["a", "b"].map(|name| {
        rule(
            name,
            Status::Failed,
            Status::Ready,
            &[Condition::Attempts(0)],
        )
    });
    let mut state = project(Status::Ready, &rules);
    let mut moves = 0;
    for _ in 0..5 {
        tell(
            &mut state,
            Actor::Engine,
            moved(Status::Ready, Status::Failed),
        );
        moves += follow(&mut state, Time(0));
        if state.status(&task()) == Some(Status::Failed) {
            break;
        }
    }
    assert_eq!(moves, 2);
}

#[test]
fn only_what_passed_gates_and_approval_comes_to_review_and_done() {
    use Status::{Done, Failed, InProgress, Pending, Ready, Review};
    for from in Status::ALL {
        for (to, why) in [
            (InProgress, Refusal::ToInProgress),
            (Review, Refusal::ToReview),
            (Done, Refusal::ToDone),
        ] {
            let own = match from {
                from if from == to => Refusal::SamePlace,
                Done => Refusal::FromDone,
                _ => why,
            };
            assert_eq!(refusal(from, to), Some(own));
        }
    }
    for (from, to) in [
        (Pending, Ready),
        (Ready, Pending),
        (InProgress, Ready),
        (Review, Ready),
        (Failed, Pending),
        (Ready, Failed),
    ] {
        assert_eq!(refusal(from, to), None);
    }
}

#[test]
fn the_shortest_way_round_is_told() {
    use Status::{Failed, Pending, Ready};
    let all = [
        (Pending, Ready),
        (Ready, Failed),
        (Failed, Pending),
        (Ready, Pending),
    ];
    let rules = all.map(|(from, to)| rule("x", from, to, &[]));
    assert_eq!(circle(&rules, 0), Some(vec![0, 3]));
    assert_eq!(circle(&rules, 1), Some(vec![1, 2, 0]));
    assert_eq!(circle(&rules[..2], 0), None);
}

#[test]
fn every_condition_says_what_it_saw() {
    let state = project(Status::Ready, &[]);
    let card = &state.cards[&task()];
    let alone = Condition::WORDS.map(|(_, condition)| condition);
    let valued = [
        Condition::Progress(50),
        Condition::Attempts(2),
        Condition::Feedback(1),
        Condition::Idle(60),
        Condition::Stands(90_061),
        Condition::Agent(None),
        Condition::Needs("rust".into()),
    ];
    for condition in alone.iter().chain(&valued) {
        let (asks, seen) = (
            condition.to_string(),
            condition.seen(&state, card, Time(59_000)),
        );
        assert!(!asks.is_empty() && !seen.is_empty(), "{asks}: {seen}");
    }
    assert_eq!(
        Condition::Stands(90_061).to_string(),
        "it has been there for 1 d 1 h"
    );
}
