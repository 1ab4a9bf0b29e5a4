//! What surfaces show, made of state. Nothing here reads a task file: what a list shows comes from the index and the log.

mod agent;
mod card;
mod chain;
mod clash;
mod event;
mod line;
mod request;
mod run;
mod sight;
pub mod word;

pub use agent::agents;
pub use card::{FULL_DONE, card, column, each_in_columns, in_columns};
pub use chain::states;
pub use event::event;
pub use line::{line, where_it_stands};
pub use request::{outcome, request, rule};
pub use run::run;
pub use sight::{Sight, is_for_the_person};
