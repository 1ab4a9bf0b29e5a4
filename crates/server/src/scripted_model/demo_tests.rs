//! The demo, played.
