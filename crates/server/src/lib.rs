//! (being written)
pub mod scripted_model;
