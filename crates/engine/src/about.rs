//! The state as far as a few tasks are concerned, so that a question about one of them costs no more when there are thousands.
//!
//! With them come all tasks that something is under way with: places, requests and limits are counted over those. What rests,
//! has not begun or is over and was not named is left out; whoever needs to know of every task asks for [`Store::state`].

use crate::{
    ports::{BoardRow, IndexedFile, PortResult, Problem},
    store::Store,
    told::read_board,
};
use orchestron_domain::{
    State, Status, TaskCard, TaskId,
    state::{Progress, Step},
};
use std::collections::{BTreeMap, BTreeSet};

impl Store {
    /// The state with these tasks, those they depend on, and all that something is under way with.
    ///
    /// # Errors
    /// When log, index or configuration cannot be read.
    pub fn about(&self, tasks: &BTreeSet<TaskId>) -> PortResult<State> {
        let state = self.story_about(tasks)?;
        // What is in progress or in review is under way even when nothing happens with it: its files are in use.
        let mut files = self.log.index_in(Status::InProgress)?;
        files.extend(self.log.index_in(Status::Review)?);
        let there: BTreeSet<TaskId> = files
            .iter()
            .filter_map(|file| Some(file.card.as_ref()?.id.clone()))
            .collect();
        let mut others: BTreeSet<TaskId> = at_work(&state).collect();
        others.retain(|task| !there.contains(task));
        others.extend(tasks.iter().cloned());
        files.extend(self.log.index_of_all(&others)?);
        self.seen(state, files, tasks)
    }

    /// The state with these tasks and where those stand that they depend on: enough to judge what is done with them. What the log
    /// keeps of runs, requests and messages is in it; how far other tasks are is not.
    ///
    /// # Errors
    /// When log, index or configuration cannot be read.
    pub fn of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<State> {
        self.seen(self.story_of(tasks)?, self.log.index_of_all(tasks)?, tasks)
    }

    /// A state with the cards of these files, and with where those tasks stand that `tasks` depend on.
    fn seen(
        &self,
        mut state: State,
        files: Vec<BoardRow>,
        tasks: &BTreeSet<TaskId>,
    ) -> PortResult<State> {
        let (cards, unclear, _) = read_board(files);
        state.cards = cards;
        state.unclear = unclear;
        self.add_held(&mut state);
        self.add_needs(&mut state, tasks.clone())?;
        self.observe_config(&mut state)?;
        Ok(state)
    }

    /// What the log says of runs, requests, messages and what is under way, with the configuration; no cards.
    ///
    /// # Errors
    /// When log or configuration cannot be read.
    pub fn going_on(&self) -> PortResult<State> {
        let mut state = self.story_about(&BTreeSet::new())?;
        self.observe_config(&mut state)?;
        Ok(state)
    }

    /// Files that are not told to be gone yet: nothing is done with their tasks meanwhile.
    fn add_held(&self, state: &mut State) {
        state.unclear.extend(self.hold.tasks.keys().cloned());
    }

    /// All that waits for a task and is not done, also by way of others.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn behind(&self, task: &TaskId) -> PortResult<BTreeSet<TaskId>> {
        let mut waiting: BTreeMap<String, Vec<String>> = BTreeMap::new();
        self.log.each_need(&mut |waits, needs| {
            for need in needs {
                waiting
                    .entry(need.to_owned())
                    .or_default()
                    .push(waits.to_owned());
            }
        })?;
        let (mut found, mut next) = (BTreeSet::new(), vec![task.to_string()]);
        while let Some(needed) = next.pop() {
            for waits in waiting.remove(&needed).into_iter().flatten() {
                found.extend(waits.parse::<TaskId>().ok());
                next.push(waits);
            }
        }
        Ok(found)
    }

    /// The state with what is under way, and the problems of all files. Whether other cards exist is not in it.
    ///
    /// # Errors
    /// When log, index or configuration cannot be read.
    pub fn in_flight(&self) -> PortResult<(State, Vec<Problem>)> {
        let mut state = self.story_about(&BTreeSet::new())?;
        let troubled = self.log.index_problems()?;
        let troubled = troubled.into_iter().map(BoardRow::from);
        let mut files = self.log.index_in(Status::InProgress)?;
        files.extend(self.log.index_of_all(&under_way(&state))?);
        let (cards, unclear, problems) = read_board(files.into_iter().chain(troubled));
        state.cards = cards;
        state.unclear = unclear;
        let all = state.cards.keys().cloned().collect();
        self.add_needs(&mut state, all)?;
        self.observe_config(&mut state)?;
        Ok((state, problems))
    }

    /// What the log knows of one task, whatever the files say.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn progress(&self, task: &TaskId) -> PortResult<Option<Progress>> {
        let mut story = self.story_of(&[task.clone()].into())?;
        Ok(story.tasks.remove(task))
    }

    /// Adds the cards of these tasks to a state that does not have all.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn add_tasks(&self, state: &mut State, tasks: &BTreeSet<TaskId>) -> PortResult<()> {
        let (cards, unclear, _) = read_board(self.log.index_of_all(tasks)?);
        state.cards.extend(cards);
        state.unclear.extend(unclear);
        Ok(())
    }

    /// Adds cards to a state that does not have all, and what they depend on.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn add_cards(
        &self,
        state: &mut State,
        cards: impl IntoIterator<Item = TaskCard>,
    ) -> PortResult<()> {
        let mut added = BTreeSet::new();
        for card in cards {
            added.insert(card.id.clone());
            state.cards.entry(card.id.clone()).or_insert(card);
        }
        self.add_needs(state, added)
    }

    /// Adds the cards of all that these tasks wait for, and of what those wait for.
    fn add_needs(&self, state: &mut State, tasks: BTreeSet<TaskId>) -> PortResult<()> {
        let mut waiting = tasks;
        while !waiting.is_empty() {
            let cards = waiting.iter().filter_map(|task| state.cards.get(task));
            let needs = cards
                .filter(|card| !card.status.is_over())
                .flat_map(|card| card.depends_on.iter().cloned());
            let mut wanted: BTreeSet<TaskId> = needs.collect();
            wanted.retain(|task| !state.cards.contains_key(task) && !state.unclear.contains(task));
            self.leave_out_what_is_done(state, &mut wanted)?;
            let (cards, unclear, _) = read_board(self.log.index_of_all(&wanted)?);
            waiting = cards.keys().cloned().collect();
            state.cards.extend(cards);
            state.unclear.extend(unclear);
        }
        Ok(())
    }

    /// Of a task that is done, nobody who waits for it has to know more than that: its row is not read.
    fn leave_out_what_is_done(
        &self,
        state: &mut State,
        wanted: &mut BTreeSet<TaskId>,
    ) -> PortResult<()> {
        let mut places: BTreeMap<TaskId, Vec<Status>> = BTreeMap::new();
        for (task, path) in self.log.places_of_all(wanted)? {
            let folder = path.split('/').next().and_then(Status::from_folder);
            places.entry(task).or_default().extend(folder);
        }
        for (task, statuses) in places {
            if statuses == [Status::Done] {
                wanted.remove(&task);
                let card = TaskCard::only_where(task.clone(), Status::Done);
                state.cards.insert(task, card);
            }
        }
        Ok(())
    }

    /// Tasks that are not over, in the order in which they get their turn, each with its place in that order: the next ones after a
    /// place, of those that are `wanted`.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn in_turn(
        &self,
        after: Option<i64>,
        limit: u32,
        wanted: &dyn Fn(&TaskId) -> bool,
    ) -> PortResult<Vec<(i64, IndexedFile)>> {
        self.log.index_in_turn(after, limit, wanted)
    }

    /// How many tasks stand in each folder: by the index while it is kept, else by the folders.
    ///
    /// # Errors
    /// When neither can be read.
    pub fn counts(&self) -> PortResult<BTreeMap<Status, u32>> {
        match self.is_kept()? {
            true => self.log.index_counts(),
            false => self.files.counts(),
        }
    }
}

/// Tasks with live runs, open requests or steps.
fn under_way(state: &State) -> BTreeSet<TaskId> {
    let asked = state.open_requests();
    at_work(state)
        .chain(asked.filter_map(|request| request.task.clone()))
        .collect()
}

/// Tasks with live runs or steps.
fn at_work(state: &State) -> impl Iterator<Item = TaskId> {
    let steps = state.tasks.iter();
    let steps = steps.filter(|(_, found)| found.step != Step::Idle);
    steps
        .map(|(task, _)| task.clone())
        .chain(state.live_runs().map(|run| run.task.clone()))
}
