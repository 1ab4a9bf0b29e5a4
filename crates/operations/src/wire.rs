//! The wire types: what surfaces (CLI `--json`, HTTP, the window) receive and send. They are neither the domain's types
//! nor table rows; the TypeScript in `ui/src/backend/wire.ts` is generated from them (`cargo test -p orchestron-operations`
//! says when it is out of date).
//!
//! Times are milliseconds since 1970 UTC; money is millionths of a US dollar at list price; sizes are bytes.

#![allow(missing_docs)] // a field whose name says all needs no sentence; the others have one

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS,
)]
#[ts(type = "number")]
#[serde(transparent)]
pub struct Millis(pub i64);

/// Money: millionths of a US dollar.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS,
)]
#[ts(type = "number")]
#[serde(transparent)]
pub struct Money(pub u64);

/// A count or position that may exceed 32 bits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS,
)]
#[ts(type = "number")]
#[serde(transparent)]
pub struct Big(pub u64);

macro_rules! wire {
    ($($item:item)*) => { $(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        $item
    )* };
}

macro_rules! wire_word {
    ($($item:item)*) => { $(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
        #[serde(rename_all = "kebab-case")]
        $item
    )* };
}

macro_rules! wire_input {
    ($($item:item)*) => { $(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
        #[serde(deny_unknown_fields)]
        $item
    )* };
}

wire_word! {
    /// Where a task stands.
    pub enum StatusWord { Pending, Ready, InProgress, Review, Done, Failed }
    /// A leg of the chain.
    pub enum LegWord { Prepare, Implement, Review, Approve }
    /// Kinds of holders.
    pub enum HolderKind { Nobody, Person, Agent, Outside }
    /// How a stop of the chain strip looks.
    pub enum StopState {
        /// Over and good.
        Done,
        /// Under way now.
        Current,
        /// Waits for a person.
        Waiting,
        /// Ended badly; being tried again or escalated.
        Failed,
        /// Still to come.
        Next,
    }
    /// Kinds of requests.
    pub enum RequestWord { Review, Permission, Question, Escalation, Conflict, Budget }
    /// How far a run is.
    pub enum RunWord { Starting, Working, Waiting, Ending, Completed, Failed }
    /// What a change of the store touched; surfaces ask again for what they show.
    pub enum Topic { Store, Runs }
    /// Whether an agent can work.
    pub enum AgentWord {
        /// It can start now.
        Available,
        /// It is at work.
        Busy,
        /// It cannot be started, or its last runs failed.
        Error,
        /// It is paused, its program is missing, or nothing is launched for it.
        Offline,
    }
    /// Why a task is not running.
    pub enum WaitWord {
        UnderWay, Over, Request, Turn, NobodyNamed, Dependencies, Circle, BackOff, Parked, Unfit, AgentPaused, Breaker, AgentFull, AccountFull,
        Rate, Budget, InUse, Behind, StatusFull, Full, Starting, Paused, TaskPaused, Untrusted, Unclear,
        /// No engine runs, and it would have to start it.
        NoEngine,
        /// Nothing stands in the way.
        Next,
    }
    /// Kinds of conflicts.
    pub enum ConflictWord { Doubled, EarlyStart, Circle, SameFiles, Forecast, Silent, Stalled, Drift }
    /// How far a conflict is.
    pub enum StageWord {
        /// Nothing was decided yet.
        Open,
        /// The later task waits for the first.
        Queued,
        /// The first has merged; the later one is brought up to it next.
        Due,
        /// It is still there, and fine as it is.
        Accepted,
        /// It is no more.
        Over,
    }
    /// How a conflict can be resolved.
    pub enum ResolveWord {
        /// The later task waits until the first has merged.
        Queue,
        /// It is taken from its holder and tried again.
        Reassign,
        /// It is fine as it is.
        Gone,
    }
    /// Result of a gate.
    pub enum GateWord { Waiting, Running, Passed, Failed }
    /// What a reviewer finds.
    pub enum VerdictWord { Approve, Changes }
    /// What happened to a file.
    pub enum ChangeWord { Added, Modified, Deleted, Renamed }
}

wire! {
    /// Who holds a leg.
    pub struct HolderView { pub kind: HolderKind, /** Agent's or tool's name; empty for a person or nobody. */ pub name: String }

    /// One stop of the chain strip on a card.
    pub struct ChainStop {
        pub leg: LegWord,
        pub holder: HolderView,
        pub state: StopState,
        /** Which try this is or was (1 = first). */ pub attempt: u32,
        /** When it ended, or since when it is under way. */ pub at: Option<Millis>,
        /** How long it took, once over, in milliseconds. */ pub took: Option<Big>,
    }

    /// Ticked boxes of a checklist.
    pub struct TicksView { pub done: u32, pub all: u32 }

    /// A card on the board.
    pub struct CardView {
        pub id: String,
        pub title: String,
        pub status: StatusWord,
        /** P0, P1 or P2. */ pub priority: String,
        /** Who the task file names, if anyone. */ pub agent: Option<String>,
        pub chain: Vec<ChainStop>,
        /** Whose turn it is now. */ pub turn: HolderView,
        /** One line on what happens now, or why nothing does: `Edit src/pay.rs`, `gate test running`, `waits for TASK-003`. */ pub line: Option<String>,
        /** Since when the task is with its present holder. */ pub since: Option<Millis>,
        pub cost: Money,
        pub criteria: TicksView,
        pub ready_boxes: TicksView,
        pub depends_on: Vec<String>,
        /** Dependencies that are not done yet. */ pub blocked_by: Vec<String>,
        /** The most urgent open request about this task. */ pub request: Option<RequestRef>,
        /** The live run, if any. */ pub run: Option<String>,
        /** Tries on the implement leg so far. */ pub attempts: u32,
        pub handoffs: u32,
        /** When the task got where it stands. */ pub moved: Option<Millis>,
        /** For failed tasks: why. */ pub why: Option<String>,
        /** Sort key within its column, ascending. */ pub order: u32,
    }

    /// Reference to a request.
    pub struct RequestRef { pub id: Big, pub kind: RequestWord }

    /// Something wrong with a file, with its cure.
    pub struct ProblemView { pub path: String, pub line: Option<u32>, pub what: String, pub cure: String }

    /// The engine as seen from here.
    pub struct EngineView {
        /** Whether some process holds the project's lease. */ pub running: bool,
        /** Why nothing is started, when paused. */ pub paused: Option<String>,
        /** Whether this project's commands were trusted on this machine. */ pub trusted: bool,
    }

    /// The project as a whole.
    pub struct ProjectView {
        pub name: String,
        /** Absolute path. */ pub path: String,
        pub git: bool,
        pub base_branch: Option<String>,
        /** Runs on the scripted model: nothing is sent anywhere. */ pub scripted: bool,
        pub engine: EngineView,
        pub agents: Vec<AgentView>,
        pub tasks: u32,
        pub in_flight: u32,
        pub needs_you: u32,
        pub spent_today: Money,
        /** Median time from one holder's end to the next one's start, of the last 100, in milliseconds. */ pub median_handoff: Option<Big>,
        pub problems: Vec<ProblemView>,
        /** Position of the newest event; changes whenever anything did. */ pub generation: Big,
        pub version: String,
    }

    /// An agent or outside holder of the chain.
    pub struct AgentView {
        pub name: String,
        pub kind: HolderKind,
        /** Which coding agent (`claude`), when launched by us. */ pub cli: Option<String>,
        pub model: Option<String>,
        pub persona: Option<String>,
        /** Legs it has in the chain. */ pub legs: Vec<LegWord>,
        pub busy: bool,
        /** What it does now. */ pub task: Option<String>,
        pub doing: Option<String>,
        pub account: String,
        /** What is missing before it can be started, with the cure. */ pub missing: Option<String>,
    }

    /// An agent with its record: one line of the registry.
    pub struct RegisteredView {
        pub agent: AgentView,
        pub status: AgentWord,
        /** Why it is in error or offline. */ pub why: Option<String>,
        /** What it works on now. */ pub tasks: Vec<String>,
        /** Runs it has, those that are about to start included. */ pub runs: u32,
        /** Runs it may have at once; none = as many as there are places. */ pub instances: Option<u32>,
        pub capabilities: Vec<String>,
        /** When a run of it last said or did something. */ pub heard: Option<Millis>,
        /** Runs that did what they were started for. */ pub completed: Big,
        /** Runs that failed by a fault of the agent. */ pub failed: Big,
        /** Failed runs since the last good one. */ pub failed_in_a_row: u32,
        /** Work that was handed in. */ pub submitted: Big,
        /** Tasks it worked on that were approved. */ pub approved: Big,
        /** How long a run takes on average, in milliseconds, waiting for people not counted. */ pub average: Option<Big>,
        /** Failed runs, in percent of those that tell something. */ pub error_rate: Option<u32>,
        /** Work that passed without ever coming back, in percent, once five pieces were judged. */ pub first_pass: Option<u32>,
        /** The same, by leg, however few were judged. */ pub legs: Vec<JudgedView>,
        pub cost: Money,
        pub cost_per_approved: Option<Money>,
    }
    /// How an agent's work on a leg was judged.
    pub struct JudgedView { pub leg: LegWord, /** Pieces of work. */ pub all: Big, /** Of those, good at the first try. */ pub first_pass: Big }

    /// One reason why a task is not running.
    pub struct ReasonView {
        pub kind: WaitWord,
        /** What was seen, in a sentence. */ pub evidence: String,
        /** What would change it. */ pub change: String,
        /** Tasks that have to do with it. */ pub tasks: Vec<String>,
        /** The agent it is about. */ pub agent: Option<String>,
        /** Files it is about. */ pub files: Vec<String>,
        /** When it passes by itself, when that is known. */ pub until: Option<Millis>,
    }
    /// Who would take a leg now, and why not the others.
    pub struct RouteView { pub to: Option<String>, /** In a sentence. */ pub why: String, pub passed: Vec<PassedView> }
    /// Somebody who was passed over.
    pub struct PassedView { pub agent: String, /** What follows its name: `has 2 of 2 runs`. */ pub why: String }
    /// Why a task is not running.
    pub struct WhyView {
        pub task: String,
        pub title: String,
        pub status: StatusWord,
        /** Whose leg it is; none when it is over. */ pub leg: Option<LegWord>,
        /** Whose turn it is. */ pub turn: HolderView,
        /** Every reason, the most important first. */ pub reasons: Vec<ReasonView>,
        /** Who would take it, when that is an agent. */ pub route: Option<RouteView>,
        /** Its place among the tasks that only wait for a place, from 1. */ pub position: Option<u32>,
        /** Those that go before it, in order; the first ten. */ pub before: Vec<String>,
        /** Whether it is among those that start at once. */ pub starts_next: bool,
        /** What its file says. */ pub priority: String,
        /** As what it counts by now: who waits long becomes more urgent. */ pub counts_as: String,
        /** Since when only places keep it from starting. */ pub waiting_since: Option<Millis>,
        /** Its place that was given by hand (`order`). */ pub order: Option<i32>,
    }

    /// What the approval of a task would start.
    pub struct ImpactView {
        pub task: String,
        pub title: String,
        /** Tasks for which it is the last thing they wait for, in the order they get places. */ pub starts: Vec<StartView>,
        /** Tasks that wait for others still. */ pub still_waits: Vec<StillWaitsView>,
        /** All tasks that wait for it, also by way of others. */ pub all: Vec<String>,
    }
    /// A task that could start.
    pub struct StartView {
        pub task: String,
        pub title: String,
        pub leg: LegWord,
        /** Who would take it. */ pub who: HolderView,
        /** Why that one, or why nobody. */ pub why: String,
        /** Its place in the line, from 1; none when it needs no agent. */ pub position: Option<u32>,
        pub at_once: bool,
        /** What would still keep it from starting. */ pub holds: WaitWord,
    }
    /// A task that waits for others still.
    pub struct StillWaitsView { pub task: String, pub title: String, pub waits_for: Vec<String> }

    /// Something that clashes.
    pub struct ConflictView {
        pub id: Big,
        pub kind: ConflictWord,
        /** The one that goes first first. */ pub tasks: Vec<String>,
        pub files: Vec<String>,
        /** What was seen, in a sentence or two. */ pub evidence: String,
        pub since: Millis,
        pub stage: StageWord,
        /** How it was resolved, in words: `TASK-002 waits for TASK-001`. */ pub resolution: Option<String>,
        pub why: Option<String>,
        pub resolved_at: Option<Millis>,
        /** Why the engine could not resolve it by itself. */ pub stuck: Option<String>,
        /** The open request about it. */ pub request: Option<Big>,
        /** What a person can decide, the recommended way first. */ pub options: Vec<ResolveWord>,
    }
    /// What clashes, newest first.
    pub struct ConflictsView {
        pub conflicts: Vec<ConflictView>,
        /** How many of those that are kept are over. */ pub over: u32,
    }

    /// How many tasks stand in a column.
    pub struct CountView { pub status: StatusWord, pub count: u32 }

    /// Where everything stands, without the cards that rest.
    pub struct StatusView {
        pub name: String,
        pub engine: EngineView,
        /** One for each column, in their order. */ pub counts: Vec<CountView>,
        /** Tasks that somebody or something works on now. */ pub in_flight: u32,
        pub needs_you: u32,
        /** Cards that somebody works on, that wait for a person, or that are in progress. */ pub cards: Vec<CardView>,
        pub problems: Vec<ProblemView>,
    }

    /// The board.
    pub struct BoardView { pub project: ProjectView, pub cards: Vec<CardView> }

    /// One handoff of a task.
    pub struct HandoffView { pub n: u32, pub leg: LegWord, pub who: String, pub at: String, pub note: String }

    /// One acceptance criterion.
    pub struct CriterionView { pub done: bool, pub text: String }

    /// One feedback file.
    pub struct FeedbackView { pub n: u32, /** `.mcp/feedback/TASK-001-1.md` */ pub path: String, pub text: String }

    /// One gate's newest result on a task.
    pub struct GateView {
        pub name: String,
        pub command: String,
        pub state: GateWord,
        /** The commit it ran on. */ pub commit: Option<String>,
        /** Whether the branch has moved since. */ pub stale: bool,
        pub took: Option<Big>,
        pub run: Option<String>,
        /** One line: `exit code 1`. */ pub result: Option<String>,
    }

    /// One run.
    pub struct RunView {
        pub id: String,
        /** The leg; none for gates. */ pub leg: Option<LegWord>,
        pub gate: Option<String>,
        pub agent: Option<String>,
        pub attempt: u32,
        pub state: RunWord,
        /** How it ended, in words. */ pub end: Option<String>,
        pub since: Millis,
        pub until: Option<Millis>,
        pub cost: Money,
        pub doing: Option<String>,
    }

    /// Everything about one task.
    pub struct TaskView {
        pub card: CardView,
        /** Where the file lies, relative to the project. */ pub path: String,
        /** The file's text as it is. */ pub text: String,
        pub goal: String,
        pub criteria: Vec<CriterionView>,
        pub notes: String,
        pub files_affected: Vec<String>,
        pub handoffs: Vec<HandoffView>,
        pub feedback: Vec<FeedbackView>,
        pub error_context: String,
        pub gates: Vec<GateView>,
        pub runs: Vec<RunView>,
        pub requests: Vec<RequestView>,
        pub branch: Option<String>,
        pub worktree: Option<String>,
        pub commit: Option<String>,
        pub problems: Vec<ProblemView>,
        /** Tasks that wait for this one. */ pub unblocks: Vec<String>,
    }

    /// A request to a person.
    pub struct RequestView {
        pub id: Big,
        pub kind: RequestWord,
        pub task: Option<String>,
        pub task_title: Option<String>,
        /** One line: the command, the question, the task's title. */ pub title: String,
        /** A second, quieter line. */ pub detail: String,
        pub since: Millis,
        /** Who waits. */ pub from: Option<String>,
        pub run: Option<String>,
        /** Review: the commit the decision is bound to. */ pub commit: Option<String>,
        /** Permission: the tool and its whole input as JSON text. */ pub tool: Option<String>,
        pub input: Option<String>,
        /** Question: suggested answers, the recommended one first. */ pub options: Vec<String>,
        /** Conflict: the files. */ pub files: Vec<String>,
        pub open: bool,
        /** What was decided, in words, once it was. */ pub outcome: Option<String>,
        /** What deciding yes will do, in words: `merges into main`. */ pub effect: Option<String>,
        /** Higher = more urgent. */ pub urgency: u32,
        /** A clash: the conflict, which `resolve` decides. */ #[serde(default, skip_serializing_if = "Option::is_none")] #[ts(optional)] pub clash: Option<Big>,
    }

    /// One changed file.
    pub struct FileDiffView {
        pub path: String,
        pub old_path: Option<String>,
        pub change: ChangeWord,
        /** Lines added; none for binary files. */ pub added: Option<u32>,
        pub removed: Option<u32>,
        /** Unified diff hunks. */ pub patch: String,
        /** The patch was too long and is cut. */ pub cut: bool,
    }

    /// What a task changes.
    pub struct DiffView {
        pub base: Option<String>,
        pub commit: Option<String>,
        pub files: Vec<FileDiffView>,
        /** Files that would conflict when merged now; empty = merges cleanly. */ pub conflicts: Vec<String>,
        /** Why there is no diff, when there is none. */ pub none: Option<String>,
    }

    /// One line of the activity log.
    pub struct EventView {
        pub seq: Big,
        pub at: Millis,
        pub by: String,
        pub kind: String,
        pub task: Option<String>,
        pub run: Option<String>,
        /** In words. */ pub text: String,
    }

    /// A page of the activity log, newest first.
    pub struct EventsView { pub events: Vec<EventView>, /** Give this as `before` for the next page. */ pub before: Option<Big> }

    /// What became of a message for one recipient.
    pub struct ReceiptView { pub name: String, pub delivered: Option<Millis>, pub acked: Option<Millis> }
    /// A message between holders.
    pub struct MessageView {
        pub id: Big,
        /** A holder's name, `person` or `engine`. */ pub from: String,
        /** `coordination`, `progress_update`, `task_assignment`, `escalation`. */ pub kind: String,
        pub task: Option<String>,
        pub text: String,
        /** JSON text, for programs. */ pub payload: Option<String>,
        pub reply_to: Option<Big>,
        pub at: Millis,
        pub receipts: Vec<ReceiptView>,
    }
    /// Messages.
    pub struct MessagesView { pub messages: Vec<MessageView>, /** Give this as `after` for the next page. */ pub next: Option<Big>, /** How many more there are. */ pub more: u32 }
    /// What a holder knows and the next one needs.
    pub struct WorkContextView {
        #[serde(default)] pub now: String,
        #[serde(default)] pub completed: Vec<String>,
        #[serde(default)] pub next: Vec<String>,
        #[serde(default)] pub decisions: Vec<String>,
        #[serde(default)] pub questions: Vec<String>,
        #[serde(default)] pub pointers: Vec<String>,
    }
    /// What was saved of the work on a task; version 0 when nothing was.
    pub struct SavedView { pub task: String, pub version: Big, pub by: Option<String>, pub at: Option<Millis>, pub context: Option<WorkContextView>, /** Entries that did not fit into 4 kB. */ pub left_out: u32, /** The event that has everything. */ pub whole: Option<Big> }

    /// Part of a transcript.
    pub struct TranscriptView {
        pub run: RunView,
        pub items: Vec<TranscriptItemView>,
        /** Give this as `from` next time; bytes of the run's output. */ pub next: Big,
        pub live: bool,
    }

    /// What `next` hands over: the task with its whole context as one document, ready to work from.
    pub struct NextView {
        pub task: Option<CardView>,
        pub leg: Option<LegWord>,
        /** Markdown. */ pub document: String,
        /** Where to work. */ pub worktree: Option<String>,
        /** Why there is nothing, when there is nothing. */ pub none: Option<String>,
    }

    /// What a write did, what it did not do, and what to do next.
    pub struct Done {
        pub task: Option<String>,
        pub status: Option<StatusWord>,
        /** In words, past tense. */ pub did: String,
        /** What was not done although one might expect it, and why. */ pub not_done: Vec<String>,
        /** Commands or steps that make sense next. */ pub next: Vec<String>,
    }

    /// What the configuration wants to run on this machine, and whether that was accepted.
    pub struct CommandsView {
        /** Whether exactly this was accepted. */ pub trusted: bool,
        /** Everything, as `trust` takes it back from whoever has read it. */ pub text: String,
        /** The same, line by line. */ pub commands: Vec<CommandView>,
    }
    /// One line of it.
    pub struct CommandView { pub text: String, /** Not among what was accepted last. */ pub fresh: bool }

    /// One finding of `doctor`. What is good and has a cure is no fault, but something to know.
    pub struct Finding { pub good: bool, pub about: String, pub what: String, pub cure: Option<String> }

    /// What can be undone, newest first.
    pub struct UndoListView { pub entries: Vec<UndoView> }
    /// Something that Orchestron did to files or git.
    pub struct UndoView {
        /** The event that tells it, which `undo` takes. */ pub event: Big,
        pub at: Millis,
        pub task: Option<String>,
        pub what: String,
        /** It was undone already. */ pub undone: bool,
    }

    /// What `doctor-fix` did, and what it left for a person.
    pub struct FixView { pub did: Vec<String>, pub not_done: Vec<String> }

    /// What `doctor` found.
    pub struct DoctorView { pub findings: Vec<Finding>, pub healthy: bool }

    /// Keys: which accounts have one, and where; never the key.
    pub struct KeysView {
        /** Which store is used, or why none is. */ pub store: String,
        pub usable: bool,
        pub accounts: Vec<KeyView>,
    }
    /// One account's key.
    pub struct KeyView { pub account: String, /** `keyring`, `environment` or none. */ pub source: Option<String>, pub agents: Vec<String> }

    /// An error of an operation, as surfaces show it.
    pub struct ErrorView {
        /** Stable word: `task_not_found`, `stale_decision`, … */ pub code: String,
        /** What is wrong. */ pub message: String,
        /** How to mend it. */ pub hints: Vec<String>,
        /** The input field that is wrong, when one is. */ pub field: Option<String>,
    }
}

/// One thing in a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum TranscriptItemView {
    /// What the agent was told.
    Told {
        /** Markdown. */
        text: String,
    },
    /// What the agent says.
    Says {
        /** Markdown. */
        text: String,
    },
    /// What it thinks, when it shows it.
    Thinks {
        /** Text. */
        text: String,
    },
    /// It uses a tool.
    Uses {
        /** The call. */
        id: String,
        /** The tool. */
        tool: String,
        /** One line. */
        summary: String,
        /** Input as JSON text. */
        input: String,
    },
    /// What the tool gave back.
    Got {
        /** The call. */
        id: String,
        /** Failed or denied. */
        failed: bool,
        /** Text. */
        text: String,
    },
    /// A retry, a refusal, the end of a turn.
    Note {
        /** Text. */
        text: String,
    },
}

/// A person's decision on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum DecisionInput {
    /// Review: good, merge it.
    Approve {
        /** Words for the record. */
        note: Option<String>,
    },
    /// Review, conflict: send it back.
    Changes {
        /** What to change. */
        note: String,
    },
    /// Permission: yes, once.
    Allow,
    /// Permission: no.
    Deny {
        /** What to tell the agent. */
        note: Option<String>,
    },
    /// Question: the answer.
    Answer {
        /** The answer. */
        text: String,
    },
    /// Escalation, conflict: try again.
    Retry {
        /** Words for the next holder. */
        note: Option<String>,
    },
    /// Escalation: leave it failed. Budget: nothing more is spent.
    GiveUp,
    /// Budget: grant so much more.
    Raise {
        /** How much more. */
        by: Money,
    },
}

/// Inputs of the operations, by the operation's name.
pub mod input {
    use super::{Big, DecisionInput, LegWord, StatusWord, VerdictWord};
    use serde::{Deserialize, Serialize};
    use ts_rs::TS;

    wire_input! {
        /// No input.
        pub struct Nothing {}
        /// `create`: a new task in pending.
        pub struct Create {
            pub title: String,
            /** P0, P1 (default) or P2. */ #[serde(default)] pub priority: Option<String>,
            #[serde(default)] pub agent: Option<String>,
            #[serde(default)] pub goal: Option<String>,
            #[serde(default)] pub criteria: Vec<String>,
            #[serde(default)] pub depends_on: Vec<String>,
            #[serde(default)] pub files: Vec<String>,
            /** What whoever does it must have: `backend`, `tool: Bash(npm test)`. */ #[serde(default)] #[ts(as = "Option<Vec<String>>", optional)] pub needs: Vec<String>,
            /** Its place among tasks of its priority; the lower goes first. */ #[serde(default)] #[ts(optional)] pub order: Option<i32>,
            #[serde(default)] pub notes: Option<String>,
        }
        /// Operations on one task.
        pub struct OnTask { pub task: String }
        /// `prepare`, `submit`, `complete`, `fail`, `retry`: end the present leg, with words for the next holder.
        pub struct EndLeg {
            pub task: String,
            #[serde(default)] pub note: Option<String>,
            /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String>,
        }
        /// `claim`.
        pub struct Claim { pub task: String, /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String> }
        /// `move`: put a task into another column by hand.
        pub struct Move { pub task: String, pub to: StatusWord }
        /// `next`.
        pub struct Next { #[serde(default)] pub agent: Option<String>, /** Claim it at once. */ #[serde(default)] pub claim: bool }
        /// `decide`: answer a request. `commit` is what the person looked at; a review is refused when the branch has moved.
        pub struct Decide { pub request: Big, pub decision: DecisionInput, #[serde(default)] pub commit: Option<String> }
        /// `approve`, `reject`: decide the open review of a task.
        pub struct OnReview { pub task: String, #[serde(default)] pub note: Option<String>, #[serde(default)] pub commit: Option<String>, /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String> }
        /// `verdict`: whether work in review is good.
        pub struct Verdict { pub task: String, pub verdict: VerdictWord, #[serde(default)] pub note: Option<String>, /** What was looked at. */ #[serde(default)] pub commit: Option<String>, /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String> }
        /// `edit`: a section's new text; an implementer only ticks boxes of checklists.
        pub struct Edit { pub task: String, pub section: String, pub text: String, /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String> }
        /// `context`: a task, for whom.
        pub struct ForHolder { pub task: String, /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String> }
        /// `run-edit`: as `edit`, of the run's own task.
        pub struct RunEdit { pub section: String, pub text: String }
        /// `run-submit`: words for the next holder.
        pub struct RunSubmit { pub note: String }
        /// `run-verdict`.
        pub struct RunVerdict { pub verdict: VerdictWord, pub note: String }
        /// `transcript`.
        pub struct Transcript { pub run: String, #[serde(default)] pub from: Big, #[serde(default)] pub limit: Option<u32> }
        /// `events`.
        pub struct Events { #[serde(default)] pub task: Option<String>, #[serde(default)] pub before: Option<Big>, #[serde(default)] pub limit: Option<u32> }
        /// `list`.
        pub struct List { #[serde(default)] pub status: Option<StatusWord>, #[serde(default)] pub agent: Option<String> }
        /// `stop`: a task, or a run by its id.
        pub struct Stop { pub what: String, #[serde(default)] pub why: Option<String> }
        /// `pause`: one task, one agent, or (neither named) everything.
        pub struct Pause { #[serde(default)] pub why: Option<String>, #[serde(default)] #[ts(optional)] pub task: Option<String>, #[serde(default)] #[ts(optional)] pub agent: Option<String> }
        /// `resume`, as `pause`.
        pub struct Resume { #[serde(default)] #[ts(optional)] pub task: Option<String>, #[serde(default)] #[ts(optional)] pub agent: Option<String> }
        /// `order`: exactly one of these says where.
        pub struct Order {
            pub task: String,
            /** Before all that have an order. */ #[serde(default)] pub first: bool,
            #[serde(default)] pub before: Option<String>,
            #[serde(default)] pub after: Option<String>,
            /** This very number. */ #[serde(default)] pub at: Option<i32>,
            /** By its age again. */ #[serde(default)] pub none: bool,
        }
        /// `reassign`: give the leg whose turn it is, or `leg`, to another agent.
        pub struct Reassign {
            pub task: String,
            /** None = back to whom the chain names. */ #[serde(default)] pub agent: Option<String>,
            #[serde(default)] pub leg: Option<LegWord>,
            #[serde(default)] pub why: Option<String>,
        }
        /// `conflicts`: what is there, or (all) also what is over.
        pub struct Conflicts { #[serde(default)] #[ts(optional, as = "Option<bool>")] pub all: bool }
        /// `resolve`.
        pub struct Resolve {
            pub conflict: Big,
            pub how: super::ResolveWord,
            /** Queue: which of the two waits; none = the later one. */ #[serde(default)] pub task: Option<String>,
            #[serde(default)] pub note: Option<String>,
        }
        /// `agent-add`: a new entry in .mcp/agents.yaml.
        pub struct AgentAdd { pub name: String, /** Keys with their values; several values make a list. */ #[serde(default)] pub keys: Vec<AgentKey> }
        /// One key of an agent.
        pub struct AgentKey { pub key: String, pub values: Vec<String> }
        /// `agent-set`: one key; without values it is taken out.
        pub struct AgentSet { pub name: String, pub key: String, #[serde(default)] pub values: Vec<String> }
        /// `agent-remove`.
        pub struct AgentRemove { pub name: String }
        /// `trust`: accepts exactly this, as `commands` told it; refused when the configuration has changed since.
        pub struct Trust { pub commands: String }
        /// `key-set`. The key goes to the operating system's keyring and nowhere else.
        pub struct KeySet { pub account: String, pub key: String }
        /// `key-delete`.
        pub struct KeyDelete { pub account: String }
        /// `messages`: newest first; with `inbox` what waits for that holder, oldest first.
        pub struct Messages { #[serde(default)] pub inbox: Option<String>, /** `next` of the page before. */ #[serde(default)] pub after: Option<Big>, #[serde(default)] pub limit: Option<u32> }
        /// `message-send`.
        pub struct MessageSend {
            /** A holder's name, `prepare`, `implement`, `review`, `everyone` or `person`. */ pub to: String,
            pub text: String,
            #[serde(default)] pub kind: Option<String>,
            #[serde(default)] pub task: Option<String>,
            #[serde(default)] pub payload: Option<String>,
            #[serde(default)] pub reply_to: Option<Big>,
            /** With the same key it is sent once. */ #[serde(default)] pub key: Option<String>,
            /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String>,
        }
        /// `message-ack`.
        pub struct MessageAck { pub message: Big, /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String> }
        /// `context-save`. `version` is what was known when it was made; 0 for the first.
        pub struct ContextSave { pub task: String, pub version: Big, pub context: super::WorkContextView, #[serde(default)] pub agent: Option<String> }
        /// `undo`: what this event tells.
        pub struct Undo { pub event: Big }
        /// `words`: say something to the agent that works on a task.
        pub struct Words { pub task: String, pub text: String }
    }
}
