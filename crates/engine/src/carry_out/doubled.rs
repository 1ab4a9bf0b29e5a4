//! What is told of an id that lies in several files: the core knows that it does, the index knows where.

use super::Outcome;
use crate::{engine::Engine, ports::OpenCommand};
use orchestron_domain::{Fact, TaskId, conflict::ConflictKind};

/// Files that are named.
const NAMED: usize = 8;

impl Engine {
    /// Notes a conflict, with the files of an id that lies in several of them.
    pub(super) fn note_conflict(
        &mut self,
        open: &OpenCommand,
        kind: ConflictKind,
        tasks: &[TaskId],
    ) -> Outcome {
        let mut told = self.finish(open)?;
        let [task] = tasks else {
            return Ok(told);
        };
        if kind != ConflictKind::Doubled || !self.state.unclear.contains(task) {
            return Ok(told);
        }
        let rows = self.ports.store.log().index_of(task)?;
        let files: Vec<_> = rows
            .iter()
            .map(|row| format!(".mcp/tasks/{}", row.path))
            .collect();
        if let (Some(words), [(_, Fact::ConflictFound { evidence, .. })]) =
            (words(task, &files), told.as_mut_slice())
        {
            *evidence = words;
        }
        Ok(told)
    }
}

/// What is seen; none when it is in one file only by now.
fn words(task: &TaskId, files: &[String]) -> Option<String> {
    let (last, others) = files.split_last()?;
    if others.is_empty() {
        return None;
    }
    let named = others.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" ({more} more)"),
    };
    Some(format!(
        "The id {task} is in {} files: {}{more} and {last}. Nothing is started for it until it is in one only: remove the others, or give them ids of their own.",
        files.len(),
        named.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn every_file_is_named_up_to_some() {
        let task = "TASK-7".parse().unwrap();
        let two = ["ready/TASK-007-a.md", "done/TASK-007-a.md"].map(str::to_owned);
        let told = words(&task, &two).unwrap();
        assert!(told.contains("2 files: ready/TASK-007-a.md and done/TASK-007-a.md."));
        assert_eq!(words(&task, &two[..1]), None);
        let many = ["x.md"; 12].map(str::to_owned);
        assert!(words(&task, &many).unwrap().contains("(3 more) and x.md"));
    }
}
