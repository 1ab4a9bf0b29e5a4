//! The desktop window: from the start of its process until the board is drawn and its memory, both beside those of an empty web view
//! of the same run, idle and with twenty runs, and how soon what happens on the disk is drawn. Needs a display (Xvfb will do) and
//! WebKitWebDriver, which is asked what the page shows.

mod screen;
mod size;

use super::{
    chain::now_ns,
    commands::{BY_HAND, LIMITS},
    failed::{Doing as _, Failed, Measured},
    plan::Plan,
    process,
    report::{Report, Verdict, at, median, ms, times},
    world::{World, fresh},
};
use screen::Window;
use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// Tasks on the board.
const TASKS: usize = 100;
/// Agents at work.
const RUNS: usize = 20;
/// WebKitGTK's own window with an empty page: the least that any program with a web view needs. It comes with the library.
const BARE: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
];
/// After what is drawn first, memory settles for this long.
const SETTLE: Duration = Duration::from_secs(3);
const CARD: &str = "return document.querySelector('[data-testid^=card-TASK]') !== null;";
/// When the page had its cards on the screen, by the system's clock; the page notes it itself (`ui/src/parts/drawn.ts`).
const BOARD: &str = "const [found] = performance.getEntriesByName('board'); \
    return found === undefined ? null : performance.timeOrigin + found.startTime;";
/// When an empty page had its first frames on the screen.
const FRAMES: &str = "if (window.__frames === undefined) { window.__frames = null; requestAnimationFrame(() => \
    requestAnimationFrame(() => { window.__frames = performance.timeOrigin + performance.now(); })); } return window.__frames;";

/// Measures all of it.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    const NAME: &str = "the window";
    let app = env::current_exe()
        .doing("find this program")?
        .with_file_name("orchestron-desktop");
    let missing = ["Xvfb", "WebKitWebDriver", "dbus-run-session"]
        .into_iter()
        .find(|program| !installed(program));
    match (app.is_file(), missing) {
        (false, _) => report.absent(NAME, "orchestron-desktop is not built"),
        (_, Some(program)) => report.absent(NAME, &format!("{program} is not installed")),
        (true, None) => all(plan, &app, report)?,
    }
    report.section("The window");
    Ok(())
}

fn installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn all(plan: &Plan, app: &Path, report: &mut Report) -> Measured<()> {
    let bare = bare(plan)?;
    starts(plan, app, bare.as_ref(), report)?;
    drawn(plan, app, report)?;
    twenty_runs(app, bare.as_ref(), report)?;
    size::tell(app, report)
}

/// What an empty web view needs.
struct Bare {
    /// Milliseconds from its start to its first frames.
    drawn: f64,
    /// Memory in MB.
    size: f64,
}

/// An empty web view's needs; none where WebKitGTK's own browser is not installed.
fn bare(plan: &Plan) -> Measured<Option<Bare>> {
    let Some(browser) = BARE.iter().map(Path::new).find(|path| path.is_file()) else {
        return Ok(None);
    };
    let world = World::new()?;
    let (mut drawn, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds().div_ceil(2) {
        let window = Window::open(&world, browser, &["--automation".to_owned()])?;
        drawn.push(window.when("an empty page", FRAMES)? - window.began_ms()?);
        thread::sleep(SETTLE);
        sizes.push(window.pss_mb());
        window.close()?;
    }
    Ok(Some(Bare {
        drawn: median(&drawn),
        size: median(&sizes),
    }))
}

fn memory(name: String, size: f64, bare: Option<&Bare>, report: &mut Report) {
    const GOAL: &str = "≤ 1.15 × empty web view";
    let figure = format!("{size:.0} MB");
    match bare {
        Some(bare) => {
            let cells = [
                figure,
                format!("{:.0} MB", bare.size),
                times(size / bare.size),
                GOAL.to_owned(),
            ];
            report.line(name, cells, Verdict::of(size <= bare.size * 1.15));
        }
        None => report.told(name, figure),
    }
}

fn project_of(world: &World) -> [String; 2] {
    [
        "--project".to_owned(),
        world.project().display().to_string(),
    ]
}

fn starts(plan: &Plan, app: &Path, bare: Option<&Bare>, report: &mut Report) -> Measured<()> {
    let world = World::new()?;
    world.set_up(BY_HAND, LIMITS)?;
    world.seed(TASKS)?;
    process::output(&mut world.product(&["status"]))?;
    let (mut took, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds().div_ceil(2) {
        let window = Window::open(&world, app, &project_of(&world))?;
        took.push(window.when("the board", BOARD)? - window.began_ms()?);
        thread::sleep(SETTLE);
        sizes.push(window.pss_mb());
        window.close()?;
    }
    let p50 = median(&took);
    let name = format!("start → cards drawn, {TASKS} tasks, p50");
    let verdict = Verdict::of(p50 <= 1000.0);
    match bare {
        Some(Bare { drawn, .. }) => {
            let cells = [ms(p50), ms(*drawn), times(p50 / drawn), "≤ 1 s".to_owned()];
            report.line(name, cells, verdict);
        }
        None => report.judged(name, ms(p50), "≤ 1 s", verdict),
    }
    memory(
        format!("memory, idle, {TASKS} tasks"),
        median(&sizes),
        bare,
        report,
    );
    Ok(())
}

/// Says when the card of this task is drawn as one of this folder: two frames after it is in the document, by the system's clock.
fn watch_for(task: &str, folder: &str) -> String {
    // What has failed is over: the board shows it among what is done.
    let column = if folder == "failed" { "done" } else { folder };
    format!(
        "window.__drawn = null; const wanted = '[data-testid=column-{column}] [data-testid=card-{task}][data-status={folder}]'; \
         const look = () => {{ if (document.querySelector(wanted) === null) return requestAnimationFrame(look); \
         requestAnimationFrame(() => requestAnimationFrame(() => {{ window.__drawn = performance.timeOrigin + performance.now(); }})); }}; \
         requestAnimationFrame(look); return true;"
    )
}

/// A task file is moved from one folder to another: until its card is drawn in the other column.
fn drawn(plan: &Plan, app: &Path, report: &mut Report) -> Measured<()> {
    let world = World::new()?;
    world.set_up(BY_HAND, LIMITS)?;
    world.seed(TASKS)?;
    process::output(&mut world.product(&["status"]))?;
    let tasks = world.project().join(".mcp/tasks");
    // Few cards in the two columns, so that the one that moves is never cut off by the list's end.
    for folder in ["failed", "review"] {
        for entry in fs::read_dir(tasks.join(folder))
            .doing("list tasks")?
            .flatten()
        {
            fs::remove_file(entry.path()).doing("remove a task")?;
        }
    }
    let task = super::world::id(TASKS + 1);
    let name = format!("{task}-moves.md");
    let place = |folder: &str| -> PathBuf { tasks.join(folder).join(&name) };
    fs::write(place("failed"), super::world::text(TASKS + 1, "failed")).doing("write a task")?;
    let window = Window::open(&world, app, &project_of(&world))?;
    window.wait("a card on the board", CARD)?;
    thread::sleep(SETTLE);
    let mut took = Vec::new();
    let (mut from, mut to) = ("failed", "review");
    for _ in 0..plan.rounds() * 4 {
        window.script(&watch_for(&task, to))?;
        let began = now_ns() as f64 / 1e6;
        fs::rename(place(from), place(to)).doing("move a task")?;
        let waited = Instant::now();
        let at = loop {
            if let Some(at) = window.script("return window.__drawn;")?.as_f64() {
                break at;
            }
            if waited.elapsed() > Duration::from_secs(20) {
                return Err(Failed::Waited {
                    what: format!("{task} to be drawn in {to}"),
                });
            }
            thread::sleep(Duration::from_millis(40));
        };
        took.push(at - began);
        (from, to) = (to, from);
        // Settled before the next: the line of the status in the file is written when nothing else is to be done.
        thread::sleep(Duration::from_millis(600));
    }
    window.close()?;
    took.sort_by(f64::total_cmp);
    report.judged(
        "file moved → card drawn in its column, p50",
        ms(median(&took)),
        "≤ 100 ms",
        Verdict::of(median(&took) <= 100.0),
    );
    report.told("the same, p95", ms(at(&took, 0.95)));
    Ok(())
}

fn twenty_runs(app: &Path, bare: Option<&Bare>, report: &mut Report) -> Measured<()> {
    let world = World::new()?;
    let chain = "  prepare: person\n  implement: coder\n";
    world.set_up(chain, "parallel: 20, attempts: 3, backoff: 5s")?;
    world.seed(TASKS)?;
    let home = world.root().join("home/fake-claude");
    fs::create_dir_all(&home).doing("make the fake agents' folder")?;
    fs::write(home.join("pause_ms"), "3600000").doing("write pause_ms")?;
    process::output(&mut world.product(&["status"]))?;
    let ready = world.project().join(".mcp/tasks/ready");
    for number in TASKS + 1..=TASKS + RUNS {
        let path = ready.join(format!("TASK-{number:03}-live.md"));
        fs::write(path, fresh(number, "coder")).doing("write a task")?;
    }
    let window = Window::open(&world, app, &project_of(&world))?;
    let agents = || {
        let all = process::of(world.root()).into_iter();
        all.filter(|(_, words)| words.contains("stream-json"))
            .count()
    };
    world.wait("twenty live agents", || (agents() >= RUNS).then_some(()))?;
    thread::sleep(SETTLE);
    let size = window.pss_mb();
    window.close()?;
    memory(
        format!("memory, {RUNS} runs, {TASKS} tasks"),
        size,
        bare,
        report,
    );
    Ok(())
}
