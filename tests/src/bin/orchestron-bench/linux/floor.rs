//! The floor: the least a program can do for a verb on the same folder layout. No validation, no locks, no history; it is a
//! limit, not a product. `files` reads folders and files; `db` asks an index it trusts; `dbcheck` looks at every file's stamp
//! first; `sync` has everything on the disk when it returns.

use super::{
    failed::{Doing as _, Failed, Measured},
    world::FOLDERS,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::{
    collections::HashMap,
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

const TABLES: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE tasks (id INTEGER PRIMARY KEY, status TEXT NOT NULL, priority INTEGER NOT NULL, title TEXT NOT NULL,
  path TEXT NOT NULL, ino INTEGER, mtime INTEGER, size INTEGER) STRICT;
CREATE INDEX ready ON tasks (status, priority, id);
CREATE TABLE deps (task INTEGER NOT NULL, needs INTEGER NOT NULL) STRICT;
CREATE INDEX deps_of ON deps (task);
CREATE TABLE events (seq INTEGER PRIMARY KEY, what TEXT NOT NULL) STRICT;";

/// The most urgent ready task whose dependencies are all done.
const NEXT: &str = "SELECT id, title, path FROM tasks t WHERE status = 'ready' AND NOT EXISTS (
  SELECT 1 FROM deps JOIN tasks d ON d.id = deps.needs WHERE deps.task = t.id AND d.status <> 'done') ORDER BY priority, id LIMIT 1";

/// What is read of one file.
struct Task {
    number: u32,
    status: &'static str,
    priority: u32,
    title: String,
    path: PathBuf,
    needs: Vec<u32>,
    stamp: (u64, i64, u64),
}

/// Does one verb: `<kind> <project> <verb> …`.
pub fn main(words: &[String]) -> Measured<()> {
    let [kind, project, verb, rest @ ..] = words else {
        return Err(Failed::Wrong("floor <kind> <project> <verb>".to_owned()));
    };
    let project = Path::new(project);
    let tasks = project.join(".mcp/tasks");
    let db = project.join("../floor.db");
    let what = rest.first().map_or("", String::as_str);
    let sync = kind == "sync";
    let said = match (kind.as_str(), verb.as_str()) {
        (_, "index") => index(&tasks, &db)?,
        ("files", "create") => create(&tasks, highest(&tasks)? + 1, what, sync)?
            .display()
            .to_string(),
        ("files", "list") => lines(&read_all(&tasks)?),
        ("files", "status") => counts(&tasks)?,
        ("files", "next") => next(&read_all(&tasks)?)?,
        ("files", "move") => rename(&tasks, what, sync)?.display().to_string(),
        (_, verb) => with_database(
            &tasks,
            &open(&db, sync)?,
            (verb, what),
            (sync, kind == "dbcheck"),
        )?,
    };
    let mut out = std::io::stdout().lock();
    out.write_all(said.as_bytes()).doing("write")
}

fn open(db: &Path, sync: bool) -> Measured<Connection> {
    let connection = Connection::open(db)?;
    connection.pragma_update(None, "synchronous", if sync { "FULL" } else { "NORMAL" })?;
    Ok(connection)
}

fn with_database(
    tasks: &Path,
    db: &Connection,
    (verb, what): (&str, &str),
    (sync, check): (bool, bool),
) -> Measured<String> {
    if check {
        check_stamps(tasks, db)?;
    }
    match verb {
        "create" => {
            let number: u32 =
                db.query_row("SELECT max(id) + 1 FROM tasks", [], |row| row.get(0))?;
            let path = create(tasks, number, what, sync)?;
            let meta = fs::metadata(&path).doing("look at the new file")?;
            db.execute_batch("BEGIN IMMEDIATE")?;
            put(db, &task(number, "pending", &path, &meta, what.to_owned()))?;
            db.execute("INSERT INTO events (what) VALUES (?1)", [what])?;
            db.execute_batch("COMMIT")?;
            Ok(path.display().to_string())
        }
        "move" => {
            let path = rename(tasks, what, sync)?;
            db.execute_batch("BEGIN IMMEDIATE")?;
            db.execute(
                "UPDATE tasks SET status = 'in-progress', path = ?2 WHERE id = ?1",
                params![number_of(what), path.display().to_string()],
            )?;
            db.execute("INSERT INTO events (what) VALUES (?1)", [what])?;
            db.execute_batch("COMMIT")?;
            Ok(path.display().to_string())
        }
        "list" => {
            let mut found = db.prepare(
                "SELECT id, status, priority, title FROM tasks ORDER BY status, priority, id",
            )?;
            let mut rows = found.query([])?;
            let mut text = String::new();
            while let Some(row) = rows.next()? {
                let (id, status, priority): (u32, String, u32) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                let title: String = row.get(3)?;
                writeln!(text, "TASK-{id:03} {status} P{priority} {title}").unwrap_or_default();
            }
            Ok(text)
        }
        "status" => {
            let mut found = db.prepare("SELECT status, count(*) FROM tasks GROUP BY status")?;
            let mut rows = found.query([])?;
            let mut text = String::new();
            while let Some(row) = rows.next()? {
                writeln!(
                    text,
                    "{} {}",
                    row.get::<_, String>(0)?,
                    row.get::<_, u32>(1)?
                )
                .unwrap_or_default();
            }
            Ok(text)
        }
        "next" => {
            let found: Option<(u32, String, String)> = db
                .query_row(NEXT, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let (_, _, path) = found.ok_or_else(|| Failed::Wrong("nothing is next".to_owned()))?;
            fs::read_to_string(&path).doing(format!("read {path}"))
        }
        other => Err(Failed::Wrong(format!("the floor has no `{other}`"))),
    }
}

/// Proves the index by the stamp of every file; a file that differs would be read.
fn check_stamps(tasks: &Path, db: &Connection) -> Measured<()> {
    let mut found = db.prepare("SELECT id, ino, mtime, size FROM tasks")?;
    let mut rows = found.query([])?;
    let mut known = HashMap::new();
    while let Some(row) = rows.next()? {
        let stamp: (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        known.insert(row.get::<_, u32>(0)?, stamp);
    }
    let mut differ = 0_u32;
    each(tasks, |number, _, path| {
        let meta = fs::metadata(path).doing("look at a file")?;
        let stamp = (
            meta.ino().cast_signed(),
            mtime(&meta),
            meta.len().cast_signed(),
        );
        differ += u32::from(known.get(&number) != Some(&stamp));
        Ok(())
    })?;
    if differ > 100 {
        return Err(Failed::Wrong(format!(
            "{differ} files are not as the floor's index knows them"
        )));
    }
    Ok(())
}

fn each(
    tasks: &Path,
    mut with: impl FnMut(u32, &'static str, &Path) -> Measured<()>,
) -> Measured<()> {
    for (folder, _) in FOLDERS {
        let place = tasks.join(folder);
        for entry in fs::read_dir(&place).doing(format!("read {}", place.display()))? {
            let entry = entry.doing("read a folder")?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".md") {
                with(number_of(&name), folder, &place.join(name.as_ref()))?;
            }
        }
    }
    Ok(())
}

fn number_of(name: &str) -> u32 {
    let digits = name.strip_prefix("TASK-").unwrap_or(name);
    digits
        .split('-')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

fn highest(tasks: &Path) -> Measured<u32> {
    let mut highest = 0;
    each(tasks, |number, _, _| {
        highest = highest.max(number);
        Ok(())
    })?;
    Ok(highest)
}

fn counts(tasks: &Path) -> Measured<String> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    each(tasks, |_, folder, _| {
        *counts.entry(folder).or_default() += 1;
        Ok(())
    })?;
    Ok(format!("{counts:?}"))
}

fn mtime(meta: &fs::Metadata) -> i64 {
    meta.mtime() * 1_000_000_000 + meta.mtime_nsec()
}

fn task(
    number: u32,
    status: &'static str,
    path: &Path,
    meta: &fs::Metadata,
    title: String,
) -> Task {
    Task {
        number,
        status,
        priority: 1,
        title,
        path: path.to_owned(),
        needs: Vec::new(),
        stamp: (meta.ino(), mtime(meta), meta.len()),
    }
}

fn read_all(tasks: &Path) -> Measured<Vec<Task>> {
    let mut found = Vec::new();
    each(tasks, |number, status, path| {
        let meta = fs::metadata(path).doing("look at a file")?;
        let text = fs::read_to_string(path).doing(format!("read {}", path.display()))?;
        let mut task = task(number, status, path, &meta, String::new());
        let mut in_dependencies = false;
        for line in text.lines() {
            if let Some(title) = line.strip_prefix("# Task: ") {
                title.clone_into(&mut task.title);
            } else if let Some(priority) = line.strip_prefix("## Priority: P") {
                task.priority = priority.trim().parse().unwrap_or(1);
            } else if line.starts_with("## ") {
                in_dependencies = line == "## Depends On";
            } else if in_dependencies && let Some(id) = line.strip_prefix("- ") {
                task.needs.push(number_of(id));
            }
        }
        found.push(task);
        Ok(())
    })?;
    Ok(found)
}

fn lines(tasks: &[Task]) -> String {
    let mut text = String::new();
    for task in tasks {
        writeln!(text, "{} P{} {}", task.status, task.priority, task.title).unwrap_or_default();
    }
    text
}

fn next(tasks: &[Task]) -> Measured<String> {
    let done: std::collections::HashSet<u32> = tasks
        .iter()
        .filter(|task| task.status == "done")
        .map(|task| task.number)
        .collect();
    let ready = tasks
        .iter()
        .filter(|task| task.status == "ready" && task.needs.iter().all(|id| done.contains(id)));
    let next = ready.min_by_key(|task| (task.priority, task.number));
    let next = next.ok_or_else(|| Failed::Wrong("nothing is next".to_owned()))?;
    fs::read_to_string(&next.path).doing("read the next task")
}

fn create(tasks: &Path, number: u32, title: &str, sync: bool) -> Measured<PathBuf> {
    let folder = tasks.join("pending");
    let path = folder.join(format!("TASK-{number:03}-created.md"));
    let temp = folder.join(format!(".floor-{number}"));
    let text = super::world::text(number as usize, "pending").replace("Task number", title);
    let mut file = File::create(&temp).doing("make a file")?;
    file.write_all(text.as_bytes()).doing("write a file")?;
    if sync {
        file.sync_all().doing("sync a file")?;
    }
    fs::rename(&temp, &path).doing("rename a file")?;
    if sync {
        sync_folder(&folder)?;
    }
    Ok(path)
}

fn rename(tasks: &Path, name: &str, sync: bool) -> Measured<PathBuf> {
    let (from, to) = (tasks.join("ready"), tasks.join("in-progress"));
    let path = to.join(name);
    fs::rename(from.join(name), &path).doing(format!("move {name}"))?;
    if sync {
        sync_folder(&from)?;
        sync_folder(&to)?;
    }
    Ok(path)
}

fn sync_folder(path: &Path) -> Measured<()> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .doing("sync a folder")
}

fn put(db: &Connection, task: &Task) -> Measured<()> {
    let (ino, mtime, size) = task.stamp;
    db.prepare_cached("INSERT INTO tasks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            task.number,
            task.status,
            task.priority,
            task.title,
            task.path.display().to_string(),
            ino.cast_signed(),
            mtime,
            size.cast_signed()
        ])?;
    for needs in &task.needs {
        db.prepare_cached("INSERT INTO deps VALUES (?1, ?2)")?
            .execute([task.number, *needs])?;
    }
    Ok(())
}

/// Builds the index from the files.
fn index(tasks: &Path, db: &Path) -> Measured<String> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = db.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(said) if said.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failed::Io {
                    doing: "remove the floor's database".to_owned(),
                    said,
                });
            }
            _ => {}
        }
    }
    let db = Connection::open(db)?;
    db.execute_batch(TABLES)?;
    let all = read_all(tasks)?;
    db.execute_batch("BEGIN IMMEDIATE")?;
    for task in &all {
        put(&db, task)?;
    }
    db.execute_batch("COMMIT")?;
    Ok(format!("{} tasks", all.len()))
}
