//! Looking at what branches touch, and at what merging them would run into.

use crate::{
    carry_out::Outcome, context::base_branch, engine::Engine, ports::Worktree, store::StoreError,
};
use orchestron_domain::{Actor, CommitId, Fact, TaskId};
use std::collections::BTreeSet;

impl Engine {
    /// Which files a task's branch really touches, uncommitted ones included.
    pub(crate) fn look_at_work(&mut self, task: &TaskId) -> Outcome {
        let tree = self.known_tree(task)?;
        let (tip, files) = match tree {
            Some(tree) if tree.branch.is_some() => {
                let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
                (
                    self.ports.git.tip(&tree)?,
                    self.ports.git.touched(&tree, &base)?,
                )
            }
            _ => (None, BTreeSet::new()),
        };
        let task = task.clone();
        Ok(vec![(Actor::Engine, Fact::WorkSeen { task, tip, files })])
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
