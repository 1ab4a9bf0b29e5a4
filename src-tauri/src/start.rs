//! What is opened when the app starts, when it is started a second time, and when somebody follows a link.

use crate::{
    args::Args,
    demo::Model,
    desk::Desk,
    link::{self, Link, Place},
    log,
    notify::Notice,
    projects::{OpenError, OpenProject, Shows},
    window,
};
use orchestron_adapters::project;
use orchestron_domain::TaskId;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tauri::{AppHandle, Manager};

/// Where the bounds of the sample project's window are remembered.
const DEMO: &str = "demo";

/// Opens what the command line names, else what is around the current folder, else what was open last, else the question what to open.
/// `root` is the project that was named, found already.
pub fn begin(app: &AppHandle, args: &Args, root: Option<PathBuf>) -> tauri::Result<()> {
    let desk = app.state::<Desk>();
    let link = args.link.clone();
    if args.demo {
        return window::open_with(app, Some(Path::new(DEMO)), true, move |app, label| {
            settle(app, label, demo(app));
            after(app, link.as_deref());
        });
    }
    let roots = roots(&desk, root);
    if args.hidden && desk.tray.is_there() {
        let app = app.clone();
        std::thread::spawn(move || {
            for root in roots {
                if let Err(error) = app.state::<Desk>().projects.open(&app, &root, None) {
                    log::note(&format!("{}: {error}", root.display()));
                }
            }
            app.state::<Desk>().bell.ring();
        });
        return Ok(());
    }
    if roots.is_empty() {
        return window::open_with(app, None, true, move |app, _| after(app, link.as_deref()));
    }
    for (number, root) in roots.into_iter().enumerate() {
        let link = link.clone().filter(|_| number == 0);
        window::open_with(app, Some(&root.clone()), true, move |app, label| {
            let opened = app.state::<Desk>().projects.open(app, &root, None);
            settle(app, label, opened);
            after(app, link.as_deref());
        })?;
    }
    Ok(())
}

fn roots(desk: &Desk, named: Option<PathBuf>) -> Vec<PathBuf> {
    let here = || {
        std::env::current_dir()
            .ok()
            .and_then(|here| project::find(&here))
    };
    if let Some(root) = named.or_else(here) {
        return vec![root];
    }
    let there = |root: &PathBuf| root.join(".mcp").is_dir();
    desk.remembered
        .last_open()
        .into_iter()
        .filter(there)
        .collect()
}

fn demo(app: &AppHandle) -> Result<Arc<OpenProject>, OpenError> {
    let model = Model::start(app)?;
    let root = model.project.clone();
    app.state::<Desk>().projects.open(app, &root, Some(model))
}

/// A window's project is open, or it is not: then the window says why.
fn settle(app: &AppHandle, label: &str, opened: Result<Arc<OpenProject>, OpenError>) {
    match opened {
        Ok(project) => window::shows(app, label, &project),
        Err(error) => {
            log::note(&format!("error: {error}"));
            let desk = app.state::<Desk>();
            desk.projects
                .show(label, Shows::Nothing(Some(error.view())));
            window::welcome(app, label);
        }
    }
}

fn after(app: &AppHandle, link: Option<&str>) {
    if let Some(link) = link {
        follow(app, link);
    }
}

/// The app was started again while it runs: that one has handed its words over to us. Takes no time here.
pub fn again(app: &AppHandle, words: Vec<String>, folder: String) {
    let app = app.clone();
    std::thread::spawn(move || {
        let Ok(args) = Args::read(words.into_iter().skip(1).map(Into::into)) else {
            return window::front(&app);
        };
        let folder = PathBuf::from(folder);
        let wanted = match &args.project {
            Some(named) => project::find(&folder.join(named)),
            None if args.link.is_none() && !args.demo => project::find(&folder),
            None => None,
        };
        let desk = app.state::<Desk>();
        let opened = match wanted {
            Some(root) => Some(desk.projects.open(&app, &root, None)),
            None if args.demo => Some(
                match desk
                    .projects
                    .all()
                    .into_iter()
                    .find(|project| project.is_demo())
                {
                    Some(project) => Ok(project),
                    None => demo(&app),
                },
            ),
            None => None,
        };
        match opened {
            Some(Ok(project)) => window::of_project(&app, &project, &Place::Board),
            Some(Err(error)) => {
                log::note(&format!("error: {error}"));
                let title = "A project cannot be opened";
                desk.notifier
                    .show(Notice::words("cannot-open", title, &error.to_string()));
                window::front(&app);
            }
            None if args.link.is_none() => window::front(&app),
            None => {}
        }
        after(&app, args.link.as_deref());
    });
}

/// Follows a link, or says why not. It may wait for the project to be read: not for the main thread.
pub fn follow(app: &AppHandle, text: &str) {
    let desk = app.state::<Desk>();
    let link = match link::read(text) {
        Ok(link) => link,
        Err(error) => {
            // What it said is not repeated: it may have been written to be seen.
            log::note(&format!("refused: {error}"));
            let body = error.to_string();
            desk.notifier
                .show(Notice::words("bad-link", "A link was not followed", &body));
            return window::front(app);
        }
    };
    match aim(&desk, &link) {
        Some(project) => window::of_project(app, &project, &link.place),
        None => window::front(app),
    }
}

/// The open project that a link is about.
fn aim(desk: &Desk, link: &Link) -> Option<Arc<OpenProject>> {
    let open = desk.projects.all();
    if let Some(name) = &link.project {
        let called = |project: &&Arc<OpenProject>| {
            project.name == *name
                || project
                    .root
                    .file_name()
                    .is_some_and(|folder| folder == name.as_str())
        };
        return open.iter().find(called).cloned();
    }
    let front = desk
        .projects
        .front()
        .and_then(|label| desk.projects.root_of(&label));
    let front = front.and_then(|root| desk.projects.get(&root));
    let Place::Task(task) = &link.place else {
        return front.or_else(|| open.first().cloned());
    };
    let of_front = front.iter().find(|project| has(project, task)).cloned();
    of_front
        .or_else(|| open.iter().find(|project| has(project, task)).cloned())
        .or(front)
        .or_else(|| open.first().cloned())
}

fn has(project: &OpenProject, task: &TaskId) -> bool {
    let found = project.with(|context| {
        context
            .about([task])
            .map(|state| state.cards.contains_key(task))
    });
    found.unwrap_or(false)
}
