//! How fast agents and accounts may be used: token buckets that drain as time passes.
//!
//! What was used is kept in slots of some seconds and not as a level, for the log must give the same state whatever the
//! configuration says now: the limits, and which agents share an account, come in only when somebody asks.

use crate::{AgentName, MicroUsd, Run, State, Time, config::Rate};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

/// What one slot holds together, in milliseconds.
const SLOT_MS: i64 = 5_000;
/// How long a slot is remembered, in milliseconds. Whoever used more than ten minutes' worth at once is let off the rest.
const KEPT_MS: i64 = 600_000;
/// A limit is so much a minute.
const MINUTE_MS: i64 = 60_000;

/// What an agent used lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Oldest first, at most [`KEPT_MS`] long.
    slots: VecDeque<Slot>,
}

/// What was used within a few seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Slot {
    at: Time,
    tokens: u64,
    requests: u64,
}

impl Bucket {
    fn add(&mut self, at: Time, tokens: u64, requests: u64) {
        let at = Time(at.0.div_euclid(SLOT_MS).saturating_mul(SLOT_MS));
        // What lies ahead was told by a clock that has been set back since: nobody waits until it is that late again.
        while self.slots.back().is_some_and(|slot| slot.at > at) {
            self.slots.pop_back();
        }
        match self.slots.back_mut() {
            Some(last) if last.at == at => {
                last.tokens = last.tokens.saturating_add(tokens);
                last.requests = last.requests.saturating_add(requests);
            }
            _ => self.slots.push_back(Slot {
                at,
                tokens,
                requests,
            }),
        }
        while self
            .slots
            .front()
            .is_some_and(|slot| at.since(slot.at) > KEPT_MS)
        {
            self.slots.pop_front();
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Tokens, input and output.
    Tokens,
    /// Requests to the model.
    Requests,
}

/// Whose limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// An agent's own.
    Agent(AgentName),
    /// That of the account that agents share.
    Account(String),
}

/// A bucket that is over its limit: nothing more is started on it for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// Whose.
    pub whose: Whose,
    /// Of what.
    pub measure: Measure,
    /// How much is in the bucket.
    pub level: u64,
    /// How much it holds: a minute's worth.
    pub limit: u64,
    /// When it will have drained so far that something may start.
    pub until: Time,
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measure = match self.measure {
            Measure::Tokens => "tokens",
            Measure::Requests => "requests",
        };
        match &self.whose {
            Whose::Agent(agent) => write!(f, "{agent}")?,
            Whose::Account(account) => write!(f, "the account {account}")?,
        }
        write!(
            f,
            " used {} {measure} lately, and {} a minute are allowed; it goes on at {}",
            self.level, self.limit, self.until
        )
    }
}

/// What keeps `agent` from being started because it, or its account, was used too fast. The one that lasts longest.
#[must_use]
pub fn blocker(state: &State, agent: &AgentName, now: Time) -> Option<Over> {
    let found = state.config.agents.get(agent)?;
    let own = |name: &AgentName| name == agent;
    let mine = over(state, &found.rate, own, now);
    let mine = mine.map(|spent| spent.by(Whose::Agent(agent.clone())));
    let Some(rate) = state.config.accounts.get(&found.account) else {
        return mine;
    };
    let shared = |name: &AgentName| {
        let other = state.config.agents.get(name);
        other.is_some_and(|other| other.account == found.account)
    };
    let ours = over(state, rate, shared, now);
    let ours = ours.map(|spent| spent.by(Whose::Account(found.account.clone())));
    mine.into_iter().chain(ours).max_by_key(|over| over.until)
}

/// When the first bucket that is over its limit will have drained.
#[must_use]
pub fn opens(state: &State, now: Time) -> Option<Time> {
    let limited = |rate: &Rate| {
        rate.tokens_per_minute
            .or(rate.requests_per_minute)
            .is_some()
    };
    let shared = state.config.accounts.values().any(limited);
    let agents = state.config.agents.iter();
    agents
        .filter(|(_, agent)| shared || limited(&agent.rate))
        .filter_map(|(name, _)| blocker(state, name, now))
        .map(|over| over.until)
        .min()
}

/// How far beyond a limit a bucket is.
struct Spent {
    measure: Measure,
    level: u64,
    limit: u64,
    until: Time,
}

impl Spent {
    fn by(self, whose: Whose) -> Over {
        Over {
            whose,
            measure: self.measure,
            level: self.level,
            limit: self.limit,
            until: self.until,
        }
    }
}

fn over(
    state: &State,
    rate: &Rate,
    counts: impl Fn(&AgentName) -> bool,
    now: Time,
) -> Option<Spent> {
    let limits = [
        (Measure::Tokens, rate.tokens_per_minute),
        (Measure::Requests, rate.requests_per_minute),
    ];
    let limits = limits.map(|(measure, limit)| Some((measure, limit.filter(|limit| *limit > 0)?)));
    if limits.iter().all(Option::is_none) {
        return None;
    }
    // A bucket is never fuller than all that went in: mostly that is less than it holds, and nothing has to be put in order.
    let used = state.used.iter().filter(|(name, _)| counts(name));
    let lately = used.flat_map(|(_, bucket)| bucket.slots.iter().filter(|slot| slot.at <= now));
    let (tokens, requests) = lately.fold((0_u64, 0_u64), |sum, slot| {
        let (tokens, requests) = (slot.tokens, slot.requests);
        (sum.0.saturating_add(tokens), sum.1.saturating_add(requests))
    });
    let within = |(measure, limit): &(Measure, u64)| match measure {
        Measure::Tokens => tokens <= *limit,
        Measure::Requests => requests <= *limit,
    };
    if limits.iter().flatten().all(within) {
        return None;
    }
    let mut slots: BTreeMap<Time, (u64, u64)> = BTreeMap::new();
    for (_, bucket) in state.used.iter().filter(|(name, _)| counts(name)) {
        for slot in bucket.slots.iter().filter(|slot| slot.at <= now) {
            let sum = slots.entry(slot.at).or_default();
            sum.0 = sum.0.saturating_add(slot.tokens);
            sum.1 = sum.1.saturating_add(slot.requests);
        }
    }
    let drained = |(measure, limit): (Measure, u64)| {
        let amount = |slot: &(u64, u64)| match measure {
            Measure::Tokens => slot.0,
            Measure::Requests => slot.1,
        };
        let level = level(
            slots.iter().map(|(at, slot)| (*at, amount(slot))),
            limit,
            now,
        );
        (level > limit).then(|| Spent {
            measure,
            level,
            limit,
            until: now.plus_millis(millis_for(level - limit, limit)),
        })
    };
    let found = limits.into_iter().flatten().filter_map(drained);
    found.max_by_key(|spent| spent.until)
}

/// How much is in a bucket that drains by `limit` a minute.
fn level(slots: impl Iterator<Item = (Time, u64)>, limit: u64, now: Time) -> u64 {
    let drains = |from: Time, to: Time| {
        let gone = u128::try_from(to.since(from)).unwrap_or(0);
        let drained = u128::from(limit).saturating_mul(gone) / MINUTE_MS.unsigned_abs() as u128;
        u64::try_from(drained).unwrap_or(u64::MAX)
    };
    let (mut level, mut last) = (0_u64, None);
    for (at, amount) in slots {
        if let Some(last) = last {
            level = level.saturating_sub(drains(last, at));
        }
        level = level.saturating_add(amount);
        last = Some(at);
    }
    last.map_or(0, |last| level.saturating_sub(drains(last, now)))
}

/// How long `amount` takes to drain, rounded up.
fn millis_for(amount: u64, limit: u64) -> i64 {
    let millis = u128::from(amount) * MINUTE_MS.unsigned_abs() as u128;
    i64::try_from(millis.div_ceil(u128::from(limit.max(1)))).unwrap_or(i64::MAX)
}

/// Takes the newest totals of a run: what it used since they were last told goes into its agent's bucket.
pub(crate) fn book(state: &mut State, run: &crate::RunId, at: Time, told: Told) {
    let Some(found) = state.runs.get_mut(run) else {
        return;
    };
    let (tokens, requests) = grown(found, told);
    if let Some(agent) = found.agent().filter(|_| tokens + requests > 0) {
        let bucket = state.used.entry(agent.clone()).or_default();
        bucket.add(at, tokens, requests);
    }
}

/// What a run says it has used in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub session_total: MicroUsd,
    pub tokens: u64,
    pub requests: u64,
}

/// How much more that is than what was known.
fn grown(run: &mut Run, told: Told) -> (u64, u64) {
    let tokens = told.tokens.saturating_sub(run.tokens);
    let requests = told.requests.saturating_sub(run.requests);
    run.tokens = run.tokens.max(told.tokens);
    run.requests = run.requests.max(told.requests);
    // Requests whose price was not told yet.
    let priced = told.session_total > run.cost_before.plus(run.cost);
    run.unpriced = if priced {
        0
    } else {
        run.unpriced.saturating_add(requests)
    };
    (tokens, requests)
}
