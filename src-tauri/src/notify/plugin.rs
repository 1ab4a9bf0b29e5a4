//! Notifications on macOS and Windows, through Tauri's plugin.

use super::{Notice, Pressed, pressed};
use crate::log;
use orchestron_operations::wire::NotifierView;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tauri::AppHandle;
use tauri_plugin_notification::{Action, ActionType, NotificationExt};

/// Notices whose buttons are remembered; who presses an older one's sees it in the window.
const REMEMBERED: usize = 64;
/// The button that only opens. It is the first on macOS, where pressing the menu of buttons itself reports the first of them.
const OPEN: &str = "open";

type Shown = Arc<Mutex<BTreeMap<i32, Notice>>>;

/// Shows notifications.
#[derive(Default)]
pub struct Notifier {
    app: OnceLock<AppHandle>,
    shown: Shown,
}

impl Notifier {
    /// Begins to show and to listen.
    pub fn start(&self, app: &AppHandle) {
        let (hearing, shown) = (app.clone(), Arc::clone(&self.shown));
        let heard = app.notification().on_action(move |action| {
            let Some(number) = action.notification().map(|notification| notification.id()) else {
                return;
            };
            let notice = shown
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&number);
            let what = action
                .action_id()
                .parse()
                .map_or(Pressed::Body, Pressed::Button);
            if let Some(notice) = notice {
                pressed(&hearing, &notice, what);
            }
        });
        if let Err(error) = heard {
            log::note(&format!(
                "what is pressed on notifications is not heard: {error}"
            ));
        }
        if self.app.set(app.clone()).is_err() {
            log::note("notifications were started twice");
        }
    }

    /// Shows a notification.
    pub fn show(&self, notice: Notice) {
        let Some(app) = self.app.get() else { return };
        let number = self.remember(notice.clone());
        let kind = format!("buttons-{number}");
        let buttons = notice.buttons.iter().enumerate();
        let buttons =
            buttons.map(|(button, (label, _))| Action::builder(button.to_string(), label).build());
        let open = (!notice.buttons.is_empty()).then(|| Action::builder(OPEN, "Open").build());
        let notification = app.notification();
        let mut builder = notification
            .builder()
            .id(number)
            .title(&notice.title)
            .body(&notice.body)
            .action_type_id(&kind);
        if notice.sound {
            builder = builder.sound("Default");
        } else {
            builder = builder.silent();
        }
        let kind = ActionType::builder(kind)
            .actions(open.into_iter().chain(buttons).collect())
            .build();
        let shown = notification
            .register_action_types(vec![kind])
            .and_then(|()| builder.show());
        if let Err(error) = shown {
            log::note(&format!("a notification cannot be shown: {error}"));
        }
    }

    fn remember(&self, notice: Notice) -> i32 {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let number = shown
            .last_key_value()
            .map_or(1, |(last, _)| last.wrapping_add(1));
        shown.insert(number, notice);
        while shown.len() > REMEMBERED {
            shown.pop_first();
        }
        number
    }

    /// Forgets the notification with this name: the system takes it down by itself, and its buttons do nothing any more.
    pub fn take_down(&self, id: &str) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|_, notice| notice.id != id);
    }

    /// Who shows them.
    pub fn server(&self) -> Option<NotifierView> {
        let name = if cfg!(windows) { "Windows" } else { "macOS" };
        self.app.get().map(|_| NotifierView {
            name: name.to_owned(),
            actions: true,
        })
    }
}
