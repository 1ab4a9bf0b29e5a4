//! The product proved from outside. Everything here is one test binary; its top modules are the kinds of tests that
//! `./dev test` counts:
//!
//! - `arrows`: which crate may use which.
//! - `tidy`: rules every source file keeps.
//! - `depth`: what is read for an operation on one task, over the real database.
//! - `listing`: what a list and `next` say, over the real database.
//! - `command_line`: the `orchestron` command as a user meets it.
//! - `journeys`: whole chains with real files, real git and the real Claude CLI on a scripted model.
//! - `crash`: kill -9 of engine, keeper and agent at seeded moments.
//! - `window`: the desktop app under Xvfb, driven through WebDriver.
//! - `mcp`: the MCP server as the official conformance suite, inspector and clients meet it.
//! - `browser`: the same UI served by `orchestron run --ui`, in headless Chromium.
//!
//! `environment` is what they stand on: a machine of its own for each test, in a temporary folder.

#![allow(clippy::expect_used, clippy::too_many_lines)] // a test that finds something missing is to fail, and a journey is told in one piece

#[cfg(test)]
mod arrows;
#[cfg(all(test, target_os = "linux"))]
mod browser;
#[cfg(all(test, unix))]
mod command_line;
#[cfg(all(test, target_os = "linux"))]
mod crash;
#[cfg(test)]
mod depth;
#[cfg(all(test, unix))]
mod environment;
#[cfg(all(test, unix))]
mod journeys;
#[cfg(test)]
mod listing;
#[cfg(all(test, target_os = "linux"))]
mod mcp;
#[cfg(test)]
mod source;
#[cfg(all(test, target_os = "linux"))]
mod stage;
#[cfg(test)]
mod tidy;
#[cfg(all(test, target_os = "linux"))]
mod window;
