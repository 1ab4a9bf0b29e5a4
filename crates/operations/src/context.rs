//! What every operation works on, and who asks.

use crate::view::Sight;
use orchestron_domain::{Actor, Event, State, Status, TaskCard, TaskId, schedule::Wait};
use orchestron_engine::{
    Store, StoreError,
    ports::{EventFilter, Git, Keys, PortErrorKind, PortResult, Programs, RunLogs},
};
use std::{
    collections::BTreeSet,
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock},
};

/// How many events of the log are read at once.
const PAGE: u32 = 1_000;

/// What a project is, for people.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Absolute path of the folder that holds `.mcp/`.
    pub path: String,
    /// Its agents talk to the scripted model: nothing is sent anywhere.
    pub scripted: bool,
}

/// Who asks. Finding out may take a look at every process above ours, which whoever only looks at the board does not have to wait for: it
/// is done when somebody wants to know, once.
pub struct Asker(LazyLock<Actor, FindOut>);

type FindOut = Box<dyn FnOnce() -> Actor + Send>;

impl Asker {
    /// Who asks is found out by `find_out`, if it ever matters.
    pub fn found_by(find_out: impl FnOnce() -> Actor + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(find_out)))
    }
}

impl From<Actor> for Asker {
    fn from(actor: Actor) -> Self {
        Self::found_by(|| actor)
    }
}

impl Deref for Asker {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.0
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// One surface's access to one project.
pub struct Context {
    /// Files, log and index.
    pub store: Store,
    /// Git.
    pub git: Arc<dyn Git>,
    /// What runs have said.
    pub logs: Arc<dyn RunLogs>,
    /// API keys.
    pub keys: Arc<dyn Keys>,
    /// What can be started here.
    pub programs: Arc<dyn Programs>,
    /// The project.
    pub project: Project,
    /// Who asks: told by how they are connected.
    pub actor: Asker,
}

impl Context {
    /// Takes in what changed in the files. Where there is no room to write it down, what is known is good enough for looking. And where
    /// no engine runs, nobody else sees to it that the story of a large project is not gone through again with every question.
    ///
    /// # Errors
    /// When files or log cannot be read.
    pub fn look(&mut self) -> PortResult<()> {
        self.looking(Store::look)
    }

    /// The state of the project now: log, files, configuration. Whether it is a git repository is not in it: asking git takes a while,
    /// and few operations have to know.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn state(&mut self) -> Result<State, StoreError> {
        self.look()?;
        Ok(self.store.state()?)
    }

    /// What is needed to judge what is done with these tasks: their cards, where what they depend on stands, and what the log says of
    /// them, of runs, requests and messages. How far other tasks are is not in it; it takes no longer however many there are.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn of<'a>(
        &mut self,
        tasks: impl IntoIterator<Item = &'a TaskId>,
    ) -> Result<State, StoreError> {
        let tasks = tasks.into_iter().cloned().collect();
        self.look_at(&tasks)?;
        Ok(self.store.of(&tasks)?)
    }

    /// What the log says of runs, requests, messages, sessions and what is under way, with the configuration. No card is in it, and no
    /// file is looked at.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn story(&self) -> Result<State, StoreError> {
        Ok(self.store.going_on()?)
    }

    /// The state as far as these tasks and all that is under way are concerned: with them, what they depend on, and all that something is under way with. It
    /// takes no longer when thousands of others rest. For what is shown of a task; for what is done with it [`Self::of`] is enough.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn about<'a>(
        &mut self,
        tasks: impl IntoIterator<Item = &'a TaskId>,
    ) -> Result<State, StoreError> {
        self.look()?;
        Ok(self.store.about(&tasks.into_iter().cloned().collect())?)
    }

    /// What is needed to show one task: most often it alone. What others keep from being started, if anything does, is told by what is
    /// under way; and of what could start now all tasks are needed: who is before it?
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn shown(&mut self, task: &TaskId) -> Result<State, StoreError> {
        let state = self.of([task])?;
        let Some(card) = state.cards.get(task) else {
            return Ok(state);
        };
        if !others_count(&Sight::new(self, &state)?, card) {
            return Ok(state);
        }
        let state = self.about([task])?;
        let sight = Sight::new(self, &state)?;
        let first = |card| sight.running && sight.wait(card) == Wait::Next;
        match state.cards.get(task).is_some_and(first) {
            true => self.state(),
            false => Ok(state),
        }
    }

    /// Goes through all that the log says of a task, the newest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn back_through(
        &self,
        task: &TaskId,
        mut each: impl FnMut(Event),
    ) -> PortResult<()> {
        let mut before = None;
        loop {
            let page = self.store.log().recent(&EventFilter {
                task: Some(task.clone()),
                before,
                limit: PAGE,
            })?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            before = Some(last.seq);
            page.into_iter().for_each(&mut each);
        }
    }

    /// Takes in what changed in the files of these tasks, as [`Self::look`] does.
    fn look_at(&mut self, tasks: &BTreeSet<TaskId>) -> PortResult<()> {
        self.looking(|store| store.look_at(tasks))
    }

    fn looking(&mut self, look: impl FnOnce(&mut Store) -> PortResult<()>) -> PortResult<()> {
        let before = self.store.log().last()?;
        match look(&mut self.store) {
            Err(error) if error.kind == PortErrorKind::NoRoom => {}
            outcome => outcome?,
        }
        self.store.shorten(before)
    }
}

/// Whether what keeps a task from going on, if anything does, may be another one.
fn others_count(sight: &Sight<'_>, card: &TaskCard) -> bool {
    if card.status == Status::Review {
        return true;
    }
    match sight.wait(card) {
        Wait::UnderWay
        | Wait::Over
        | Wait::Request
        | Wait::Turn(_)
        | Wait::NobodyNamed(_)
        | Wait::Dependencies(_)
        | Wait::BackOff(_)
        | Wait::Paused
        | Wait::TaskPaused(_)
        | Wait::Untrusted
        | Wait::Unclear => false,
        Wait::Circle(_)
        | Wait::Parked(_)
        | Wait::Unfit(..)
        | Wait::AgentPaused(..)
        | Wait::Breaker(..)
        | Wait::AgentFull(..)
        | Wait::AccountFull(..)
        | Wait::Rate(_)
        | Wait::Budget(_)
        | Wait::InUse(..)
        | Wait::Behind(..)
        | Wait::StatusFull(..)
        | Wait::Full
        | Wait::Starting
        | Wait::Next => true,
    }
}
