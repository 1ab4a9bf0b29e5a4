//! Calls that may be repeated: a client that heard no answer asks again, and gets the same one.
//!
//! Most operations are safe to repeat by themselves. For the others the last answers are kept, each under the caller and either a
//! key that the client gave or what was asked. A given key answers as long as it is kept; without one only a repetition within ten
//! minutes is taken for one.

use crate::{Context, OpError, call};
use orchestron_domain::Actor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Setting of the log that holds the answers.
const SETTING: &str = "answers";
/// Answers that are kept, and how large one may be.
const KEPT: usize = 64;
const LARGEST: usize = 2 * 1024;
/// How long a call without a key counts as a repetition, in milliseconds.
const REPEATED_MS: i64 = 10 * 60 * 1000;

/// How an operation is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It may be carried out again: the outcome is the same.
    Safe,
    /// A repetition would do it twice (`create`): a kept answer comes first.
    AskFirst,
    /// A repetition is refused by where the task then stands (`submit`): then the kept answer is given.
    AskWhenRefused,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    key: String,
    at: i64,
    answer: Value,
}

/// Carries out an operation; a repetition of a call that was answered gets the same answer.
///
/// # Errors
/// Those of the operation.
pub fn call_once(
    cx: &mut Context,
    name: &str,
    input: Value,
    key: Option<&str>,
    repeat: Repeat,
) -> Result<Value, OpError> {
    if repeat == Repeat::Safe {
        return call(cx, name, input);
    }
    let given = key.is_some();
    let key = match key {
        Some(key) => format!("{} {name} key {key}", caller(&cx.actor)),
        None => format!("{} {name} {input}", caller(&cx.actor)),
    };
    let key = short(&key);
    if repeat == Repeat::AskFirst
        && let Some(answer) = recall(cx, &key, given)?
    {
        return Ok(answer);
    }
    match call(cx, name, input) {
        Ok(answer) => {
            remember(cx, key, &answer)?;
            Ok(answer)
        }
        Err(refused) if repeat == Repeat::AskWhenRefused && is_about_where_it_stands(&refused) => {
            recall(cx, &key, given)?.ok_or(refused)
        }
        Err(error) => Err(error),
    }
}

fn is_about_where_it_stands(error: &OpError) -> bool {
    matches!(
        error.code(),
        "status_wrong"
            | "not_now"
            | "task_held"
            | "nothing_to_decide"
            | "request_closed"
            | "session_over"
            | "conflict_over"
    )
}

fn caller(actor: &Actor) -> String {
    match actor {
        Actor::Outside { name } => format!("outside {name}"),
        Actor::Run { run } => format!("run {run}"),
        _ => "person".to_owned(),
    }
}

/// Long keys are kept by a digest of theirs (FNV-1a, 128 bits): nobody but the caller itself could gain by a collision.
fn short(key: &str) -> String {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let start: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let digest = key.bytes().fold(start, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    format!("{digest:032x}")
}

fn kept(cx: &Context) -> Result<Vec<Answer>, OpError> {
    let text = cx.store.log().setting(SETTING)?;
    // What cannot be read any more (written by another version) is as good as forgotten.
    Ok(text
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

fn recall(cx: &Context, key: &str, given: bool) -> Result<Option<Value>, OpError> {
    let now = cx.store.now().0;
    let found = kept(cx)?.into_iter().find(|answer| answer.key == key);
    Ok(found
        .filter(|found| given || now.saturating_sub(found.at) <= REPEATED_MS)
        .map(|found| found.answer))
}

fn remember(cx: &mut Context, key: String, answer: &Value) -> Result<(), OpError> {
    if answer.to_string().len() > LARGEST {
        return Ok(());
    }
    let held = cx.store.locks().store()?;
    let mut all = kept(cx)?;
    all.retain(|answer| answer.key != key);
    all.push(Answer {
        key,
        at: cx.store.now().0,
        answer: answer.clone(),
    });
    let over = all.len().saturating_sub(KEPT);
    all.drain(..over);
    let text = serde_json::to_string(&all).map_err(|error| OpError::Answer {
        operation: "answers",
        what: error.to_string(),
    })?;
    cx.store.set_setting(SETTING, &text)?;
    drop(held);
    Ok(())
}
