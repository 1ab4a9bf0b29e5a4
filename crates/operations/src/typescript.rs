//! The TypeScript of the wire types, generated; the UI's copy is checked by a test, so that the two never differ.

use crate::wire::{self, input};
use ts_rs::{Config, TS};

/// All wire types as one TypeScript module.
#[must_use]
#[allow(clippy::too_many_lines)] // a list
pub fn typescript() -> String {
    let config = Config::default();
    let mut text = String::from(
        "// Generated from crates/operations/src/wire/ by `cargo test -p orchestron-operations`; do not edit.\n\n",
    );
    macro_rules! add {
        ($($name:ty),* $(,)?) => { $( text.push_str("export "); text.push_str(&<$name as TS>::decl(&config)); text.push_str("\n\n"); )* };
    }
    add!(
        wire::Millis,
        wire::Money,
        wire::Big,
        wire::StatusWord,
        wire::LegWord,
        wire::HolderKind,
        wire::StopState,
        wire::RequestWord,
        wire::RunWord,
        wire::Topic,
        wire::AgentWord,
        wire::WaitWord,
        wire::GateWord,
        wire::ChangeWord,
        wire::VerdictWord,
        wire::HolderView,
        wire::ChainStop,
        wire::TicksView,
        wire::CardView,
        wire::RequestRef,
        wire::ProblemView,
        wire::EngineView,
        wire::ProjectView,
        wire::AgentView,
        wire::JudgedView,
        wire::RegisteredView,
        wire::ReasonView,
        wire::PassedView,
        wire::RouteView,
        wire::WhyView,
        wire::StartView,
        wire::StillWaitsView,
        wire::ImpactView,
        wire::ConflictWord,
        wire::StageWord,
        wire::ResolveWord,
        wire::ConflictView,
        wire::ConflictsView,
        wire::CountView,
        wire::StatusView,
        wire::BoardView,
        wire::HandoffView,
        wire::CriterionView,
        wire::FeedbackView,
        wire::GateView,
        wire::RunView,
        wire::TaskView,
        wire::RequestView,
        wire::FileDiffView,
        wire::DiffView,
        wire::EventView,
        wire::EventsView,
        wire::ReceiptView,
        wire::MessageView,
        wire::MessagesView,
        wire::WorkContextView,
        wire::SavedView,
        wire::TranscriptView,
        wire::NextView,
        wire::Done,
        wire::CommandsView,
        wire::CommandView,
        wire::Finding,
        wire::DoctorView,
        wire::UndoListView,
        wire::UndoView,
        wire::FixView,
        wire::KeysView,
        wire::KeyView,
        wire::InstanceWord,
        wire::WorkflowsView,
        wire::WorkflowView,
        wire::ParameterView,
        wire::TemplateStepView,
        wire::LegHolderView,
        wire::InstanceView,
        wire::SetView,
        wire::StepView,
        wire::WorkflowStartView,
        wire::WorkflowStatusView,
        wire::TaskWorkflowView,
        wire::HookWord,
        wire::TestWord,
        wire::HooksView,
        wire::HookView,
        wire::TaskCommitView,
        wire::TaskTestView,
        wire::ErrorView,
        wire::DesktopView,
        wire::NotifierView,
        wire::RecentView,
        wire::PickedView,
        wire::FolderView,
        wire::FoundAgentView,
        wire::SetUpView,
        wire::DesktopSet,
        wire::DesktopFolder,
        wire::DesktopSetUp,
        wire::DesktopOpen,
        wire::TranscriptItemView,
        wire::DecisionInput,
        input::Nothing,
        input::Create,
        input::OnTask,
        input::EndLeg,
        input::Claim,
        input::Move,
        input::Next,
        input::Decide,
        input::OnReview,
        input::Verdict,
        input::Edit,
        input::ForHolder,
        input::RunEdit,
        input::RunSubmit,
        input::RunVerdict,
        input::Transcript,
        input::Events,
        input::List,
        input::Pause,
        input::Resume,
        input::Conflicts,
        input::Resolve,
        input::Order,
        input::Reassign,
        input::AgentKey,
        input::AgentAdd,
        input::AgentSet,
        input::AgentRemove,
        input::Undo,
        input::Trust,
        input::KeySet,
        input::KeyDelete,
        input::Words,
        input::Messages,
        input::MessageSend,
        input::MessageAck,
        input::ContextSave,
        input::Set,
        input::WorkflowStart,
        input::WorkflowStatus,
    );
    text
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_ui_has_the_same_types() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/backend/wire.ts");
        let wanted = super::typescript();
        if std::env::var_os("UPDATE_WIRE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &wanted).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == wanted,
            "ui/src/backend/wire.ts is out of date: run `UPDATE_WIRE=1 cargo test -p orchestron-operations`"
        );
    }
}
