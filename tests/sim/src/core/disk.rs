//! The task files and the index of them, as far as the core can tell: where each file lies, what its card says, whether it changed.
//!
//! A move is one step here; how a move and an edit become durable is the other level's matter (`crate::whole`).

use orchestron_domain::{Status, TaskCard, TaskId};
use std::{collections::BTreeMap, rc::Rc};

/// Most tasks a world can have.
pub const TASKS_MAX: usize = 16;

/// Where a file lies: folders in the order of their names (which decides between doubles), the task, and which of several files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    folder: u8,
    /// The task's place in the world.
    pub task: u8,
    /// 0, or a copy's number.
    pub copy: u8,
}

/// Folders by name.
const FOLDERS: [Status; 6] = [
    Status::Done,
    Status::Failed,
    Status::InProgress,
    Status::Pending,
    Status::Ready,
    Status::Review,
];

impl Key {
    /// The key of a task's file in a folder.
    #[must_use]
    pub fn new(task: u8, status: Status, copy: u8) -> Self {
        let folder = FOLDERS.iter().position(|found| *found == status);
        let folder = folder.and_then(|at| u8::try_from(at).ok()).unwrap_or(0);
        Self { folder, task, copy }
    }

    /// The folder.
    #[must_use]
    pub const fn status(self) -> Status {
        FOLDERS[self.folder as usize]
    }
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    /// Changes with every edit.
    pub version: u32,
    /// What it says.
    pub card: Rc<TaskCard>,
}

/// A move that was begun.
#[derive(Clone, Copy, Debug)]
pub struct Intent {
    /// From.
    pub from: Key,
    /// To.
    pub to: Key,
    /// What the file was then.
    pub version: u32,
}

/// Files and index.
#[derive(Default)]
pub struct Disk {
    /// The files.
    pub files: BTreeMap<Key, File>,
    /// What the index says of them.
    pub index: BTreeMap<Key, File>,
    /// Counts changes of the index, by task.
    pub revisions: [u32; TASKS_MAX],
    /// The highest revision ever given, so that a look at nothing new costs nothing.
    pub revision: u32,
    /// Files differ from the index, perhaps.
    pub dirty: bool,
    versions: u32,
}

impl Disk {
    /// A new version number.
    pub const fn fresh(&mut self) -> u32 {
        self.versions += 1;
        self.versions
    }

    /// Writes a file.
    pub fn put(&mut self, key: Key, mut card: TaskCard) {
        card.status = key.status();
        let version = self.fresh();
        let card = Rc::new(card);
        self.files.insert(key, File { version, card });
        self.dirty = true;
    }

    /// The files of a task.
    pub fn of(&self, task: u8) -> impl Iterator<Item = (&Key, &File)> {
        self.files.iter().filter(move |(key, _)| key.task == task)
    }

    /// The index rows of a task.
    pub fn known(&self, task: u8) -> impl Iterator<Item = (&Key, &File)> {
        self.index.iter().filter(move |(key, _)| key.task == task)
    }

    /// Moves a file; nothing when it is not there, or something is in its way.
    pub fn rename(&mut self, from: Key, to: Key) -> bool {
        if self.files.contains_key(&to) {
            return false;
        }
        let Some(mut file) = self.files.remove(&from) else {
            return false;
        };
        if file.card.status != to.status() {
            Rc::make_mut(&mut file.card).status = to.status();
        }
        self.files.insert(to, file);
        self.dirty = true;
        true
    }

    /// Changes a file's text.
    pub fn edit(&mut self, key: Key, change: impl FnOnce(&mut TaskCard)) -> bool {
        let version = self.fresh();
        let Some(file) = self.files.get_mut(&key) else {
            return false;
        };
        change(Rc::make_mut(&mut file.card));
        file.version = version;
        self.dirty = true;
        true
    }

    /// Takes a task's rows into the index as its files are now.
    pub fn take_in(&mut self, task: u8) {
        self.index.retain(|key, _| key.task != task);
        let rows = self.files.iter().filter(|(key, _)| key.task == task);
        self.index
            .extend(rows.map(|(key, file)| (*key, file.clone())));
        self.changed(task);
    }

    /// Counts a change of a task's rows.
    pub const fn changed(&mut self, task: u8) {
        self.revision += 1;
        self.revisions[task as usize] = self.revision;
    }

    /// Where each task lies according to these rows, by the rows' order.
    #[must_use]
    pub fn places(rows: &BTreeMap<Key, File>) -> [Option<Status>; TASKS_MAX] {
        let mut places = [None; TASKS_MAX];
        for key in rows.keys() {
            places[key.task as usize].get_or_insert(key.status());
        }
        places
    }
}

/// A plain card.
#[must_use]
pub fn card(id: TaskId, status: Status) -> TaskCard {
    TaskCard {
        id,
        title: String::new(),
        status,
        priority: orchestron_domain::Priority::P1,
        agent: None,
        depends_on: Vec::new(),
        files_affected: Vec::new(),
        order: None,
        needs: Vec::new(),
        criteria: orchestron_domain::task::Ticks::default(),
        ready_boxes: orchestron_domain::task::Ticks::default(),
        created: None,
        handoffs: 0,
        last_leg: None,
        tests: Vec::new(),
    }
}
