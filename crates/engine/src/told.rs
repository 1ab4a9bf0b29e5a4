//! What an index says: the board, and what people did between two looks at the files.

use crate::{
    ports::{IndexedFile, KnownFiles, Problem, Scan},
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
pub fn read_board(files: impl IntoIterator<Item = IndexedFile>) -> Board {
    let mut reading = Reading::default();
    // By path, each once: whoever asks has put them together from several lists.
    let files: BTreeMap<String, IndexedFile> = files
        .into_iter()
        .map(|file| (file.path.clone(), file))
        .collect();
    files.into_values().for_each(|file| reading.add(file));
    reading.end()
}

/// A board that is being read, row by row in the order of their paths.
#[derive(Default)]
pub struct Reading {
    cards: BTreeMap<TaskId, TaskCard>,
    unclear: BTreeSet<TaskId>,
    problems: Vec<Problem>,
    /// The path of the first file of each id that has no card, and of each that was met; so that a second one is noticed.
    first: BTreeMap<TaskId, (String, bool)>,
}

impl Reading {
    /// Takes a row in.
    pub fn add(&mut self, file: IndexedFile) {
        let IndexedFile {
            path,
            card,
            problem,
            ..
        } = file;
        let fine = problem.is_none();
        self.problems.extend(problem);
        let name = path.rsplit('/').next().unwrap_or("");
        let id = card.as_ref().map(|card| card.id.clone());
        let Some(id) = id.or_else(|| id_from_file_name(name)) else {
            return;
        };
        if let Some((other, other_fine)) = self.first.get(&id) {
            if *other_fine {
                self.problems.push(doubled_at(&id, other));
            }
            if fine {
                self.problems.push(doubled_at(&id, &path));
            }
            self.unclear.insert(id.clone());
        }
        match card {
            Some(card) => {
                self.cards.entry(id.clone()).or_insert(card);
            }
            None => {
                self.unclear.insert(id.clone());
            }
        }
        self.first.insert(id, (path, fine));
    }

    /// What was read.
    pub fn end(mut self) -> Board {
        self.problems.dedup();
        (self.cards, self.unclear, self.problems)
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
