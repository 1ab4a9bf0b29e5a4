//! How fast agents and accounts may be used: token buckets that fill up over a minute.

use crate::Time;
use serde::{Deserialize, Serialize};

/// What was used lately. It drains by the limit's share of a minute as time passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Tokens in it, in thousandths.
    pub tokens: u64,
    /// Requests in it, in thousandths.
    pub requests: u64,
    /// When that was.
    pub at: Time,
}
