//! What happened: the facts in a project's log, in the order they were written.

use crate::commits::{Check, SeenCommit};
use crate::conflict::{ConflictKind, Resolution};
use crate::context::WorkContext;
use crate::message::Letter;
use crate::workflow::Made;
use crate::{
    AgentName, AskId, CallId, Command, CommitId, Decision, Holder, Leg, MicroUsd, RequestId,
    RequestKind, RunEnd, RunId, Seq, SessionId, Status, TaskId, Time, run::Verdict, run::Work,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A fact with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its position.
    pub seq: Seq,
    /// When it was written.
    pub at: Time,
    /// Who caused it.
    pub by: Actor,
    /// What happened.
    pub fact: Fact,
}

/// Who caused something. Told by how they are connected, never by what they claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Actor {
    /// The person at this machine.
    Person,
    /// A run of ours.
    Run {
        /// Which.
        run: RunId,
    },
    /// A holder outside Orchestron that used a command in its own name (`--agent cursor`).
    Outside {
        /// Its name.
        name: AgentName,
    },
    /// The engine.
    Engine,
    /// A rule of the project's configuration, followed by the engine.
    Rule {
        /// Its name.
        name: String,
    },
    /// Somebody with an editor or git; seen in the files afterwards.
    Unknown,
}

/// What is paused or resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Scope {
    /// Everything.
    #[default]
    All,
    /// One task.
    Task {
        /// Which.
        task: TaskId,
    },
    /// One agent.
    Agent {
        /// Which.
        agent: AgentName,
    },
}

impl Scope {
    const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// What happened. Facts are never changed or removed; a new kind of fact is a new variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Fact {
    // --- the task files -------------------------------------------------------------------------------------
    /// A task file appeared (created by us or by hand).
    TaskCreated {
        /// The task.
        task: TaskId,
        /// Its title then.
        title: String,
        /// Where it was put.
        status: Status,
    },
    /// A task file went from one folder to another.
    TaskMoved {
        /// The task.
        task: TaskId,
        /// From where.
        from: Status,
        /// To where.
        to: Status,
    },
    /// A task file is gone.
    TaskRemoved {
        /// The task.
        task: TaskId,
        /// Where it was.
        status: Status,
    },
    /// We changed a task file's text.
    TaskEdited {
        /// The task.
        task: TaskId,
        /// Which part, in a few words.
        what: String,
    },
    /// We replaced a task file's text; told with each edit, so that it can be taken back.
    TextReplaced {
        /// The task.
        task: TaskId,
        /// Hash of the text that was replaced; it is kept for a while.
        before: String,
        /// The sections that differ, each with a mark that tells what it said after the edit from what it says later.
        marks: BTreeMap<String, String>,
    },
    /// Something that an earlier event tells was taken back.
    Undone {
        /// The event.
        event: Seq,
        /// The task it was about.
        task: Option<TaskId>,
        /// What was done, in a few words.
        what: String,
        /// Where a file that was put away is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<String>,
    },
    // --- the chain ------------------------------------------------------------------------------------------
    /// Somebody took a leg.
    Claimed {
        /// The task.
        task: TaskId,
        /// The leg.
        leg: Leg,
        /// Who holds it now.
        holder: Holder,
        /// Which try on this leg, from 1.
        attempt: u32,
        /// Why this one, when there was a choice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The place to work in is there.
    WorktreeReady {
        /// The task.
        task: TaskId,
        /// Absolute path; the project's own folder without git.
        path: String,
        /// The task's branch; none without git.
        branch: Option<String>,
        /// The commit it started from.
        base: Option<CommitId>,
    },
    /// The holder says its leg is done.
    Submitted {
        /// The task.
        task: TaskId,
        /// The leg.
        leg: Leg,
        /// What it says to the next holder.
        note: String,
        /// The run, when an agent of ours said it.
        run: Option<RunId>,
    },
    /// A reviewer gave a verdict.
    Reviewed {
        /// The task.
        task: TaskId,
        /// The verdict.
        verdict: Verdict,
        /// The words.
        note: String,
        /// The run, when an agent of ours said it.
        run: Option<RunId>,
    },
    /// The work in the worktree is committed.
    Committed {
        /// The task.
        task: TaskId,
        /// Tip of the task's branch; none without git.
        commit: Option<CommitId>,
        /// Whether the branch differs from its base.
        changed: bool,
    },
    /// A leg is over and the task goes to the next one.
    HandedOff {
        /// The task.
        task: TaskId,
        /// The leg that ended.
        leg: Leg,
        /// Who held it.
        holder: Holder,
        /// What they say to the next holder.
        note: String,
    },
    /// The task goes back to its implementer with feedback.
    SentBack {
        /// The task.
        task: TaskId,
        /// Which feedback of this task, from 1: `.mcp/feedback/TASK-001-1.md`.
        feedback: u32,
        /// In one line, why.
        why: String,
        /// Whether it counts as a failed attempt.
        counts: bool,
    },
    /// The task is given up until a person decides.
    Failed {
        /// The task.
        task: TaskId,
        /// Why.
        why: String,
    },
    /// The work is in the base branch.
    Merged {
        /// The task.
        task: TaskId,
        /// The merge commit; none without git or when there was nothing to merge.
        commit: Option<CommitId>,
        /// The base branch.
        into: String,
    },
    /// The work could not be merged without touching what is not ours or resolving a conflict.
    MergeRefused {
        /// The task.
        task: TaskId,
        /// The files.
        files: Vec<String>,
        /// Why.
        why: String,
        /// The commit that was to be merged.
        commit: Option<CommitId>,
    },
    /// The task's worktree was cleared away (whatever was uncommitted is kept under `saved`).
    WorktreeRemoved {
        /// The task.
        task: TaskId,
        /// The ref that keeps uncommitted work, if there was any.
        saved: Option<String>,
    },
    /// Who held a leg gives it back before it is done; whoever takes it next goes on from what was saved.
    Released {
        /// The task.
        task: TaskId,
        /// The leg.
        leg: Leg,
        /// Who held it.
        holder: Holder,
        /// What they say to whoever goes on.
        note: String,
    },
    /// How far the work on a task is, in its holder's words.
    Progressed {
        /// The task.
        task: TaskId,
        /// How much of it, in percent, when the holder can tell.
        percent: Option<u8>,
        /// What it is at.
        step: String,
    },
    /// A person wants a task's agent started before the others, without waiting for its rest after a failure.
    StartAsked {
        /// The task.
        task: TaskId,
    },
    /// A leg was given to another agent.
    Reassigned {
        /// The task.
        task: TaskId,
        /// The leg.
        leg: Leg,
        /// To whom; none = back to whom the chain names.
        to: Option<AgentName>,
        /// Why.
        why: String,
    },
    /// The agents' tries are used up: the architect prepares the task anew, with all that went wrong.
    Rethought {
        /// The task.
        task: TaskId,
        /// Why.
        why: String,
    },
    /// A rule moved the task.
    RuleMoved {
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
    /// A rule leaves the task where a person put it, although its conditions hold there.
    RuleRests {
        /// The task.
        task: TaskId,
        /// The rule.
        rule: String,
    },
    /// A rule may move the task once more: what it asks of the file was not so in between.
    RuleArmed {
        /// The task.
        task: TaskId,
        /// The rule.
        rule: String,
    },
    // --- conflicts ------------------------------------------------------------------------------------------
    /// What a task's branch really touches.
    WorkSeen {
        /// The task.
        task: TaskId,
        /// Tip of its branch.
        tip: Option<CommitId>,
        /// Files, uncommitted ones included.
        files: BTreeSet<String>,
    },
    /// Two branches were merged in memory.
    Forecasted {
        /// One task, with the tip that was looked at.
        one: (TaskId, CommitId),
        /// The other.
        other: (TaskId, CommitId),
        /// Files that would conflict; empty when the merge is clean.
        files: Vec<String>,
    },
    /// A task's branch was brought up to its base.
    CaughtUp {
        /// The task.
        task: TaskId,
        /// Its tip now.
        tip: Option<CommitId>,
        /// Files that conflict and were left for its holder; empty when it went through.
        files: Vec<String>,
    },
    /// Something clashes. The event's number is the conflict's id.
    ConflictFound {
        /// What kind.
        kind: ConflictKind,
        /// The tasks, the one that came first first.
        tasks: Vec<TaskId>,
        /// The files, where there are some.
        files: Vec<String>,
        /// What was seen, in a sentence or two.
        evidence: String,
    },
    /// A conflict is over.
    ConflictResolved {
        /// Which.
        conflict: Seq,
        /// How.
        resolution: Resolution,
        /// Why, in a sentence.
        why: String,
    },
    // --- runs -----------------------------------------------------------------------------------------------
    /// A run is decided and its keeper is being started.
    RunStarted {
        /// The run.
        run: RunId,
        /// The task.
        task: TaskId,
        /// What it does.
        work: Work,
        /// The conversation.
        session: Option<SessionId>,
        /// Whether it resumes that conversation.
        resumed: bool,
        /// What is reckoned for it while its price is not told; none for gates, and in logs of before this was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<MicroUsd>,
    },
    /// The signals of a run up to this byte of its output are in the log; written with the facts they became.
    RunRead {
        /// The run.
        run: RunId,
        /// Offset in `out.jsonl`.
        to: u64,
    },
    /// The agent is up.
    RunUp {
        /// The run.
        run: RunId,
        /// Agent's version.
        version: String,
        /// Model.
        model: String,
    },
    /// The run calls one of our tools.
    ToolCalled {
        /// The run.
        run: RunId,
        /// The call.
        call: CallId,
        /// The tool.
        tool: String,
        /// Arguments as JSON text.
        arguments: String,
    },
    /// The run withdrew a permission ask.
    AskWithdrawn {
        /// The run.
        run: RunId,
        /// The ask.
        ask: AskId,
    },
    /// What the session has cost so far.
    RunCost {
        /// The run.
        run: RunId,
        /// Cumulative over the session's runs.
        session_total: MicroUsd,
        /// Input tokens of the run.
        input_tokens: u64,
        /// Of those, read from the provider's cache; 0 when the agent does not tell.
        #[serde(default)]
        cached_tokens: u64,
        /// Output tokens of the run.
        output_tokens: u64,
        /// Requests to the model of the run; 0 when the agent does not tell.
        #[serde(default)]
        requests: u64,
    },
    /// The run's turn is over.
    RunTurnEnded {
        /// The run.
        run: RunId,
        /// How.
        end: RunEnd,
        /// Its last words.
        words: String,
    },
    /// A run is being stopped for this reason; the stop ladder's first rung was taken.
    RunHalting {
        /// The run.
        run: RunId,
        /// What its end will be recorded as.
        end: RunEnd,
        /// The rung.
        halt: crate::Halt,
    },
    /// The run is over: its process tree is gone.
    RunEnded {
        /// The run.
        run: RunId,
        /// How.
        end: RunEnd,
        /// The useful end of its output (for gates).
        tail: String,
    },
    // --- requests -------------------------------------------------------------------------------------------
    /// A person has to decide something. The event's number is the request's id.
    RequestOpened {
        /// The task.
        task: Option<TaskId>,
        /// What about.
        kind: RequestKind,
    },
    /// A person decided.
    RequestDecided {
        /// The request.
        request: RequestId,
        /// The decision.
        decision: Decision,
    },
    /// A person said something to an agent at work.
    PersonSaid {
        /// The run.
        run: RunId,
        /// The words.
        text: String,
    },
    /// A person interrupted an agent at work; it goes on with these words.
    PersonIntervened {
        /// The run.
        run: RunId,
        /// The words.
        text: String,
    },
    /// A request is void.
    RequestWithdrawn {
        /// The request.
        request: RequestId,
        /// Why.
        why: String,
    },
    /// Nobody answered a question in time: the default that its asker had named stands.
    RequestLapsed {
        /// The request.
        request: RequestId,
    },
    // --- messages and contexts ------------------------------------------------------------------------------
    /// Somebody sent a message. The event's number is its id.
    MessageSent {
        /// The message.
        letter: Letter,
    },
    /// A message reached a recipient.
    MessageDelivered {
        /// Which.
        message: Seq,
        /// Whom.
        to: AgentName,
        /// The run it was said to; none when it was fetched from outside.
        run: Option<RunId>,
    },
    /// A message lies in the recipient's drop folder.
    MessagePut {
        /// Which.
        message: Seq,
        /// Whose.
        to: AgentName,
    },
    /// A recipient acknowledged a message.
    MessageAcked {
        /// Which.
        message: Seq,
        /// Who.
        to: AgentName,
    },
    /// A holder saved what the next run needs to go on.
    ContextSaved {
        /// The task.
        task: TaskId,
        /// The version it was made on; 0 for the first.
        based_on: u64,
        /// All of it; what is handed over is compressed.
        context: WorkContext,
    },
    /// A holder outside, or the person's own client, begins to work. The event's number is the session's id.
    SessionStarted {
        /// Who.
        holder: Holder,
    },
    /// A holder's session is over.
    SessionEnded {
        /// Which.
        session: Seq,
        /// The task it was about at its end.
        task: Option<TaskId>,
        /// What its holder says at the end.
        note: String,
    },
    // --- people's commits, workflows -------------------------------------------------------------------------
    /// A person's commit that names a task, or that was made without its checks.
    CommitSeen {
        /// The task it names.
        task: Option<TaskId>,
        /// The commit.
        seen: SeenCommit,
    },
    /// Gates were run before a person's commit of work on a task.
    CommitChecked {
        /// The task.
        task: TaskId,
        /// Each gate that was run.
        checks: Vec<Check>,
    },
    /// Tasks were made from a workflow.
    WorkflowStarted {
        /// What was made.
        made: Made,
    },
    // --- the engine -----------------------------------------------------------------------------------------
    /// A person accepted what the project's configuration runs on this machine.
    Trusted {
        /// Exactly these commands, one per line.
        commands: String,
    },
    /// An engine took the lease.
    EngineStarted {
        /// Its version.
        version: String,
        /// The fence of its lease.
        fence: u64,
    },
    /// Nothing new is started until resumed.
    Paused {
        /// Why.
        why: String,
        /// What rests.
        #[serde(default, skip_serializing_if = "Scope::is_all")]
        scope: Scope,
    },
    /// Starting goes on.
    Resumed {
        /// What goes on.
        #[serde(default, skip_serializing_if = "Scope::is_all")]
        scope: Scope,
    },
    /// The program of an agent could not be started several times in a row: it is left alone for a while.
    BreakerOpened {
        /// The agent.
        agent: AgentName,
        /// What went wrong.
        why: String,
        /// Until when.
        until: Time,
    },
    /// The agent may be started again.
    BreakerClosed {
        /// The agent.
        agent: AgentName,
    },
    /// An account rests because its provider refuses.
    Parked {
        /// The account.
        account: String,
        /// Until when.
        until: Time,
    },
    /// A command could not be carried out.
    CommandFailed {
        /// Which.
        command: Box<Command>,
        /// What is wrong, where, and how to mend it.
        error: String,
    },
    /// Something the person should know that changes nothing.
    Noted {
        /// What.
        what: String,
    },
    /// A command was carried out and nothing else is to be told.
    CommandDone {
        /// Which, in a few words.
        what: String,
    },
}

impl Fact {
    /// The task a fact is about, when it names one itself.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskId> {
        match self {
            Self::TaskCreated { task, .. }
            | Self::TaskMoved { task, .. }
            | Self::TaskRemoved { task, .. }
            | Self::TaskEdited { task, .. }
            | Self::TextReplaced { task, .. }
            | Self::Claimed { task, .. }
            | Self::WorktreeReady { task, .. }
            | Self::Submitted { task, .. }
            | Self::Reviewed { task, .. }
            | Self::Committed { task, .. }
            | Self::HandedOff { task, .. }
            | Self::SentBack { task, .. }
            | Self::Failed { task, .. }
            | Self::Merged { task, .. }
            | Self::MergeRefused { task, .. }
            | Self::WorktreeRemoved { task, .. }
            | Self::Released { task, .. }
            | Self::Progressed { task, .. }
            | Self::StartAsked { task }
            | Self::Reassigned { task, .. }
            | Self::Rethought { task, .. }
            | Self::RuleMoved { task, .. }
            | Self::RuleRests { task, .. }
            | Self::RuleArmed { task, .. }
            | Self::WorkSeen { task, .. }
            | Self::CaughtUp { task, .. }
            | Self::ContextSaved { task, .. }
            | Self::CommitChecked { task, .. }
            | Self::RunStarted { task, .. } => Some(task),
            Self::RequestOpened { task, .. }
            | Self::Undone { task, .. }
            | Self::SessionEnded { task, .. }
            | Self::CommitSeen { task, .. } => task.as_ref(),
            Self::MessageSent { letter } => letter.task.as_ref(),
            _ => None,
        }
    }

    /// The run a fact is about, when it names one.
    #[must_use]
    pub const fn run(&self) -> Option<&RunId> {
        match self {
            Self::RunStarted { run, .. }
            | Self::RunUp { run, .. }
            | Self::RunRead { run, .. }
            | Self::ToolCalled { run, .. }
            | Self::AskWithdrawn { run, .. }
            | Self::RunCost { run, .. }
            | Self::RunTurnEnded { run, .. }
            | Self::RunHalting { run, .. }
            | Self::PersonSaid { run, .. }
            | Self::PersonIntervened { run, .. }
            | Self::RunEnded { run, .. } => Some(run),
            _ => None,
        }
    }
}
