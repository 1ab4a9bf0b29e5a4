//! Cards and where everything stands.

use super::{
    Big, EngineView, HolderKind, LegWord, Millis, Money, ProblemView, ProjectView, RequestWord,
    StatusWord, StopState,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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

    /// How many tasks stand in a column.
    pub struct CountView { pub status: StatusWord, pub count: u32 }

    /// Where everything stands, without the cards that rest.
    pub struct StatusView {
        pub name: String,
        pub engine: EngineView,
        /** One for each column, in their order. */ pub counts: Vec<CountView>,
        /** Tasks that somebody or something works on now. */ pub in_flight: u32,
        pub needs_you: u32,
        /** The most urgent of what waits for a person, at most three. */ pub urgent: Vec<UrgentView>,
        /** Cards that somebody works on, that wait for a person, or that are in progress. */ pub cards: Vec<CardView>,
        pub problems: Vec<ProblemView>,
    }

    /// Something that waits for a person, in a line.
    pub struct UrgentView {
        pub id: Big,
        pub kind: RequestWord,
        pub task: Option<String>,
        /** The command, the question, the task's title. */ pub title: String,
        /** What waits for it, in words; none when nothing does. */ pub why: Option<String>,
    }

    /// The board.
    pub struct BoardView { pub project: ProjectView, pub cards: Vec<CardView> }
}
