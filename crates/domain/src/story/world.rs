//! The tiny world of the stories: it carries every command out at once and tells what came of it.

use crate::{
    Actor, Agent, Chain, Command, Config, Decision, Event, Fact, Gate, Halt, Leg, RequestKind,
    RunEnd, RunId, Seq, State, Status, TaskCard, TaskId, Time,
    apply::apply,
    carry,
    decide::decide,
    run::{Verdict, Work},
    schedule::{due, schedule},
    task::Ticks,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How a run ends in a story.
pub enum Plan {
    Submit(RunEnd),
    Review(Verdict),
    Gate(RunEnd),
}

pub struct World {
    pub state: State,
    pub log: Vec<Event>,
    pub decided: usize,
    pub now: Time,
    pub plans: VecDeque<Plan>,
    pub started: Vec<String>,
    pub merge_refused: bool,
    /// Runs change nothing in the worktree.
    pub unchanged: bool,
    /// Runs do not end when they are told to.
    pub hold_halts: bool,
    /// What the branches touch.
    pub touches: BTreeMap<TaskId, BTreeSet<String>>,
    /// What merging two of them would run into, the lower id first (a task that has merged before all).
    pub collisions: BTreeMap<(TaskId, TaskId), Vec<String>>,
    /// What bringing a branch up runs into, once.
    pub stale: BTreeMap<TaskId, Vec<String>>,
    /// Bringing a branch up goes through and changes nothing, whatever was forecast.
    pub nothing_to_bring: bool,
    /// Nothing can be brought up.
    pub catch_up_fails: bool,
    /// How many pairs were compared.
    pub compared: u32,
}

pub fn task(n: u32) -> TaskId {
    TaskId::new("TASK", n).unwrap()
}

pub fn agent(name: &str) -> Agent {
    Agent {
        cli: Some("claude".into()),
        timeout_s: 600,
        silence_s: 60,
        account: "anthropic".into(),
        ..Agent::named(name.parse().unwrap())
    }
}

impl World {
    pub fn new(plans: Vec<Plan>) -> Self {
        let mut config = Config {
            chain: Chain {
                prepare: None,
                implement: "impl".parse().ok(),
                review: "review".parse().ok(),
            },
            gates: vec![Gate {
                name: "test".into(),
                run: "true".into(),
                timeout_s: 60,
                ..Gate::default()
            }],
            ..Config::default()
        };
        for name in ["impl", "review"] {
            config.agents.insert(name.parse().unwrap(), agent(name));
        }
        let state = State {
            config,
            trusted: true,
            git: true,
            ..State::default()
        };
        let mut world = Self {
            state,
            log: vec![],
            decided: 0,
            now: Time(1_000),
            plans: plans.into(),
            started: vec![],
            merge_refused: false,
            unchanged: false,
            hold_halts: false,
            touches: BTreeMap::new(),
            collisions: BTreeMap::new(),
            stale: BTreeMap::new(),
            nothing_to_bring: false,
            catch_up_fails: false,
            compared: 0,
        };
        world.add(1, &[]);
        world
    }

    pub fn add(&mut self, n: u32, depends_on: &[u32]) {
        let card = TaskCard {
            id: task(n),
            title: "t".into(),
            status: Status::Pending,
            priority: crate::Priority::P1,
            agent: None,
            depends_on: depends_on.iter().map(|n| task(*n)).collect(),
            files_affected: vec![],
            order: None,
            needs: Vec::new(),
            criteria: Ticks::default(),
            ready_boxes: Ticks::default(),
            created: None,
            handoffs: 0,
            last_leg: None,
            tests: Vec::new(),
        };
        self.state.cards.insert(task(n), card);
        self.tell(
            Actor::Person,
            Fact::TaskCreated {
                task: task(n),
                title: "t".into(),
                status: Status::Pending,
            },
        );
    }

    pub fn tell(&mut self, by: Actor, fact: Fact) {
        if let Fact::TaskMoved { task, to, .. } = &fact {
            self.state.cards.get_mut(task).unwrap().status = *to;
        }
        self.now = self.now.plus_millis(1);
        self.log.push(Event {
            seq: Seq(self.log.len() as u64 + 1),
            at: self.now,
            by,
            fact,
        });
    }

    pub fn engine(&mut self, fact: Fact) {
        self.tell(Actor::Engine, fact);
    }

    pub fn moved(&mut self, task: &TaskId, from: Status, to: Status) {
        self.engine(Fact::TaskMoved {
            task: task.clone(),
            from,
            to,
        });
    }

    /// Decides and carries out until nothing follows.
    pub fn settle(&mut self) {
        for _ in 0..1_000 {
            if self.decided < self.log.len() {
                let event = self.log[self.decided].clone();
                self.decided += 1;
                apply(&mut self.state, &event);
                for command in decide(&self.state, &event, self.now) {
                    self.carry_out(command);
                }
                continue;
            }
            let mut commands = due(&self.state, self.now);
            commands.extend(crate::conflict::found(&self.state, self.now));
            if commands.is_empty() {
                commands.extend(schedule(&self.state, self.now));
            }
            if commands.is_empty() {
                return;
            }
            commands
                .into_iter()
                .for_each(|command| self.carry_out(command));
        }
        panic!("the story does not come to rest: {:#?}", self.log.last());
    }

    #[allow(clippy::too_many_lines)] // one arm for each command, each told once
    pub fn carry_out(&mut self, command: Command) {
        match command {
            Command::Claim {
                task,
                leg,
                holder,
                attempt,
                why,
            } => {
                self.engine(Fact::Claimed {
                    task: task.clone(),
                    leg,
                    holder,
                    attempt,
                    why,
                });
                if leg == Leg::Implement && self.state.cards[&task].status == Status::Ready {
                    self.moved(&task, Status::Ready, Status::InProgress);
                }
            }
            Command::PrepareWorktree { task } => {
                self.engine(Fact::WorktreeReady {
                    task,
                    path: "/w".into(),
                    branch: Some("task/x".into()),
                    base: None,
                });
            }
            Command::StartRun {
                run,
                task,
                work,
                resume,
            } => self.start(run, task, work, resume.is_some()),
            Command::CommitWork { task, .. } => {
                let commit = Some(format!("{:040}", self.log.len()).as_str().into());
                let stays = Some("0".repeat(40).as_str().into());
                self.engine(Fact::Committed {
                    task,
                    commit: if self.unchanged { stays } else { commit },
                    changed: !self.unchanged,
                });
            }
            Command::HandOff {
                task,
                leg,
                holder,
                note,
                to,
                ..
            } => {
                self.engine(Fact::HandedOff {
                    task: task.clone(),
                    leg,
                    holder,
                    note,
                });
                if let Some((from, to)) = to {
                    self.moved(&task, from, to);
                }
            }
            Command::SendBack(back) => {
                self.engine(Fact::SentBack {
                    task: back.task.clone(),
                    feedback: back.feedback,
                    why: back.why,
                    counts: back.counts,
                });
                self.moved(&back.task, back.from, Status::Ready);
            }
            Command::Fail { task, from, why } => {
                self.engine(Fact::Failed {
                    task: task.clone(),
                    why,
                });
                self.moved(&task, from, Status::Failed);
            }
            Command::Rethink { task, from, why } => {
                self.engine(Fact::Rethought {
                    task: task.clone(),
                    why,
                });
                self.moved(&task, from, Status::Pending);
            }
            Command::LookAtWork { task } => {
                let tip = self.state.tasks[&task].commit.clone();
                let files = self.touches.get(&task).cloned().unwrap_or_default();
                self.engine(Fact::WorkSeen { task, tip, files });
            }
            Command::Forecast { one, other } => {
                self.compared += 1;
                let pair = (one.0.clone(), other.0.clone());
                let files = self.collisions.get(&pair).cloned().unwrap_or_default();
                self.engine(Fact::Forecasted { one, other, files });
            }
            Command::CatchUp { task } if self.catch_up_fails => {
                self.engine(Fact::CommandFailed {
                    command: Box::new(Command::CatchUp { task }),
                    error: "files are in the way".into(),
                });
            }
            Command::CatchUp { task } => {
                let files = self.stale.remove(&task).unwrap_or_default();
                let tip = if files.is_empty() && !self.nothing_to_bring {
                    Some(format!("{:040}", self.log.len()).as_str().into())
                } else {
                    self.state.tasks[&task].commit.clone()
                };
                self.engine(Fact::CaughtUp { task, tip, files });
            }
            told @ (Command::Reassign { .. }
            | Command::OpenBreaker { .. }
            | Command::CloseBreaker { .. }
            | Command::Lapse { .. }
            | Command::Pause { .. }
            | Command::NoteConflict { .. }
            | Command::PassOn { .. }
            | Command::ResolveConflict { .. }) => {
                let fact = told.told();
                fact.into_iter().for_each(|fact| self.engine(fact));
            }
            Command::Move { task, from, to } => self.moved(&task, from, to),
            // No story has rules; those are told in `rules/tests.rs`.
            Command::Follow { .. } | Command::RestRule { .. } | Command::ArmRule { .. } => {}
            Command::Merge { task, commit, .. } if self.merge_refused => {
                self.engine(Fact::MergeRefused {
                    task,
                    files: vec!["a".into()],
                    why: "conflict".into(),
                    commit,
                });
            }
            Command::Merge { task, commit, .. } => self.engine(Fact::Merged {
                task,
                commit: commit.map(|commit| format!("m{}", commit.0).as_str().into()),
                into: "main".into(),
            }),
            Command::RemoveWorktree { task } => {
                self.engine(Fact::WorktreeRemoved { task, saved: None })
            }
            Command::OpenRequest { task, kind } => self.engine(Fact::RequestOpened { task, kind }),
            Command::WithdrawRequest { request, why } => {
                self.engine(Fact::RequestWithdrawn { request, why })
            }
            Command::Park { account, until } => self.engine(Fact::Parked { account, until }),
            Command::HaltRun { run, halt, end } => {
                self.engine(Fact::RunHalting {
                    run: run.clone(),
                    end: end.clone(),
                    halt,
                });
                if halt != Halt::CloseInput && !self.hold_halts {
                    self.engine(Fact::RunEnded {
                        run,
                        end,
                        tail: String::new(),
                    });
                }
            }
            Command::Deliver { message, to, run } => self.engine(Fact::MessageDelivered {
                message,
                to,
                run: Some(run),
            }),
            Command::Say { .. } | Command::AnswerTool { .. } => {}
        }
    }

    pub fn start(&mut self, run: RunId, task: TaskId, work: Work, resumed: bool) {
        self.started
            .push(format!("{run}{}", if resumed { " resumed" } else { "" }));
        let session =
            matches!(work, Work::Leg { .. }).then(|| format!("session of {task}").as_str().into());
        let started = carry::started(&self.state, (&run, &task), &work, session, resumed);
        self.engine(started);
        let by = Actor::Run { run: run.clone() };
        match (self.plans.pop_front(), &work) {
            (None, _) => {}
            (Some(Plan::Gate(end)), _) => self.tell(
                by,
                Fact::RunEnded {
                    run,
                    end,
                    tail: "1 failed".into(),
                },
            ),
            (Some(Plan::Review(verdict)), _) => {
                self.tell(
                    by.clone(),
                    Fact::Reviewed {
                        task,
                        verdict,
                        note: "words".into(),
                        run: Some(run.clone()),
                    },
                );
                self.tell(
                    by,
                    Fact::RunEnded {
                        run,
                        end: RunEnd::Completed,
                        tail: String::new(),
                    },
                );
            }
            (Some(Plan::Submit(end)), Work::Leg { leg, .. }) => {
                self.tell(
                    by.clone(),
                    Fact::Submitted {
                        task,
                        leg: *leg,
                        note: "did it".into(),
                        run: Some(run.clone()),
                    },
                );
                self.tell(
                    by,
                    Fact::RunEnded {
                        run,
                        end,
                        tail: String::new(),
                    },
                );
            }
            (Some(Plan::Submit(_)), Work::Gate { .. }) => panic!("a gate does not submit"),
        }
    }

    pub fn status(&self, n: u32) -> Status {
        self.state.cards[&task(n)].status
    }

    pub fn request(&self) -> (crate::RequestId, RequestKind) {
        let open: Vec<_> = self.state.open_requests().collect();
        assert_eq!(open.len(), 1, "{open:#?}");
        (open[0].id, open[0].kind.clone())
    }

    pub fn decide(&mut self, decision: Decision) {
        let (request, kind) = self.request();
        assert!(decision.fits(&kind), "{decision:?} on {kind:?}");
        self.tell(Actor::Person, Fact::RequestDecided { request, decision });
        self.settle();
    }
}
