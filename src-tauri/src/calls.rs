//! The one command a window can call: an operation on its project, or a question to the app itself.

#![allow(clippy::let_underscore_must_use)] // in what `tauri::command` writes, not in what we write

use crate::{desk::Desk, system};
use orchestron_operations::wire::ErrorView;
use serde_json::Value;
use tauri::{AppHandle, Manager, WebviewWindow};

/// An operation by name. Names that begin with `desktop` are the app's own.
#[tauri::command]
pub async fn call(
    app: AppHandle,
    window: WebviewWindow,
    name: String,
    input: Value,
) -> Result<Value, ErrorView> {
    let done = tauri::async_runtime::spawn_blocking(move || {
        if name == "desktop" || name.starts_with("desktop-") {
            return system::call(&app, &window, &name, input);
        }
        let project = app.state::<Desk>().projects.project_of(window.label())?;
        project.with(|context| {
            orchestron_operations::call(context, &name, input).map_err(|error| error.view())
        })
    });
    done.await.unwrap_or_else(|error| {
        Err(ErrorView {
            code: "fault".to_owned(),
            message: format!("the operation ended unexpectedly: {error}"),
            hints: Vec::new(),
            field: None,
        })
    })
}
