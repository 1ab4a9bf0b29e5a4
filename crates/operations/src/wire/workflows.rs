//! Workflows: templates that make tasks, what was made from them, and how far that is.

use super::{Big, Done, HolderView, LegWord, Millis, Money, ProblemView, StatusWord, TicksView};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire_word! {
    /// How far an instance of a workflow is.
    pub enum InstanceWord {
        /// Something is under way, or can be.
        Running,
        /// A person has to decide something before it goes on.
        NeedsYou,
        /// A step failed, or its task is gone, so that others will never start.
        Stuck,
        /// Every step is done.
        Done,
    }
}

wire! {
    /// All workflows of the project, and what was made from them.
    pub struct WorkflowsView {
        /** By name. */ pub workflows: Vec<WorkflowView>,
        /** Newest first. */ pub instances: Vec<InstanceView>,
    }

    /// A template that makes tasks: a file below `.mcp/workflows/`.
    pub struct WorkflowView {
        pub name: String,
        /** `.mcp/workflows/rpiv.yaml` */ pub file: String,
        /** What it is for, in a sentence. */ pub about: String,
        pub parameters: Vec<ParameterView>,
        /** In the order of the file; what is waited for comes first. */ pub steps: Vec<TemplateStepView>,
        /** What is wrong with it, with lines. */ pub problems: Vec<ProblemView>,
        /** Whether it can be started. */ pub usable: bool,
    }

    /// Something that is said when a workflow is started.
    pub struct ParameterView {
        pub name: String,
        /** What to write there. */ pub about: String,
        /** What holds when nothing is said; none = it must be said. */ pub default: Option<String>,
        /** The values it may have; empty = any. */ pub choices: Vec<String>,
    }

    /// A step as the template has it; texts have `${name}` where parameters go.
    pub struct TemplateStepView {
        pub step: String,
        pub title: String,
        pub goal: String,
        /** P0, P1 or P2. */ pub priority: String,
        /** Who does which leg of it, where the template says so. */ pub chain: Vec<LegHolderView>,
        /** Steps that must be done first. */ pub depends_on: Vec<String>,
        pub criteria: Vec<String>,
        pub files: Vec<String>,
        pub needs: Vec<String>,
    }

    /// Who does a leg.
    pub struct LegHolderView { pub leg: LegWord, pub holder: HolderView }

    /// What was made from a workflow.
    pub struct InstanceView {
        /** Its name: the key it was started with, or `rpiv-3`. */ pub id: String,
        pub workflow: String,
        pub state: InstanceWord,
        /** When it was started; none when the log that knew it is lost. */ pub started: Option<Millis>,
        /** When its last step was done. */ pub ended: Option<Millis>,
        /** What was said when it was started. */ pub parameters: Vec<SetView>,
        /** In the order of the template. */ pub steps: Vec<StepView>,
        pub done: u32,
        pub all: u32,
        pub cost: Money,
        /** One line on what happens now: `plan: claude-arch reads src/pay.rs`. */ pub line: Option<String>,
    }

    /// A parameter with its value.
    pub struct SetView { pub name: String, pub value: String }

    /// How far a step is.
    pub struct StepView {
        pub step: String,
        /** Its task. */ pub task: String,
        pub title: String,
        /** None when the task is gone. */ pub status: Option<StatusWord>,
        /** Whose turn it is. */ pub turn: Option<HolderView>,
        /** One line on what happens now, or why nothing does; as on its card. */ pub line: Option<String>,
        /** Tasks it waits for that are not done. */ pub waits_for: Vec<String>,
        /** The same in steps of this instance. */ pub depends_on: Vec<String>,
        /** Since when it stands where it stands. */ pub moved: Option<Millis>,
        pub criteria: TicksView,
        pub cost: Money,
        /** A request about it that is open. */ pub request: Option<Big>,
    }

    /// What `workflow-start` did.
    pub struct WorkflowStartView {
        pub instance: InstanceView,
        /** It was started before with this key; nothing was made. */ pub again: bool,
        pub done: Done,
    }

    /// What `workflow-status` tells.
    pub struct WorkflowStatusView { /** Newest first. */ pub instances: Vec<InstanceView> }

    /// Where a task belongs, when a workflow made it.
    pub struct TaskWorkflowView { pub workflow: String, pub instance: String, pub step: String }
}
