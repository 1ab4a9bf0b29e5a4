//! Logs written by hand, and what they say.

use super::{Insights, Measure, Period, Report, What};
use crate::{
    Actor, AskId, Decision, Event, Fact, Holder, Leg, MicroUsd, RequestId, RequestKind, RunEnd,
    RunId, Seq, Status, TaskId, Time, run::Work,
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A log that is written line by line.
#[derive(Default)]
struct Log(Vec<Event>);

impl Log {
    fn tell(&mut self, minute: i64, by: &Actor, fact: Fact) -> u64 {
        let seq = self.0.len() as u64 + 1;
        self.0.push(Event {
            seq: Seq(seq),
            at: Time(minute * MINUTE),
            by: by.clone(),
            fact,
        });
        seq
    }

    fn says(&mut self, minute: i64, fact: Fact) -> u64 {
        self.tell(minute, &Actor::Engine, fact)
    }

    fn report(&self, days: i64) -> Report {
        let mut insights = Insights::new(Period {
            from: Time(0),
            to: Time(days * DAY),
            step_ms: DAY,
        });
        for event in &self.0 {
            insights.take(event);
        }
        insights.report()
    }

    fn moved(&mut self, minute: i64, task: u32, from: Status, to: Status) {
        let task = id(task);
        self.says(minute, Fact::TaskMoved { task, from, to });
    }

    fn claims(&mut self, minute: i64, task: u32, leg: Leg, holder: Holder) {
        let fact = Fact::Claimed {
            task: id(task),
            leg,
            holder,
            attempt: 1,
            why: None,
        };
        self.says(minute, fact);
    }

    fn hands_off(&mut self, minute: i64, task: u32, leg: Leg) {
        let fact = Fact::HandedOff {
            task: id(task),
            leg,
            holder: claude(),
            note: String::new(),
        };
        self.says(minute, fact);
    }

    /// A run of an agent from one minute to another.
    fn runs(&mut self, from: i64, run: &str, agent: &str, session: Option<&str>) {
        let (task, _) = run.split_once("-i").unwrap();
        let fact = Fact::RunStarted {
            run: run_id(run),
            task: task.parse().unwrap(),
            work: Work::Leg {
                leg: Leg::Implement,
                agent: agent.parse().unwrap(),
                attempt: 1,
            },
            session: session.map(|name| crate::SessionId(name.to_owned())),
            resumed: false,
            cap: None,
        };
        self.says(from, fact);
    }

    fn ends(&mut self, minute: i64, run: &str, end: RunEnd) {
        let fact = Fact::RunEnded {
            run: run_id(run),
            end,
            tail: String::new(),
        };
        self.says(minute, fact);
    }

    fn costs(&mut self, minute: i64, run: &str, total: u64, input: u64, cached: u64) {
        let fact = Fact::RunCost {
            run: run_id(run),
            session_total: MicroUsd(total),
            input_tokens: input,
            cached_tokens: cached,
            output_tokens: 1,
            requests: 1,
        };
        self.says(minute, fact);
    }

    /// A task that goes through in twenty minutes and is approved.
    fn smooth(&mut self, minute: i64, task: u32) {
        self.claims(minute, task, Leg::Implement, claude());
        self.moved(minute, task, Status::Ready, Status::InProgress);
        self.hands_off(minute + 10, task, Leg::Implement);
        self.moved(minute + 10, task, Status::InProgress, Status::Review);
        self.claims(minute + 11, task, Leg::Review, claude());
        self.hands_off(minute + 15, task, Leg::Review);
        let kind = RequestKind::Review { commit: None };
        let task_id = Some(id(task));
        let request = self.says(
            minute + 15,
            Fact::RequestOpened {
                task: task_id,
                kind,
            },
        );
        let decision = Decision::Approve { note: None };
        self.decides(minute + 20, request, decision);
        self.hands_off(minute + 20, task, Leg::Approve);
        self.moved(minute + 20, task, Status::Review, Status::Done);
    }

    fn decides(&mut self, minute: i64, request: u64, decision: Decision) {
        let request = RequestId(request);
        let fact = Fact::RequestDecided { request, decision };
        self.tell(minute, &Actor::Person, fact);
    }
}

fn id(number: u32) -> TaskId {
    TaskId::new("TASK", number).unwrap()
}

fn run_id(text: &str) -> RunId {
    text.parse().unwrap()
}

fn claude() -> Holder {
    Holder::Agent("claude-impl".parse().unwrap())
}

fn of(report: &Report, what: What) -> Measure {
    let mut found = report.measures.iter().filter(|one| one.what == what);
    found.next().unwrap().clone()
}

fn value(report: &Report, what: What) -> Option<u64> {
    of(report, what).value
}

#[test]
fn an_empty_log_tells_nothing_and_breaks_nothing() {
    let report = Log::default().report(7);
    for what in What::ALL {
        let expected = matches!(what, What::Throughput | What::Cost).then_some(0);
        assert_eq!(value(&report, what), expected, "{what:?}");
        assert_eq!(of(&report, what).points.len(), 7);
    }
    assert_eq!((report.agents.len(), report.tasks.len()), (0, 0));
}

#[test]
fn what_goes_through_at_once_is_counted_where_it_ended() {
    let mut log = Log::default();
    log.smooth(5, 1);
    log.smooth(100, 2);
    log.smooth(24 * 60 + 5, 3);
    let report = log.report(2);
    let throughput = of(&report, What::Throughput);
    assert_eq!(throughput.points, [Some(2_000), Some(1_000)]);
    assert_eq!(throughput.value, Some(1_502), "from the log's beginning on");
    assert_eq!(value(&report, What::CycleTime), Some(20 * MINUTE as u64));
    assert_eq!(value(&report, What::HandOver), Some(MINUTE as u64));
    assert_eq!(of(&report, What::HandOver).samples, 3);
    assert_eq!(value(&report, What::FirstPass), Some(1_000));
    assert_eq!(
        value(&report, What::HumanShare),
        Some(0),
        "to approve is no help"
    );
}

#[test]
fn what_came_back_or_was_helped_is_told_from_what_was_not() {
    let mut log = Log::default();
    log.smooth(0, 1);
    let back = Fact::SentBack {
        task: id(2),
        feedback: 1,
        why: "the gate failed".into(),
        counts: true,
    };
    log.says(30, back);
    log.smooth(40, 2);
    let kind = RequestKind::Escalation {
        why: "stuck".into(),
    };
    let task = Some(id(3));
    let request = log.says(70, Fact::RequestOpened { task, kind });
    log.decides(71, request, Decision::Retry { note: None });
    log.smooth(80, 3);
    let by_hand = Fact::TaskMoved {
        task: id(4),
        from: Status::Pending,
        to: Status::Ready,
    };
    log.tell(110, &Actor::Unknown, by_hand);
    log.smooth(120, 4);
    let report = log.report(1);
    assert_eq!(value(&report, What::FirstPass), Some(750));
    assert_eq!(value(&report, What::HumanShare), Some(500));
    // What was sent back and taken again is a hand-over as well: ten minutes.
    assert_eq!(of(&report, What::HandOver).samples, 5);
}

#[test]
fn a_task_that_was_reopened_counts_once_it_is_finished_again() {
    let mut log = Log::default();
    log.smooth(0, 1);
    log.moved(30, 1, Status::Done, Status::Ready);
    assert_eq!(of(&log.report(1), What::FirstPass).samples, 0);
    log.moved(60, 1, Status::Ready, Status::Done);
    let report = log.report(1);
    assert_eq!(of(&report, What::CycleTime).samples, 1);
    assert_eq!(value(&report, What::CycleTime), Some(60 * MINUTE as u64));
}

#[test]
fn money_and_tokens_are_what_totals_grew_by() {
    let mut log = Log::default();
    log.runs(0, "TASK-001-implement-1", "claude-impl", Some("s"));
    log.costs(1, "TASK-001-implement-1", 100, 1_000, 0);
    log.costs(2, "TASK-001-implement-1", 300, 2_000, 500);
    log.ends(3, "TASK-001-implement-1", RunEnd::Completed);
    // The same conversation goes on the next day: its total has what was paid before.
    let later = 24 * 60;
    log.runs(later, "TASK-001-implement-2", "claude-impl", Some("s"));
    log.costs(later + 1, "TASK-001-implement-2", 450, 1_000, 1_000);
    log.ends(later + 2, "TASK-001-implement-2", RunEnd::Completed);
    log.runs(later, "TASK-002-implement-1", "codex", None);
    log.costs(later + 1, "TASK-002-implement-1", 50, 0, 0);
    let report = log.report(2);
    let cost = of(&report, What::Cost);
    assert_eq!(
        (cost.value, cost.points),
        (Some(500), vec![Some(300), Some(200)])
    );
    let cached = of(&report, What::CacheHits);
    assert_eq!(cached.points, [Some(250), Some(1_000)]);
    assert_eq!(cached.value, Some(500));
    let paid: Vec<_> = report
        .tasks
        .iter()
        .map(|one| (one.task.to_string(), one.cost.0, one.runs))
        .collect();
    assert_eq!(
        paid,
        [
            ("TASK-001".to_owned(), 450, 2),
            ("TASK-002".to_owned(), 50, 0)
        ]
    );
    let names: Vec<_> = report
        .agents
        .iter()
        .map(|one| (one.name.to_string(), one.cost.0, one.cache_hits))
        .collect();
    assert_eq!(
        names,
        [
            ("claude-impl".to_owned(), 450, Some(500)),
            ("codex".to_owned(), 50, None)
        ]
    );
}

#[test]
fn agents_are_busy_while_they_run_and_do_not_wait() {
    let mut log = Log::default();
    log.runs(0, "TASK-001-implement-1", "claude-impl", None);
    let kind = RequestKind::Permission {
        run: run_id("TASK-001-implement-1"),
        ask: AskId("a".into()),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "run it".into(),
        reason: None,
    };
    let task = Some(id(1));
    let request = log.says(10, Fact::RequestOpened { task, kind });
    log.decides(70, request, Decision::Allow);
    log.ends(100, "TASK-001-implement-1", RunEnd::Completed);
    // Two runs of the other one at the same time, one of which is still going on.
    log.runs(90, "TASK-002-implement-1", "codex", None);
    log.runs(95, "TASK-003-implement-1", "codex", None);
    log.ends(100, "TASK-002-implement-1", RunEnd::TimedOut { limit_s: 1 });
    log.ends(
        110,
        "TASK-003-implement-1",
        RunEnd::NotLoggedIn {
            message: String::new(),
        },
    );
    let report = log.report(1);
    let busy: Vec<_> = report
        .agents
        .iter()
        .map(|one| (one.busy_ms, one.runs, one.failed, one.utilisation))
        .collect();
    let minutes = |count: i64| (count * MINUTE) as u64;
    // Somebody worked for 50 minutes: 0–10 and 70–110.
    assert_eq!(
        busy,
        [
            (minutes(40), 1, 0, Some(800)),
            (minutes(20), 2, 2, Some(400))
        ]
    );
    assert_eq!(value(&report, What::Utilisation), Some(600));
    assert_eq!(value(&report, What::FailedStarts), Some(333));
}

#[test]
fn what_lies_outside_the_period_is_not_counted_but_known() {
    let mut log = Log::default();
    log.runs(-20, "TASK-001-implement-1", "claude-impl", Some("s"));
    log.costs(-10, "TASK-001-implement-1", 700, 10, 0);
    log.costs(10, "TASK-001-implement-1", 900, 20, 0);
    log.smooth(-10, 2);
    log.smooth(-100, 3);
    let report = log.report(1);
    assert_eq!(value(&report, What::Cost), Some(200));
    assert_eq!(of(&report, What::FirstPass).samples, 1, "finished within");
    assert_eq!(report.agents[0].busy_ms, DAY as u64, "it goes on");
    // Twenty minutes, although most of them lie before.
    assert_eq!(value(&report, What::CycleTime), Some(20 * MINUTE as u64));
}

#[test]
fn aims_are_named_where_there_are_some() {
    let aims = What::ALL.map(|what| (what.target(), what.more_is_better()));
    let without = aims.iter().filter(|(target, _)| target.is_none()).count();
    assert_eq!(without, 2);
    assert_eq!(What::HandOver.target(), Some(30_000));
    assert!(!What::HandOver.more_is_better());
}
