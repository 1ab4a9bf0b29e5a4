//! What the engine is to do. Every command can be carried out twice without harm: after a crash, the ones that were
//! journaled and have no outcome yet are simply carried out again.

use crate::{
    AgentName, CommitId, Fact, Holder, Leg, RequestId, RequestKind, RunEnd, RunId, Seq, SessionId,
    Status, TaskId, Time,
    conflict::{ConflictKind, Resolution},
    event::Scope,
    run::Work,
    signal::Say,
};
use serde::{Deserialize, Serialize};

/// What the engine is to do; each ends in exactly one outcome fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Command {
    /// Give a leg to its holder (moves ready → in-progress on the implement leg).
    Claim {
        /// The task.
        task: TaskId,
        /// The leg.
        leg: Leg,
        /// Who takes it.
        holder: Holder,
        /// Which try, from 1.
        attempt: u32,
        /// Why this one, when there was a choice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Make the place to work in.
    PrepareWorktree {
        /// The task.
        task: TaskId,
    },
    /// Start an agent or a gate under a keeper.
    StartRun {
        /// The run.
        run: RunId,
        /// The task.
        task: TaskId,
        /// What it does.
        work: Work,
        /// The conversation to resume.
        resume: Option<SessionId>,
    },
    /// Say something to a run.
    Say {
        /// The run.
        run: RunId,
        /// What.
        say: Say,
    },
    /// Carry out a call to one of our tools, and answer it.
    AnswerTool {
        /// The run.
        run: RunId,
        /// The call.
        call: crate::CallId,
        /// The tool.
        tool: String,
        /// Arguments as JSON text.
        arguments: String,
    },
    /// Take one rung of the stop ladder.
    HaltRun {
        /// The run.
        run: RunId,
        /// Which rung.
        halt: Halt,
        /// What its end will be recorded as.
        end: RunEnd,
    },
    /// Commit what lies in the worktree.
    CommitWork {
        /// The task.
        task: TaskId,
        /// Who did it, for the commit message.
        holder: Holder,
        /// First words of the message.
        note: String,
    },
    /// Write the handoff into the task file and move the task.
    HandOff {
        /// The task.
        task: TaskId,
        /// The leg that ends.
        leg: Leg,
        /// Who held it.
        holder: Holder,
        /// What they say to the next holder.
        note: String,
        /// When, for the entry.
        at: Time,
        /// Where the task goes; none = it stays (review → approve).
        to: Option<(Status, Status)>,
    },
    /// Write the feedback file, link it in the task file and move the task to ready.
    SendBack(SendBack),
    /// Move the task to failed and write why into its error context.
    Fail {
        /// The task.
        task: TaskId,
        /// Where it stands.
        from: Status,
        /// Why.
        why: String,
    },
    /// Move a task by a rule of the chain (nobody prepares: pending → ready; a retry: failed → ready).
    Move {
        /// The task.
        task: TaskId,
        /// From where.
        from: Status,
        /// To where.
        to: Status,
    },
    /// Move a task because a rule of the configuration says so.
    Follow {
        /// The task.
        task: TaskId,
        /// The rule.
        rule: String,
        /// From where.
        from: Status,
        /// To where.
        to: Status,
        /// What held.
        why: String,
    },
    /// A rule leaves a task where a person put it.
    RestRule {
        /// The task.
        task: TaskId,
        /// The rule.
        rule: String,
    },
    /// A rule may move a task once more.
    ArmRule {
        /// The task.
        task: TaskId,
        /// The rule.
        rule: String,
    },
    /// Merge the approved commit into the base branch.
    Merge {
        /// The task.
        task: TaskId,
        /// What was approved.
        commit: Option<CommitId>,
        /// The decision's words.
        note: Option<String>,
    },
    /// Clear the worktree away; uncommitted work is kept under a ref first.
    RemoveWorktree {
        /// The task.
        task: TaskId,
    },
    /// Ask a person.
    OpenRequest {
        /// The task.
        task: Option<TaskId>,
        /// What.
        kind: RequestKind,
    },
    /// Declare a request void.
    WithdrawRequest {
        /// The request.
        request: RequestId,
        /// Why.
        why: String,
    },
    /// Let a question's own default stand: nobody answered in time.
    Lapse {
        /// The request.
        request: RequestId,
    },
    /// Let an account rest.
    Park {
        /// The account.
        account: String,
        /// Until when.
        until: Time,
    },
    /// Give a leg to another agent.
    Reassign {
        /// The task.
        task: TaskId,
        /// The leg.
        leg: Leg,
        /// To whom; none = back to whom the chain names.
        to: Option<AgentName>,
        /// Why.
        why: String,
    },
    /// Give a task back to the architect, to be prepared anew: moves it to pending.
    Rethink {
        /// The task.
        task: TaskId,
        /// Where it stands.
        from: Status,
        /// Why.
        why: String,
    },
    /// Leave an agent whose program cannot be started alone for a while.
    OpenBreaker {
        /// The agent.
        agent: AgentName,
        /// What went wrong.
        why: String,
        /// Until when.
        until: Time,
    },
    /// Try an agent again.
    CloseBreaker {
        /// The agent.
        agent: AgentName,
    },
    /// Start nothing new: something is wrong that the next run would only repeat.
    Pause {
        /// Why.
        why: String,
    },
    /// Look which files a task's branch really touches.
    LookAtWork {
        /// The task.
        task: TaskId,
    },
    /// Merge two branches in memory.
    Forecast {
        /// One task, with its tip.
        one: (TaskId, CommitId),
        /// The other.
        other: (TaskId, CommitId),
    },
    /// Bring a task's branch up to its base.
    CatchUp {
        /// The task.
        task: TaskId,
    },
    /// Say a waiting message to a live run.
    Deliver {
        /// The message.
        message: Seq,
        /// Whom.
        to: AgentName,
        /// The run.
        run: RunId,
    },
    /// Send a message in the engine's name.
    PassOn {
        /// The message.
        letter: crate::message::Letter,
    },
    /// Record that something clashes.
    NoteConflict {
        /// What kind.
        kind: ConflictKind,
        /// The tasks, the one that came first first.
        tasks: Vec<TaskId>,
        /// The files, where there are some.
        files: Vec<String>,
        /// What was seen.
        evidence: String,
    },
    /// Record that a conflict is over.
    ResolveConflict {
        /// Which.
        conflict: Seq,
        /// How.
        resolution: Resolution,
        /// Why.
        why: String,
    },
}

impl Command {
    /// The task it is about.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Claim { task, .. }
            | Self::PrepareWorktree { task }
            | Self::StartRun { task, .. }
            | Self::CommitWork { task, .. }
            | Self::HandOff { task, .. }
            | Self::SendBack(SendBack { task, .. })
            | Self::Fail { task, .. }
            | Self::Move { task, .. }
            | Self::Follow { task, .. }
            | Self::RestRule { task, .. }
            | Self::ArmRule { task, .. }
            | Self::Merge { task, .. }
            | Self::RemoveWorktree { task }
            | Self::Reassign { task, .. }
            | Self::Rethink { task, .. }
            | Self::LookAtWork { task }
            | Self::CatchUp { task } => Some(task),
            Self::OpenRequest { task, .. } => task.as_ref(),
            Self::Say { .. }
            | Self::AnswerTool { .. }
            | Self::HaltRun { .. }
            | Self::WithdrawRequest { .. }
            | Self::Lapse { .. }
            | Self::Park { .. }
            | Self::OpenBreaker { .. }
            | Self::CloseBreaker { .. }
            | Self::Pause { .. }
            | Self::Forecast { .. }
            | Self::Deliver { .. }
            | Self::PassOn { .. }
            | Self::NoteConflict { .. }
            | Self::ResolveConflict { .. } => None,
        }
    }

    /// The fact, when carrying this out is nothing but telling it.
    #[must_use]
    pub fn told(&self) -> Option<Fact> {
        Some(match self.clone() {
            Self::WithdrawRequest { request, why } => Fact::RequestWithdrawn { request, why },
            Self::PassOn { letter } => Fact::MessageSent { letter },
            Self::Lapse { request } => Fact::RequestLapsed { request },
            Self::Park { account, until } => Fact::Parked { account, until },
            Self::Reassign { task, leg, to, why } => Fact::Reassigned { task, leg, to, why },
            Self::OpenBreaker { agent, why, until } => Fact::BreakerOpened { agent, why, until },
            Self::CloseBreaker { agent } => Fact::BreakerClosed { agent },
            Self::Follow {
                task,
                rule,
                from,
                to,
                why,
            } => Fact::RuleMoved {
                task,
                rule,
                from,
                to,
                why,
            },
            Self::RestRule { task, rule } => Fact::RuleRests { task, rule },
            Self::ArmRule { task, rule } => Fact::RuleArmed { task, rule },
            Self::Pause { why } => Fact::Paused {
                why,
                scope: Scope::All,
            },
            Self::NoteConflict {
                kind,
                tasks,
                files,
                evidence,
            } => Fact::ConflictFound {
                kind,
                tasks,
                files,
                evidence,
            },
            Self::ResolveConflict {
                conflict,
                resolution,
                why,
            } => Fact::ConflictResolved {
                conflict,
                resolution,
                why,
            },
            _ => return None,
        })
    }

    /// Whether the task's chain cannot go on when this could not be carried out.
    #[must_use]
    pub const fn is_a_step(&self) -> bool {
        matches!(
            self,
            Self::Claim { .. }
                | Self::PrepareWorktree { .. }
                | Self::StartRun { .. }
                | Self::CommitWork { .. }
                | Self::HandOff { .. }
                | Self::SendBack(_)
                | Self::Fail { .. }
                | Self::Move { .. }
                | Self::Follow { .. }
                | Self::Merge { .. }
                | Self::Rethink { .. }
        )
    }

    /// What a step does, without to what: the same goes wrong when this and the error are the same.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "claim a task",
            Self::PrepareWorktree { .. } => "make a worktree",
            Self::StartRun { .. } => "start a run",
            Self::CommitWork { .. } => "commit work",
            Self::HandOff { .. } => "hand a task off",
            Self::SendBack(_) => "send a task back",
            Self::Fail { .. } => "record a failure",
            Self::Move { .. } | Self::Follow { .. } | Self::Rethink { .. } => "move a task",
            Self::Merge { .. } => "merge",
            _ => "go on",
        }
    }

    /// The command in a few words, for logs and errors.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Claim { task, leg, .. } => format!("claim {task} to {leg}"),
            Self::PrepareWorktree { task } => format!("make the worktree of {task}"),
            Self::StartRun { run, .. } => format!("start {run}"),
            Self::Say { run, .. } => format!("speak to {run}"),
            Self::AnswerTool { run, tool, .. } => format!("answer {tool} of {run}"),
            Self::HaltRun { run, .. } => format!("stop {run}"),
            Self::CommitWork { task, .. } => format!("commit the work on {task}"),
            Self::HandOff { task, leg, .. } => format!("hand {task} off after {leg}"),
            Self::SendBack(back) => format!("send {} back", back.task),
            Self::Fail { task, .. } => format!("record that {task} failed"),
            Self::Move { task, to, .. } => format!("move {task} to {to}"),
            Self::Follow { task, rule, to, .. } => {
                format!("move {task} to {to} by the rule {rule}")
            }
            Self::RestRule { task, rule } => format!("leave {task} to the rule {rule} no more"),
            Self::ArmRule { task, rule } => format!("leave {task} to the rule {rule} again"),
            Self::Merge { task, .. } => format!("merge {task}"),
            Self::RemoveWorktree { task } => format!("clear the worktree of {task} away"),
            Self::OpenRequest { kind, .. } => format!("open a request ({})", kind.word()),
            Self::WithdrawRequest { request, .. } => format!("withdraw {request}"),
            Self::Lapse { request } => format!("let the default of {request} stand"),
            Self::Park { account, .. } => format!("let the account {account} rest"),
            Self::Reassign { task, leg, .. } => format!("give {leg} of {task} to another agent"),
            Self::Rethink { task, .. } => format!("give {task} back to be prepared anew"),
            Self::OpenBreaker { agent, .. } => format!("leave {agent} alone for a while"),
            Self::CloseBreaker { agent } => format!("try {agent} again"),
            Self::Pause { .. } => "pause".to_owned(),
            Self::LookAtWork { task } => format!("look at the work on {task}"),
            Self::Forecast { one, other } => {
                format!("forecast the merge of {} and {}", one.0, other.0)
            }
            Self::Deliver { message, to, .. } => format!("deliver message {} to {to}", message.0),
            Self::PassOn { .. } => "pass on what a run did not live to hear".to_owned(),
            Self::CatchUp { task } => format!("bring {task} up to its base"),
            Self::NoteConflict { kind, .. } => format!("record a conflict ({})", kind.word()),
            Self::ResolveConflict { conflict, .. } => format!("resolve conflict {}", conflict.0),
        }
    }
}

/// Sending a task back to its implementer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendBack {
    /// The task.
    pub task: TaskId,
    /// Where it stands.
    pub from: Status,
    /// Which feedback of this task, from 1.
    pub feedback: u32,
    /// In one line, why.
    pub why: String,
    /// Who sends it back: a gate's name, a reviewer, a person.
    pub source: String,
    /// The whole text for the feedback file, below its heading.
    pub body: String,
    /// The gate run whose output belongs to it.
    pub gate_run: Option<RunId>,
    /// The commit it is about.
    pub commit: Option<CommitId>,
    /// When, for the file.
    pub at: Time,
    /// Whether it counts as a failed attempt.
    pub counts: bool,
}

/// Rungs of the stop ladder, in order. Each is taken when the one before did not end the run in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Halt {
    /// Its work is done: no more input.
    CloseInput,
    /// Ask it to stop its turn, then no more input.
    Interrupt,
    /// End the process.
    Terminate,
    /// End the whole tree at once.
    Kill,
}

impl Halt {
    /// How long this rung has before the next one is taken, in milliseconds, and which that is.
    #[must_use]
    pub const fn next(self) -> Option<(i64, Self)> {
        match self {
            Self::CloseInput => Some((15_000, Self::Interrupt)),
            Self::Interrupt => Some((4_000, Self::Terminate)),
            Self::Terminate => Some((3_000, Self::Kill)),
            Self::Kill => None,
        }
    }
}
