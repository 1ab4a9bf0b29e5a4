//! Keepers as real processes: this test binary starts itself again as keeper, stage and key helper (see [`role`]).

mod ready;

use super::{Stage, first_line, keep_with, key_helper};
use crate::process::{
    folder::{ExitRecord, FORMAT, MARKER, RUN_VARIABLE, RunFolder, Spec, write_json},
    tree::{self, ControlGroup},
};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// The command that runs [`role`]; what is appended are its arguments.
pub(crate) fn role_command() -> (PathBuf, Vec<OsString>) {
    let args = [
        "--exact",
        "process::keeper::tests::role",
        "--nocapture",
        "--test-threads=1",
        "--",
    ];
    let args = args.into_iter().map(OsString::from).collect();
    (std::env::current_exe().unwrap(), args)
}

fn role_stage() -> Stage {
    let (program, mut args) = role_command();
    args.push(OsString::from("keep"));
    Stage { program, args }
}

/// Not a test: what this binary does when it was started by [`role_command`].
#[test]
fn role() {
    let args: Vec<OsString> = std::env::args_os().skip_while(|arg| arg != "--").collect();
    let code = match args.get(1..).unwrap_or_default() {
        [verb, dir] if verb == "key-helper" => key_helper(Path::new(dir)),
        [verb, flag, pid, dir] if verb == "keep" && flag == "--exec" => {
            let _only_returns_on_failure: ExitCode = super::execute(Path::new(dir), pid);
            std::process::exit(super::stage::NOT_STARTED_CODE);
        }
        [verb, flag, pid] if verb == "keep" && flag == "--exec-ready" => {
            std::process::exit(
                i32::from(super::platform::execute_ready(pid) != ExitCode::SUCCESS)
                    * super::stage::NOT_STARTED_CODE,
            );
        }
        [verb, flag] if verb == "keep" && flag == "--ready" => super::keep_ready(&role_stage()),
        [verb, ..] if verb == "agent" => crate::process::tests::be_agent(),
        [verb, dir] if verb == "keep" => keep_with(Path::new(dir), &role_stage()),
        _ => return,
    };
    std::process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// A run folder with a shell script as its program.
pub(crate) struct Stand {
    _temp: tempfile::TempDir,
    pub(crate) folder: RunFolder,
    pub(crate) spec: Spec,
}

impl Stand {
    pub(crate) fn new(script: &str) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(temp.path().join("runs/TASK-001-implement-1"));
        folder.create().unwrap();
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        env.insert("PATH".into(), std::env::var("PATH").unwrap());
        env.insert(MARKER.into(), folder.dir().display().to_string());
        env.insert(RUN_VARIABLE.into(), "TASK-001-implement-1".into());
        let spec = Spec {
            format: FORMAT,
            run: "TASK-001-implement-1".parse().unwrap(),
            argv: vec!["/bin/sh".into(), "-c".into(), script.into()],
            env,
            cwd: temp.path().display().to_string(),
            input: true,
            merge_output: false,
            log_limit_bytes: 1 << 30,
        };
        let stand = Self {
            _temp: temp,
            folder,
            spec,
        };
        stand.write();
        stand
    }

    fn with(mut self, change: impl FnOnce(&mut Spec)) -> Self {
        change(&mut self.spec);
        self.write();
        self
    }

    fn write(&self) {
        write_json(&self.folder.spec(), &self.spec).unwrap();
    }

    /// Where the script works: scratch for the test.
    fn file(&self, name: &str) -> PathBuf {
        Path::new(&self.spec.cwd).join(name)
    }

    fn keeper(&self, key: Option<&str>) -> Child {
        let (program, args) = role_command();
        self.keeper_of(Command::new(program).args(args), key)
    }

    /// As from a shell script's background, where interrupts are ignored.
    fn deaf_keeper(&self) -> Child {
        let (program, args) = role_command();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "trap '' INT QUIT TERM; exec \"$@\"", "deaf"]);
        self.keeper_of(shell.arg(program).args(args), None)
    }

    fn keeper_of(&self, command: &mut Command, key: Option<&str>) -> Child {
        let mut child = command
            .arg("keep")
            .arg(self.folder.dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(first_line(key).as_bytes()).unwrap();
        child
    }

    fn say(&self, line: &str) {
        let mut inbox = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.folder.inbox())
            .unwrap();
        inbox.write_all(format!("{line}\n").as_bytes()).unwrap();
        super::platform::ring_bell(&self.folder.bell());
    }

    fn out(&self) -> String {
        std::fs::read_to_string(self.folder.out()).unwrap_or_default()
    }

    /// Waits for the keeper to end and reads what it left.
    fn end(&self, mut keeper: Child) -> ExitRecord {
        let status = wait_for(|| keeper.try_wait().unwrap());
        assert!(status.success(), "{status}");
        assert!(!self.folder.is_kept().unwrap());
        self.folder.exit_record().unwrap().expect("an exit record")
    }

    /// The pids a script wrote into a file, once there are so many.
    fn pids(&self, count: usize) -> Vec<i32> {
        wait_for(|| {
            let text = std::fs::read_to_string(self.file("pids")).unwrap_or_default();
            let pids: Vec<i32> = text.lines().filter_map(|line| line.parse().ok()).collect();
            (pids.len() == count && text.ends_with('\n')).then_some(pids)
        })
    }
}

impl Drop for Stand {
    /// Leaves nothing running, also when a test failed.
    fn drop(&mut self) {
        if self.folder.is_kept().unwrap_or(false) {
            self.say("{\"keeper\":\"kill\"}");
            wait_for(|| (!self.folder.is_kept().unwrap_or(false)).then_some(()));
        }
        tree::sweep(&self.spec.mark(), Duration::from_secs(1)).ok();
        let record = self.folder.keeper_record().unwrap_or(None);
        if let Some(group) = record.and_then(|r| ControlGroup::found(&r.cgroup?)) {
            group.kill().ok();
            group.remove();
        }
    }
}

pub(crate) fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < give_up, "waited too long");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn is_alive(pid: i32) -> bool {
    tree::processes()
        .unwrap()
        .iter()
        .any(|p| p.pid == pid && !p.zombie)
}

#[test]
fn a_run_from_start_to_end() {
    let stand = Stand::new(
        "echo hello; echo oops >&2; while read -r line; do echo \"got $line\"; done; exit 3",
    );
    let keeper = stand.keeper(None);
    wait_for(|| stand.out().contains("hello").then_some(()));
    assert!(stand.folder.is_kept().unwrap());
    stand.say("{\"a\":1}");
    wait_for(|| stand.out().contains("got {\"a\":1}").then_some(()));
    stand.say("{\"b\":2}\n{\"keeper\":\"close-input\"}");
    let end = stand.end(keeper);
    assert_eq!((end.code, end.signal), (Some(3), None));
    assert_eq!((end.swept, end.left), (0, 0));
    assert_eq!(stand.out(), "hello\ngot {\"a\":1}\ngot {\"b\":2}\n");
    assert_eq!(
        std::fs::read_to_string(stand.folder.err()).unwrap(),
        "oops\n"
    );
    let record = stand.folder.keeper_record().unwrap().unwrap();
    assert!(record.agent.is_some_and(|agent| agent.pid > 0));
}

#[test]
fn what_was_said_before_the_start_is_heard() {
    let stand = Stand::new("cat");
    stand.say("{\"first\":true}\n{\"keeper\":\"close-input\"}");
    let end = stand.end(stand.keeper(None));
    assert_eq!(end.code, Some(0));
    assert_eq!(stand.out(), "{\"first\":true}\n");
}

#[test]
fn starting_twice_never_runs_the_program_twice() {
    let stand = Stand::new("echo start >> starts; read -r line");
    let first = stand.keeper(None);
    let second = stand.keeper(None);
    let third = stand.keeper(None);
    wait_for(|| stand.folder.is_kept().unwrap().then_some(()));
    wait_for(|| stand.file("starts").exists().then_some(()));
    stand.say("go");
    for mut keeper in [first, second, third] {
        assert!(keeper.wait().unwrap().success());
    }
    assert_eq!(
        stand.end(stand.keeper(None)).code,
        Some(0),
        "and not afterwards"
    );
    assert_eq!(
        std::fs::read_to_string(stand.file("starts")).unwrap(),
        "start\n"
    );
}

/// Leaves eight processes of every kind behind: a child, a grandchild and its shell, a session of its own, a daemon, one that does
/// not mind SIGTERM, one without any environment, and one in a group of its own.
const SURVIVORS: &str = r#"
keep() { echo $! >> pids; }
sleep 300 & keep
sh -c 'sleep 300 & echo $! >> pids; wait' & keep
setsid sh -c 'echo $$ >> pids; exec sleep 300' &
(setsid sh -c '(echo $(sh -c "echo \$PPID") >> pids; exec sleep 300) &' &)
sh -c 'trap "" TERM; echo $$ >> pids; while :; do sleep 1; done' &
env -i sleep 300 & keep
set -m; sleep 300 & keep; set +m
while [ "$(wc -l < pids)" -lt 8 ]; do sleep 0.01; done
"#;

#[test]
fn nothing_outlives_a_good_exit() {
    let stand = Stand::new(&format!("{SURVIVORS} exit 0"));
    let keeper = stand.keeper(None);
    let end = stand.end(keeper);
    let pids = stand.pids(8);
    assert_eq!(end.code, Some(0));
    assert!(end.swept >= 8, "{end:?}");
    assert_eq!(end.left, 0);
    let alive: Vec<i32> = pids.into_iter().filter(|pid| is_alive(*pid)).collect();
    assert!(alive.is_empty(), "survivors: {alive:?}");
}

#[test]
fn kill_ends_the_whole_tree() {
    let stand = Stand::new(&format!(
        "trap '' TERM; {SURVIVORS} sleep 300 & wait; sleep 300"
    ));
    let keeper = stand.keeper(None);
    let pids = stand.pids(8);
    stand.say("{\"keeper\":\"terminate\"}");
    std::thread::sleep(Duration::from_millis(100));
    assert!(stand.folder.is_kept().unwrap(), "it does not mind SIGTERM");
    stand.say("{\"keeper\":\"kill\"}");
    let end = stand.end(keeper);
    assert_eq!((end.code, end.signal), (None, Some(9)));
    assert_eq!(end.left, 0);
    assert!(!pids.into_iter().any(is_alive));
}

#[test]
fn terminate_lets_the_program_end_its_own_way() {
    let stand = Stand::new("trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done");
    let keeper = stand.keeper(None);
    wait_for(|| stand.out().contains("up").then_some(()));
    stand.say("{\"keeper\":\"terminate\"}");
    let end = stand.end(keeper);
    assert_eq!(end.code, Some(7));
    assert_eq!(stand.out(), "up\nbye\n");
}

#[test]
fn interrupt_reaches_the_program_and_not_its_other_sessions() {
    let stand = Stand::new(
        "trap 'echo int; exit 5' INT
         setsid sh -c 'trap \"echo wrong\" INT; echo up; while :; do sleep 0.05; done' &
         while :; do sleep 0.05; done",
    );
    let keeper = stand.keeper(None);
    wait_for(|| stand.out().contains("up").then_some(()));
    stand.say("{\"keeper\":\"interrupt\"}");
    assert_eq!(stand.end(keeper).code, Some(5));
    assert_eq!(stand.out(), "up\nint\n");
}

#[test]
fn a_program_hears_signals_that_whoever_started_its_keeper_ignores() {
    let stand = Stand::new(
        "trap 'echo int' INT; trap 'echo term; exit 5' TERM
         echo up; while :; do sleep 0.05; done",
    );
    let keeper = stand.deaf_keeper();
    wait_for(|| stand.out().contains("up").then_some(()));
    stand.say("{\"keeper\":\"interrupt\"}");
    wait_for(|| stand.out().contains("int").then_some(()));
    stand.say("{\"keeper\":\"terminate\"}");
    assert_eq!(stand.end(keeper).code, Some(5));
    assert_eq!(stand.out(), "up\nint\nterm\n");
}

#[test]
fn a_program_that_does_not_read_can_still_be_ended() {
    let stand = Stand::new("echo up; sleep 300");
    let keeper = stand.keeper(None);
    stand.say(&format!("\"{}\"", "x".repeat(1_000_000)));
    wait_for(|| stand.out().contains("up").then_some(()));
    stand.say("{\"keeper\":\"kill\"}");
    assert_eq!(stand.end(keeper).signal, Some(9));
}

#[test]
fn long_input_arrives_whole() {
    let stand = Stand::new("sleep 0.1; wc -c; echo done >&2");
    stand.say(&"y".repeat(3_000_000));
    stand.say("{\"keeper\":\"close-input\"}");
    stand.end(stand.keeper(None));
    assert_eq!(stand.out().trim(), "3000001");
}

#[test]
fn a_program_that_closes_its_input_is_left_alone() {
    let stand = Stand::new("exec < /dev/null; echo up; sleep 0.3; echo still");
    let keeper = stand.keeper(None);
    wait_for(|| stand.out().contains("up").then_some(()));
    stand.say("ignored");
    assert_eq!(stand.end(keeper).code, Some(0));
    assert_eq!(stand.out(), "up\nstill\n");
}

#[test]
fn the_program_dies_with_a_killed_keeper_and_the_sweep_gets_the_rest() {
    let stand = Stand::new(
        "sleep 300 & echo $! >> pids; setsid sh -c 'echo $$ >> pids; exec sleep 300' & echo $$ >> pids; wait",
    );
    let mut keeper = stand.keeper(None);
    let pids = stand.pids(3);
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    let agent = stand.folder.keeper_record().unwrap().unwrap().agent;
    let agent = agent.unwrap().pid;
    wait_for(|| (!is_alive(agent)).then_some(()));
    assert!(!stand.folder.is_kept().unwrap());
    assert_eq!(stand.folder.exit_record().unwrap(), None);
    assert!(pids.iter().any(|pid| is_alive(*pid)), "orphans remain");
    let (found, left) = tree::sweep(&stand.spec.mark(), Duration::from_secs(5)).unwrap();
    assert_eq!((found, left), (2, 0));
    assert!(!pids.into_iter().any(is_alive));
    // A lost run is not run again by a keeper that comes late.
    assert!(stand.keeper(None).wait().unwrap().success());
    assert_eq!(stand.folder.exit_record().unwrap(), None);
}

#[test]
fn endless_output_is_ended_with_its_name() {
    let stand = Stand::new("yes a line of output that never ends").with(|spec| {
        spec.log_limit_bytes = 1_000_000;
    });
    let end = stand.end(stand.keeper(None));
    assert_eq!(end.log_limit_bytes, Some(1_000_000));
    assert_eq!(end.signal, Some(9));
}

#[test]
fn a_run_whose_folder_is_removed_is_ended() {
    let stand = Stand::new("echo $$ >> pids; sleep 300");
    let mut keeper = stand.keeper(None);
    let pids = stand.pids(1);
    // Not before the keeper minds it.
    wait_for(|| stand.folder.keeper_record().unwrap()?.agent);
    std::thread::sleep(Duration::from_millis(50));
    std::fs::remove_dir_all(stand.folder.dir()).unwrap();
    let status = wait_for(|| keeper.try_wait().unwrap());
    assert!(!status.success(), "it has nowhere to tell the end");
    assert!(!is_alive(pids[0]));
}

#[test]
fn what_cannot_be_started_says_why() {
    type Change = fn(&mut Spec);
    let cases: [(Change, &str); 4] = [
        (
            |spec| spec.argv = vec!["no-such-agent".into()],
            "no-such-agent was not found",
        ),
        (
            |spec| spec.argv = vec!["/etc/passwd".into()],
            "/etc/passwd cannot be run",
        ),
        (|spec| spec.argv.clear(), "names no program"),
        (|spec| spec.cwd = "/no/such/place".into(), "/no/such/place"),
    ];
    for (change, expected) in cases {
        let stand = Stand::new("true").with(change);
        let end = stand.end(stand.keeper(None));
        let said = end.could_not_start.unwrap();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn nothing_but_the_named_environment_is_inherited() {
    let stand = Stand::new("env | sort");
    stand.end(stand.keeper(None));
    let out = stand.out();
    let names: Vec<&str> = out.lines().filter_map(|l| l.split('=').next()).collect();
    // `PWD` and such are the shell's own.
    let shell = ["OLDPWD", "PWD", "SHLVL", "_"];
    let names: Vec<&str> = names.into_iter().filter(|n| !shell.contains(n)).collect();
    assert_eq!(names, [RUN_VARIABLE, MARKER, "PATH"]);
}

#[test]
fn gates_have_one_log_in_order_and_no_input() {
    let stand = Stand::new("echo 1; echo 2 >&2; echo 3; cat; echo 4 >&2").with(|spec| {
        spec.merge_output = true;
        spec.input = false;
    });
    assert_eq!(stand.end(stand.keeper(None)).code, Some(0));
    assert_eq!(stand.out(), "1\n2\n3\n4\n");
    assert_eq!(std::fs::read(stand.folder.err()).unwrap(), b"");
}

#[cfg(target_os = "linux")]
#[test]
fn the_key_goes_to_a_helper_of_the_agent_and_to_nobody_else() {
    const KEY: &str = "sk-secret-3f9a";
    let (program, args) = role_command();
    let args: Vec<_> = args.iter().map(|a| a.to_string_lossy()).collect();
    let helper = format!("{} {}", program.display(), args.join(" "));
    // As the agent's own helper: `sh -c`; as its Bash tool: in a session of its own; and by another program of its group.
    let script = format!(
        "ask='{helper} key-helper {dir}'
         sh -c \"$ask\" > helper
         setsid -w sh -c \"$ask\" > tool
         perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => \"$ENV{{ORCHESTRON_RUN_DIR}}/key.sock\"); print <$s>' > perl
         echo asked; read -r line",
        dir = "$ORCHESTRON_RUN_DIR",
    );
    let stand = Stand::new(&script);
    let keeper = stand.keeper(Some(KEY));
    wait_for(|| stand.out().contains("asked").then_some(()));
    let read = |name| std::fs::read_to_string(stand.file(name)).unwrap();
    assert!(read("helper").contains(KEY), "{}", read("helper"));
    assert!(!read("tool").contains(KEY));
    assert_eq!(read("perl"), "");
    // A stranger: this test.
    let (program, args) = role_command();
    let mut stranger = Command::new(program);
    stranger
        .args(args)
        .arg("key-helper")
        .arg(stand.folder.dir());
    let stranger = stranger.output().unwrap();
    assert!(!stranger.status.success());
    assert!(!String::from_utf8_lossy(&stranger.stdout).contains(KEY));
    // Nowhere to be read: no file of the run, no environment, no arguments, no memory of the keeper.
    std::fs::remove_file(stand.file("helper")).unwrap();
    for pid in tree::processes().unwrap().iter().map(|p| p.pid) {
        for name in ["environ", "cmdline"] {
            let bytes = std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            assert!(!contains(&bytes, KEY), "{name} of {pid}");
        }
    }
    for entry in std::fs::read_dir(stand.folder.dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert!(!contains(&std::fs::read(&path).unwrap(), KEY), "{path:?}");
        }
    }
    stand.say("done");
    let end = stand.end(keeper);
    assert_eq!(end.key_refused, 3);
    assert!(!stand.folder.dir().join("key.sock").exists());
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn the_keeper_for_windows_minds_a_run_too() {
    let stand = Stand::new("while read -r line; do echo \"got $line\"; done; exit 3");
    stand.say("one\n{\"keeper\":\"close-input\"}");
    let stage = Stage::own().unwrap();
    super::windows::keep(&stand.folder, &stage).unwrap();
    super::windows::keep(&stand.folder, &stage).unwrap();
    let end = stand.folder.exit_record().unwrap().unwrap();
    assert_eq!((end.code, stand.out().as_str()), (Some(3), "got one\n"));
    let stand = Stand::new("sleep 300");
    stand.say("{\"keeper\":\"kill\"}");
    super::windows::keep(&stand.folder, &stage).unwrap();
    assert_eq!(stand.folder.exit_record().unwrap().unwrap().signal, Some(9));
}
