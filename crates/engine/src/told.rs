//! What an index says: the board, and what people did between two looks at the files.

use crate::ports::{IndexedFile, Problem, Scan};
use orchestron_domain::{Fact, Status, TaskId, task_file::id_from_file_name};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer moved tasks than this are never taken for a branch switch.
const SWITCH_MIN: usize = 10;

pub fn doubled(task: &TaskId, file: &IndexedFile) -> Problem {
    Problem {
        path: format!(".mcp/tasks/{}", file.path),
        line: None,
        what: format!("the id {task} is in more than one file"),
        cure: "keep one of the files and give the other a new id, or delete it".into(),
    }
}

/// Cards, unclear ids and problems of an index.
pub fn read_board(index: &BTreeMap<String, IndexedFile>) -> crate::store::Board {
    let (mut cards, mut unclear, mut problems) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    let mut first: BTreeMap<TaskId, &IndexedFile> = BTreeMap::new();
    for file in index.values() {
        let id = file
            .card
            .as_ref()
            .map(|card| card.id.clone())
            .or_else(|| id_from_file_name(file.path.rsplit('/').next().unwrap_or("")));
        problems.extend(file.problem.clone());
        let Some(id) = id else { continue };
        if let Some(other) = first.insert(id.clone(), file) {
            if other.problem.is_none() {
                problems.push(doubled(&id, other));
            }
            if file.problem.is_none() {
                problems.push(doubled(&id, file));
            }
            unclear.insert(id.clone());
        }
        match &file.card {
            Some(card) => {
                cards.entry(id).or_insert_with(|| card.clone());
            }
            None => {
                unclear.insert(id);
            }
        }
    }
    problems.dedup();
    (cards, unclear, problems)
}

/// What people did, told by the difference between the index and the files.
pub fn told_by_files(known: &BTreeMap<String, IndexedFile>, scan: &Scan) -> Vec<Fact> {
    let mut facts = Vec::new();
    let before = place_of_ids(known.values());
    let gone: BTreeSet<&String> = scan.gone.iter().collect();
    let mut after: BTreeMap<String, &IndexedFile> = known
        .iter()
        .filter(|(path, _)| !gone.contains(path))
        .map(|(p, f)| (p.clone(), f))
        .collect();
    after.extend(scan.changed.iter().map(|file| (file.path.clone(), file)));
    let now = place_of_ids(after.into_values());
    for (task, (status, title)) in &now {
        match before.get(task) {
            None => facts.push(Fact::TaskCreated {
                task: task.clone(),
                title: title.clone(),
                status: *status,
            }),
            Some((old, _)) if old != status => facts.push(Fact::TaskMoved {
                task: task.clone(),
                from: *old,
                to: *status,
            }),
            Some(_) => {}
        }
    }
    for (task, (status, _)) in &before {
        if !now.contains_key(task) {
            facts.push(Fact::TaskRemoved {
                task: task.clone(),
                status: *status,
            });
        }
    }
    let moved = facts
        .iter()
        .filter(|fact| !matches!(fact, Fact::TaskCreated { .. }))
        .count();
    if moved >= SWITCH_MIN && moved * 3 > before.len() {
        facts.insert(0, Fact::Paused { scope: orchestron_domain::event::Scope::All, why: format!("{moved} of {} tasks moved or vanished at once, as after a branch switch; look at the board and resume when it is right", before.len()) });
    }
    facts
}

/// Where each id lies and its title. An id whose file cannot be read right now still lies where its file is.
fn place_of_ids<'a>(
    files: impl Iterator<Item = &'a IndexedFile>,
) -> BTreeMap<TaskId, (Status, String)> {
    let mut places = BTreeMap::new();
    for file in files {
        let (folder, name) = file.path.split_once('/').unwrap_or(("", &file.path));
        let card = file.card.as_ref();
        let id = card
            .map(|card| card.id.clone())
            .or_else(|| id_from_file_name(name));
        if let (Some(id), Some(status)) = (id, Status::from_folder(folder)) {
            places.entry(id).or_insert((
                status,
                card.map_or_else(String::new, |card| card.title.clone()),
            ));
        }
    }
    places
}
