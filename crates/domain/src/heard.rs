//! What a run said, as facts; and how a run that is over ended.

use crate::{Fact, RequestKind, Run, RunEnd, run::Work, signal::Signal};

/// Longest part of a run's last line that is told as the reason of its end, in characters.
const LAST_LINE: usize = 300;

/// How a run's process ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Exit code; none when a signal ended it or the keeper was lost.
    pub code: Option<i32>,
    /// Signal number, when one ended it.
    pub signal: Option<i32>,
    /// The keeper died without an exit record (`Lost`), or could not start the program.
    pub end: Option<RunEnd>,
    /// The useful end of stdout and stderr.
    pub tail: String,
}

/// The facts in what was heard of a run since it was last read, each signal with where in the output it ended; then how far was
/// read and, if it is over, the end.
pub fn facts<'a>(
    run: &Run,
    heard: impl Iterator<Item = (&'a Signal, u64)>,
    over: Option<&Over>,
) -> Vec<Fact> {
    let (mut facts, mut ended, mut to) = (Vec::new(), None, None);
    for (signal, offset) in heard {
        facts.extend(fact(run, signal));
        to = Some(offset);
        if let Signal::TurnEnded { end, .. } | Signal::Doomed { end } = signal {
            ended = Some(end);
        }
    }
    if let Some(to) = to.filter(|_| !facts.is_empty()) {
        let run = run.id.clone();
        facts.push(Fact::RunRead { run, to });
    }
    if let Some(over) = over {
        facts.push(Fact::RunEnded {
            run: run.id.clone(),
            end: end_of(run, ended, over),
            tail: over.tail.clone(),
        });
    }
    facts
}

/// The end that what was heard dooms a run to, although its process lives.
pub fn doom<'a>(heard: impl Iterator<Item = &'a Signal>) -> Option<RunEnd> {
    let mut dooms = heard.filter_map(|signal| match signal {
        Signal::Doomed { end } => Some(end.clone()),
        _ => None,
    });
    dooms.next()
}

fn fact(run: &Run, signal: &Signal) -> Option<Fact> {
    let id = run.id.clone();
    Some(match signal.clone() {
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
fn end_of(run: &Run, said: Option<&RunEnd>, over: &Over) -> RunEnd {
    let late = matches!(
        run.halt_why,
        Some(RunEnd::Stalled { .. } | RunEnd::TimedOut { .. } | RunEnd::Paused { .. })
    );
    if late && said == Some(&RunEnd::Completed) {
        return RunEnd::Completed;
    }
    let told = run.halt_why.as_ref().or(said).or(over.end.as_ref());
    if let Some(end) = told {
        return end.clone();
    }
    match (&run.work, over.code) {
        (Work::Gate { .. }, Some(0)) => RunEnd::Completed,
        (Work::Gate { .. }, code) => RunEnd::GateFailed { code },
        (Work::Leg { .. }, _) => RunEnd::AgentError {
            message: without_a_turn(over),
        },
    }
}

fn without_a_turn(over: &Over) -> String {
    let how = match (over.code, over.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    };
    let said = |line: &&str| !line.trim().is_empty();
    let last = over.tail.lines().rev().find(said);
    let last: String = last
        .unwrap_or("it said nothing")
        .chars()
        .take(LAST_LINE)
        .collect();
    format!("it ended before its turn was over ({how}): {}", last.trim())
}

#[cfg(test)]
mod tests {
    use super::{Over, doom, end_of, facts, without_a_turn};
    use crate::{Fact, Run, RunEnd, Time, run::Work, signal::Signal};

    fn gate() -> Run {
        let work = Work::Gate {
            gate: "test".into(),
            commit: None,
        };
        let (id, task) = ("TASK-1-gate-test-1".parse(), "TASK-1".parse());
        Run::new(id.unwrap(), task.unwrap(), work, Time(0))
    }

    fn over(code: Option<i32>) -> Over {
        Over {
            code,
            tail: "one\nlast words\n\n".into(),
            ..Over::default()
        }
    }

    #[test]
    fn a_gate_passes_only_with_exit_code_zero() {
        let end = |code| end_of(&gate(), None, &over(code));
        assert_eq!(end(Some(0)), RunEnd::Completed);
        assert_eq!(end(Some(1)), RunEnd::GateFailed { code: Some(1) });
        assert_eq!(end(None), RunEnd::GateFailed { code: None });
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
        let said = Some(&RunEnd::Completed);
        let late = stopping(RunEnd::Stalled { limit_s: 5 });
        assert_eq!(end_of(&late, said, &over(Some(143))), RunEnd::Completed);
        let why = RunEnd::Stopped { why: "you".into() };
        assert_eq!(
            end_of(&stopping(why.clone()), said, &over(Some(0))),
            why,
            "what a person stopped stays stopped"
        );
    }

    #[test]
    fn what_the_protocol_said_counts_before_the_keeper_and_the_exit_code() {
        let lost = Over {
            end: Some(RunEnd::Lost),
            ..over(Some(1))
        };
        assert_eq!(
            end_of(&gate(), Some(&RunEnd::Completed), &lost),
            RunEnd::Completed
        );
        assert_eq!(end_of(&gate(), None, &lost), RunEnd::Lost);
    }

    #[test]
    fn an_agent_that_dies_midway_has_its_last_line_told() {
        assert!(without_a_turn(&over(Some(1))).ends_with("(exit code 1): last words"));
    }

    #[test]
    fn what_only_shows_life_is_no_fact_and_moves_no_mark() {
        let alive = Signal::Alive {
            doing: "Read a.rs".into(),
        };
        assert_eq!(facts(&gate(), [(&alive, 10)].into_iter(), None), []);
    }

    #[test]
    fn the_mark_goes_behind_all_that_was_heard_and_the_end_comes_last() {
        let doomed = Signal::Doomed { end: RunEnd::Lost };
        let alive = Signal::Alive {
            doing: String::new(),
        };
        let heard = [(&doomed, 10), (&alive, 20)];
        let told = facts(&gate(), heard.into_iter(), Some(&over(Some(0))));
        assert!(matches!(told[0], Fact::RunTurnEnded { .. }), "{told:?}");
        assert!(matches!(told[1], Fact::RunRead { to: 20, .. }), "{told:?}");
        let ended = matches!(
            &told[2],
            Fact::RunEnded {
                end: RunEnd::Lost,
                ..
            }
        );
        assert!(ended, "{told:?}");
        let signals = heard.into_iter().map(|(signal, _)| signal);
        assert_eq!(doom(signals), Some(RunEnd::Lost));
    }
}
