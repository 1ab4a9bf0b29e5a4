//! Agents and gates: what each does is drawn when it starts; it may work, fail, die, hang, lie, ask, flood, be deaf, or cost money nobody
//! hears of.

use super::World;
use crate::knobs::Trouble;
use orchestron_domain::{
    AgentName, AskId, CallId, Halt, Leg, MicroUsd, RunEnd, RunId, SessionId, State, budget,
    heard::Over,
    run::Work,
    signal::{Say, Signal},
};

/// What a process is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Its job.
    Good,
    /// Ends its turn with an error.
    Fails,
    /// Its process ends in the middle.
    Dies,
    /// Says nothing any more.
    Hangs,
    /// Says it is done and changed nothing.
    Lies,
    /// A reviewer that wants changes.
    Changes,
    /// The provider refuses.
    Limited,
    /// Not logged in.
    NoLogin,
    /// The conversation is gone.
    NoConversation,
}

/// How far a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Begins.
    Up,
    /// May ask.
    Asking,
    /// Waits for an answer of a person.
    Waiting,
    /// Does the work.
    Working,
    /// Hands in.
    Submitting,
    /// Waits for the answer to that.
    Handed,
    /// Ends its turn.
    Ending,
    /// Waits for the end of its input.
    Idle,
}

/// A process under a keeper.
pub struct Process {
    /// Its run.
    pub run: RunId,
    /// Its task.
    pub task: u8,
    /// Its leg; none for a gate.
    pub leg: Option<Leg>,
    /// What it will do.
    pub plan: Plan,
    /// Does not stop when told to.
    pub deaf: bool,
    /// How far it is.
    pub stage: Stage,
    /// The process lives.
    pub alive: bool,
    /// What the keeper wrote at the end.
    pub over: Option<Over>,
    /// The rung of the stop ladder it was told.
    pub halted: Option<Halt>,
    /// What it said.
    pub out: Vec<Signal>,
    /// The permission and the call that were answered.
    pub answered: (bool, bool),
    /// Its conversation.
    pub session: Option<SessionId>,
    /// What its conversation had cost before.
    pub before: u64,
    /// What it has cost, whether told or not.
    pub cost: u64,
    /// What it may cost.
    pub cap: u64,
    /// A person's words that it heard, by their ids.
    words: Vec<String>,
    asks: Option<bool>,
    floods: bool,
    told_cost: bool,
}

impl Process {
    /// Works and was not told to stop.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.alive && self.halted.is_none()
    }

    /// Whether it heard these words of a person.
    #[must_use]
    pub fn heard(&self, id: &str) -> bool {
        self.words.iter().any(|heard| heard == id)
    }
}

impl World {
    /// Starts the program of a run, once. Returns its place.
    pub fn spawn(
        &mut self,
        state: &State,
        run: &RunId,
        task: u8,
        work: &Work,
        resume: Option<&SessionId>,
    ) -> u32 {
        if let Some(at) = self.by_run.get(run).copied() {
            return at;
        }
        let at = u32::try_from(self.processes.len()).unwrap_or(u32::MAX);
        let (leg, agent) = match work {
            Work::Leg { leg, agent, .. } => (Some(*leg), Some(agent.clone())),
            Work::Gate { .. } => (None, None),
        };
        let session = agent.is_some().then(|| match resume {
            Some(session) => session.clone(),
            None => {
                self.sessions += 1;
                SessionId(format!("s{}", self.sessions))
            }
        });
        let before = session
            .as_ref()
            .and_then(|session| self.session_costs.get(session))
            .copied()
            .unwrap_or(0);
        let cap = agent
            .as_ref()
            .map_or(0, |agent| self.cap_of(task, agent, state));
        let process = Process {
            run: run.clone(),
            task,
            leg,
            plan: self.plan(leg),
            deaf: self.trouble(Trouble::Deaf),
            stage: Stage::Up,
            alive: true,
            over: None,
            halted: None,
            out: Vec::new(),
            answered: (false, false),
            session,
            before,
            cost: 0,
            cap,
            words: Vec::new(),
            asks: self.asks(leg),
            floods: self.trouble(Trouble::Floods),
            told_cost: !self.trouble(Trouble::Bill),
        };
        self.note(|_| format!("{run} may cost {cap}"));
        self.processes.push(process);
        self.by_run.insert(run.clone(), at);
        self.living.push(at);
        self.soon(at);
        at
    }

    /// The most a run of this agent can cost: its own limit, kept by the agent itself.
    #[must_use]
    fn cap_of(&self, task: u8, agent: &AgentName, state: &State) -> u64 {
        let told = budget::of_run(state, &self.id(task), agent);
        told.unwrap_or(self.config.limits.reserve).0
    }

    fn asks(&mut self, leg: Option<Leg>) -> Option<bool> {
        leg?;
        if self.trouble(Trouble::Asks) {
            return Some(true);
        }
        self.trouble(Trouble::Questions).then_some(false)
    }

    fn plan(&mut self, leg: Option<Leg>) -> Plan {
        if leg.is_none() {
            return if self.trouble(Trouble::Gates) {
                Plan::Fails
            } else if self.trouble(Trouble::Hangs) {
                Plan::Hangs
            } else if self.trouble(Trouble::Dies) {
                Plan::Dies
            } else {
                Plan::Good
            };
        }
        let plans = [
            (Trouble::Fails, Plan::Fails),
            (Trouble::Dies, Plan::Dies),
            (Trouble::Hangs, Plan::Hangs),
            (Trouble::Lies, Plan::Lies),
            (Trouble::Limit, Plan::Limited),
        ];
        for (trouble, plan) in plans {
            if self.trouble(trouble) {
                return plan;
            }
        }
        if leg == Some(Leg::Review) && self.trouble(Trouble::Changes) {
            return Plan::Changes;
        }
        if self.trouble(Trouble::Cannot) {
            return if self.rng.chance(500) {
                Plan::NoLogin
            } else {
                Plan::NoConversation
            };
        }
        Plan::Good
    }

    /// The process at `at` goes on in a while.
    pub fn soon(&mut self, at: u32) {
        // Slower than any limit on silence is no work that can be done.
        let most = if self.calm { 5_000 } else { i64::MAX };
        let wait = self.rng.range(1, self.knobs.pace_ms.min(most));
        self.at(wait, super::Next::Process(at));
    }

    /// The process goes on.
    pub fn play(&mut self, at: u32) {
        let Some(process) = self.processes.get(at as usize).filter(|p| p.alive) else {
            return;
        };
        self.steps += 1;
        if process.leg.is_none() {
            self.play_gate(at);
            return;
        }
        if self.trouble_now(Trouble::Keeper, 6) {
            self.keeper_dies(at);
            return;
        }
        let process = &mut self.processes[at as usize];
        match process.stage {
            Stage::Up => self.comes_up(at),
            Stage::Asking => self.asks_now(at),
            Stage::Waiting if process.answered.0 => self.advance(at, Stage::Working),
            Stage::Working => self.works(at),
            Stage::Submitting => self.submits(at),
            Stage::Handed if process.answered.1 => self.advance(at, Stage::Ending),
            Stage::Ending => self.ends_turn(at),
            Stage::Idle if process.halted.is_some() => self.ends(at, Some(0), None),
            Stage::Waiting | Stage::Handed | Stage::Idle => {}
        }
    }

    fn play_gate(&mut self, at: u32) {
        match self.processes[at as usize].plan {
            Plan::Hangs => {}
            Plan::Fails => self.ends(at, Some(1), None),
            Plan::Dies => self.ends(at, None, Some(RunEnd::Lost)),
            _ => self.ends(at, Some(0), None),
        }
    }

    fn advance(&mut self, at: u32, stage: Stage) {
        self.processes[at as usize].stage = stage;
        self.soon(at);
    }

    fn says(&mut self, at: u32, signal: Signal) {
        self.processes[at as usize].out.push(signal);
        self.wake_run(at);
    }

    fn comes_up(&mut self, at: u32) {
        let process = &self.processes[at as usize];
        match process.plan {
            Plan::NoLogin => {
                let end = RunEnd::NotLoggedIn {
                    message: String::new(),
                };
                self.says(at, Signal::Doomed { end });
                return;
            }
            Plan::NoConversation => {
                let end = RunEnd::ConversationLost {
                    message: String::new(),
                };
                self.turn_ended(at, end);
                return;
            }
            _ => {}
        }
        let started = Signal::Started {
            session: process.session.clone(),
            version: String::new(),
            model: String::new(),
        };
        self.says(at, started);
        self.costs(at, 40, true);
        self.advance(at, Stage::Asking);
    }

    fn asks_now(&mut self, at: u32) {
        let process = &mut self.processes[at as usize];
        let asks = process.asks.take();
        let ordinal = process.out.len();
        match asks {
            Some(true) => {
                process.stage = Stage::Waiting;
                let asked = Signal::Asked {
                    ask: AskId(format!("a{ordinal}")),
                    tool: String::new(),
                    input: String::new(),
                    summary: String::new(),
                    reason: None,
                };
                self.says(at, asked);
            }
            Some(false) => {
                process.stage = Stage::Waiting;
                self.calls(at, "help");
            }
            None => self.advance(at, Stage::Working),
        }
    }

    fn calls(&mut self, at: u32, tool: &str) {
        let call = Signal::ToolCalled {
            call: CallId(format!("c{}", self.processes[at as usize].out.len())),
            tool: tool.to_owned(),
            arguments: String::new(),
        };
        self.says(at, call);
    }

    fn works(&mut self, at: u32) {
        let process = &mut self.processes[at as usize];
        let (plan, leg, task) = (process.plan, process.leg, process.task);
        if std::mem::take(&mut process.floods) {
            for _ in 0..12 {
                let doing = String::new();
                self.says(at, Signal::Alive { doing });
            }
            self.calls(at, "get");
        }
        if leg == Some(Leg::Implement) && !matches!(plan, Plan::Lies | Plan::Dies | Plan::Hangs) {
            self.git.touch(task, self.files_of[task as usize]);
            if plan == Plan::Good {
                self.git.resolve(task);
            }
        }
        let told = self.processes[at as usize].told_cost;
        // Who dies in the midst of a turn may have spent nearly all of it, and nobody heard.
        let share = if plan == Plan::Dies { 95 } else { 40 };
        self.costs(at, share, told);
        match plan {
            Plan::Hangs => self.processes[at as usize].stage = Stage::Waiting,
            Plan::Dies => self.ends(at, None, None),
            Plan::Limited => {
                let retry_after_s = self.rng.chance(500).then_some(60);
                self.turn_ended(at, RunEnd::RateLimited { retry_after_s });
            }
            Plan::Fails => {
                let message = String::new();
                let end = match self.rng.below(4) {
                    0 => RunEnd::DeniedEverything,
                    _ => RunEnd::AgentError { message },
                };
                self.turn_ended(at, end);
            }
            _ => self.advance(at, Stage::Submitting),
        }
    }

    fn submits(&mut self, at: u32) {
        let process = &mut self.processes[at as usize];
        process.stage = Stage::Handed;
        let tool = match (process.leg, process.plan) {
            (Some(Leg::Review), Plan::Lies) => {
                process.stage = Stage::Ending; // a reviewer without a verdict
                self.soon(at);
                return;
            }
            (Some(Leg::Review), Plan::Changes) => "changes",
            (Some(Leg::Review), _) => "approve",
            _ => "submit",
        };
        self.calls(at, tool);
    }

    fn ends_turn(&mut self, at: u32) {
        self.turn_ended(at, RunEnd::Completed);
    }

    /// The end of a turn comes with its price. Only a run that is ended before that leaves it untold.
    fn turn_ended(&mut self, at: u32, end: RunEnd) {
        self.costs(at, 20, true);
        self.processes[at as usize].stage = Stage::Idle;
        let words = String::new();
        self.says(
            at,
            Signal::TurnEnded {
                end,
                words,
                denials: 0,
            },
        );
    }

    /// Spends a share of what the run may cost, and perhaps tells so.
    fn costs(&mut self, at: u32, percent: u64, told: bool) {
        let share = self.rng.below(percent + 1);
        let process = &mut self.processes[at as usize];
        let before = process.cost;
        process.cost = (process.cost + process.cap * share / 100).min(process.cap);
        let (task, more) = (process.task, process.cost - before);
        let total = process.before + process.cost;
        if let Some(session) = process.session.clone() {
            self.session_costs.insert(session, total);
        }
        self.bill(task, more);
        if told {
            let cost = Signal::Cost {
                session_total: MicroUsd(total),
                input_tokens: 10 * share,
                cached_tokens: 4 * share,
                output_tokens: share,
                requests: 1,
            };
            self.says(at, cost);
        }
    }

    /// Something is said to a process; saying it again changes nothing.
    pub fn hears(&mut self, at: u32, say: &Say) {
        let process = &mut self.processes[at as usize];
        if !process.alive {
            return;
        }
        match say {
            Say::Permit { .. } | Say::Reply { .. } => process.answered.0 = true,
            Say::Words { id, .. } if !process.heard(id) => {
                process.words.push(id.clone());
                // Said between two turns they begin one; in the midst of a turn they are heard with it.
                if process.stage == Stage::Idle && process.plan != Plan::Hangs {
                    process.stage = Stage::Working;
                    process.answered.1 = false;
                }
            }
            Say::Words { .. } => {}
            Say::Interrupt => {
                let in_turn = !matches!(process.stage, Stage::Up | Stage::Idle);
                if in_turn && !process.deaf && process.plan != Plan::Hangs {
                    let why = "interrupted".to_owned();
                    self.turn_ended(at, RunEnd::Stopped { why });
                }
            }
        }
        self.soon(at);
    }

    /// The process is over.
    pub fn ends(&mut self, at: u32, code: Option<i32>, end: Option<RunEnd>) {
        let process = &mut self.processes[at as usize];
        process.alive = false;
        if process.over.is_none() {
            process.over = Some(Over {
                end,
                code,
                ..Over::default()
            });
            self.wake_run(at);
        }
        self.living.retain(|living| *living != at);
    }

    /// The keeper dies; the agent may live on until it is swept.
    fn keeper_dies(&mut self, at: u32) {
        let end = Some(RunEnd::Lost);
        let process = &mut self.processes[at as usize];
        process.over = Some(Over {
            end,
            ..Over::default()
        });
        self.wake_run(at);
        self.soon(at);
    }

    /// Somebody takes a rung of the stop ladder.
    pub fn halt_process(&mut self, at: u32, halt: Halt) {
        let process = &mut self.processes[at as usize];
        process.halted = process.halted.max(Some(halt));
        if !process.alive || process.over.is_some() {
            return;
        }
        let stuck = matches!(process.plan, Plan::Hangs);
        let dies = match halt {
            Halt::CloseInput => false,
            Halt::Interrupt => !process.deaf && !stuck,
            Halt::Terminate => !process.deaf,
            Halt::Kill => true,
        };
        if dies {
            self.ends(at, None, None);
        } else {
            self.soon(at);
        }
    }

    /// Nothing of a run is left: what its keeper left behind is swept.
    pub fn sweep(&mut self, at: u32) {
        let process = &mut self.processes[at as usize];
        if process.over.is_some() && process.alive {
            process.alive = false;
            self.living.retain(|living| *living != at);
        }
    }
}
