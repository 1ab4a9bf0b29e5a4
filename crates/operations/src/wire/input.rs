//! Inputs of the operations, by the operation's name.

use super::{
    Big, DecisionInput, LegWord, NoticeMemory, ResolveWord, StatusWord, VerdictWord,
    WorkContextView,
};
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
    /// Words about lines of a task's changes.
    pub struct Comment {
        /** As the diff names it. */ pub path: String,
        pub line: u32,
        /** The last line, when it is about several. */ #[serde(default)] pub to: Option<u32>,
        /** The lines are those before the change. */ #[serde(default)] #[ts(as = "Option<bool>", optional)] pub before: bool,
        pub text: String,
    }
    /// A verdict on the part of a file's changes that shows this line of the file after the change.
    pub struct HunkVerdict { pub path: String, pub line: u32, /** Accepted as it is; else to be done again. */ pub keep: bool }
    /// `reject`: send a task back, with words, comments on lines, and what is accepted of its changes.
    pub struct Reject {
        pub task: String,
        #[serde(default)] pub note: Option<String>,
        #[serde(default)] pub commit: Option<String>,
        #[serde(default)] #[ts(as = "Option<Vec<Comment>>", optional)] pub comments: Vec<Comment>,
        #[serde(default)] #[ts(as = "Option<Vec<HunkVerdict>>", optional)] pub hunks: Vec<HunkVerdict>,
        /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String>,
    }
    /// `diff`: between two commits of the task's branch; without `from` since its base, without `to` what it is now.
    pub struct Diff { pub task: String, #[serde(default)] #[ts(optional)] pub from: Option<String>, #[serde(default)] #[ts(optional)] pub to: Option<String> }
    /// `seen`: the person looked at a task's changes as of this commit.
    pub struct Seen { pub task: String, pub commit: String }
    /// `approve`: decide the open review of a task.
    pub struct OnReview { pub task: String, #[serde(default)] pub note: Option<String>, #[serde(default)] pub commit: Option<String>, /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String>, /** Write a task from the note that comes after this one. */ #[serde(default)] #[ts(optional, as = "Option<bool>")] pub follow_up: bool }
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
    #[derive(Default)]
    pub struct Events {
        #[serde(default)] pub task: Option<String>,
        #[serde(default)] pub before: Option<Big>,
        #[serde(default)] pub limit: Option<u32>,
        /** Only what this one caused: `you`, `engine`, an agent's name. */ #[serde(default)] #[ts(optional)] pub by: Option<String>,
        /** Only these kinds of facts. */ #[serde(default)] #[ts(as = "Option<Vec<String>>", optional)] pub kinds: Vec<String>,
    }
    /// `insights`.
    pub struct Insights {
        /** How many days, today included; 14 when nobody says. */ #[serde(default)] #[ts(optional)] pub days: Option<u32>,
        /** Minutes that the person's clock is ahead of UTC: where days begin. */ #[serde(default)] #[ts(optional)] pub zone: Option<i32>,
    }
    /// `priority`: P0, P1 or P2.
    pub struct SetPriority { pub task: String, pub to: String }
    /// `config-set`: one or more settings of .mcp/config.yaml.
    pub struct ConfigSet {
        pub changes: Vec<ConfigChange>,
        /** `hash` of what was looked at; refused when the file has changed since. */ #[serde(default)] pub hash: Option<String>,
    }
    /// One setting; without values it is taken out. Several values make a list.
    pub struct ConfigChange { /** `limits.parallel` */ pub key: String, #[serde(default)] pub values: Vec<String> }
    /// `config-write`: the whole text of .mcp/config.yaml.
    pub struct ConfigWrite { pub text: String, /** As with `config-set`. */ #[serde(default)] pub hash: Option<String> }
    /// `key-test`.
    pub struct KeyTest { pub account: String }
    /// `list`.
    pub struct List { #[serde(default)] pub status: Option<StatusWord>, #[serde(default)] pub agent: Option<String> }
    /// `stop`: a task, or a run by its id.
    pub struct Stop { pub what: String, #[serde(default)] pub why: Option<String> }
    /// `pause`: one task, one agent, or (neither named) everything.
    pub struct Pause { #[serde(default)] pub why: Option<String>, #[serde(default)] #[ts(optional)] pub task: Option<String>, #[serde(default)] #[ts(optional)] pub agent: Option<String>, /** What agents do there is interrupted, and goes on where it was with `resume`; none = of one task yes, else no. */ #[serde(default)] #[ts(optional)] pub now: Option<bool> }
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
        pub how: ResolveWord,
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
    pub struct ContextSave { pub task: String, pub version: Big, pub context: WorkContextView, #[serde(default)] pub agent: Option<String> }
    /// `notices`: `memory` as it came the last time; none at the beginning.
    pub struct Notices {
        #[serde(default)] #[ts(optional)] pub memory: Option<NoticeMemory>,
        /** Also tell of each thing when it is told, and why not before. */ #[serde(default)] #[ts(optional, as = "Option<bool>")] pub explain: bool,
    }
    /// `context-load`.
    pub struct ContextLoad { pub task: String, /** Also what does not fit into a handover. */ #[serde(default)] #[ts(optional, as = "Option<bool>")] pub whole: bool }
    /// `checkpoint`: adds to what was saved; needs no version.
    pub struct Checkpoint { pub task: String, pub context: WorkContextView, #[serde(default)] pub agent: Option<String> }
    /// `request-help`: asks, or with `request` looks whether there is an answer.
    pub struct RequestHelp {
        #[serde(default)] pub question: Option<String>,
        /** The recommended answer first. */ #[serde(default)] pub options: Vec<String>,
        /** What the asker goes on with when nobody answers in time. */ #[serde(default)] pub default: Option<String>,
        #[serde(default)] pub deadline_minutes: Option<u32>,
        /** A task that the asker holds. */ #[serde(default)] pub task: Option<String>,
        #[serde(default)] pub request: Option<Big>,
        /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String>,
    }
    /// `progress`.
    pub struct Progress {
        #[serde(default)] pub task: Option<String>,
        pub step: String,
        #[serde(default)] pub percent: Option<u32>,
        /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String>,
    }
    /// `session-start`.
    pub struct SessionStart { /** In whose name; none = the person. */ #[serde(default)] pub agent: Option<String>, /** Take nothing. */ #[serde(default)] #[ts(optional, as = "Option<bool>")] pub look: bool }
    /// `session-end`.
    pub struct SessionEnd {
        #[serde(default)] pub note: Option<String>,
        /** Saved as a checkpoint. */ #[serde(default)] #[ts(optional)] pub context: Option<WorkContextView>,
        /** Give the task back; otherwise it stays its holder's. */ #[serde(default)] #[ts(optional, as = "Option<bool>")] pub release: bool,
        /** Which task, when several are held. */ #[serde(default)] pub task: Option<String>,
        #[serde(default)] pub agent: Option<String>,
    }
    /// `sessions`: those that go on, or (all) also the newest that are over.
    pub struct Sessions { #[serde(default)] #[ts(optional, as = "Option<bool>")] pub all: bool, #[serde(default)] #[ts(optional)] pub holder: Option<String> }
    /// `start`: ask for a task's agent to be started before the others.
    pub struct Start { pub task: String, /** Another agent than the chain names. */ #[serde(default)] pub agent: Option<String> }
    /// `run-token`: SHA-256 of the token, in hexadecimal.
    pub struct RunToken { pub hash: String }
    /// `open`: a file of a task's worktree in the person's editor; without a path the worktree.
    pub struct Open { pub task: String, #[serde(default)] pub path: Option<String>, #[serde(default)] pub line: Option<u32> }
    /// `editor-set`: program and arguments, `{file}` and `{line}` in them; empty = the first editor that is found.
    pub struct EditorSet { pub command: Vec<String> }
    /// `undo`: what this event tells.
    pub struct Undo { pub event: Big }
    /// `clarify`: answer the open question about a task (`request`, when there are several), or add to its goal when there is none.
    pub struct Clarify { pub task: String, pub text: String, #[serde(default)] #[ts(optional)] pub request: Option<Big> }
    /// `attach`: with `only_show` nothing is stopped.
    pub struct Attach { pub task: String, #[serde(default)] #[ts(optional, as = "Option<bool>")] pub only_show: bool }
    /// `words`: say something to the agent that works on a task. `intervene`: interrupt it with this.
    pub struct Words { pub task: String, pub text: String }
    /// A parameter with its value.
    pub struct Set { pub name: String, pub value: String }
    /// `workflow-start`.
    pub struct WorkflowStart {
        pub workflow: String,
        #[serde(default)] #[ts(as = "Option<Vec<Set>>", optional)] pub set: Vec<Set>,
        /** The instance's name; asked again with the same one, the same instance is told and nothing is made. */ #[serde(default)] #[ts(optional)] pub key: Option<String>,
    }
    /// `workflow-status`: one instance, or all.
    pub struct WorkflowStatus { #[serde(default)] #[ts(optional)] pub instance: Option<String> }
}
