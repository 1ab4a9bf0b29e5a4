//! The operations over protocols: [`http`] for the UI in a browser, [`mcp`] for agents and their clients. Also [`scripted_model`], a
//! model's API on loopback that plays a written script, which `orchestron demo` and the journeys use.

pub mod http;
pub mod mcp;
pub mod scripted_model;
#[cfg(test)]
mod testing;
