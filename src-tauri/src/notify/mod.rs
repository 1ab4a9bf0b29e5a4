//! Notifications with buttons. What is told when is decided by the operation `notices`; here it is only shown, taken down again, and
//! told what was pressed.

#[cfg(target_os = "linux")]
mod dbus;
#[cfg(target_os = "linux")]
pub use dbus::Notifier;

#[cfg(not(target_os = "linux"))]
mod plugin;
#[cfg(not(target_os = "linux"))]
pub use plugin::Notifier;

use crate::{
    acts,
    attention::{Deed, What, buttons, title, visible, whole_command},
    link::Place,
    window,
};
use orchestron_operations::wire::{NoticeView, NoticeWord, RequestWord};
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};

/// One notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Showing another one with this name replaces it.
    pub id: String,
    /// One line of plain text.
    pub title: String,
    /// Some lines of plain text.
    pub body: String,
    /// Less pressing than others.
    pub low: bool,
    /// With a sound.
    pub sound: bool,
    /// Whose window a click opens; none = the app's.
    pub project: Option<PathBuf>,
    /// What a click shows.
    pub place: Place,
    /// What its buttons say and do.
    pub buttons: Vec<(String, Deed)>,
}

impl Notice {
    /// Words alone.
    pub fn words(id: &str, title: &str, body: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            low: false,
            sound: false,
            project: None,
            place: Place::NeedsYou,
            buttons: Vec::new(),
        }
    }

    /// What a project wants to be told, named after what it is about.
    pub fn of(root: &Path, project: &str, notice: &NoticeView) -> Self {
        let mut body = notice
            .body
            .lines()
            .map(visible)
            .collect::<Vec<_>>()
            .join("\n");
        let mut shown = Self {
            title: format!("{} · {project}", visible(&notice.title)),
            low: matches!(notice.kind, NoticeWord::Done | NoticeWord::Digest),
            sound: notice.sound,
            project: Some(root.to_path_buf()),
            place: place(notice),
            ..Self::words(&name(root, notice.id.0), "", "")
        };
        if let Some(request) = &notice.request {
            // A permission is given for what is seen, so all of it is shown wherever it can be given; titles are cut off.
            if request.kind == RequestWord::Permission
                && let Some(command) = whole_command(request)
                && !body.contains(&command)
            {
                body = format!("{command}\n{body}");
            }
            let deed = |what| Deed {
                project: root.to_path_buf(),
                request: request.id.0,
                commit: request.commit.clone(),
                what,
                about: title(request),
            };
            shown.buttons = buttons(request)
                .into_iter()
                .map(|(label, what)| (label, deed(what)))
                .collect();
        }
        Self { body, ..shown }
    }
}

/// The name of a project's notification.
pub fn name(root: &Path, id: u64) -> String {
    format!("{}#{id}", root.display())
}

fn place(notice: &NoticeView) -> Place {
    if let Some(request) = &notice.request {
        return Place::Request {
            id: request.id.0,
            changes: false,
        };
    }
    let task = notice.task.as_ref().and_then(|task| task.parse().ok());
    task.map_or(Place::NeedsYou, Place::Task)
}

/// What was pressed on a notification.
pub(super) enum Pressed {
    /// The notification itself.
    Body,
    /// A button.
    Button(usize),
    /// Words were typed into it.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "only servers on D-Bus hand words over")
    )]
    Reply(String),
}

/// Does what was pressed.
pub(super) fn pressed(app: &AppHandle, notice: &Notice, pressed: Pressed) {
    let deed = match &pressed {
        Pressed::Body => None,
        Pressed::Button(number) => notice.buttons.get(*number).map(|(_, deed)| deed.clone()),
        Pressed::Reply(text) => reply(notice, text),
    };
    if let Some(deed) = deed {
        return acts::carry_out(app, deed);
    }
    let (app, notice) = (app.clone(), notice.clone());
    std::thread::spawn(move || {
        let desk = app.state::<crate::desk::Desk>();
        match notice
            .project
            .as_deref()
            .and_then(|root| desk.projects.get(root))
        {
            Some(project) => window::of_project(&app, &project, &notice.place),
            None if notice.place == Place::Updates => window::front_at(&app, &notice.place),
            None => window::front(&app),
        }
    });
}

/// Words typed into a notification about a review send the work back with them.
fn reply(notice: &Notice, text: &str) -> Option<Deed> {
    let (_, deed) = notice
        .buttons
        .iter()
        .find(|(_, deed)| deed.what == What::Words)?;
    let note = text.trim();
    let what = if note.is_empty() {
        What::Words
    } else {
        What::sent_back(note)
    };
    Some(Deed {
        what,
        ..deed.clone()
    })
}

#[cfg(test)]
mod tests;
