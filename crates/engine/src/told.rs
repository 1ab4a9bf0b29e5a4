//! What an index says: the board, and what people did between two looks at the files.

use crate::{
    ports::{BoardRow, IndexedFile, KnownFiles, Problem, Scan},
    store::Board,
};
use orchestron_domain::{Fact, Status, TaskCard, TaskId, task_file::id_from_file_name};
use std::collections::{BTreeMap, BTreeSet};

pub fn doubled(task: &TaskId, file: &IndexedFile) -> Problem {
    doubled_at(task, &file.path)
}

fn doubled_at(task: &TaskId, path: &str) -> Problem {
    Problem {
        path: format!(".mcp/tasks/{path}"),
        line: None,
        what: format!("the id {task} is in more than one file"),
        cure: "keep one of the files and give the other a new id, or delete it".into(),
    }
}

/// Cards, unclear ids and problems of some rows of the index.
pub fn read_board(rows: impl IntoIterator<Item = BoardRow>) -> Board {
    // By path, each once: whoever asks has put them together from several lists.
    let rows: BTreeMap<String, BoardRow> = rows
        .into_iter()
        .map(|row| (row.path.clone(), row))
        .collect();
    let mut met = BTreeSet::new();
    let ids = rows.values().filter_map(id_of);
    let doubled: BTreeSet<TaskId> = ids.filter(|id| !met.insert(id.clone())).collect();
    let is_doubled = |row: &&BoardRow| id_of(row).is_some_and(|id| doubled.contains(&id));
    let again: Vec<BoardRow> = match doubled.is_empty() {
        true => Vec::new(),
        false => rows.values().filter(is_doubled).cloned().collect(),
    };
    let mut reading = Reading::default();
    rows.into_values().for_each(|row| reading.add(row));
    reading.end(again)
}

/// The task a row is about: what its card says, else what its name claims.
fn id_of(row: &BoardRow) -> Option<TaskId> {
    let card = row.card.as_ref().map(|card| card.id.clone());
    card.or_else(|| id_in(&row.path))
}

/// A board that is being read, row by row in the order of their paths.
#[derive(Default)]
pub struct Reading {
    cards: BTreeMap<TaskId, TaskCard>,
    unclear: BTreeSet<TaskId>,
    problems: Vec<Problem>,
    doubled: BTreeSet<TaskId>,
}

impl Reading {
    /// Takes a row in.
    pub fn add(&mut self, row: BoardRow) {
        self.add_parts(&row.path, row.card, row.problem);
    }

    /// Takes in a row of which no more is known.
    pub fn add_parts(&mut self, path: &str, card: Option<TaskCard>, problem: Option<Problem>) {
        self.problems.extend(problem);
        let id = card.as_ref().map(|card| card.id.clone());
        let Some(id) = id.or_else(|| id_in(path)) else {
            return;
        };
        self.meet(&id);
        match card {
            Some(card) => {
                self.cards.entry(id).or_insert(card);
            }
            None => {
                self.unclear.insert(id);
            }
        }
    }

    fn meet(&mut self, id: &TaskId) {
        if self.cards.contains_key(id) || self.unclear.contains(id) {
            self.doubled.insert(id.clone());
            self.unclear.insert(id.clone());
        }
    }

    /// Takes in the first card of an id that was met more than once, some of these times elsewhere. Whether it is the first.
    pub fn add_doubled(&mut self, card: &TaskCard) -> bool {
        self.unclear.insert(card.id.clone());
        let first = self.doubled.insert(card.id.clone());
        if first {
            self.cards.insert(card.id.clone(), card.clone());
        }
        first
    }

    /// The cards so far.
    pub fn cards(&self) -> impl Iterator<Item = &TaskCard> {
        self.cards.values()
    }

    /// Ids that were met so far, some of them twice.
    pub fn met(&self) -> impl Iterator<Item = &TaskId> {
        let bad = self.unclear.iter();
        let bad = bad.filter(|task| !self.cards.contains_key(*task));
        self.cards.keys().chain(bad)
    }

    /// Ids that were met more than once.
    pub const fn doubled(&self) -> &BTreeSet<TaskId> {
        &self.doubled
    }

    /// Ids that are unclear so far.
    pub const fn unclear(&self) -> &BTreeSet<TaskId> {
        &self.unclear
    }

    /// What was read; `again` are all rows of the [doubled](Self::doubled) ids.
    pub fn end(mut self, again: Vec<BoardRow>) -> Board {
        for row in again.into_iter().filter(|row| row.problem.is_none()) {
            if let Some(id) = id_of(&row) {
                self.problems.push(doubled_at(&id, &row.path));
            }
        }
        self.problems.dedup();
        // Rows come in the order of their paths: put in one after the other, cards leave much of the map empty. This fills it.
        let cards = self.cards.into_iter().collect();
        (cards, self.unclear, self.problems)
    }
}

/// What people did, told by the difference between the index and the files.
pub fn told_by_files(known: &KnownFiles, scan: &Scan) -> Vec<Fact> {
    let mut facts = Vec::new();
    let title = |file: &IndexedFile| file.card.as_ref().map(|card| card.title.clone());
    let titles: BTreeMap<&str, String> = scan
        .changed
        .iter()
        .filter_map(|file| Some((file.path.as_str(), title(file)?)))
        .collect();
    let before = place_of_ids(known.keys().map(String::as_str));
    let gone: BTreeSet<&str> = scan.gone.iter().map(String::as_str).collect();
    let still = known.keys().map(String::as_str);
    let still = still.filter(|path| !gone.contains(path));
    let paths: BTreeSet<&str> = still
        .chain(scan.changed.iter().map(|file| file.path.as_str()))
        .collect();
    let now = place_of_ids(paths.into_iter());
    for (task, (status, path)) in &now {
        match before.get(task) {
            None => facts.push(Fact::TaskCreated {
                task: task.clone(),
                title: titles.get(path).cloned().unwrap_or_default(),
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
    facts
}

/// Takes out of a scan what is told later, so that the next one finds it again.
pub fn leave_out(tasks: &BTreeSet<TaskId>, scan: &mut Scan, facts: &mut Vec<Fact>) {
    if tasks.is_empty() {
        return;
    }
    let is_of = |path: &str| id_in(path).is_some_and(|id| tasks.contains(&id));
    scan.changed.retain(|file| !is_of(&file.path));
    scan.gone.retain(|path| !is_of(path));
    facts.retain(|fact| !fact.task().is_some_and(|task| tasks.contains(task)));
}

/// How many tasks an index has.
pub fn tasks_in(known: &KnownFiles) -> usize {
    let ids = known.keys().filter_map(|path| id_in(path));
    ids.collect::<BTreeSet<_>>().len()
}

fn id_in(path: &str) -> Option<TaskId> {
    id_from_file_name(path.rsplit('/').next()?)
}

/// Where each id lies, by its file's name, which the heading must agree with; in the order of the paths, the first of several.
fn place_of_ids<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeMap<TaskId, (Status, &'a str)> {
    let mut places = BTreeMap::new();
    for path in paths {
        let (folder, name) = path.split_once('/').unwrap_or(("", path));
        if let (Some(id), Some(status)) = (id_from_file_name(name), Status::from_folder(folder)) {
            places.entry(id).or_insert((status, path));
        }
    }
    places
}
