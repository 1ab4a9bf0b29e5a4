//! Agents and gates in memory, each playing a script.

use crate::world::{Things, World, refused};
use orchestron_domain::{
    AskId, CallId, Halt, MicroUsd, RunEnd, RunId, SessionId, TaskId, Time,
    run::Work,
    signal::{Say, Signal},
    transcript::TranscriptItem,
};
use orchestron_engine::ports::{
    Heard, InstalledAgent, KeptRun, Look, Over, PortErrorKind, PortResult, RunLogs, RunProgram,
    RunSpec, Runs, Wake,
};
use std::collections::{BTreeMap, VecDeque};

/// What a scripted run does, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Says this.
    Says(Signal),
    /// Costs so much more, within its limit, and perhaps tells so: the total of its conversation.
    Spends {
        /// How much more.
        more: MicroUsd,
        /// Whether it tells.
        told: bool,
    },
    /// Changes a file in the worktree.
    Edits,
    /// Changes this file in the worktree.
    EditsFile(String),
    /// Merges the base branch into its own and resolves what conflicts.
    MergesBase,
    /// Waits until this call of ours is answered.
    AwaitsReply(CallId),
    /// Waits until this permission is given or refused. Interrupted meanwhile, it ends its turn and waits for a person's words.
    AwaitsPermit(AskId),
    /// Waits until its turn is interrupted.
    AwaitsInterrupt,
    /// Waits until a person's words are said to it that it has not heard yet.
    AwaitsWords,
    /// Waits until it is stopped or its input is closed.
    AwaitsHalt,
    /// Ends.
    Ends(Over),
}

/// All a scripted run does.
pub type Script = Vec<Act>;

/// A process that ended by itself with exit code 0.
#[must_use]
pub fn quiet_end() -> Over {
    Over {
        code: Some(0),
        signal: None,
        end: None,
        tail: String::new(),
    }
}

/// A run's process.
pub struct Process {
    spec: RunSpec,
    session: Option<SessionId>,
    script: VecDeque<Act>,
    out: Vec<Signal>,
    over: Option<Over>,
    halts: Vec<Halt>,
    pub said: Vec<Say>,
    /// A person's words that it has begun a turn with.
    words_heard: usize,
    /// What it has cost.
    spent: MicroUsd,
    pub starts: u32,
    since: Time,
}

impl Process {
    pub fn prompt(&self) -> Option<String> {
        match &self.spec.program {
            RunProgram::Agent { prompt, .. } => Some(prompt.clone()),
            RunProgram::Shell { .. } => None,
        }
    }

    /// The shell command, of a gate.
    pub fn command(&self) -> Option<String> {
        match &self.spec.program {
            RunProgram::Shell { command } => Some(command.clone()),
            RunProgram::Agent { .. } => None,
        }
    }

    /// As much of it as its own limit, which the agent itself keeps to, leaves.
    fn may_spend(&mut self, more: MicroUsd) -> MicroUsd {
        let most = match &self.spec.program {
            RunProgram::Agent { agent, .. } => agent.budget,
            RunProgram::Shell { .. } => None,
        };
        let more = most.map_or(more, |most| more.min(most.beyond(self.spent)));
        self.spent = self.spent.plus(more);
        more
    }

    fn words(&self) -> usize {
        let words = |say: &&Say| matches!(say, Say::Words { .. });
        self.said.iter().filter(words).count()
    }

    /// Interrupted while it waits for a permission: the question is void, the turn is over, and it goes on when it is told more.
    fn is_interrupted(&mut self) {
        if let Some(Act::AwaitsPermit(_)) = self.script.front()
            && self.over.is_none()
        {
            let why = "interrupted".to_owned();
            self.out.push(Signal::TurnEnded {
                end: RunEnd::Stopped { why },
                words: String::new(),
                denials: 0,
            });
            self.script.pop_front();
            self.script.push_front(Act::AwaitsWords);
        }
    }

    fn may_go_on(&self, act: &Act) -> bool {
        match act {
            Act::AwaitsReply(call) => self
                .said
                .iter()
                .any(|say| matches!(say, Say::Reply { call: c, .. } if c == call)),
            Act::AwaitsPermit(ask) => self
                .said
                .iter()
                .any(|say| matches!(say, Say::Permit { ask: a, .. } if a == ask)),
            Act::AwaitsInterrupt => self.said.contains(&Say::Interrupt),
            Act::AwaitsWords => self.words() > self.words_heard,
            Act::AwaitsHalt => !self.halts.is_empty(),
            _ => true,
        }
    }
}

/// What a run does that nobody wrote a script for: its job.
fn good_script(work: &Work) -> Script {
    let Work::Leg { leg, .. } = work else {
        return vec![Act::Ends(quiet_end())];
    };
    let call = |tool: &str, arguments: &str| {
        Act::Says(Signal::ToolCalled {
            call: CallId("1".into()),
            tool: tool.into(),
            arguments: arguments.into(),
        })
    };
    let (edits, told) = match leg {
        orchestron_domain::Leg::Review => (
            None,
            call(
                "review_decide",
                r#"{"verdict":"approve","note":"reads well"}"#,
            ),
        ),
        orchestron_domain::Leg::Implement => (
            Some(Act::Edits),
            call("task_submit", r#"{"note":"it is done"}"#),
        ),
        _ => (None, call("task_submit", r#"{"note":"it is clear now"}"#)),
    };
    let mut script = vec![Act::Says(Signal::Started {
        session: None,
        version: "2.1.0".into(),
        model: "scripted".into(),
    })];
    script.extend(edits);
    script.extend([
        told,
        Act::AwaitsReply(CallId("1".into())),
        Act::Says(Signal::TurnEnded {
            end: RunEnd::Completed,
            words: "I am done.".into(),
            denials: 0,
        }),
        Act::AwaitsHalt,
        Act::Ends(quiet_end()),
    ]);
    script
}

fn kind(work: &Work) -> String {
    match work {
        Work::Leg { leg, .. } => leg.word().to_owned(),
        Work::Gate { gate, .. } => format!("gate-{gate}"),
    }
}

/// Plays a run's script as far as it goes now, and wakes who listens when it said something.
fn play(things: &mut Things, run: &RunId) {
    let Things {
        runs,
        git,
        wakes,
        bills,
        ..
    } = things;
    let Some(process) = runs.get_mut(run) else {
        return;
    };
    let mut heard = false;
    while process.over.is_none() {
        let Some(act) = process
            .script
            .front()
            .filter(|act| process.may_go_on(act))
            .cloned()
        else {
            break;
        };
        process.script.pop_front();
        match act {
            Act::Says(signal) => process.out.push(signal),
            Act::Edits => git.edit(&process.spec.task.to_string()),
            Act::EditsFile(file) => git.edit_file(&process.spec.task.to_string(), &file),
            Act::MergesBase => git.merge_base(&process.spec.task.to_string()),
            Act::Ends(over) => process.over = Some(over),
            Act::Spends { more, told } => {
                let more = process.may_spend(more);
                let total = bills.book(&process.spec.task, process.session.as_ref(), more);
                process.out.extend(told.then(|| cost(total)));
            }
            Act::AwaitsWords => {
                process.words_heard += 1;
                continue;
            }
            Act::AwaitsReply(_) | Act::AwaitsPermit(_) | Act::AwaitsInterrupt | Act::AwaitsHalt => {
                continue;
            }
        }
        heard = true;
    }
    if heard {
        wakes.push(Wake::Run(run.clone()));
    }
}

/// What was really spent, told or not.
#[derive(Default)]
pub struct Bills {
    by_session: BTreeMap<SessionId, u64>,
    by_task: BTreeMap<TaskId, u64>,
}

impl Bills {
    /// Books what a run spent. Returns the new total of its conversation.
    fn book(&mut self, task: &TaskId, session: Option<&SessionId>, more: MicroUsd) -> MicroUsd {
        *self.by_task.entry(task.clone()).or_default() += more.0;
        let Some(session) = session else {
            return more;
        };
        let total = self.by_session.entry(session.clone()).or_default();
        *total += more.0;
        MicroUsd(*total)
    }
}

fn cost(session_total: MicroUsd) -> Signal {
    Signal::Cost {
        session_total,
        input_tokens: 900,
        cached_tokens: 0,
        output_tokens: 100,
        requests: 1,
    }
}

impl World {
    /// What a task's runs have really cost, told or not.
    #[must_use]
    pub fn billed(&self, task: &TaskId) -> MicroUsd {
        let things = self.things();
        MicroUsd(things.bills.by_task.get(task).copied().unwrap_or(0))
    }

    /// What all runs have really cost.
    #[must_use]
    pub fn billed_in_all(&self) -> MicroUsd {
        MicroUsd(self.things().bills.by_task.values().sum())
    }

    /// The program of so many of the next runs of this kind cannot be started.
    pub fn cannot_start(&self, kind: &str, times: u32) {
        self.things().unstartable.insert(kind.to_owned(), times);
    }
}

pub struct MemoryRuns {
    world: World,
    read: BTreeMap<RunId, u64>,
}

impl MemoryRuns {
    pub const fn new(world: World) -> Self {
        Self {
            world,
            read: BTreeMap::new(),
        }
    }
}

fn unknown(run: &RunId) -> orchestron_engine::ports::PortError {
    refused(
        PortErrorKind::Missing,
        "cannot find",
        run.to_string(),
        "no such run",
    )
}

impl Runs for MemoryRuns {
    fn start(&mut self, spec: &RunSpec) -> PortResult<Option<SessionId>> {
        let mut things = self.world.up()?;
        self.read.entry(spec.run.clone()).or_insert(0);
        if let Some(process) = things.runs.get(&spec.run) {
            return Ok(process.session.clone());
        }
        if let Some(left) = things.unstartable.get_mut(&kind(&spec.work))
            && *left > 0
        {
            *left -= 1;
            let said = "no such program";
            return Err(refused(
                PortErrorKind::Missing,
                "cannot start",
                spec.run.to_string(),
                said,
            ));
        }
        let session = match &spec.program {
            RunProgram::Agent {
                resume: Some(session),
                ..
            } => Some(session.clone()),
            RunProgram::Agent { .. } => {
                things.sessions += 1;
                Some(SessionId(format!("session-{}", things.sessions)))
            }
            RunProgram::Shell { .. } => None,
        };
        let planned = things
            .scripts
            .get_mut(&kind(&spec.work))
            .and_then(VecDeque::pop_front);
        let process = Process {
            spec: spec.clone(),
            session: session.clone(),
            script: planned.unwrap_or_else(|| good_script(&spec.work)).into(),
            out: Vec::new(),
            over: None,
            halts: Vec::new(),
            said: Vec::new(),
            words_heard: 0,
            spent: MicroUsd(0),
            starts: 1,
            since: things.now,
        };
        things.bare.remove(&spec.run);
        things.runs.insert(spec.run.clone(), process);
        play(&mut things, &spec.run);
        let happens = things.meanwhile.remove(&kind(&spec.work));
        drop(things);
        if let Some(happens) = happens {
            happens(&self.world);
        }
        Ok(session)
    }

    fn attach(&mut self, run: &RunId, read_to: u64) -> PortResult<Option<SessionId>> {
        let mut things = self.world.up()?;
        let bare = things.bare.contains(run);
        let process = things.runs.get(run);
        if process.is_none() && !bare {
            return Err(unknown(run));
        }
        let session = process.and_then(|process| process.session.clone());
        self.read.insert(run.clone(), read_to);
        things.wakes.push(Wake::Run(run.clone()));
        Ok(session)
    }

    fn was_started(&self, run: &RunId) -> PortResult<bool> {
        Ok(self.world.up()?.runs.contains_key(run))
    }

    fn look(&mut self, run: &RunId) -> PortResult<Look> {
        let things = self.world.up()?;
        let process = things.runs.get(run).ok_or_else(|| unknown(run))?;
        let read = self.read.get_mut(run).ok_or_else(|| unknown(run))?;
        let end = u64::try_from(process.out.len()).unwrap_or(u64::MAX);
        let heard = (1..=end)
            .zip(&process.out)
            .filter(|(offset, _)| offset > read)
            .map(|(offset, signal)| Heard {
                signal: signal.clone(),
                offset,
            })
            .collect();
        *read = (*read).max(end);
        Ok(Look {
            heard,
            over: process.over.clone(),
        })
    }

    fn say(&mut self, run: &RunId, say: &Say) -> PortResult<()> {
        let mut things = self.world.up()?;
        let process = things.runs.get_mut(run).ok_or_else(|| unknown(run))?;
        if !process.said.contains(say) {
            process.said.push(say.clone());
        }
        if let Say::Words { id, .. } = say {
            things.words.insert(id.clone());
        }
        let process = things.runs.get_mut(run).ok_or_else(|| unknown(run))?;
        if *say == Say::Interrupt {
            process.is_interrupted();
            things.wakes.push(Wake::Run(run.clone()));
        }
        play(&mut things, run);
        Ok(())
    }

    fn halt(&mut self, run: &RunId, halt: Halt) -> PortResult<()> {
        let mut things = self.world.up()?;
        if things.bare.contains(run) {
            return Ok(()); // an order that lies in the folder, and nobody reads
        }
        let process = things.runs.get_mut(run).ok_or_else(|| unknown(run))?;
        process.halts.push(halt);
        if halt >= Halt::Terminate && process.over.is_none() {
            process.over = Some(Over {
                code: None,
                signal: Some(15),
                end: None,
                tail: String::new(),
            });
            things.wakes.push(Wake::Run(run.clone()));
        }
        play(&mut things, run);
        Ok(())
    }

    fn found(&self) -> PortResult<Vec<RunId>> {
        let things = self.world.up()?;
        Ok(things.runs.keys().chain(&things.bare).cloned().collect())
    }

    fn forget(&mut self, run: &RunId) -> PortResult<()> {
        let mut things = self.world.up()?;
        let lives = things
            .runs
            .get(run)
            .is_some_and(|found| found.over.is_none());
        if lives {
            return Err(refused(
                PortErrorKind::Held,
                "cannot clear away",
                run.to_string(),
                "its keeper lives",
            ));
        }
        things.runs.remove(run);
        things.transcripts.remove(run);
        Ok(())
    }

    fn settle(&mut self, run: &RunId) -> PortResult<()> {
        self.read.remove(run);
        Ok(())
    }

    fn installed(&self) -> PortResult<Vec<InstalledAgent>> {
        Ok(self.world.up()?.installed.clone())
    }
}

pub struct MemoryLogs(pub World);

impl RunLogs for MemoryLogs {
    /// Each keeps a megabyte, and ended when it was started: scripts take no time.
    fn kept(&self) -> PortResult<Vec<KeptRun>> {
        let things = self.0.up()?;
        let kept = things.runs.iter().map(|(run, process)| KeptRun {
            run: run.clone(),
            lives: process.over.is_none(),
            ended: process.since,
            bytes: 1_000_000,
        });
        Ok(kept.collect())
    }

    fn transcript(
        &self,
        run: &RunId,
        from: u64,
        limit: u32,
    ) -> PortResult<(Vec<TranscriptItem>, u64)> {
        let things = self.0.up()?;
        let items = things.transcripts.get(run).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(items.len());
        let end = from
            .saturating_add(usize::try_from(limit).unwrap_or(usize::MAX))
            .min(items.len());
        let part = items.get(from..end).unwrap_or_default().to_vec();
        Ok((part, u64::try_from(end).unwrap_or(u64::MAX)))
    }

    fn output_tail(&self, run: &RunId, _max_bytes: u32) -> PortResult<String> {
        let things = self.0.up()?;
        let over = things
            .runs
            .get(run)
            .and_then(|process| process.over.as_ref());
        Ok(over.map(|over| over.tail.clone()).unwrap_or_default())
    }

    fn doing(&self, run: &RunId) -> PortResult<Option<String>> {
        let things = self.0.up()?;
        let out = things
            .runs
            .get(run)
            .map_or(&[][..], |process| process.out.as_slice());
        Ok(out.iter().rev().find_map(|signal| match signal {
            Signal::Alive { doing } => Some(doing.clone()),
            _ => None,
        }))
    }
}
