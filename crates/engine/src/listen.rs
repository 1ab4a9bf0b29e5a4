//! What runs say, as facts.

use crate::ports::{Heard, Look, Over};
use orchestron_domain::{Fact, RequestKind, Run, RunEnd, run::Work, signal::Signal};

/// The facts in what a look found, ending with how far was read and, if it is over, the end.
pub fn facts(run: &Run, look: &Look) -> Vec<Fact> {
    let mut facts: Vec<_> = look
        .heard
        .iter()
        .filter_map(|heard| fact(run, heard))
        .collect();
    let ended = look
        .heard
        .iter()
        .rev()
        .find_map(|heard| match &heard.signal {
            Signal::TurnEnded { end, .. } | Signal::Doomed { end } => Some(end.clone()),
            _ => None,
        });
    if let Some(last) = look.heard.last().filter(|_| !facts.is_empty()) {
        facts.push(Fact::RunRead {
            run: run.id.clone(),
            to: last.offset,
        });
    }
    if let Some(over) = &look.over {
        let end = end_of(run, ended, over);
        facts.push(Fact::RunEnded {
            run: run.id.clone(),
            end,
            tail: over.tail.clone(),
        });
    }
    facts
}

/// The end a signal dooms its run to.
pub fn doom(signal: &Signal) -> Option<RunEnd> {
    match signal {
        Signal::Doomed { end } => Some(end.clone()),
        _ => None,
    }
}

fn fact(run: &Run, heard: &Heard) -> Option<Fact> {
    let id = run.id.clone();
    Some(match heard.signal.clone() {
        Signal::Started { version, model, .. } => Fact::RunUp {
            run: id,
            version,
            model,
        },
        Signal::Asked {
            ask,
            tool,
            input,
            summary,
            reason,
        } => Fact::RequestOpened {
            task: Some(run.task.clone()),
            kind: RequestKind::Permission {
                run: id,
                ask,
                tool,
                input,
                summary,
                reason,
            },
        },
        Signal::AskWithdrawn { ask } => Fact::AskWithdrawn { run: id, ask },
        Signal::ToolCalled {
            call,
            tool,
            arguments,
        } => Fact::ToolCalled {
            run: id,
            call,
            tool,
            arguments,
        },
        Signal::Cost {
            session_total,
            input_tokens,
            cached_tokens,
            output_tokens,
            requests,
        } => Fact::RunCost {
            run: id,
            session_total,
            input_tokens,
            cached_tokens,
            output_tokens,
            requests,
        },
        Signal::TurnEnded { end, words, .. } => Fact::RunTurnEnded {
            run: id,
            end,
            words,
        },
        // In the log as well, so that an engine that dies before it has ended the run does not forget what it is to end as.
        Signal::Doomed { end } => Fact::RunTurnEnded {
            run: id,
            end,
            words: String::new(),
        },
        Signal::Alive { .. } | Signal::Retrying { .. } => return None,
    })
}

/// How a run ended. What the protocol said counts before what the exit code says; what it was stopped for counts before both, but
/// work that was done is not thrown away because it came late.
fn end_of(run: &Run, said: Option<RunEnd>, over: &Over) -> RunEnd {
    let late = matches!(
        run.halt_why,
        Some(RunEnd::Stalled { .. } | RunEnd::TimedOut { .. })
    );
    if late && said == Some(RunEnd::Completed) {
        return RunEnd::Completed;
    }
    if let Some(end) = run.halt_why.clone().or(said) {
        return end;
    }
    if let Some(end) = over.end.clone() {
        return end;
    }
    match (&run.work, over.code) {
        (Work::Gate { .. }, Some(0)) => RunEnd::Completed,
        (Work::Gate { .. }, code) => RunEnd::GateFailed { code },
        (Work::Leg { .. }, code) => RunEnd::AgentError {
            message: without_a_turn(code, over),
        },
    }
}

fn without_a_turn(code: Option<i32>, over: &Over) -> String {
    let how = match (code, over.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    };
    let last: String = over
        .tail
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it said nothing")
        .chars()
        .take(300)
        .collect();
    format!("it ended before its turn was over ({how}): {}", last.trim())
}

#[cfg(test)]
mod tests {
    use super::{end_of, without_a_turn};
    use crate::ports::Over;
    use orchestron_domain::{MicroUsd, Run, RunEnd, RunStatus, Time, run::Work};

    fn gate() -> Run {
        let work = Work::Gate {
            gate: "test".into(),
            commit: None,
        };
        Run {
            id: "TASK-1-gate-test-1".parse().unwrap(),
            task: "TASK-1".parse().unwrap(),
            work,
            status: RunStatus::Working,
            session: None,
            since: Time(0),
            until: None,
            end: None,
            cost: MicroUsd(0),
            note: None,
            verdict: None,
            read_to: 0,
            cost_before: MicroUsd(0),
            halting: None,
            halt_why: None,
            waiting_since: None,
            waited_ms: 0,
            tokens: 0,
            requests: 0,
            unpriced: 0,
            came_up: false,
            turn_over: false,
            moved_task: None,
        }
    }

    fn over(code: Option<i32>) -> Over {
        Over {
            code,
            signal: None,
            end: None,
            tail: "one\nlast words\n\n".into(),
        }
    }

    #[test]
    fn a_gate_passes_only_with_exit_code_zero() {
        assert_eq!(end_of(&gate(), None, &over(Some(0))), RunEnd::Completed);
        assert_eq!(
            end_of(&gate(), None, &over(Some(1))),
            RunEnd::GateFailed { code: Some(1) }
        );
        assert_eq!(
            end_of(&gate(), None, &over(None)),
            RunEnd::GateFailed { code: None }
        );
    }

    #[test]
    fn a_stop_is_recorded_as_what_it_was_for() {
        let run = Run {
            halt_why: Some(RunEnd::TimedOut { limit_s: 5 }),
            ..gate()
        };
        assert_eq!(
            end_of(&run, None, &over(Some(0))),
            RunEnd::TimedOut { limit_s: 5 }
        );
    }

    #[test]
    fn work_that_was_done_while_it_was_being_stopped_for_its_time_is_kept() {
        let stopping = |why| Run {
            halt_why: Some(why),
            ..gate()
        };
        let said = || Some(RunEnd::Completed);
        let late = stopping(RunEnd::Stalled { limit_s: 5 });
        assert_eq!(end_of(&late, said(), &over(Some(143))), RunEnd::Completed);
        let why = RunEnd::Stopped { why: "you".into() };
        assert_eq!(
            end_of(&stopping(why.clone()), said(), &over(Some(0))),
            why,
            "what a person stopped stays stopped"
        );
    }

    #[test]
    fn an_agent_that_dies_midway_has_its_last_line_told() {
        assert!(without_a_turn(Some(1), &over(Some(1))).ends_with("(exit code 1): last words"));
    }
}
