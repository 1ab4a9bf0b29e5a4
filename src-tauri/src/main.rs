//! Orchestron's desktop app: windows over the operations, the engines behind them, and the system around them: tray, notifications,
//! links, starting at login.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod acts;
mod args;
mod attention;
mod calls;
mod colours;
mod demo;
mod desk;
#[cfg(target_os = "linux")]
mod drawing;
mod keepers;
mod link;
mod log;
mod notify;
mod pages;
mod projects;
mod quit;
mod remembered;
mod several;
mod start;
mod system;
mod tray;
#[cfg(target_os = "linux")]
mod trays;
mod updates;
mod watch;
mod window;

use args::Args;
use desk::{Bell, Desk};
use notify::Notifier;
use orchestron_adapters::{project, state_dir};
use pages::Pages;
use projects::{OpenError, Projects};
use remembered::Remembered;
use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError, atomic::AtomicBool, mpsc::Receiver},
};
use tauri::{App, AppHandle, Manager, RunEvent};
use tray::Tray;
use updates::Updates;

/// Ends with a word to the person: nothing could be opened.
const CANNOT_START: u8 = 5;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(told) => return told,
    };
    if !window::has_display() {
        eprintln!(
            "There is no display here (neither WAYLAND_DISPLAY nor DISPLAY is set), so no window can be opened.\n  hint: `orchestron run --ui` serves the same UI to a browser on this machine"
        );
        return ExitCode::from(CANNOT_START);
    }
    let root = match named(&args) {
        Ok(root) => root,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(CANNOT_START);
        }
    };
    match run(args, root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::note(&format!("error: {error}"));
            ExitCode::from(CANNOT_START)
        }
    }
}

/// The project that the command line names, told about where it was typed.
fn named(args: &Args) -> Result<Option<PathBuf>, OpenError> {
    let Some(folder) = &args.project else {
        return Ok(None);
    };
    let found = project::find(folder).ok_or_else(|| OpenError::NoProject(folder.clone()))?;
    Ok(Some(found))
}

fn run(args: Args, root: Option<PathBuf>) -> tauri::Result<()> {
    let (bell, heard) = Bell::new();
    // Handed over once, when the app is set up.
    let begun = Mutex::new(Some((bell, heard)));
    let builder = tauri::Builder::default()
        // First, so that a second start hands over before anything else begins.
        .plugin(tauri_plugin_single_instance::init(start::again))
        .plugin(tauri_plugin_shell::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(
            tauri_plugin_autostart::Builder::new()
                .arg("--hidden")
                .build(),
        )
        .plugin(window::stay_home());
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_notification::init());
    let app = builder
        .invoke_handler(tauri::generate_handler![calls::call])
        .on_window_event(window::happened)
        .setup(move |app| {
            let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((bell, heard)) = begun {
                set_up(app, &args, root.clone(), bell, heard)?;
            }
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(happened);
    Ok(())
}

fn set_up(
    app: &App,
    args: &Args,
    root: Option<PathBuf>,
    bell: Bell,
    heard: Receiver<()>,
) -> Result<(), Box<dyn std::error::Error>> {
    let folder = state_dir::base_dir()?;
    log::begin(&folder)?;
    let updates = Updates::read(&folder);
    app.manage(Desk {
        projects: Projects::default(),
        remembered: Remembered::read(&folder),
        bell,
        tray: Tray::default(),
        notifier: Notifier::default(),
        folder,
        asking: AtomicBool::new(false),
        pages: Pages::default(),
        updates,
    });
    let app = app.handle();
    let desk = app.state::<Desk>();
    desk.notifier.start(app);
    // Whoever starts hidden needs the tray first; for all others the window is what they wait for.
    if args.hidden {
        desk.tray.appear(app);
    }
    start::begin(app, args, root)?;
    desk.tray.appear(app);
    #[cfg(target_os = "linux")]
    trays::hear(app);
    watch::keep(app, heard);
    updates::keep(app);
    Ok(())
}

fn happened(app: &AppHandle, event: RunEvent) {
    let Some(desk) = app.try_state::<Desk>() else {
        return;
    };
    match event {
        // The last window is gone, and nobody has asked to quit: the tray is still there.
        RunEvent::ExitRequested {
            code: None, api, ..
        } if desk.tray.is_there() => api.prevent_exit(),
        RunEvent::Exit => {
            let open = desk.projects.all();
            let own = open.iter().filter(|project| !project.is_demo());
            desk.remembered
                .set_open(own.map(|project| project.root.clone()).collect());
            desk.projects.close_all();
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::front(app),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let app = app.clone();
            std::thread::spawn(move || {
                for url in urls {
                    start::follow(&app, url.as_str());
                }
            });
        }
        _ => {}
    }
}
