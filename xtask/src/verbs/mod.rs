//! One module per verb.

pub mod bench;
pub mod dist;
pub mod fuzz;
pub mod release;
pub mod run;
pub mod setup;
pub mod sim;
pub mod test;
