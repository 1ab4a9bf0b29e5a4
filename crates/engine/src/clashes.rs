//! Looking at what branches touch, and at what merging them would run into.

use crate::{
    carry_out::Outcome,
    context::base_branch,
    engine::Engine,
    ports::{Heard, Look, Worktree},
    store::StoreError,
};
use orchestron_domain::{Actor, Command, CommitId, Fact, Leg, Run, TaskId, Time, signal::Signal};
use std::collections::{BTreeMap, BTreeSet};

/// The work of one run is looked at this often at most, in milliseconds.
const LOOK_EVERY_MS: i64 = 30_000;
/// What is told before a tool is used is looked at when it has had so long to do its work, in milliseconds.
const LOOK_AFTER_MS: i64 = 2_000;
/// What was seen when work was committed is good for so long, in milliseconds: nobody is at work there then.
const SEEN_FOR_MS: i64 = 1_000;
/// Tools that change files, by the first word of what an agent does.
const CHANGE_FILES: [&str; 5] = ["Edit", "MultiEdit", "Write", "NotebookEdit", "Bash"];

/// Whose work is to be looked at when, and when it was looked at. Only a hint, so it is not in the log: work that is committed is looked at
/// anyway.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    wanted: BTreeMap<TaskId, Time>,
    last: BTreeMap<TaskId, Time>,
    /// What was seen when work was committed, for the look that follows from it.
    seen: Option<(Time, TaskId, Touched)>,
}

/// The tip of a branch, and the files it touches.
type Touched = (Option<CommitId>, BTreeSet<String>);

impl Looks {
    /// Notes what a run has just said: when it changes files, its work is to be looked at.
    pub fn heard(&mut self, run: &Run, look: &Look, now: Time) {
        let changes = |heard: &Heard| match &heard.signal {
            Signal::Alive { doing } => {
                let tool = doing.split(' ').next().unwrap_or_default();
                CHANGE_FILES.contains(&tool)
            }
            _ => false,
        };
        if run.leg() != Some(Leg::Implement) || !look.heard.iter().any(changes) {
            return;
        }
        let soon = now.plus_millis(LOOK_AFTER_MS);
        let last = self.last.get(&run.task);
        let at = last.map_or(soon, |last| soon.max(last.plus_millis(LOOK_EVERY_MS)));
        self.wanted.entry(run.task.clone()).or_insert(at);
    }

    /// Looks whose time has come.
    pub fn due(&self, now: Time) -> impl Iterator<Item = Command> {
        let due = self.wanted.iter().filter(move |(_, at)| **at <= now);
        due.map(|(task, _)| Command::LookAtWork { task: task.clone() })
    }

    /// When the next look is due; none while no file is changed.
    pub fn next(&self) -> Option<Time> {
        self.wanted.values().min().copied()
    }

    /// Keeps what was seen of a task's work when it was committed.
    pub fn saw(&mut self, now: Time, task: &TaskId, touched: Touched) {
        self.seen = Some((now, task.clone(), touched));
    }

    /// What was just seen of it; told once.
    fn just_seen(&mut self, now: Time, task: &TaskId) -> Option<Touched> {
        let (at, _, touched) = self.seen.take_if(|(_, of, _)| of == task)?;
        (0..SEEN_FOR_MS).contains(&now.since(at)).then_some(touched)
    }

    fn looked(&mut self, task: &TaskId, now: Time) {
        self.wanted.remove(task);
        self.last.retain(|_, last| now.since(*last) < LOOK_EVERY_MS);
        self.last.insert(task.clone(), now);
    }
}

impl Engine {
    /// Which files a task's branch really touches, uncommitted ones included.
    pub(crate) fn look_at_work(&mut self, task: &TaskId) -> Outcome {
        let now = self.ports.clock.now();
        self.looks.looked(task, now);
        let tree = self.known_tree(task)?;
        let (tip, files) = match tree {
            Some(tree) if tree.branch.is_some() => {
                let tip = self.ports.git.tip(&tree)?;
                let seen = self.looks.just_seen(now, task);
                match seen.filter(|(of, _)| *of == tip) {
                    Some(seen) => seen,
                    None => {
                        let (store, git) = (&self.ports.store, self.ports.git.as_ref());
                        let base = base_branch(store, git, &self.state)?;
                        (tip, self.ports.git.touched(&tree, &base)?)
                    }
                }
            }
            _ => (None, BTreeSet::new()),
        };
        let known = self.state.tasks.get(task);
        let known = known.and_then(|found| found.touched.as_ref());
        let fact = if known.is_some_and(|known| known.tip == tip && known.files == files) {
            Fact::CommandDone {
                what: format!("{task} touches the same files as before"),
            }
        } else {
            let task = task.clone();
            Fact::WorkSeen { task, tip, files }
        };
        Ok(vec![(Actor::Engine, fact)])
    }

    /// What merging two branches would run into.
    pub(crate) fn forecast(
        &mut self,
        one: &(TaskId, CommitId),
        other: &(TaskId, CommitId),
    ) -> Outcome {
        let files = self.ports.git.forecast_pair(&one.1, &other.1)?;
        let (one, other) = (one.clone(), other.clone());
        Ok(vec![(
            Actor::Engine,
            Fact::Forecasted { one, other, files },
        )])
    }

    /// Brings a task's branch up to its base.
    pub(crate) fn catch_up(&mut self, task: &TaskId) -> Outcome {
        let Some(tree) = self.known_tree(task)?.filter(|tree| tree.branch.is_some()) else {
            let (task, tip, files) = (task.clone(), None, Vec::new());
            return Ok(vec![(Actor::Engine, Fact::CaughtUp { task, tip, files })]);
        };
        let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
        let (tip, files) = self.ports.git.catch_up(&tree, &base)?;
        if let Some(tip) = tip.as_ref().filter(|_| files.is_empty()) {
            self.ports.store.edit(task, |file| {
                file.set_git_context(None, Some(&tip.0), None).map(|_| ())
            })?;
        }
        let task = task.clone();
        Ok(vec![(Actor::Engine, Fact::CaughtUp { task, tip, files })])
    }

    fn known_tree(&self, task: &TaskId) -> Result<Option<Worktree>, StoreError> {
        let place = self
            .state
            .tasks
            .get(task)
            .and_then(|found| found.place.as_ref());
        match place {
            Some(place) => Ok(Some(Worktree::from(place))),
            None => Ok(self.ports.git.find_worktree(task)?),
        }
    }
}
