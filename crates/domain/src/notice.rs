//! What a person is told when: at once, together with others, in the day's digest, or not at all; and nothing in quiet hours that
//! can wait. What is settled before it was told is never told, so that notifications stay few.
//!
//! Pure: which moment it is, and how far the clock on the person's wall is from UTC then, come from outside.

use crate::{Priority, RequestKind, Seq, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;
/// Minutes of a day.
const DAY: i64 = 1_440;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Work waits for a review.
    Review,
    /// An agent wants to use a tool.
    Permission,
    /// An agent asks something.
    Question,
    /// A task cannot go on by itself.
    Escalation,
    /// Approved work could not be merged, or tasks clash.
    Conflict,
    /// A budget is used up.
    Budget,
    /// Somebody wrote to the person.
    Message,
    /// A task is done.
    Done,
}

impl NoticeKind {
    /// All, as they are listed for people.
    pub const ALL: [Self; 8] = [
        Self::Review,
        Self::Permission,
        Self::Question,
        Self::Escalation,
        Self::Conflict,
        Self::Budget,
        Self::Message,
        Self::Done,
    ];

    /// The word for it in `notify:` of config.yaml.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Permission => "permission",
            Self::Question => "question",
            Self::Escalation => "escalation",
            Self::Conflict => "conflict",
            Self::Budget => "budget",
            Self::Message => "message",
            Self::Done => "done",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a request is, among notices.
    #[must_use]
    pub const fn of(request: &RequestKind) -> Self {
        match request {
            RequestKind::Review { .. } => Self::Review,
            RequestKind::Permission { .. } => Self::Permission,
            RequestKind::Question(_) => Self::Question,
            RequestKind::Escalation { .. } => Self::Escalation,
            RequestKind::Conflict { .. } | RequestKind::Clash { .. } => Self::Conflict,
            RequestKind::Budget { .. } => Self::Budget,
        }
    }

    /// How it is told when nobody says how: at once where an agent stands still, together where work only lies there.
    const fn usual(self) -> Manner {
        match self {
            Self::Permission | Self::Question | Self::Escalation | Self::Budget => Manner::Now,
            Self::Review | Self::Conflict | Self::Message => Manner::Together,
            Self::Done => Manner::Digest,
        }
    }
}

/// How something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// At once.
    Now,
    /// Gathered for a while, then told together.
    Together,
    /// Once a day.
    Digest,
    /// Never.
    Off,
}

impl Manner {
    /// All.
    pub const ALL: [Self; 4] = [Self::Now, Self::Together, Self::Digest, Self::Off];

    /// The word for it in `notify:` of config.yaml.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Together => "together",
            Self::Digest => "digest",
            Self::Off => "off",
        }
    }

    /// The manner with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|manner| manner.word() == word)
    }
}

/// Hours in which only what cannot wait is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// From this minute of the person's day.
    pub from: u16,
    /// To this one, which may be on the next day.
    pub to: u16,
    /// Kinds that are told all the same.
    pub except: BTreeSet<NoticeKind>,
    /// What is about tasks of P0 is told all the same.
    pub except_p0: bool,
}

/// What `notify:` in config.yaml says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// Kinds that are told in another manner than usual.
    pub manners: BTreeMap<NoticeKind, Manner>,
    /// How long things are gathered that are told together, in seconds.
    pub together_s: u64,
    /// The least between two notices, in seconds: what comes meanwhile is one.
    pub apart_s: u64,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// Minute of the person's day at which the digest comes.
    pub digest: Option<u16>,
    /// The time zone that hours are meant in; none = that of the machine.
    pub zone: Option<String>,
    /// Whether notices may sound.
    pub sound: bool,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            manners: BTreeMap::new(),
            together_s: 120,
            apart_s: 20,
            quiet: None,
            digest: None,
            zone: None,
            sound: true,
        }
    }
}

impl Notify {
    /// How this kind is told.
    #[must_use]
    pub fn manner(&self, kind: NoticeKind) -> Manner {
        let own = self.manners.get(&kind);
        own.copied().unwrap_or_else(|| kind.usual())
    }

    /// Whether this kind is ever told: not when it is off, nor when it waits for a digest that never comes.
    #[must_use]
    pub fn tells(&self, kind: NoticeKind) -> bool {
        match self.manner(kind) {
            Manner::Off => false,
            Manner::Digest => self.digest.is_some() || self.quiet.is_some(),
            Manner::Now | Manner::Together => true,
        }
    }
}

/// Something a person might be told: still open, or news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The event that tells it.
    pub id: Seq,
    /// What it is about.
    pub kind: NoticeKind,
    /// Since when.
    pub since: Time,
    /// Priority of its task.
    pub priority: Option<Priority>,
}

/// What was told so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// These.
    pub items: BTreeSet<Seq>,
    /// When something was told last.
    pub last: Option<Time>,
    /// When the last digest came, or when looking for notices began.
    pub digest: Time,
}

/// What is to be told now, and when to look again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// As one notice, in the order they came.
    pub now: Vec<Seq>,
    /// As the digest, in the order they came.
    pub digest: Vec<Seq>,
    /// When it is time to look again even if nothing happens.
    pub again: Option<Time>,
    /// How many wait to be told later.
    pub later: usize,
}

/// What is to be told now of what is there. `offset_s`: how far the person's clock is ahead of UTC now.
#[must_use]
pub fn plan(items: &[Item], told: &Told, policy: &Notify, now: Time, offset_s: i32) -> Plan {
    let wall = Wall { now, offset_s };
    let quiet_until = quiet_until(policy, now, offset_s);
    let mut plan = Plan::default();
    let mut fresh = Fresh::default();
    for item in items.iter().filter(|item| !told.items.contains(&item.id)) {
        let manner = policy.manner(item.kind);
        if manner == Manner::Off {
            continue;
        }
        match (quiet_until, manner) {
            (_, Manner::Digest) => fresh.digest.push(item),
            (Some(until), _) if !policy.quiet.as_ref().is_some_and(|q| q.lets(item)) => {
                fresh.held += 1;
                plan.look_at(until);
            }
            (_, manner) => fresh.now.push((item, manner)),
        }
    }
    plan.later = fresh.held;
    fresh.gathered(&mut plan, told, policy, now);
    fresh.digested(&mut plan, told, policy, (&wall, quiet_until));
    plan
}

/// When something is told, and why not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It was.
    Told,
    /// Now.
    Now,
    /// When this much was gathered, or the last notice is long enough ago.
    Gathered(Time),
    /// When quiet hours end.
    Quiet(Time),
    /// With the digest; never when there is none.
    Digest(Option<Time>),
    /// Never: its kind is off.
    Off,
}

/// When each thing is told. Says the same as [`plan`], thing by thing.
#[must_use]
pub fn explain(
    items: &[Item],
    told: &Told,
    policy: &Notify,
    now: Time,
    offset_s: i32,
) -> Vec<(Seq, When)> {
    let made = plan(items, told, policy, now, offset_s);
    let quiet = quiet_until(policy, now, offset_s);
    let alone = |item: &Item| plan(std::slice::from_ref(item), told, policy, now, offset_s).again;
    let when = |item: &Item| match policy.manner(item.kind) {
        _ if told.items.contains(&item.id) => When::Told,
        Manner::Off => When::Off,
        _ if made.now.contains(&item.id) || made.digest.contains(&item.id) => When::Now,
        Manner::Digest => When::Digest(alone(item)),
        _ => match (quiet, &policy.quiet) {
            (Some(until), Some(quiet)) if !quiet.lets(item) => When::Quiet(until),
            // Whoever is told first takes the others along.
            _ => When::Gathered(made.again.or_else(|| alone(item)).unwrap_or(now)),
        },
    };
    items.iter().map(|item| (item.id, when(item))).collect()
}

/// Until when it is quiet; none when it is not.
#[must_use]
pub fn quiet_until(policy: &Notify, now: Time, offset_s: i32) -> Option<Time> {
    let wall = Wall { now, offset_s };
    let quiet = policy.quiet.as_ref();
    quiet.and_then(|quiet| wall.quiet_until(quiet))
}

/// What was not told yet.
#[derive(Default)]
struct Fresh<'a> {
    /// May be told now.
    now: Vec<(&'a Item, Manner)>,
    digest: Vec<&'a Item>,
    /// Kept back by quiet hours.
    held: usize,
}

impl Fresh<'_> {
    /// What is told at once, with all that was gathered until then.
    fn gathered(&self, plan: &mut Plan, told: &Told, policy: &Notify, now: Time) {
        let gather = millis(policy.together_s);
        let due = |(item, manner): &(&Item, Manner)| match manner {
            Manner::Now => item.since,
            _ => item.since.plus_millis(gather),
        };
        let Some(due) = self.now.iter().map(due).min() else {
            return;
        };
        let rested = told
            .last
            .map(|last| last.plus_millis(millis(policy.apart_s)));
        // A clock that was set back must not keep anybody from being told.
        let rested = rested.filter(|_| told.last.is_some_and(|last| last <= now));
        let due = rested.map_or(due, |rested| rested.max(due));
        if due > now {
            plan.later += self.now.len();
            plan.look_at(due);
            return;
        }
        plan.now = self.now.iter().map(|(item, _)| item.id).collect();
    }

    /// The digest: once a day at its minute, or when quiet hours end; without either it never comes.
    fn digested(
        &self,
        plan: &mut Plan,
        told: &Told,
        policy: &Notify,
        (wall, quiet_until): (&Wall, Option<Time>),
    ) {
        let ends = policy.quiet.as_ref().map(|quiet| quiet.to);
        let Some(minute) = policy.digest.or(ends).filter(|_| !self.digest.is_empty()) else {
            return;
        };
        let due = wall.last(minute);
        if due > told.digest && quiet_until.is_none() {
            plan.digest = self.digest.iter().map(|item| item.id).collect();
            return;
        }
        plan.later += self.digest.len();
        let next = if due > told.digest { quiet_until } else { None };
        plan.look_at(next.unwrap_or_else(|| wall.next(minute)));
    }
}

impl Plan {
    fn look_at(&mut self, at: Time) {
        self.again = Some(self.again.map_or(at, |again| again.min(at)));
    }
}

impl Quiet {
    fn lets(&self, item: &Item) -> bool {
        self.except.contains(&item.kind) || (self.except_p0 && item.priority == Some(Priority::P0))
    }
}

/// The clock on the person's wall.
struct Wall {
    now: Time,
    offset_s: i32,
}

impl Wall {
    /// Milliseconds since the person's midnight.
    fn of_day(&self) -> i64 {
        let local = self.now.0.saturating_add(i64::from(self.offset_s) * 1_000);
        local.rem_euclid(DAY * MINUTE)
    }

    /// When this minute of the day was last.
    fn last(&self, minute: u16) -> Time {
        let gone = (self.of_day() - i64::from(minute) * MINUTE).rem_euclid(DAY * MINUTE);
        self.now.plus_millis(-gone)
    }

    /// When this minute of the day is next.
    fn next(&self, minute: u16) -> Time {
        self.last(minute).plus_millis(DAY * MINUTE)
    }

    /// Until when it is quiet; none when it is not. The same minute twice is no span.
    fn quiet_until(&self, quiet: &Quiet) -> Option<Time> {
        let began = self.last(quiet.from);
        let ended = self.last(quiet.to);
        (began > ended).then(|| self.next(quiet.to))
    }
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds).map_or(i64::MAX, |s| s.saturating_mul(1_000))
}

#[cfg(test)]
mod tests;
