//! `run-token`: a run lets a client of its own speak for it over HTTP.
//!
//! The token itself never comes here, nor into a file, a log, an argument or an environment: whoever descends from the run draws it,
//! gives us its hash, and keeps it in memory. What is kept is the hash with its run. It is worth what the run is worth: its own task on
//! its own leg, and nothing as soon as the run is over. Nobody outside of runs gets one.

use crate::{
    Context, OpError,
    context::Asker,
    own_run::Own,
    wire::{RunTokenView, input},
};
use orchestron_domain::{Actor, Run, RunId};
use serde::{Deserialize, Serialize};

/// Setting of the log that holds the hashes.
const SETTING: &str = "run-tokens";
/// Setting of the log that tells where the protocol is served now.
const ADDRESS: &str = "mcp-address";
/// Tokens of one run; the oldest give way.
const OF_A_RUN: usize = 4;
/// Characters of a hash: SHA-256 in hexadecimal.
const HASH: usize = 64;

#[derive(Serialize, Deserialize)]
struct Kept {
    hash: String,
    run: RunId,
}

/// Someone whom the server speaks for, other than whom its context belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting(Actor);

impl Acting {
    /// The run.
    #[must_use]
    pub fn run(&self) -> String {
        match &self.0 {
            Actor::Run { run } => run.to_string(),
            _ => String::new(),
        }
    }
}

/// Takes the hash of a token that speaks for the run that asks, as long as it lives.
///
/// # Errors
/// When the caller is no run at work on a leg, or this is no hash.
pub fn take(cx: &mut Context, input: &input::RunToken) -> Result<RunTokenView, OpError> {
    let state = cx.story()?;
    let own = Own::of(cx, &state)?;
    let good = input.hash.len() == HASH
        && input
            .hash
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !good {
        return Err(OpError::Input {
            field: "hash",
            what: "it must be a SHA-256 in 64 lower-case hexadecimal digits, of a token with at least 128 random bits".to_owned(),
        });
    }
    let held = cx.store.locks().store()?;
    let mut all = kept(cx)?;
    all.retain(|kept| state.runs.get(&kept.run).is_some_and(Run::is_live));
    let of_run = all.iter().filter(|kept| kept.run == own.run).count();
    if of_run >= OF_A_RUN
        && let Some(oldest) = all.iter().position(|kept| kept.run == own.run)
    {
        all.remove(oldest);
    }
    all.push(Kept {
        hash: input.hash.clone(),
        run: own.run.clone(),
    });
    let text = serde_json::to_string(&all).map_err(|error| OpError::Answer {
        operation: "run-token",
        what: error.to_string(),
    })?;
    cx.store.set_setting(SETTING, &text)?;
    drop(held);
    let address = cx.store.log().setting(ADDRESS)?;
    Ok(RunTokenView {
        run: own.run.to_string(),
        address: address.filter(|address| !address.is_empty()),
    })
}

fn kept(cx: &Context) -> Result<Vec<Kept>, OpError> {
    let text = cx.store.log().setting(SETTING)?.unwrap_or_default();
    // What cannot be read opens nothing.
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// The run that a token with this hash speaks for; none when there is none or it is over.
///
/// # Errors
/// When the project cannot be read.
pub fn owner(cx: &mut Context, hash: &str) -> Result<Option<Acting>, OpError> {
    let Some(found) = kept(cx)?.into_iter().find(|kept| kept.hash == hash) else {
        return Ok(None);
    };
    let state = cx.story()?;
    let live = state.runs.get(&found.run);
    let live = live.filter(|run| run.is_live() && run.leg().is_some());
    Ok(live.map(|run| {
        Acting(Actor::Run {
            run: run.id.clone(),
        })
    }))
}

/// Whether whom the server speaks for is still at work. When that cannot be told, it counts as over.
pub fn lives(cx: &mut Context, who: &Acting) -> bool {
    let Actor::Run { run } = &who.0 else {
        return false;
    };
    let state = cx.story();
    state.is_ok_and(|state| state.runs.get(run).is_some_and(Run::is_live))
}

/// Does something in the name of somebody else, and nothing after that.
pub fn acting<T>(cx: &mut Context, who: &Acting, work: impl FnOnce(&mut Context) -> T) -> T {
    /// Gives the name back whatever happens.
    struct Lent<'c>(&'c mut Context, Option<Asker>);
    impl Drop for Lent<'_> {
        fn drop(&mut self) {
            if let Some(own) = self.1.take() {
                self.0.actor = own;
            }
        }
    }
    let own = std::mem::replace(&mut cx.actor, who.0.clone().into());
    let lent = Lent(cx, Some(own));
    work(lent.0)
}

/// Tells where the protocol is served now.
///
/// # Errors
/// When the log cannot be written.
pub fn serves_at(cx: &mut Context, address: &str) -> Result<(), OpError> {
    cx.store.set_setting(ADDRESS, address)?;
    Ok(())
}

/// Tells that it is served there no more; what another server has told since stays.
///
/// # Errors
/// When the log cannot be read or written.
pub fn serves_no_more(cx: &mut Context, address: &str) -> Result<(), OpError> {
    if cx.store.log().setting(ADDRESS)?.as_deref() == Some(address) {
        cx.store.set_setting(ADDRESS, "")?;
    }
    Ok(())
}
