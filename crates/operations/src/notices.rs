//! `notices`: what the person is to be told now. What is told when is decided by `domain/src/notice.rs`; here it is gathered and put
//! into words. Whoever shows them keeps a small memory and hands it back, so that nothing is told twice and nothing is left out.

use crate::{
    Context, OpError, requests,
    view::{self, Sight, word},
    wire::{
        Big, NoticeMemory, NoticeView, NoticeWaitView, NoticeWord, NoticesView, QuietView,
        RequestView, WhenWord, input,
    },
};
use orchestron_domain::{
    Fact, Leg, Request, RequestId, Seq, State, TaskId, Time,
    message::Message,
    notice::{Item, NoticeKind, Notify, Told, When, explain, plan, quiet_until},
};
use std::collections::{BTreeMap, BTreeSet};

/// Events looked through at once for news.
const PAGE: u32 = 500;
/// News that are looked through at most; a program that was away for longer tells the newest.
const MOST: usize = 5_000;
/// Lines of a notice's body.
const LINES: usize = 4;
/// Longest line of a notice, in characters.
const LINE: usize = 120;

/// Something that may be told.
enum Thing<'s> {
    Asked(&'s Request),
    Written(&'s Message),
    Done { task: TaskId, title: String },
}

/// What is there, by the event that told it.
type Things<'s> = BTreeMap<Seq, (Item, Thing<'s>)>;

/// Tasks that were done: the event that tells it, when, which.
type News = Vec<(Seq, Time, TaskId)>;

/// What the person is to be told now.
///
/// # Errors
/// When the project cannot be read.
pub fn notices(cx: &mut Context, input: &input::Notices) -> Result<NoticesView, OpError> {
    let state = cx.state()?;
    let now = cx.store.now();
    let last = cx.store.log().last()?;
    let memory = input.memory.clone().unwrap_or_else(|| NoticeMemory {
        since: Big(last.0),
        told: Vec::new(),
        last: None,
        digest: word::millis(now),
    });
    let told = Told {
        items: memory.told.iter().map(|id| Seq(id.0)).collect(),
        last: memory.last.map(|at| Time(at.0)),
        digest: Time(memory.digest.0),
    };
    let (news, since) = match state.config.notify.tells(NoticeKind::Done) {
        true => news(cx, Seq(memory.since.0), &told)?,
        // What nobody will ever be told need not be looked for again and again.
        false => (Vec::new(), last),
    };
    let things = things(&state, news);
    let items: Vec<Item> = things.values().map(|(item, _)| item.clone()).collect();
    let policy = &state.config.notify;
    let offset = cx.store.offset_s(policy.zone.as_deref());
    let plan = plan(&items, &told, policy, now, offset);
    let words = Words::new(cx, &state, &things)?;
    let first = words.notice(&plan.now, false);
    let digest = words.notice(&plan.digest, true);
    let show: Vec<_> = first.into_iter().chain(digest).collect();
    let is_open = |id: &Seq| things.contains_key(id);
    // News are over as soon as they are told; nothing is taken back of them.
    let was_asked = |id: &&Seq| {
        state.requests.contains_key(&RequestId(id.0)) || state.messages.contains_key(id)
    };
    let over = told.items.iter().filter(|id| !is_open(id));
    let over: Vec<_> = over.filter(was_asked).map(|id| Big(id.0)).collect();
    let kept = told.items.iter().filter(|id| is_open(id));
    let kept: BTreeSet<_> = kept.chain(&plan.now).chain(&plan.digest).collect();
    let told_now = !plan.now.is_empty();
    let waits = match input.explain {
        true => words.waits(&explain(&items, &told, policy, now, offset), policy),
        false => Vec::new(),
    };
    let quiet = policy.quiet.as_ref().filter(|_| input.explain);
    let quiet = quiet.map(|hours| QuietView {
        from: time_of_day(hours.from),
        to: time_of_day(hours.to),
        until: quiet_until(policy, now, offset).map(word::millis),
    });
    Ok(NoticesView {
        over,
        again: plan.again.map(word::millis),
        later: u32::try_from(plan.later).unwrap_or(u32::MAX),
        memory: NoticeMemory {
            since: Big(since.0),
            told: kept.into_iter().map(|id| Big(id.0)).collect(),
            last: told_now.then(|| word::millis(now)).or(memory.last),
            digest: if plan.digest.is_empty() {
                memory.digest
            } else {
                word::millis(now)
            },
        },
        show,
        waits,
        quiet,
    })
}

fn time_of_day(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Tasks that were done since, with where to begin the next time: before all that was not told yet.
fn news(cx: &Context, since: Seq, told: &Told) -> Result<(News, Seq), OpError> {
    let mut found = News::new();
    let mut at = since;
    loop {
        let page = cx.store.log().after(at, PAGE)?;
        let Some(last) = page.last() else { break };
        at = last.seq;
        for event in &page {
            if let Fact::HandedOff {
                task,
                leg: Leg::Approve,
                ..
            } = &event.fact
            {
                found.push((event.seq, event.at, task.clone()));
            }
        }
        let many = found.len().saturating_sub(MOST);
        found.drain(..many);
    }
    let untold = found.iter().find(|(seq, ..)| !told.items.contains(seq));
    let since = untold.map_or(at, |(seq, ..)| Seq(seq.0.saturating_sub(1)));
    found.retain(|(seq, ..)| *seq > since);
    Ok((found, since))
}

/// All that may be told: open requests, messages to the person, news.
fn things(state: &State, news: News) -> Things<'_> {
    let priority = |task: Option<&TaskId>| Some(state.cards.get(task?)?.priority);
    let mut things = Things::new();
    for request in state.open_requests() {
        let item = Item {
            id: Seq(request.id.0),
            kind: NoticeKind::of(&request.kind),
            since: request.since,
            priority: priority(request.task.as_ref()),
        };
        things.insert(item.id, (item, Thing::Asked(request)));
    }
    let person = "person".parse().ok();
    for message in state.messages.values() {
        if person.as_ref().is_some_and(|name| message.waits_for(name)) {
            let item = Item {
                id: message.id,
                kind: NoticeKind::Message,
                since: message.at,
                priority: priority(message.letter.task.as_ref()),
            };
            things.insert(item.id, (item, Thing::Written(message)));
        }
    }
    for (id, since, task) in news {
        let card = state.cards.get(&task);
        let item = Item {
            id,
            kind: NoticeKind::Done,
            since,
            priority: card.map(|card| card.priority),
        };
        let title = card.map_or_else(String::new, |card| card.title.clone());
        things.insert(id, (item, Thing::Done { task, title }));
    }
    things
}

/// Puts things into words.
struct Words<'a> {
    things: &'a Things<'a>,
    requests: BTreeMap<Seq, RequestView>,
    sound: bool,
}

impl<'a> Words<'a> {
    fn new(cx: &Context, state: &'a State, things: &'a Things<'a>) -> Result<Self, OpError> {
        let sight = Sight::new(cx, state)?;
        let base = requests::base_for(cx, state, state.open_requests())?;
        let requests = things.iter().filter_map(|(id, (_, thing))| match thing {
            Thing::Asked(request) => Some((*id, view::request(&sight, request, base.as_deref()))),
            _ => None,
        });
        Ok(Self {
            things,
            requests: requests.collect(),
            sound: state.config.notify.sound,
        })
    }

    /// One notice about all of these; none when there is nothing to tell.
    fn notice(&self, ids: &[Seq], digest: bool) -> Option<NoticeView> {
        let mut ids = ids.to_vec();
        ids.sort_by_key(|id| (std::cmp::Reverse(self.urgency(*id)), *id));
        let first = *ids.first()?;
        let (item, _) = self.things.get(&first)?;
        let alone = ids.len() == 1 && !digest;
        let tasks: BTreeSet<_> = ids.iter().map(|id| self.task(*id)).collect();
        let task = match tasks.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(task)] => Some(task.clone()),
            _ => None,
        };
        let (title, body) = match (digest, alone) {
            (true, _) => self.digest(&ids),
            (_, true) => self.one(first),
            _ => self.several(&ids),
        };
        Some(NoticeView {
            id: Big(first.0),
            kind: match (digest, alone) {
                (true, _) => NoticeWord::Digest,
                (_, true) => kind(item.kind),
                _ => NoticeWord::Several,
            },
            title,
            body,
            sound: self.sound && !digest,
            about: ids.iter().map(|id| Big(id.0)).collect(),
            request: alone.then(|| self.requests.get(&first).cloned()).flatten(),
            task,
        })
    }

    /// When each thing is told, and why not before; the most urgent first.
    fn waits(&self, when: &[(Seq, When)], policy: &Notify) -> Vec<NoticeWaitView> {
        let mut waits: Vec<_> = when
            .iter()
            .filter_map(|(id, when)| {
                let (item, _) = self.things.get(id)?;
                let (word, at, why) = because(*when, item.kind, policy);
                let view = NoticeWaitView {
                    id: Big(id.0),
                    kind: kind(item.kind),
                    text: self.one(*id).0,
                    when: word,
                    at: at.map(word::millis),
                    why,
                };
                Some((std::cmp::Reverse(self.urgency(*id)), view))
            })
            .collect();
        waits.sort_by_key(|(urgency, view)| (*urgency, view.id.0));
        waits.into_iter().map(|(_, view)| view).collect()
    }

    fn urgency(&self, id: Seq) -> u32 {
        self.requests.get(&id).map_or(0, |request| request.urgency)
    }

    fn task(&self, id: Seq) -> Option<String> {
        match &self.things.get(&id)?.1 {
            Thing::Asked(request) => request.task.as_ref().map(ToString::to_string),
            Thing::Written(message) => message.letter.task.as_ref().map(ToString::to_string),
            Thing::Done { task, .. } => Some(task.to_string()),
        }
    }

    fn one(&self, id: Seq) -> (String, String) {
        let Some((item, thing)) = self.things.get(&id) else {
            return Default::default();
        };
        match thing {
            Thing::Asked(_) => {
                let Some(view) = self.requests.get(&id) else {
                    return Default::default();
                };
                let about = view.task.as_deref().unwrap_or("The project");
                let title = format!("{about}: {}", line(&view.title));
                let more = [Some(view.detail.as_str()), view.urgency_why.as_deref()];
                let mut body = vec![head(item.kind).to_owned()];
                let more = more.into_iter().flatten().map(line);
                body.extend(more.filter(|text| !text.is_empty()));
                (title, body.join("\n"))
            }
            Thing::Written(message) => (
                format!("{} writes", message.from),
                line(&message.letter.text),
            ),
            Thing::Done { task, title } => (format!("{task} is done"), line(title)),
        }
    }

    /// `3 things wait for you`, with a line for each of the most urgent ones.
    fn several(&self, ids: &[Seq]) -> (String, String) {
        let asked = ids
            .iter()
            .filter(|id| self.requests.contains_key(id))
            .count();
        let title = match (asked, ids.len() - asked) {
            (0, _) => self.counts(ids),
            (asked, 0) => format!("{} you", wait_for(asked)),
            (asked, more) => format!("{} you, and {more} more", wait_for(asked)),
        };
        (title, self.lines(ids))
    }

    /// What the day brought, and what is still open.
    fn digest(&self, ids: &[Seq]) -> (String, String) {
        let open = self.requests.len();
        let title = match open {
            0 => self.counts(ids),
            open => format!("{} · {} you", self.counts(ids), wait_for(open)),
        };
        (title, self.lines(ids))
    }

    /// `2 done, 1 message`.
    fn counts(&self, ids: &[Seq]) -> String {
        let mut counts: BTreeMap<NoticeKind, usize> = BTreeMap::new();
        for (item, _) in ids.iter().filter_map(|id| self.things.get(id)) {
            *counts.entry(item.kind).or_default() += 1;
        }
        let counts = counts.into_iter().map(|(kind, count)| match kind {
            NoticeKind::Done => format!("{count} done"),
            kind => word::count(count, kind.word()),
        });
        counts.collect::<Vec<_>>().join(", ")
    }

    fn lines(&self, ids: &[Seq]) -> String {
        let mut lines: Vec<_> = ids
            .iter()
            .take(LINES)
            .map(|id| {
                let (title, _) = self.one(*id);
                match self.things.get(id) {
                    Some((item, Thing::Asked(_))) => format!("{}: {title}", item.kind.word()),
                    _ => title,
                }
            })
            .collect();
        let more = ids.len().saturating_sub(LINES);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines.join("\n")
    }
}

fn wait_for(count: usize) -> String {
    match count {
        1 => "1 thing waits for".to_owned(),
        count => format!("{count} things wait for"),
    }
}

/// What is asked, in a few words.
const fn head(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Review => "Ready for your review",
        NoticeKind::Permission => "An agent asks for permission",
        NoticeKind::Question => "An agent asks you",
        NoticeKind::Escalation => "It cannot go on without you",
        NoticeKind::Conflict => "There is a conflict",
        NoticeKind::Budget => "A budget is used up",
        NoticeKind::Message => "A message",
        NoticeKind::Done => "Done",
    }
}

/// When something is told, in words.
fn because(when: When, kind: NoticeKind, policy: &Notify) -> (WhenWord, Option<Time>, String) {
    let own = format!("`notify.{}: {}`", kind.word(), policy.manner(kind).word());
    match when {
        When::Told => (WhenWord::Told, None, "it was told".to_owned()),
        When::Now => (WhenWord::Now, None, own),
        When::Gathered(at) => (
            WhenWord::Later,
            Some(at),
            format!("{own}: gathered for {} s, told as one", policy.together_s),
        ),
        When::Quiet(at) => (
            WhenWord::Later,
            Some(at),
            "quiet hours; `notify.quiet.except` lets kinds through".to_owned(),
        ),
        When::Digest(Some(at)) => (WhenWord::Later, Some(at), format!("{own}: once a day")),
        When::Digest(None) => (
            WhenWord::Never,
            None,
            format!("{own}, but there is neither `notify.digest` nor `notify.quiet`"),
        ),
        When::Off => (WhenWord::Never, None, own),
    }
}

const fn kind(kind: NoticeKind) -> NoticeWord {
    match kind {
        NoticeKind::Review => NoticeWord::Review,
        NoticeKind::Permission => NoticeWord::Permission,
        NoticeKind::Question => NoticeWord::Question,
        NoticeKind::Escalation => NoticeWord::Escalation,
        NoticeKind::Conflict => NoticeWord::Conflict,
        NoticeKind::Budget => NoticeWord::Budget,
        NoticeKind::Message => NoticeWord::Message,
        NoticeKind::Done => NoticeWord::Done,
    }
}

/// The first line of a text, not too long, without control characters.
fn line(text: &str) -> String {
    let first = word::first_line(text);
    let clean = first.chars().filter(|c| !c.is_control());
    let short: String = clean.clone().take(LINE).collect();
    if clean.count() > LINE {
        format!("{short}…")
    } else {
        short
    }
}
