//! Commands carried out in the world of data, as `orchestron_engine` carries them out in the real one: what each does, what it tells, and
//! where it may be killed in between.

use super::{
    World,
    git::{commit, names},
    host::{Host, Stop},
    store::Trap,
};
use crate::{judge, knobs::Trouble};
use orchestron_domain::{
    Actor, Command, CommitId, Fact, Halt, Holder, Leg, RequestKind, RunEnd, RunId, SessionId,
    Status, TaskId, carry,
    request::Question,
    run::{Verdict, Work},
    signal::Say,
};

/// Facts a command ended in; none when they were told with a move.
type Told = Result<Vec<Fact>, Trap>;

fn overtaken() -> Told {
    let what = String::new();
    Ok(vec![Fact::CommandDone { what }])
}

impl Host {
    /// Carries one command out, and closes it with its outcome.
    pub fn carry_out(&mut self, world: &mut World, id: u64, command: &Command) -> Result<(), Stop> {
        world.must_hold(self.fence)?;
        world.note(|_| format!("  carry out #{id}: {}", command.words()));
        let facts = match self.dispatch(world, id, command) {
            Ok(facts) => facts,
            Err(Trap::Stopped(stop)) => return Err(stop),
            Err(trap) => {
                let told = self.stop_started(world, command, "refused");
                told.unwrap_or_else(|| refused(command, trap))
            }
        };
        if facts.is_empty() {
            return Ok(());
        }
        if world.trouble(Trouble::CrashMidway) {
            world.note(|_| "the engine is killed before the outcome".to_owned());
            return Err(Stop::Killed);
        }
        let by = match command {
            Command::AnswerTool { run, .. } => Actor::Run { run: run.clone() },
            other => carry::by(other),
        };
        let facts = facts.into_iter().map(|fact| (by.clone(), fact));
        world.commit(self.fence, Some(id), facts.collect())
    }

    fn dispatch(&mut self, world: &mut World, id: u64, command: &Command) -> Told {
        if carry::overtaken(&self.state, command).is_some() {
            let instead = carry::instead(&self.state, command).map(|fact| vec![fact]);
            return self
                .stop_started(world, command, "void")
                .or(instead)
                .map_or_else(overtaken, Ok);
        }
        match command {
            Command::Claim { .. } => self.claim(world, id, command),
            Command::PrepareWorktree { task } => Self::prepare(world, task),
            Command::StartRun {
                run,
                task,
                work,
                resume,
            } => self.start_run(world, run, task, work, resume.as_ref()),
            Command::Say { run, say } => Self::say(world, run, say),
            Command::AnswerTool {
                run, tool, call, ..
            } => self.answer(world, run, tool, call),
            Command::HaltRun { run, halt, .. } => {
                if let Some(at) = world.by_run.get(run).copied() {
                    world.halt_process(at, *halt);
                }
                self.finish(world, id, command)
            }
            Command::CommitWork { task, .. } => self.commit_work(world, task),
            Command::HandOff { task, leg, to, .. } => {
                let at = World::place_of(task);
                let from = to.map_or(Status::Review, |(from, _)| from);
                if world.find(at)?.status() != from {
                    return overtaken();
                }
                world.edit_task(at, |card| {
                    card.handoffs += 1;
                    card.last_leg = Some(*leg);
                })?;
                self.finish(world, id, command)
            }
            Command::SendBack(back) => {
                let at = World::place_of(&back.task);
                world.ledger.feedback_written(at, back.feedback);
                world.edit_task(at, |_| ())?;
                self.finish(world, id, command)
            }
            Command::Fail { task, .. } | Command::Rethink { task, .. } => {
                world.edit_task(World::place_of(task), |_| ())?;
                self.finish(world, id, command)
            }
            Command::Merge { task, commit, .. } => {
                self.merge(world, command, task, commit.as_ref())
            }
            Command::RemoveWorktree { task } => Self::remove_worktree(world, task),
            Command::OpenRequest { task, kind } => self.ask(world, command, task.as_ref(), kind),
            Command::LookAtWork { task } => self.look_at_work(world, task),
            Command::Forecast { one, other } => Self::forecast(world, one, other),
            Command::CatchUp { task } => Self::catch_up(world, task),
            _ => self.finish(world, id, command),
        }
    }

    /// Tells what a command ends in, with the move of its task's file when there is one.
    fn finish(&self, world: &mut World, id: u64, command: &Command) -> Told {
        let facts = carry::ends_in(command).into_iter().collect();
        match (carry::moves(&self.state, command), command.task()) {
            (Some(places), Some(task)) => self.moved(
                world,
                id,
                World::place_of(task),
                places,
                (&carry::by(command), facts),
            ),
            _ => Ok(facts),
        }
    }

    /// A task that stands elsewhere was moved by somebody else: that wins.
    fn moved(
        &self,
        world: &mut World,
        id: u64,
        task: u8,
        places: (Status, Status),
        (by, facts): (&Actor, Vec<Fact>),
    ) -> Told {
        let facts = facts.into_iter().map(|fact| (by.clone(), fact));
        let (fence, facts) = (Some(self.fence), facts.collect());
        match world.move_task(fence, task, places, by, facts, Some(id)) {
            Ok(()) => {
                world.edit_task(task, |_| ()).or_else(|trap| match trap {
                    Trap::Stopped(_) => Err(trap),
                    _ => Ok(()), // the status line may lag
                })?;
                Ok(Vec::new())
            }
            Err(Trap::Elsewhere) => overtaken(),
            Err(trap) => Err(trap),
        }
    }

    fn claim(&self, world: &mut World, id: u64, command: &Command) -> Told {
        if let Command::Claim { task, .. } = command {
            world.claimed_by[World::place_of(task) as usize] = self.knows_config();
        }
        // What an engine decided that died since was right when it was decided.
        if id > self.inherited
            && let Command::Claim {
                task,
                leg: Leg::Implement,
                holder: Holder::Agent(_),
                ..
            } = command
        {
            let out = judge::out_of_turn(&self.state, task);
            world.wrong_if(out);
        }
        let moves = carry::moves(&self.state, command).is_some();
        if !moves && self.is_overtaken_by_news(world, command) {
            return overtaken();
        }
        self.finish(world, id, command)
    }

    fn is_overtaken_by_news(&self, world: &World, command: &Command) -> bool {
        let news = world.log.after(self.state.seq);
        news.iter().any(|event| carry::overtakes(event, command))
    }

    fn prepare(world: &mut World, task: &TaskId) -> Told {
        let at = World::place_of(task);
        world.edit_task(at, |_| ())?;
        let there = world.git.there;
        world.git.branches[at as usize].tree = there;
        Ok(vec![place(there, task)])
    }

    /// What an engine that died had started by a start that is void or refused by now.
    fn stop_started(
        &mut self,
        world: &mut World,
        command: &Command,
        why: &str,
    ) -> Option<Vec<Fact>> {
        let Command::StartRun {
            run, task, work, ..
        } = command
        else {
            return None;
        };
        if self.state.runs.contains_key(run) {
            return None;
        }
        let at = world.by_run.get(run).copied()?;
        world.halt_process(at, Halt::Kill);
        if !matches!(work, Work::Leg { .. }) {
            world.sweep(at);
            return None;
        }
        self.follow(at, 0);
        world.wake_run(at);
        self.state.heard.insert(run.clone(), world.clock());
        let session = world.processes[at as usize].session.clone();
        Some(carry::stopped_at_start(&self.state, (run, task), work, session, why).into())
    }

    fn start_run(
        &mut self,
        world: &mut World,
        run: &RunId,
        task: &TaskId,
        work: &Work,
        resume: Option<&SessionId>,
    ) -> Told {
        if !self.state.trusted {
            return Err(Trap::Refused("not accepted on this machine"));
        }
        let at = World::place_of(task);
        if let Work::Leg { agent, .. } = work
            && !self.state.config.agents.contains_key(agent)
        {
            return Err(Trap::Refused("no such agent"));
        }
        if self
            .state
            .tasks
            .get(task)
            .is_none_or(|found| found.place.is_none())
        {
            return Err(Trap::Refused("no place"));
        }
        world.find(at)?;
        let there = world.by_run.contains_key(run);
        if !there && matches!(work, Work::Leg { .. }) && world.trouble(Trouble::Cannot) {
            let end = RunEnd::CouldNotStart {
                message: String::new(),
            };
            let (run, tail) = (run.clone(), String::new());
            let started = carry::started(&self.state, (&run, task), work, None, resume.is_some());
            return Ok(vec![started, Fact::RunEnded { run, end, tail }]);
        }
        let process = world.spawn(&self.state, run, at, work, resume);
        self.follow(process, 0);
        world.wake_run(process);
        let now = world.clock();
        self.state.heard.insert(run.clone(), now);
        let session = world.processes[process as usize].session.clone();
        let (state, resumed) = (&self.state, resume.is_some());
        let started = carry::started(state, (run, task), work, session, resumed);
        Ok(vec![started])
    }

    fn say(world: &mut World, run: &RunId, say: &Say) -> Told {
        if let Some(at) = world.by_run.get(run).copied() {
            world.hears(at, say);
        }
        overtaken()
    }

    fn answer(
        &self,
        world: &mut World,
        run: &RunId,
        tool: &str,
        call: &orchestron_domain::CallId,
    ) -> Told {
        let at = world.by_run.get(run).copied();
        let found = self.state.runs.get(run).filter(|run| run.is_live());
        let (Some(at), Some(found)) = (at, found) else {
            return overtaken();
        };
        let (task, leg) = (found.task.clone(), found.leg());
        let (note, by) = (String::new(), Some(run.clone()));
        let fact = match (tool, leg) {
            ("submit", Some(leg)) => Fact::Submitted {
                task,
                leg,
                note,
                run: by,
            },
            ("approve" | "changes", _) => Fact::Reviewed {
                task,
                verdict: if tool == "approve" {
                    Verdict::Approve
                } else {
                    Verdict::Changes
                },
                note,
                run: by,
            },
            ("help", _) => {
                let kind = RequestKind::Question(Question {
                    run: Some(run.clone()),
                    call: Some(call.clone()),
                    ..Question::default()
                });
                let task = Some(task);
                return Ok(vec![Fact::RequestOpened { task, kind }]);
            }
            _ => return overtaken(),
        };
        world.processes[at as usize].answered.1 = true;
        world.soon(at);
        Ok(vec![fact])
    }

    fn commit_work(&self, world: &mut World, task: &TaskId) -> Told {
        let at = World::place_of(task);
        let known = self
            .state
            .tasks
            .get(task)
            .is_some_and(|t| t.place.is_some());
        if !world.git.there {
            let (task, commit, changed) = (task.clone(), None, true);
            return Ok(vec![Fact::Committed {
                task,
                commit,
                changed,
            }]);
        }
        if !world.git.branches[at as usize].tree {
            return Err(Trap::Refused("no worktree"));
        }
        world.git.commit_all(at);
        let tip = world.git.branches[at as usize].tip;
        if tip != 0 {
            world.edit_task(at, |_| ())?;
        }
        let mut facts = Vec::new();
        if !known {
            facts.push(place(true, task));
        }
        facts.push(Fact::Committed {
            task: task.clone(),
            commit: Some(commit(tip)),
            changed: tip != 0,
        });
        Ok(facts)
    }

    fn merge(
        &self,
        world: &mut World,
        command: &Command,
        task: &TaskId,
        wanted: Option<&CommitId>,
    ) -> Told {
        let at = World::place_of(task);
        if self.is_overtaken_by_news(world, command) {
            return overtaken();
        }
        let nothing = || Fact::Merged {
            task: task.clone(),
            commit: None,
            into: String::new(),
        };
        if !world.git.there || !world.git.branches[at as usize].tree {
            world.merges(at, None);
            return Ok(vec![nothing()]);
        }
        let tip = world.git.branches[at as usize].tip;
        let number = wanted.map_or(Ok(tip), |wanted| u32::from_str_radix(&wanted.0, 16));
        let Ok(number) = number else {
            return Err(Trap::Refused("no such commit"));
        };
        world.merges(at, Some(number));
        let conflicts = world.git.merge(at, number);
        Ok(vec![if conflicts == 0 {
            Fact::Merged {
                task: task.clone(),
                commit: Some(commit(number)),
                into: String::new(),
            }
        } else {
            Fact::MergeRefused {
                task: task.clone(),
                files: names(conflicts).into_iter().collect(),
                why: String::new(),
                commit: wanted.cloned(),
            }
        }])
    }

    fn remove_worktree(world: &mut World, task: &TaskId) -> Told {
        let at = World::place_of(task) as usize;
        let branch = &mut world.git.branches[at];
        let saved = branch.dirty.then(String::new);
        (branch.tree, branch.dirty) = (false, false);
        let task = task.clone();
        Ok(vec![Fact::WorktreeRemoved { task, saved }])
    }

    fn ask(
        &self,
        world: &World,
        command: &Command,
        task: Option<&TaskId>,
        kind: &RequestKind,
    ) -> Told {
        if self.is_overtaken_by_news(world, command) {
            return overtaken();
        }
        let mut kind = kind.clone();
        if let (
            Some(task),
            RequestKind::Review {
                commit: found @ None,
            },
            true,
        ) = (task, &mut kind, self.state.git)
        {
            let branch = &world.git.branches[World::place_of(task) as usize];
            *found = branch.tree.then(|| commit(branch.tip));
        }
        if carry::is_asked(&self.state, task, &kind) {
            return overtaken();
        }
        let task = task.cloned();
        Ok(vec![Fact::RequestOpened { task, kind }])
    }

    fn look_at_work(&self, world: &World, task: &TaskId) -> Told {
        let branch = &world.git.branches[World::place_of(task) as usize];
        let there = world.git.there && branch.tree;
        let tip = there.then(|| commit(branch.tip));
        let files = names(if there { branch.files } else { 0 });
        let known = self.state.tasks.get(task).and_then(|t| t.touched.as_ref());
        if known.is_some_and(|known| known.tip == tip && known.files == files) {
            return overtaken();
        }
        let task = task.clone();
        Ok(vec![Fact::WorkSeen { task, tip, files }])
    }

    fn forecast(world: &World, one: &(TaskId, CommitId), other: &(TaskId, CommitId)) -> Told {
        let files = world.git.forecast(place_and_tip(one), place_and_tip(other));
        Ok(vec![Fact::Forecasted {
            one: one.clone(),
            other: other.clone(),
            files: names(files).into_iter().collect(),
        }])
    }

    fn catch_up(world: &mut World, task: &TaskId) -> Told {
        let at = World::place_of(task);
        let there = world.git.there && world.git.branches[at as usize].tree;
        let conflicts = if there { world.git.catch_up(at) } else { 0 };
        let tip = world.git.branches[at as usize].tip;
        Ok(vec![Fact::CaughtUp {
            task: task.clone(),
            tip: there.then(|| commit(tip)),
            files: names(conflicts).into_iter().collect(),
        }])
    }
}

/// What a command ends in that the world refused.
fn refused(command: &Command, trap: Trap) -> Vec<Fact> {
    vec![match trap {
        Trap::NoTask => Fact::CommandDone {
            what: String::new(),
        },
        trap => Fact::CommandFailed {
            command: Box::new(command.clone()),
            error: format!("{trap:?}"),
        },
    }]
}

/// The place to work in.
fn place(git: bool, task: &TaskId) -> Fact {
    Fact::WorktreeReady {
        task: task.clone(),
        path: String::new(),
        branch: git.then(String::new),
        base: git.then(|| commit(0)),
    }
}

fn place_and_tip((task, tip): &(TaskId, CommitId)) -> (u8, u32) {
    let tip = u32::from_str_radix(&tip.0, 16).unwrap_or(0);
    (World::place_of(task), tip)
}
