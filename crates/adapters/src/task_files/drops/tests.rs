//! Nothing is taken twice, nothing is lost, and nothing there can make us read elsewhere or for ever.

use super::super::McpFolder;
use orchestron_domain::Seq;
use orchestron_engine::ports::{DropFolder, DropKey, DropLook};
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

struct World {
    dir: tempfile::TempDir,
    mcp: McpFolder,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(".mcp/messages/coder/inbox")).unwrap();
        fs::create_dir_all(dir.path().join("trash")).unwrap();
        let mcp = McpFolder::new(dir.path(), dir.path().join("trash"));
        Self { dir, mcp }
    }

    fn inbox(&self, name: &str) -> PathBuf {
        self.dir
            .path()
            .join(".mcp/messages")
            .join(name)
            .join("inbox")
    }

    /// Writes a message so many seconds after another moment.
    fn write(&self, name: &str, second: u64) {
        let path = self.inbox("coder").join(name);
        fs::write(&path, name).unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second);
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(at)
            .unwrap();
    }

    fn look(&self) -> DropLook {
        self.mcp.dropped(&BTreeSet::new(), 50).unwrap()
    }

    fn names(&self) -> Vec<String> {
        self.look()
            .files
            .iter()
            .map(|file| file.key.name.clone())
            .collect()
    }
}

#[test]
fn files_come_oldest_first_and_are_removed_when_they_are_taken() {
    let world = World::new();
    world.write("b.json", 2);
    world.write("c.json", 1);
    world.write("a.json", 2);
    assert_eq!(world.names(), ["c.json", "a.json", "b.json"]);
    let first = world.look().files.remove(0);
    assert_eq!(first.bytes, b"c.json");
    world.mcp.taken(&first.key).unwrap();
    world.mcp.taken(&first.key).unwrap();
    assert_eq!(world.names(), ["a.json", "b.json"]);
}

#[test]
fn another_file_that_took_the_name_meanwhile_stays() {
    let world = World::new();
    world.write("a.json", 1);
    let first = world.look().files.remove(0);
    world.write("a.json", 5);
    world.mcp.taken(&first.key).unwrap();
    let left = world.look().files;
    assert_eq!(left.len(), 1);
    assert_ne!(left[0].key, first.key);
}

#[test]
fn one_that_was_being_taken_when_a_crash_came_is_the_same_file_still() {
    let world = World::new();
    world.write("a.json", 1);
    let before = world.look().files.remove(0).key;
    let inbox = world.inbox("coder");
    fs::rename(inbox.join("a.json"), inbox.join(".taking-a.json")).unwrap();
    let after = world.look().files.remove(0).key;
    assert_eq!(before, after);
    world.mcp.taken(&after).unwrap();
    assert_eq!(fs::read_dir(&inbox).unwrap().count(), 0);
}

#[test]
fn what_is_no_message_of_a_tool_is_left_alone() {
    let world = World::new();
    for name in ["m-41.json", ".half.json", "notes.txt", ".orchestron"] {
        world.write(name, 1);
    }
    fs::create_dir(world.inbox("coder").join("folder.json")).unwrap();
    assert_eq!(world.look(), DropLook::default());
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_and_nothing_large_is_read() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    let inbox = world.inbox("coder");
    symlink("/etc/passwd", inbox.join("link.json")).unwrap();
    fs::write(inbox.join("large.json"), vec![b'x'; 200 * 1024]).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir_all(world.dir.path().join(".mcp/messages/evil")).unwrap();
    fs::write(elsewhere.path().join("x.json"), "{}").unwrap();
    symlink(
        elsewhere.path(),
        world.dir.path().join(".mcp/messages/evil/inbox"),
    )
    .unwrap();
    let look = world.look();
    assert_eq!(look.files, []);
    assert_eq!(look.problems.len(), 3, "{:#?}", look.problems);
    assert!(world.mcp.put("evil", Seq(1), b"x").is_err());
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[test]
fn names_that_lead_elsewhere_are_nobodys() {
    let world = World::new();
    for name in ["..", "a b", ".hidden", "x\u{202e}y"] {
        fs::create_dir_all(world.inbox(name)).ok();
    }
    assert_eq!(world.mcp.inboxes().unwrap(), ["coder"]);
}

#[test]
fn ten_thousand_files_are_taken_a_few_at_a_time_and_none_is_passed_over() {
    let world = World::new();
    let inbox = world.inbox("coder");
    for n in 0..10_000 {
        fs::write(inbox.join(format!("{n:05}.json")), "{}").unwrap();
    }
    let mut pass = BTreeSet::<DropKey>::new();
    let look = world.mcp.dropped(&pass, 50).unwrap();
    assert_eq!((look.files.len(), look.problems.len()), (50, 0));
    pass.extend(look.files.into_iter().map(|file| file.key));
    let look = world.mcp.dropped(&pass, 50).unwrap();
    assert_eq!((look.files.len(), look.passed.len()), (50, 50));
    assert!(look.files.iter().all(|file| !pass.contains(&file.key)));
}

#[test]
fn what_is_missing_says_something_only_in_the_folder_that_was_filled() {
    let world = World::new();
    assert_eq!(world.mcp.lying("coder").unwrap(), None);
    world.mcp.put("coder", Seq(7), b"{}").unwrap();
    world.mcp.put("coder", Seq(7), b"{}").unwrap();
    world.mcp.put("coder", Seq(8), b"{}").unwrap();
    world.mcp.filled("coder").unwrap();
    let both = Some([Seq(7), Seq(8)].into());
    assert_eq!(world.mcp.lying("coder").unwrap(), both);
    fs::remove_file(world.inbox("coder").join("m-7.json")).unwrap();
    assert_eq!(world.mcp.lying("coder").unwrap(), Some([Seq(8)].into()));
    // `git clean`: the folder comes back, and nobody has read anything.
    fs::remove_dir_all(world.inbox("coder")).unwrap();
    fs::create_dir_all(world.inbox("coder")).unwrap();
    assert_eq!(world.mcp.lying("coder").unwrap(), None);
}
