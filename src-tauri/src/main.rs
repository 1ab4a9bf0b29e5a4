//! Orchestron's desktop app: one window over the operations, and the engine behind it.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod args;
mod backend;
mod demo;
mod keepers;
mod window;

use args::Args;
use backend::Backend;
use std::process::ExitCode;
use tauri::{Manager, RunEvent};

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(told) => return told,
    };
    if !window::has_display() {
        eprintln!(
            "There is no display here (neither WAYLAND_DISPLAY nor DISPLAY is set), so no window can be opened.\n  hint: `orchestron run --ui` serves the same UI to a browser on this machine"
        );
        return ExitCode::from(5);
    }
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(5)
        }
    }
}

fn run(args: Args) -> tauri::Result<()> {
    let app = tauri::Builder::default()
        // First, so that a second start hands over before anything else begins.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            window::show(app)
        }))
        .plugin(tauri_plugin_shell::init())
        .plugin(window::stay_home())
        .invoke_handler(tauri::generate_handler![backend::call])
        .setup(move |app| {
            let backend = Backend::open(app.handle(), &args)?;
            app.manage(backend);
            window::open(app.handle())?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| {
        if let RunEvent::Exit = event
            && let Some(backend) = app.try_state::<Backend>()
        {
            backend.stop();
        }
    });
    Ok(())
}
