//! What a person pressed in the tray or on a notification: one operation with the exact request and commit that were shown, or a look
//! at it. What is refused is told, and the request is shown, so that nobody believes something happened that did not.

use crate::{
    attention::{Deed, What},
    desk::Desk,
    link::Place,
    log,
    notify::Notice,
    projects::OpenProject,
    window,
};
use orchestron_operations::{
    OpError, decide,
    wire::{Big, Done, input},
};
use std::sync::Arc;
use tauri::{AppHandle, Manager};

/// Does it, on a thread of its own: whoever tells of the press must not wait.
pub fn carry_out(app: &AppHandle, deed: Deed) {
    let app = app.clone();
    std::thread::spawn(move || now(&app, &deed));
}

fn now(app: &AppHandle, deed: &Deed) {
    let desk = app.state::<Desk>();
    let Some(project) = desk.projects.get(&deed.project) else {
        log::note(&format!(
            "pressed for a project that is closed: {}",
            deed.project.display()
        ));
        return window::front(app);
    };
    let look = |changes| {
        let id = deed.request;
        window::of_project(app, &project, &Place::Request { id, changes });
    };
    match &deed.what {
        What::Open => look(false),
        What::Words => look(true),
        What::Decide(decision) => {
            let wanted = input::Decide {
                request: Big(deed.request),
                decision: decision.clone(),
                commit: deed.commit.clone(),
            };
            match decided(&project, &wanted) {
                Ok(done) => log::note(&format!("pressed: {}", done.did)),
                Err(error) => {
                    log::note(&format!("pressed and refused: {error}"));
                    desk.notifier.show(refused(&project, deed, &error));
                    look(false);
                }
            }
            desk.bell.ring();
        }
    }
}

fn decided(project: &Arc<OpenProject>, wanted: &input::Decide) -> Result<Done, OpError> {
    project.with(|context| decide::decide(context, wanted))
}

fn refused(project: &OpenProject, deed: &Deed, error: &OpError) -> Notice {
    let view = error.view();
    let body = std::iter::once(view.message)
        .chain(view.hints)
        .collect::<Vec<_>>()
        .join("\n");
    Notice {
        project: Some(project.root.clone()),
        place: Place::Request {
            id: deed.request,
            changes: false,
        },
        ..Notice::words(
            &format!("refused-{}", deed.request),
            &format!("Nothing was done: {}", deed.about),
            &body,
        )
    }
}
