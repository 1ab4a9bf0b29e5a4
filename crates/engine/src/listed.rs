//! The board for a list: a line for each task, of most of them no more than a line shows.
//!
//! In a large project most tasks are done, or rest: nothing has happened with them yet, and they wait for nothing but their holder, who
//! is no agent of ours. Of those the head of their row is read and kept in a few bytes; of the others there is all.

use crate::{
    ports::{Head, ListReader, PortResult, Problem},
    store::Store,
    told::{Reading, read_board},
};
use orchestron_domain::{
    AgentName, Holder, Priority, State, Status, TaskCard, TaskId, Time, schedule::leg_of,
    state::Progress,
};
use std::collections::BTreeSet;

/// A task that is done, or rests, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// The task.
    pub id: TaskId,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Which of the [kinds](Listed::kinds) it is of.
    pub kind: u16,
    /// Where its title lies.
    title: (u32, u32),
}

/// What is the same of all briefs that stand in one column and name the same agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The column.
    pub status: Status,
    /// Who the files name.
    pub agent: Option<AgentName>,
    /// One of those that rest: its card is in the state, and what is said of it is said of all.
    pub like: Option<TaskId>,
}

/// What a list shows.
#[derive(Debug, Default)]
pub struct Listed {
    /// The state, without the cards of briefs; of those in `done` that somebody waits for it knows that they are.
    pub state: State,
    /// What is done, newest first. Of the first ones there is all in the state, too.
    pub done: Vec<Brief>,
    /// What rests, in no order.
    pub resting: Vec<Brief>,
    /// The kinds of both.
    pub kinds: Vec<Kind>,
    /// What keeps files from being among the cards.
    pub problems: Vec<Problem>,
    titles: String,
}

impl Listed {
    /// The title of a brief.
    #[must_use]
    pub fn title(&self, brief: &Brief) -> &str {
        let (from, to) = brief.title;
        self.titles.get(from as usize..to as usize).unwrap_or("")
    }

    /// Of which kind a brief is.
    #[must_use]
    pub fn kind(&self, brief: &Brief) -> Option<&Kind> {
        self.kinds.get(usize::from(brief.kind))
    }
}

impl Store {
    /// What a list shows, with all that is known of the `full` newest tasks in `done`.
    ///
    /// # Errors
    /// When log, index or configuration cannot be read.
    pub fn listed(&self, full: usize) -> PortResult<Listed> {
        let mut state = self.story_about(&BTreeSet::new())?;
        self.observe_config(&mut state)?;
        // Files and needs decide only about agents that could be launched.
        let launches = state.config.agents.values().any(|one| one.cli.is_some());
        let mut rows = Rows::new(&state, self.hold.tasks.keys());
        self.log.each_listed(launches, &mut rows)?;
        let mut briefs = std::mem::take(&mut rows.briefs);
        let mut reading = rows.reading;
        let doubled = briefs.doubled(&reading);
        briefs.leave_out(&doubled);
        for row in self.log.index_of_all(&doubled)? {
            // Of several files of one id the first one counts.
            if let Some(card) = row.card
                && reading.add_doubled(&card)
            {
                briefs.first_of_doubled(&card);
            }
        }
        let again = self.log.index_of_all(reading.doubled())?;
        let over = reading.cards().filter(|card| card.status.is_over());
        let mut asked: BTreeSet<TaskId> = over.map(|card| card.id.clone()).collect();
        // What has no good file stands where the log says.
        asked.extend(reading.unclear().iter().cloned());
        self.add_progress(&mut state, &asked)?;
        let (cards, unclear, problems) = reading.end(again);
        state.cards = cards;
        state.unclear = unclear;
        state.unclear.extend(self.hold.tasks.keys().cloned());
        briefs.say_what_is_done(&mut state);
        let likes = briefs.likes();
        let (cards, _, _) = read_board(self.log.index_of_all(&likes)?);
        state.cards.extend(cards);
        let done = self.by_time(&mut briefs, &state)?;
        let newest = done.iter().take(full).map(|done| done.id.clone());
        self.read_whole(&mut state, newest.collect())?;
        Ok(Listed {
            state,
            done,
            resting: briefs.resting,
            kinds: briefs.kinds,
            problems,
            titles: briefs.titles,
        })
    }

    /// What is done, newest first.
    fn by_time(&self, briefs: &mut Briefs, state: &State) -> PortResult<Vec<Brief>> {
        let mut done: Vec<(Time, Brief)> = std::mem::take(&mut briefs.done)
            .into_iter()
            .map(|brief| (Time(0), brief))
            .collect();
        let mut places: Vec<(u64, usize)> = Vec::with_capacity(done.len());
        for (at, (_, brief)) in done.iter().enumerate() {
            places.push((briefs.keys.of(&brief.id), at));
        }
        places.sort_unstable();
        let mut put = |task: &TaskId, moved: Time| {
            let key = briefs.keys.known(task)?;
            let found = places.binary_search_by_key(&key, |(key, _)| *key).ok()?;
            let (_, at) = places.get(found)?;
            done.get_mut(*at).map(|(time, _)| *time = moved)
        };
        self.log.done_when(&mut |task, at| {
            put(&task, at);
        })?;
        for (task, found) in &state.tasks {
            put(task, found.moved);
        }
        done.sort_unstable_by(|(a_moved, a), (b_moved, b)| (b_moved, &b.id).cmp(&(a_moved, &a.id)));
        Ok(done.into_iter().map(|(_, brief)| brief).collect())
    }

    /// All that is known of some tasks in `done`.
    fn read_whole(&self, state: &mut State, tasks: BTreeSet<TaskId>) -> PortResult<()> {
        let (cards, _, _) = read_board(self.log.index_of_all(&tasks)?);
        for (task, card) in cards {
            if card.status == Status::Done {
                state.cards.insert(task, card);
            }
        }
        self.add_progress(state, &tasks)
    }

    /// Adds what the newest checkpoint knows of these tasks to a state that does not have all.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn add_progress(&self, state: &mut State, tasks: &BTreeSet<TaskId>) -> PortResult<()> {
        for (task, found) in self.log.progress_of(tasks)? {
            // What later events say is in the state already.
            state.tasks.entry(task).or_insert(found);
        }
        Ok(())
    }
}

/// The rows of the index, as they are told.
struct Rows<'a> {
    state: &'a State,
    /// Tasks the log speaks of, other than that they are there: of those there is all.
    busy: BTreeSet<&'a TaskId>,
    /// Tasks about which a person is asked: how many wait for them is counted.
    asked: BTreeSet<&'a TaskId>,
    reading: Reading,
    briefs: Briefs,
    /// Keys of what is done; its rows come first.
    done: Vec<u64>,
    is_sorted: bool,
    /// Whether those of a kind are for an agent that we start.
    launched: Vec<bool>,
}

impl<'a> Rows<'a> {
    fn new(state: &'a State, held: impl Iterator<Item = &'a TaskId>) -> Self {
        let moved = state.tasks.iter().filter(|(_, found)| has_begun(found));
        let asked: BTreeSet<&TaskId> = state
            .open_requests()
            .filter_map(|request| request.task.as_ref())
            .collect();
        let runs = state.runs.values().map(|run| &run.task);
        let conflicts = state.conflicts.values().flat_map(|found| &found.tasks);
        let busy = moved.map(|(task, _)| task).chain(runs).chain(conflicts);
        Self {
            busy: busy.chain(held).chain(asked.iter().copied()).collect(),
            asked,
            state,
            reading: Reading::default(),
            briefs: Briefs::default(),
            done: Vec::new(),
            is_sorted: false,
            launched: Vec::new(),
        }
    }

    /// Whether nothing has happened with a task, and it waits for nothing but its holder, who is no agent of ours.
    fn rests(&mut self, head: &Head<'_>) -> bool {
        if !self.is_sorted {
            self.done.sort_unstable();
            self.is_sorted = true;
        }
        let (done, keys) = (&self.done, &self.briefs.keys);
        let is_done = |need: &TaskId| {
            let key = keys.known(need);
            key.is_some_and(|key| done.binary_search(&key).is_ok())
        };
        let free = |need: &TaskId| *need == head.id || is_done(need);
        head.needs.iter().all(free)
            && !self.busy.contains(&head.id)
            && !head.needs.iter().any(|need| self.asked.contains(need))
    }
}

impl ListReader for Rows<'_> {
    fn is_enough(&mut self, head: &Head<'_>) -> bool {
        match head.status {
            Status::Done => {
                let Some(kind) = self.briefs.kind(head) else {
                    return false;
                };
                self.done.push(self.briefs.keys.of(&head.id));
                self.is_sorted = false;
                self.briefs.keep(head, kind);
                true
            }
            Status::Pending | Status::Ready => {
                let Some(kind) = self.briefs.kind(head) else {
                    return false;
                };
                while self.launched.len() < self.briefs.kinds.len() {
                    let one = self.briefs.kinds.get(self.launched.len());
                    let holder = one.and_then(|one| {
                        let leg = leg_of(one.status)?;
                        Some(self.state.config.holder(leg, one.agent.as_ref()))
                    });
                    self.launched
                        .push(matches!(holder, Some(Holder::Agent(_)) | None));
                }
                if self.launched.get(usize::from(kind)) != Some(&false) || !self.rests(head) {
                    return false;
                }
                self.briefs.keep(head, kind);
                true
            }
            Status::InProgress | Status::Review | Status::Failed => false,
        }
    }

    fn row(&mut self, path: &str, card: Option<TaskCard>, problem: Option<Problem>) {
        self.reading.add_parts(path, card, problem);
    }
}

/// Whether more is known of a task than that it is there.
fn has_begun(found: &Progress) -> bool {
    let fresh = Progress::new(found.status, found.moved);
    *found
        != Progress {
            went_on: found.went_on,
            ..fresh
        }
}

/// Briefs as they are collected.
#[derive(Default)]
struct Briefs {
    done: Vec<Brief>,
    resting: Vec<Brief>,
    kinds: Vec<Kind>,
    titles: String,
    keys: Keys,
}

impl Briefs {
    /// The kind of a task; none when there are too many, or it names an agent that has no name.
    fn kind(&mut self, head: &Head<'_>) -> Option<u16> {
        let is_it = |kind: &Kind| {
            kind.status == head.status && kind.agent.as_ref().map(AgentName::as_str) == head.agent
        };
        let at = match self.kinds.iter().position(is_it) {
            Some(at) => at,
            None => {
                self.kinds.push(Kind {
                    status: head.status,
                    agent: head.agent.map(str::parse).transpose().ok()?,
                    like: None,
                });
                self.kinds.len() - 1
            }
        };
        u16::try_from(at).ok()
    }

    fn keep(&mut self, head: &Head<'_>, kind: u16) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let from = place(self.titles.len());
        self.titles.push_str(&head.title);
        let brief = Brief {
            id: head.id.clone(),
            status: head.status,
            priority: head.priority,
            kind,
            title: (from, place(self.titles.len())),
        };
        match head.status {
            Status::Done => self.done.push(brief),
            _ => self.resting.push(brief),
        }
    }

    /// Ids that were met as a brief and once more.
    fn doubled(&mut self, reading: &Reading) -> BTreeSet<TaskId> {
        let briefs = self.done.iter().chain(&self.resting).map(|brief| &brief.id);
        let mut keys: Vec<u64> = Vec::new();
        for id in briefs.chain(reading.met()) {
            keys.push(self.keys.of(id));
        }
        keys.sort_unstable();
        let twice: BTreeSet<u64> = keys
            .windows(2)
            .filter_map(|pair| match pair {
                [one, other] if one == other => Some(*one),
                _ => None,
            })
            .collect();
        if twice.is_empty() {
            return BTreeSet::new();
        }
        let is_doubled = |id: &&TaskId| self.keys.known(id).is_some_and(|key| twice.contains(&key));
        let briefs = self.done.iter().chain(&self.resting).map(|brief| &brief.id);
        briefs.filter(is_doubled).cloned().collect()
    }

    fn leave_out(&mut self, tasks: &BTreeSet<TaskId>) {
        if !tasks.is_empty() {
            self.done.retain(|brief| !tasks.contains(&brief.id));
            self.resting.retain(|brief| !tasks.contains(&brief.id));
        }
    }

    /// Should the file that counts lie in `done`, that is what is listed.
    fn first_of_doubled(&mut self, card: &TaskCard) {
        if card.status != Status::Done {
            return;
        }
        let head = Head {
            id: card.id.clone(),
            status: card.status,
            title: card.title.as_str().into(),
            priority: card.priority,
            agent: card.agent.as_ref().map(AgentName::as_str),
            needs: &card.depends_on,
        };
        if let Some(kind) = self.kind(&head) {
            self.keep(&head, kind);
        }
    }

    /// Says in the state that those are done that are, as far as anything in it asks.
    fn say_what_is_done(&self, state: &mut State) {
        let mut done: Vec<u64> = self
            .done
            .iter()
            .filter_map(|brief| self.keys.known(&brief.id))
            .collect();
        done.sort_unstable();
        let cards = state.cards.values().filter(|card| !card.status.is_over());
        let needs = cards.flat_map(|card| card.depends_on.iter());
        let conflicts = state.conflicts.values().flat_map(|found| &found.tasks);
        let asked = state
            .requests
            .values()
            .filter_map(|request| request.task.as_ref());
        let runs = state.runs.values().map(|run| &run.task);
        let named = needs
            .chain(conflicts)
            .chain(asked)
            .chain(runs)
            .chain(state.tasks.keys());
        let is_done = |task: &&TaskId| {
            let key = self.keys.known(task);
            key.is_some_and(|key| done.binary_search(&key).is_ok())
                && !state.cards.contains_key(*task)
        };
        let named: BTreeSet<TaskId> = named.filter(is_done).cloned().collect();
        for task in named {
            let card = TaskCard::only_where(task.clone(), Status::Done);
            state.cards.insert(task, card);
        }
    }

    /// One task of each kind that rests; it is no brief any more.
    fn likes(&mut self) -> BTreeSet<TaskId> {
        for brief in &self.resting {
            if let Some(kind) = self.kinds.get_mut(usize::from(brief.kind)) {
                kind.like.get_or_insert_with(|| brief.id.clone());
            }
        }
        let likes: BTreeSet<TaskId> = self
            .kinds
            .iter()
            .filter_map(|kind| kind.like.clone())
            .collect();
        self.resting.retain(|brief| !likes.contains(&brief.id));
        likes
    }
}

/// Ids as numbers, which are compared faster.
#[derive(Default)]
struct Keys {
    prefixes: Vec<String>,
}

impl Keys {
    fn of(&mut self, id: &TaskId) -> u64 {
        if let Some(key) = self.known(id) {
            return key;
        }
        self.prefixes.push(id.prefix().to_owned());
        self.known(id).unwrap_or_default()
    }

    /// None when no id with its prefix was met.
    fn known(&self, id: &TaskId) -> Option<u64> {
        let prefix = id.prefix();
        let at = self.prefixes.iter().position(|known| known == prefix)?;
        Some((u64::try_from(at).ok()? << 32) | u64::from(id.number()))
    }
}
