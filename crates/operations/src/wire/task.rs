//! Everything about one task.

use super::{
    Big, CardView, GateWord, LegWord, Millis, Money, ProblemView, RequestView, RunWord,
    TaskCommitView, TaskTestView, TaskWorkflowView,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
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
        /** The workflow that made it. */ #[serde(default, skip_serializing_if = "Option::is_none")] #[ts(optional)] pub workflow: Option<TaskWorkflowView>,
        /** Commits that people made and that name it, newest first. */ #[serde(default, skip_serializing_if = "Vec::is_empty")] #[ts(as = "Option<Vec<TaskCommitView>>", optional)] pub commits: Vec<TaskCommitView>,
        /** Tests that must fail before the work and pass after it. */ #[serde(default, skip_serializing_if = "Vec::is_empty")] #[ts(as = "Option<Vec<TaskTestView>>", optional)] pub tests: Vec<TaskTestView>,
    }

    /// What `next` hands over: the task with its whole context as one document, ready to work from.
    pub struct NextView {
        pub task: Option<CardView>,
        pub leg: Option<LegWord>,
        /** Markdown. */ pub document: String,
        /** Where to work. */ pub worktree: Option<String>,
        /** Why there is nothing, when there is nothing. */ pub none: Option<String>,
    }
}
