//! Keeps tray and notifications up to date: looks when something changed, and when something is due.

use crate::{desk::Desk, log, notify, notify::Notice, projects::OpenProject, tray::Seen};
use orchestron_operations::{
    OpError, board, notices, requests,
    wire::{Millis, NoticeMemory, input},
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tauri::{AppHandle, Manager};

/// Changes come in bursts: they are looked at together.
const TOGETHER: Duration = Duration::from_millis(150);
/// Without any bell it is looked this often, should one have been lost.
const AT_LEAST_EVERY: Duration = Duration::from_secs(600);

/// Looks whenever the bell rings, for as long as the app lives.
pub fn keep(app: &AppHandle, bell: Receiver<()>) {
    let app = app.clone();
    std::thread::spawn(move || {
        let mut told = BTreeMap::new();
        let mut wait = Duration::ZERO;
        loop {
            match bell.recv_timeout(wait) {
                Ok(()) => std::thread::sleep(TOGETHER),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // What rang meanwhile is looked at now.
            while bell.try_recv().is_ok() {}
            wait = look(&app, &mut told);
        }
    });
}

/// While something is not told because it is looked at, it is seen this often whether it still is.
const LOOKED_AT_MS: i64 = 1_000;

/// What was told of each project: the memory that `notices` wants back, which notification is about what, and what was not shown because
/// its request was before the person's eyes.
#[derive(Default)]
struct Told {
    memory: Option<NoticeMemory>,
    about: BTreeMap<String, Vec<u64>>,
    looked_at: Vec<(u64, Notice)>,
}

/// Looks at all open projects; how long nothing will be due.
fn look(app: &AppHandle, told: &mut BTreeMap<PathBuf, Told>) -> Duration {
    let desk = app.state::<Desk>();
    let began = Instant::now();
    let mut wait = AT_LEAST_EVERY;
    let projects = desk.projects.all();
    let mut seen = Vec::new();
    for project in &projects {
        seen.push(see(project));
        let memory = told
            .entry(project.root.clone())
            .or_insert_with(|| begin(&desk, project));
        match tell(app, &desk, project, memory) {
            Ok(Some(again)) => wait = wait.min(until(again)),
            Ok(None) => {}
            Err(error) => log::note(&format!(
                "cannot tell what waits in {}: {error}",
                project.name
            )),
        }
    }
    desk.tray.show(app, &seen);
    if began.elapsed() > Duration::from_secs(2) {
        log::note(&format!(
            "looking at {} projects took {:?}",
            projects.len(),
            began.elapsed()
        ));
    }
    wait
}

fn see(project: &OpenProject) -> Seen {
    let looked = project.with(|context| -> Result<Seen, OpError> {
        let status = board::status(context, &input::Nothing {})?;
        let (state, _) = context.store.in_flight()?;
        let waiting = if status.needs_you == 0 {
            Vec::new()
        } else {
            let mut all = requests::requests(context, &input::Nothing {})?;
            all.retain(|request| request.open);
            all
        };
        let trouble =
            (!status.engine.running).then(|| "Nothing is started: no engine runs".to_owned());
        Ok(Seen {
            root: project.root.clone(),
            name: status.name,
            waiting,
            at_work: state.live_runs().count(),
            paused: status.engine.paused.is_some(),
            trouble,
        })
    });
    looked.unwrap_or_else(|error| Seen {
        root: project.root.clone(),
        name: project.name.clone(),
        trouble: Some(error.to_string()),
        ..Seen::default()
    })
}

/// Shows what is to be told now, and takes down what is settled. The memory is kept only after all was shown: what was not shown is told
/// again.
fn tell(
    app: &AppHandle,
    desk: &Desk,
    project: &OpenProject,
    told: &mut Told,
) -> Result<Option<Millis>, OpError> {
    let wanted = input::Notices {
        memory: told.memory.clone(),
        explain: false,
    };
    let view = project.with(|context| notices::notices(context, &wanted))?;
    for notice in &view.show {
        let shown = Notice::of(&project.root, &project.name, notice);
        let about = notice.about.iter().map(|id| id.0).collect();
        told.about.insert(shown.id.clone(), about);
        match notice.request.as_ref().map(|request| request.id.0) {
            Some(request) => told.looked_at.push((request, shown)),
            None => desk.notifier.show(shown),
        }
    }
    let over: Vec<u64> = view.over.iter().map(|id| id.0).collect();
    // Who looked away without deciding is told after all.
    told.looked_at.retain(|(request, notice)| {
        let keep = !over.contains(request) && is_looked_at(app, project, *request);
        if !keep && !over.contains(request) {
            desk.notifier.show(notice.clone());
        }
        keep
    });
    told.about.retain(|name, about| {
        about.retain(|id| !over.contains(id));
        let settled = about.is_empty()
            && !view
                .show
                .iter()
                .any(|shown| notify::name(&project.root, shown.id.0) == *name);
        if settled {
            desk.notifier.take_down(name);
        }
        !settled
    });
    if told.memory.as_ref() != Some(&view.memory) {
        if let Err(error) = keep_memory(&memory_file(desk, &project.root), &view.memory) {
            log::note(&format!(
                "what was told cannot be kept, so it may be told again: {error}"
            ));
        }
        told.memory = Some(view.memory);
    }
    let soon = (!told.looked_at.is_empty()).then(|| Millis(now_millis() + LOOKED_AT_MS));
    Ok([view.again, soon]
        .into_iter()
        .flatten()
        .min_by_key(|at| at.0))
}

/// Whether the person has this very request before their eyes: its window has the focus and shows it, ready to be decided.
fn is_looked_at(app: &AppHandle, project: &OpenProject, request: u64) -> bool {
    let desk = app.state::<Desk>();
    let own = desk.projects.windows_of(&project.root);
    let showing = desk.pages.showing(request);
    let focused = |label: &String| {
        let window = app.get_webview_window(label);
        window.is_some_and(|window| window.is_focused().unwrap_or(false))
    };
    own.iter()
        .filter(|label| showing.contains(label))
        .any(focused)
}

/// What was told before the app was started.
fn begin(desk: &Desk, project: &OpenProject) -> Told {
    let kept = fs::read(memory_file(desk, &project.root)).ok();
    Told {
        memory: kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
        ..Told::default()
    }
}

fn memory_file(desk: &Desk, root: &Path) -> PathBuf {
    let name: String = root
        .display()
        .to_string()
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("_{byte:02x}")
            }
        })
        .collect();
    // Long paths end differently; a file name may not be longer than 255 bytes.
    let start = name.len().saturating_sub(200);
    desk.folder
        .join("told")
        .join(format!("{}.json", &name[start..]))
}

fn keep_memory(file: &Path, memory: &NoticeMemory) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("new");
    fs::write(
        &beside,
        serde_json::to_vec(memory).map_err(io::Error::other)?,
    )?;
    fs::rename(&beside, file)
}

fn until(at: Millis) -> Duration {
    let left = u64::try_from(at.0.saturating_sub(now_millis())).unwrap_or(0);
    // Never at once, so that a clock that stands still does not keep us busy.
    Duration::from_millis(left.max(200))
}

fn now_millis() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
