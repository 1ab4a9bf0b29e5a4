//! The board for a list: all that is open, and of what is done no more than a line shows.
//!
//! In an old project most tasks are done. Their cards and their progress are not read for a list, but for the few newest ones.

use crate::{
    ports::{PortResult, Problem},
    store::Store,
    told::{Reading, read_board},
};
use orchestron_domain::{Priority, State, Status, TaskId, Time};
use std::{
    cell::RefCell,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// A task in `done`, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The task.
    pub id: TaskId,
    /// Its title.
    pub title: Box<str>,
    /// How urgent it was.
    pub priority: Priority,
    /// Whether the file names the agent that was asked for.
    pub is_theirs: bool,
}

/// What a list shows.
#[derive(Debug, Default)]
pub struct Listed {
    /// The state. Of most tasks in `done` it knows only that they are.
    pub state: State,
    /// What is done, newest first.
    pub done: Vec<Done>,
    /// What keeps files from being among the cards.
    pub problems: Vec<Problem>,
}

impl Store {
    /// What a list shows, with all that is known of the `full` newest tasks in `done`.
    ///
    /// # Errors
    /// When log, index or configuration cannot be read.
    pub fn listed(&self, agent: Option<&str>, full: usize) -> PortResult<Listed> {
        let mut done: BTreeMap<TaskId, (Time, Done)> = BTreeMap::new();
        let mut asked = BTreeSet::new();
        let reading = RefCell::new(Reading::default());
        let mut state = State::default();
        self.observe_config(&mut state)?;
        let (config, trusted) = (state.config, state.trusted);
        // Files and needs decide only about agents that could be launched.
        let launches = config.agents.values().any(|agent| agent.cli.is_some());
        self.log.each_listed(
            launches,
            &mut |row| {
                reading.borrow_mut().add_done(row.id.clone());
                let shown = Done {
                    id: row.id.clone(),
                    title: row.title.into(),
                    priority: row.priority,
                    is_theirs: agent.is_some() && row.agent == agent,
                };
                done.entry(row.id).or_insert((Time(0), shown));
            },
            &mut |path, card, problem| {
                if let Some(card) = card.as_ref().filter(|card| card.status.is_over()) {
                    asked.insert(card.id.clone());
                }
                reading.borrow_mut().add_parts(path, card, problem);
            },
        )?;
        let reading = reading.into_inner();
        let again = self.log.index_of_all(reading.doubled())?;
        // What has no good file stands where the log says.
        asked.extend(reading.unclear().iter().cloned());
        let mut state = self.story_about(&asked)?;
        (state.config, state.trusted) = (config, trusted);
        let (cards, unclear, problems) = reading.end(again);
        state.cards = cards;
        state.unclear = unclear;
        state.unclear.extend(self.hold.tasks.keys().cloned());
        // A card that is not in `done` was met first.
        let in_done =
            |task: &TaskId| state.cards.get(task).map(|card| card.status) == Some(Status::Done);
        done.retain(|task, _| in_done(task));
        self.log.done_when(&mut |task, at| {
            if let Some((moved, _)) = done.get_mut(&task) {
                *moved = at;
            }
        })?;
        for (task, (moved, _)) in &mut done {
            if let Some(found) = state.tasks.get(task) {
                *moved = found.moved;
            }
        }
        let mut done: Vec<(Time, Done)> = done.into_values().collect();
        done.sort_unstable_by(|(a_moved, a), (b_moved, b)| {
            (Reverse(a_moved), Reverse(&a.id)).cmp(&(Reverse(b_moved), Reverse(&b.id)))
        });
        let done: Vec<Done> = done.into_iter().map(|(_, done)| done).collect();
        let newest = done.iter().take(full).map(|done| done.id.clone());
        self.read_whole(&mut state, newest.collect())?;
        Ok(Listed {
            state,
            done,
            problems,
        })
    }

    /// All that is known of some tasks in `done`.
    fn read_whole(&self, state: &mut State, tasks: BTreeSet<TaskId>) -> PortResult<()> {
        let (cards, _, _) = read_board(self.log.index_of_all(&tasks)?);
        for (task, card) in cards {
            if card.status == Status::Done {
                state.cards.insert(task, card);
            }
        }
        for (task, found) in self.log.progress_of(&tasks)? {
            // What later events say is in the state already.
            state.tasks.entry(task).or_insert(found);
        }
        Ok(())
    }
}
