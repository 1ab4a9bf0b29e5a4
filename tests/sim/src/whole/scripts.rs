//! What agents and gates do, when it is not their job.

use super::{PRICE, Play, STARTS};
use crate::knobs::Trouble;
use orchestron_domain::{AskId, CallId, MicroUsd, RunEnd, signal::Signal};
use orchestron_engine::ports::Over;
use orchestron_testkit::{Act, Script, quiet_end};

impl Play {
    /// What the next runs do.
    pub(super) fn scripts(&mut self) {
        for kind in ["prepare", "implement", "review"] {
            if self.trouble(Trouble::Cannot) {
                let times = u32::try_from(self.rng.range(1, 4)).unwrap_or(1);
                self.note(|| format!("{kind} cannot be started {times} times"));
                self.world.cannot_start(kind, times);
            }
            if let Some(script) = self.script(kind) {
                self.world.script(kind, script);
            }
        }
        if self.trouble(Trouble::Gates) {
            let over = Over {
                code: Some(1),
                ..quiet_end()
            };
            self.world.script("gate-test", vec![Act::Ends(over)]);
        }
        if self.trouble(Trouble::Edits) {
            self.edit_while_starting();
        }
        if self.trouble(Trouble::Sleeps) {
            let millis = self.rng.range(60_000, 8 * 3_600_000);
            let kind = *self.rng.pick(&STARTS).unwrap_or(&"implement");
            self.note(|| format!("the machine will sleep for {millis} ms while {kind} starts"));
            self.world
                .while_starting(kind, move |world| world.sleep(millis));
        }
    }

    /// What the next run of this kind does; none = its job.
    fn script(&mut self, kind: &str) -> Option<Script> {
        let (spent, bill) = (self.spends(60), self.bill());
        let begins = || std::iter::once(started()).chain(spent.iter().cloned());
        if self.trouble(Trouble::Fails) {
            let message = "no".to_owned();
            return Some(turn(begins().chain(bill), RunEnd::AgentError { message }));
        }
        let over = if self.trouble(Trouble::Dies) {
            Some(Over {
                code: Some(1),
                ..quiet_end()
            })
        } else if self.trouble(Trouble::Keeper) {
            Some(Over {
                code: None,
                end: Some(RunEnd::Lost),
                ..quiet_end()
            })
        } else {
            None
        };
        if let Some(over) = over {
            return Some(begins().chain([Act::Ends(over)]).collect());
        }
        if self.trouble(Trouble::Hangs) {
            let never = Act::AwaitsReply(CallId("never".into()));
            return Some(begins().chain([never, Act::Ends(quiet_end())]).collect());
        }
        if self.trouble(Trouble::Lies) {
            return Some(turn(begins().chain(bill), RunEnd::Completed));
        }
        if self.trouble(Trouble::Limit) {
            let retry_after_s = self.rng.chance(500).then_some(60);
            return Some(turn(
                begins().chain(bill),
                RunEnd::RateLimited { retry_after_s },
            ));
        }
        let (tool, arguments) = if kind == "review" {
            let verdict = if self.trouble(Trouble::Changes) {
                r#"{"verdict":"changes","note":"make it better"}"#
            } else {
                r#"{"verdict":"approve","note":"reads well"}"#
            };
            ("review_decide", verdict)
        } else {
            ("task_submit", r#"{"note":"it is done"}"#)
        };
        let asks = self.trouble(Trouble::Asks);
        let mut script: Script = begins().collect();
        if asks {
            script.extend(asks_first());
        }
        if self.trouble(Trouble::Floods) {
            let doing = String::new();
            let alive = Act::Says(Signal::Alive { doing });
            script.extend(std::iter::repeat_n(alive, 12));
        }
        script.extend(self.spends(20));
        script.extend((kind == "implement").then_some(Act::Edits));
        script.extend(calls(tool, arguments));
        script.extend(bill);
        script.extend(ends_turn(RunEnd::Completed));
        Some(script)
    }

    /// Spends a share of what a run may cost, and perhaps tells so. Where there are no budgets nothing is spent.
    fn spends(&mut self, percent: u64) -> Option<Act> {
        self.state.config.limits.budget.task?;
        let more = MicroUsd(PRICE.0 * percent / 100);
        let told = !self.trouble(Trouble::Bill);
        Some(Act::Spends { more, told })
    }

    /// The end of a turn comes with its price. Only a run that is ended before that leaves it untold.
    fn bill(&self) -> Option<Act> {
        self.state.config.limits.budget.task?;
        let (more, told) = (MicroUsd(PRICE.0 / 5), true);
        Some(Act::Spends { more, told })
    }

    /// Somebody saves a task's file in the middle of the engine's work.
    fn edit_while_starting(&mut self) {
        let task = self.any_task();
        let Some(path) = self.path_of(&task) else {
            return;
        };
        self.world.while_starting("implement", move |world| {
            if let Some(now) = world.text(&path) {
                world.write(&path, &format!("{now}\nsaved meanwhile.\n"));
            }
        });
    }
}

fn started() -> Act {
    Act::Says(Signal::Started {
        session: None,
        version: "2.1.0".into(),
        model: "scripted".into(),
    })
}

fn ends_turn(end: RunEnd) -> [Act; 3] {
    let words = "that is all".to_owned();
    let ended = Signal::TurnEnded {
        end,
        words,
        denials: 0,
    };
    [Act::Says(ended), Act::AwaitsHalt, Act::Ends(quiet_end())]
}

/// A turn that ends like this.
fn turn(begins: impl Iterator<Item = Act>, end: RunEnd) -> Script {
    begins.chain(ends_turn(end)).collect()
}

/// A permission that it asks for.
fn asks_first() -> [Act; 2] {
    let ask = AskId("a1".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "npm test".into(),
        reason: None,
    };
    [Act::Says(asked), Act::AwaitsPermit(ask)]
}

/// The call that hands in.
fn calls(tool: &str, arguments: &str) -> [Act; 2] {
    let call = CallId("1".into());
    let called = Signal::ToolCalled {
        call: call.clone(),
        tool: tool.into(),
        arguments: arguments.into(),
    };
    [Act::Says(called), Act::AwaitsReply(call)]
}
