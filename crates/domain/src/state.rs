//! (being written)
use serde::{Deserialize, Serialize};
/// (being written)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {}
