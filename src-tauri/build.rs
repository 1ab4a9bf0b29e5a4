//! Tauri's build step: every command is under the access control list, so a window may call only what its capability names.

use tauri_build::{AppManifest, Attributes};

fn main() {
    let commands = AppManifest::new().commands(&["call"]);
    if let Err(error) = tauri_build::try_build(Attributes::new().app_manifest(commands)) {
        // A build script speaks to cargo by its exit code.
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
