//! What may go wrong with a machine: two engines, a database that is lost, damaged or too new, a full disk, a folder that cannot be
//! written or is gone, a branch that is switched. Each with the real programs; nothing is lost, and nobody works twice.

use super::{create, does};
use crate::environment::{Chain, Engine, TestEnvironment, kill, resume, suspend};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

const SOON: Duration = Duration::from_secs(60);
/// Set for a test that runs again in a mount namespace of its own.
const INSIDE: &str = "ORCHESTRON_TEST_INSIDE";

/// A project whose only agent is the fast one. While `wait` is there an implementer does not hand in.
struct Shop {
    env: TestEnvironment,
    notes: PathBuf,
}

impl Shop {
    fn new() -> Self {
        let (env, notes) = TestEnvironment::with_fast_agents(&Chain::ALONE);
        Self { env, notes }
    }

    fn waits(&self, waits: bool) {
        let file = self.notes.join("wait");
        if waits {
            fs::write(file, "").expect("a file");
        } else {
            fs::remove_file(file).expect("it was there");
        }
    }

    /// Creates a task and lets its agent work on it without handing in.
    fn at_work(&self) -> (String, Engine) {
        self.waits(true);
        let task = create(&self.env, "Greet the customers");
        let engine = self.env.engine();
        self.wait_for_starts(1);
        self.env.wait_for_status(&task, "in-progress", SOON);
        // The line in the file follows when the agent has been started.
        self.env.wait_for("the status line", SOON, || {
            let text = self.env.task_text(&task);
            text.contains("## Status: in-progress").then_some(())
        });
        (task, engine)
    }

    /// Run and process of each start of the agent.
    fn starts(&self) -> Vec<(String, u32)> {
        let text = fs::read_to_string(self.notes.join("starts")).unwrap_or_default();
        let line = |line: &str| {
            let (run, pid) = line.split_once(' ').expect("run and pid");
            (run.to_owned(), pid.parse().expect("a pid"))
        };
        text.lines().map(line).collect()
    }

    /// Finished tasks that somebody wrote by hand.
    fn write_done(&self, numbers: std::ops::RangeInclusive<u32>) {
        for number in numbers {
            let text =
                format!("# Task: TASK-{number:03} - More\n\n## Status: done\n\n## Goal\nMore.\n");
            let name = format!(".mcp/tasks/done/TASK-{number:03}-more.md");
            self.env.write(&name, &text);
        }
    }

    fn wait_for_starts(&self, count: usize) {
        let is = || (self.starts().len() >= count).then_some(());
        self.env.wait_for("the agent to start", SOON, is);
    }

    fn lives(&self, pid: u32) -> bool {
        self.env
            .processes()
            .iter()
            .any(|process| process.pid == pid)
    }

    fn paused(&self) -> Option<String> {
        let status = self.env.json(&["status"]);
        status["engine"]["paused"].as_str().map(str::to_owned)
    }

    fn wait_until_paused(&self, words: &str) {
        let says = || self.paused().filter(|why| why.contains(words));
        self.env.wait_for(&format!("a pause: {words}"), SOON, says);
    }

    fn database(&self) -> PathBuf {
        self.env.state().join("log.db")
    }

    fn delete_database(&self) {
        for name in ["log.db", "log.db-wal", "log.db-shm"] {
            fs::remove_file(self.env.state().join(name)).ok();
        }
    }

    /// No run was started twice.
    fn check_starts(&self) {
        let mut runs: Vec<_> = self.starts().into_iter().map(|(run, _)| run).collect();
        runs.sort();
        let count = runs.len();
        runs.dedup();
        assert_eq!(
            runs.len(),
            count,
            "{:?}\n{}",
            self.starts(),
            self.env.story()
        );
    }

    fn approve(&self, task: &str) {
        super::approve(&self.env, task);
    }
}

fn has_status(engine: &Engine, status: &str) -> bool {
    let lines = engine.lines();
    let last = lines.iter().rfind(|line| line["event"] == "engine");
    last.is_some_and(|line| line["status"] == status)
}

fn wait_for_engine(env: &TestEnvironment, engine: &Engine, status: &str) {
    env.wait_for(&format!("the engine to be {status}"), SOON, || {
        has_status(engine, status).then_some(())
    });
}

// ------------------------------------------------------------------------------------------------ the lease

#[test]
fn an_engine_whose_lock_file_was_deleted_is_overtaken_and_does_nothing_any_more() {
    let shop = Shop::new();
    let first = shop.env.engine();
    fs::remove_file(shop.env.state().join("engine.lock")).expect("the lock file");
    let second = shop.env.engine();
    let task = create(&shop.env, "Greet the customers");
    shop.env.wait_for_request("review", SOON);
    wait_for_engine(&shop.env, &first, "waiting");
    assert!(has_status(&second, "running"));
    shop.approve(&task);
    shop.check_starts();
    second.stop();
    wait_for_engine(&shop.env, &first, "running");
    first.stop();
}

#[test]
fn an_engine_that_slept_keeps_its_lease_and_one_that_lost_it_meanwhile_does_not_act() {
    let shop = Shop::new();
    let first = shop.env.engine();
    suspend(first.pid());
    let second = shop.env.engine_without_waiting(&["run"], &[]);
    wait_for_engine(&shop.env, &second, "waiting");
    let task = create(&shop.env, "Greet the customers");
    std::thread::sleep(Duration::from_secs(5)); // longer than any patience of an engine for another
    assert!(
        has_status(&second, "waiting"),
        "the kernel's lock outlasts sleep"
    );
    assert!(shop.starts().is_empty());
    resume(first.pid());
    shop.env.wait_for_request("review", SOON);
    assert!(has_status(&second, "waiting"));
    // Now it sleeps and loses the lock: the second one acts, and the first, awake again, finds a newer fence.
    suspend(first.pid());
    fs::remove_file(shop.env.state().join("engine.lock")).expect("the lock file");
    wait_for_engine(&shop.env, &second, "running");
    does(&shop.env, &["approve", &task]);
    shop.env.wait_for_status(&task, "done", SOON);
    let other = create(&shop.env, "Another");
    shop.env.wait_for_request("review", SOON);
    resume(first.pid());
    wait_for_engine(&shop.env, &first, "waiting");
    shop.approve(&other);
    shop.check_starts();
    second.stop();
    first.stop();
}

// ------------------------------------------------------------------------------------------------ the database

#[test]
fn a_database_deleted_under_a_running_engine_loses_no_task() {
    let shop = Shop::new();
    let (task, engine) = shop.at_work();
    shop.delete_database();
    let other = create(&shop.env, "Written after that");
    // Who may run what on this machine was in it, too.
    wait_for_engine(&shop.env, &engine, "running");
    shop.env.wait_for("the new database", SOON, || {
        shop.database().is_file().then_some(())
    });
    shop.waits(false);
    does(&shop.env, &["trust"]);
    shop.env.wait_for_status(&task, "review", SOON);
    assert_eq!(shop.env.task_text(&task).matches("### ").count(), 1);
    shop.env.wait_for_status(&other, "review", SOON);
    // What the engine prints is of the new database, too.
    shop.env.wait_for("the engine's lines", SOON, || {
        let lines = engine.lines();
        let mut told = lines.iter().map(|line| &line["task"]);
        told.any(|task| *task == other.as_str()).then_some(())
    });
    engine.stop();
    shop.env.wait_until_quiet();
}

#[test]
fn a_damaged_database_is_set_aside_and_the_board_stands() {
    let shop = Shop::new();
    let task = create(&shop.env, "Greet the customers");
    let whole = fs::read(shop.database()).expect("the database");
    for damage in ["garbage", "truncated", "emptied"] {
        let mut bytes = whole.clone();
        match damage {
            "garbage" => bytes.iter_mut().skip(100).for_each(|byte| *byte ^= 0x5a),
            "truncated" => bytes.truncate(bytes.len() / 3),
            _ => bytes.truncate(40),
        }
        shop.delete_database();
        fs::write(shop.database(), bytes).expect("the damage");
        // Nobody trusts the new one's commands yet: that is left for the person.
        let fixed = shop.env.orchestron(&["doctor", "--fix", "--json"]);
        assert_eq!(fixed.code, 7, "{damage}: {fixed}");
        let fixed = fixed.json()["data"].clone();
        let did = fixed["did"].to_string();
        assert!(did.contains("was damaged"), "{damage}: {fixed:#}");
        let told = shop.env.orchestron(&["doctor"]);
        let aside = "log.db.damaged-";
        assert!(told.stdout.contains(aside), "{damage}: {told}");
        let kept = fs::read_dir(shop.env.state()).expect("state").flatten();
        let mut names = kept.map(|entry| entry.file_name().to_string_lossy().into_owned());
        assert!(names.any(|name| name.starts_with(aside)), "{damage}");
        let listed = shop.env.json(&["list"]);
        assert_eq!(listed.as_array().expect("a list").len(), 1, "{damage}");
    }
    does(&shop.env, &["trust"]);
    let engine = shop.env.engine();
    shop.approve(&task);
    engine.stop();
    shop.env.wait_until_quiet();
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let shop = Shop::new();
    let task = create(&shop.env, "Greet the customers");
    let path = shop.database();
    let mut bytes = fs::read(&path).expect("the database");
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    bytes[68..72].copy_from_slice(b"ORCH");
    fs::write(&path, &bytes).expect("a newer version");
    let before = shop.env.status_of(&task);
    for verb in [
        &["list"][..],
        &["create", "More"],
        &["approve", &task],
        &["doctor", "--fix"],
    ] {
        let done = shop.env.orchestron(verb);
        assert_ne!(done.code, 0, "{verb:?}: {done}");
        assert!(
            done.stderr.contains("newer version of orchestron"),
            "{verb:?}: {done}"
        );
    }
    let engine = shop.env.orchestron(&["run"]);
    assert_ne!(engine.code, 0, "{engine}");
    assert!(
        engine.stderr.contains("newer version of orchestron"),
        "{engine}"
    );
    assert_eq!(fs::read(&path).expect("the database"), bytes);
    assert_eq!(shop.env.status_of(&task), before);
}

// ------------------------------------------------------------------------------------------------ disks and folders

/// Runs this test again in a mount namespace of its own, where it may mount what it likes. True in there.
fn inside_own_mounts(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let own = std::env::current_exe().expect("the test binary");
    let test = format!("journeys::recovery::{name}");
    let unshare = |flags: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(flags).arg("--").arg(&own);
        command.args(["--exact", &test, "--nocapture", "--test-threads=1"]);
        command.env(INSIDE, "1").output().expect("unshare")
    };
    let may = |flags: &[&str]| {
        let tried = Command::new("unshare").args(flags).arg("true").output();
        tried.is_ok_and(|done| done.status.success())
    };
    let flags: &[&str] = if may(&["--mount"]) {
        &["--mount"]
    } else {
        &["--mount", "--map-root-user"]
    };
    assert!(
        may(flags),
        "this system gives no mount namespace to test with"
    );
    let done = unshare(flags);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// Mounts. A mount is busy while somebody writes a file in it, as the engine does now and then, so it is tried for a while.
fn mount(args: &[&str], at: &Path) {
    let begun = std::time::Instant::now();
    loop {
        let done = Command::new("mount")
            .args(args)
            .arg(at)
            .output()
            .expect("mount");
        if done.status.success() {
            return;
        }
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(
            said.contains("busy") && begun.elapsed() < SOON,
            "mount {args:?} {}: {said}",
            at.display()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Fills the disk that `folder` lies on.
fn fill(folder: &Path) -> PathBuf {
    use std::io::Write;
    let path = folder.join("filler");
    let mut file = fs::File::create(&path).expect("a file");
    for size in [64 * 1024, 4096, 512, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
    path
}

#[test]
fn on_a_full_disk_the_engine_rests_says_why_and_goes_on_when_there_is_room() {
    if !inside_own_mounts("on_a_full_disk_the_engine_rests_says_why_and_goes_on_when_there_is_room")
    {
        return;
    }
    let shop = Shop::new();
    // The state of this project, and all that its engine writes, on a small disk.
    let state = shop.env.root().join("state");
    let kept = shop.env.root().join("kept");
    fs::rename(&state, &kept).expect("the old state");
    fs::create_dir(&state).expect("a folder");
    mount(&["-t", "tmpfs", "-o", "size=24m", "none"], &state);
    let copied = Command::new("cp")
        .args(["-a"])
        .arg(kept.join("projects"))
        .arg(&state)
        .status();
    assert!(copied.is_ok_and(|done| done.success()));
    let (task, engine) = shop.at_work();
    let filler = fill(&shop.env.state());
    shop.write_done(500..=800); // on another disk, which has room; only what follows from it has none
    shop.waits(false);
    shop.wait_until_paused("when there is room");
    let before = shop.env.status_of(&task);
    assert_eq!(before, "in-progress");
    let refused = shop.env.orchestron(&["create", "Too much"]);
    assert_eq!(refused.code, 5, "{refused}");
    assert!(
        refused.stderr.contains("No space left") || refused.stderr.contains("full"),
        "{refused}"
    );
    let told = shop.env.orchestron(&["doctor"]);
    assert!(told.stdout.contains("when there is room"), "{told}");
    fs::remove_file(filler).expect("the filler");
    shop.env.wait_for_status(&task, "review", SOON);
    assert_eq!(shop.paused(), None);
    shop.approve(&task);
    shop.check_starts();
    engine.stop();
    shop.env.wait_until_quiet();
    Command::new("umount").arg(&state).status().expect("umount");
}

#[test]
fn a_text_for_which_the_trash_had_no_room_is_not_in_it() {
    if !inside_own_mounts("a_text_for_which_the_trash_had_no_room_is_not_in_it") {
        return;
    }
    let shop = Shop::new();
    let task = create(&shop.env, "Greet the customers");
    let trash = shop.env.state().join("trash");
    mount(&["-t", "tmpfs", "-o", "size=64k", "none"], &trash);
    let filler = fill(&trash);
    does(&shop.env, &["priority", &task, "P0"]);
    fs::remove_file(filler).expect("the filler");
    let kept = || {
        let kept = fs::read_dir(&trash).expect("the trash").flatten();
        let text = |entry: fs::DirEntry| fs::read_to_string(entry.path()).expect("a text");
        kept.map(text).collect::<Vec<_>>()
    };
    assert_eq!(kept(), Vec::<String>::new());
    assert!(shop.env.task_text(&task).contains("## Priority: P0"));
    // The next look finds what was replaced, and there is room for it now.
    does(&shop.env, &["priority", &task, "P2"]);
    assert!(!kept().is_empty());
    assert!(kept().iter().all(|text| text.contains("# Task: ")));
    Command::new("umount").arg(&trash).status().expect("umount");
}

#[test]
fn in_a_folder_that_cannot_be_written_nothing_is_half_done() {
    if !inside_own_mounts("in_a_folder_that_cannot_be_written_nothing_is_half_done") {
        return;
    }
    let shop = Shop::new();
    let (task, engine) = shop.at_work();
    let waiting = create(&shop.env, "Waits for its turn");
    shop.env.wait_for_status(&waiting, "ready", SOON);
    let mcp = shop.env.project().join(".mcp");
    let text = mcp.display().to_string();
    mount(&["--bind", &text], &mcp);
    mount(&["-o", "remount,bind,ro"], &mcp);
    for verb in [&["create", "More"][..], &["fail", &waiting, "-m", "no"]] {
        let refused = shop.env.orchestron(verb);
        assert_eq!(refused.code, 5, "{verb:?}: {refused}");
        assert!(
            refused.stderr.contains("Read-only file system"),
            "{verb:?}: {refused}"
        );
    }
    shop.waits(false);
    shop.wait_until_paused("Read-only file system");
    assert_eq!(shop.env.status_of(&task), "in-progress");
    assert_eq!(shop.env.status_of(&waiting), "ready");
    let (_, agent) = shop.starts()[0];
    mount(&["-o", "remount,bind,rw"], &mcp);
    shop.env.wait_for_status(&task, "review", SOON);
    shop.env.wait_for("the agent's end", SOON, || {
        (!shop.lives(agent)).then_some(())
    });
    shop.env.wait_for_status(&waiting, "review", SOON);
    assert_eq!(shop.paused(), None);
    shop.check_starts();
    engine.stop();
    shop.env.wait_until_quiet();
    Command::new("umount").arg(&mcp).status().expect("umount");
}

#[test]
fn a_folder_that_is_gone_for_a_while_stops_nobody() {
    for what in [".mcp", ".mcp/tasks"] {
        let shop = Shop::new();
        let (task, engine) = shop.at_work();
        let (there, away) = (shop.env.project().join(what), shop.env.root().join("away"));
        fs::rename(&there, &away).expect("moved away");
        let (_, agent) = shop.starts()[0];
        shop.env.wait_for("the engine to notice", SOON, || {
            let trouble = engine.lines();
            let noticed = |line: &Value| line.to_string().contains("nothing is concluded");
            trouble.iter().any(noticed).then_some(())
        });
        shop.waits(false);
        std::thread::sleep(Duration::from_secs(3));
        assert!(
            shop.lives(agent),
            "{what}: what it hands in waits for the folder"
        );
        fs::rename(&away, &there).expect("back again");
        shop.env.wait_for_status(&task, "review", SOON);
        assert_eq!(shop.paused(), None);
        assert!(shop.env.request("escalation").is_none());
        shop.approve(&task);
        shop.check_starts();
        engine.stop();
        shop.env.wait_until_quiet();
    }
}

// ------------------------------------------------------------------------------------------------ git

#[test]
fn a_branch_switched_under_living_agents_stops_nobody() {
    let shop = Shop::new();
    let env = &shop.env;
    env.git(&["add", "--all"]);
    env.git(&["commit", "--quiet", "-m", "Without tasks"]);
    env.git(&["branch", "before"]);
    let (task, engine) = shop.at_work();
    shop.write_done(2..=1000);
    env.git(&["add", "--all"]);
    env.git(&["commit", "--quiet", "-m", "With tasks"]);
    env.wait_for("the tasks", SOON, || {
        let list = env.json(&["list"]);
        (list.as_array().expect("a list").len() == 1000).then_some(())
    });
    let (_, agent) = shop.starts()[0];
    env.git(&["switch", "--quiet", "before"]);
    let request = env.wait_for_request("escalation", SOON);
    assert!(
        request["detail"].to_string().contains("1000 tasks"),
        "{request:#}"
    );
    shop.wait_until_paused("moved or vanished at once");
    std::thread::sleep(Duration::from_secs(4)); // longer than a single deletion is waited for
    assert!(shop.lives(agent));
    shop.waits(false);
    env.git(&["switch", "--quiet", "main"]);
    env.wait_for_status(&task, "review", SOON);
    assert_eq!(shop.paused(), None);
    assert!(env.request("escalation").is_none());
    let log = env.json(&["log", "-n", "200"]);
    assert!(!log.to_string().contains("was removed"), "{log:#}");
    shop.check_starts();
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn a_person_may_take_a_switched_branch_as_it_is() {
    let shop = Shop::new();
    let env = &shop.env;
    env.git(&["add", "--all"]);
    env.git(&["commit", "--quiet", "-m", "Without tasks"]);
    env.git(&["branch", "before"]);
    let (task, engine) = shop.at_work();
    env.git(&["add", "--all"]);
    env.git(&["commit", "--quiet", "-m", "With a task"]);
    let (_, agent) = shop.starts()[0];
    env.git(&["switch", "--quiet", "before"]);
    env.wait_for_request("escalation", SOON);
    assert!(shop.lives(agent));
    does(env, &["resume"]);
    env.wait_for("the agent to be stopped", SOON, || {
        (!shop.lives(agent)).then_some(())
    });
    env.git(&["switch", "--quiet", "main"]);
    shop.waits(false);
    env.wait_for_status(&task, "review", SOON);
    let stops = env.json(&["show", &task]);
    assert!(stops.to_string().contains("coder"), "{stops:#}");
    engine.stop();
    env.wait_until_quiet();
}

// ------------------------------------------------------------------------------------------------ undo and doctor

#[test]
fn what_was_done_to_files_and_git_is_taken_back() {
    let shop = Shop::new();
    let env = &shop.env;
    let task = create(env, "Greet the customers");
    let before = env.git(&["rev-parse", "main"]);
    let engine = env.engine();
    shop.approve(&task);
    env.wait_for("the worktree to be gone", SOON, || {
        (env.git(&["worktree", "list"]).lines().count() == 1).then_some(())
    });
    engine.stop();
    let event = |words: &str| {
        let list = env.json(&["undo", "--list"]);
        let entries = list["entries"].as_array().expect("entries").clone();
        let found = entries
            .iter()
            .find(|entry| entry["what"].to_string().contains(words));
        found.unwrap_or_else(|| panic!("{words}: {list:#}"))["event"].to_string()
    };
    let merge = event("was merged into main");
    assert!(env.project().join(format!("work/{task}.txt")).exists());
    let said = does(env, &["undo", &merge]);
    assert!(said.contains("main is at"), "{said}");
    assert_eq!(env.git(&["rev-parse", "main"]), before);
    assert!(!env.project().join(format!("work/{task}.txt")).exists());
    let again = does(env, &["undo", &merge]);
    assert!(again.contains("undone already"), "{again}");
    let step = env.orchestron(&["undo", &event("from ready to in-progress")]);
    assert_eq!(step.code, 1, "{step}");
    assert!(step.stderr.contains("stands in done now"), "{step}");
    does(env, &["undo", &event("from review to done")]);
    assert_eq!(env.status_of(&task), "review");
    // Approved once more, the work is merged once more.
    does(env, &["undo", &event("worktree was removed")]);
    does(env, &["approve", &task]);
    assert_eq!(env.status_of(&task), "done");
    assert!(env.project().join(format!("work/{task}.txt")).exists());
    let shown = does(env, &["undo"]);
    assert!(shown.contains("(undone)"), "{shown}");
    let fresh = create(env, "A slip of the pen");
    does(env, &["undo", &event("A slip of the pen")]);
    assert!(!env.orchestron(&["list"]).stdout.contains(&fresh));
    does(env, &["undo", &event("was put away")]);
    assert_eq!(env.status_of(&fresh), "ready");
}

#[test]
fn doctor_mends_what_a_kill_left_behind() {
    let shop = Shop::new();
    let env = &shop.env;
    fs::write(shop.notes.join("stubborn"), "").expect("a file");
    let task = create(env, "Greet the customers");
    let engine = env.engine();
    let children = || {
        let all = env.processes().into_iter();
        all.filter(|process| process.words.contains("sleep 432"))
            .count()
    };
    env.wait_for("the children", SOON, || (children() >= 4).then_some(()));
    engine.kill();
    let keepers = env.processes().into_iter();
    keepers
        .filter(|process| process.words.contains(" keep "))
        .for_each(|process| kill(process.pid));
    // A lock of a git that was killed, and half an edit.
    let lock = env.project().join(".git/index.lock");
    fs::write(&lock, "").expect("a lock");
    let old = SystemTime::now() - Duration::from_secs(3600);
    fs::File::options()
        .append(true)
        .open(&lock)
        .expect("the lock")
        .set_modified(old)
        .expect("its time");
    env.wait_for("the agent's end", SOON, || {
        (!shop.lives(shop.starts()[0].1)).then_some(())
    });
    let told = env.orchestron(&["doctor"]);
    assert_eq!(told.code, 7, "{told}");
    assert!(
        told.stdout.contains("live on though its keeper is dead"),
        "{told}"
    );
    let fixed = env.json(&["doctor", "--fix"]);
    let did = fixed["did"].to_string();
    for words in [
        "whose keeper is dead",
        "index.lock",
        "is over; the log knows it now",
    ] {
        assert!(did.contains(words), "{words}: {fixed:#}");
    }
    assert_eq!(children(), 0, "{:?}", env.processes());
    assert!(!lock.exists());
    assert_eq!(
        env.json(&["doctor", "--fix"])["did"],
        Value::Array(Vec::new())
    );
    // What was begun goes on.
    fs::remove_file(shop.notes.join("stubborn")).expect("a file");
    let engine = env.engine();
    env.wait_for_status(&task, "review", SOON);
    engine.stop();
    env.wait_until_quiet();
}
