//! Property tests over arbitrary and over generated files.
