//! Money: what a task, a day and the project may cost, and what live runs may still cost.

use crate::TaskId;
use serde::{Deserialize, Serialize};

/// What a budget is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum BudgetScope {
    /// One task.
    Task(TaskId),
    /// One day (days since 1970, UTC).
    Day(i64),
    /// The whole project.
    Project,
}

/// Why a text names no budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no budget: write project, day:20000 or task:TASK-7")]
pub struct NoScope(String);

impl From<BudgetScope> for String {
    fn from(scope: BudgetScope) -> Self {
        match scope {
            BudgetScope::Task(task) => format!("task:{task}"),
            BudgetScope::Day(day) => format!("day:{day}"),
            BudgetScope::Project => "project".to_owned(),
        }
    }
}

impl TryFrom<String> for BudgetScope {
    type Error = NoScope;

    fn try_from(text: String) -> Result<Self, NoScope> {
        let no = || NoScope(text.clone());
        match text.split_once(':') {
            None if text == "project" => Ok(Self::Project),
            Some(("day", day)) => day.parse().map(Self::Day).map_err(|_| no()),
            Some(("task", task)) => task.parse().map(Self::Task).map_err(|_| no()),
            _ => Err(no()),
        }
    }
}
