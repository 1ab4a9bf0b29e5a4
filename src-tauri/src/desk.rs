//! Everything of the app that lives as long as it does.

use crate::{
    notify::Notifier, pages::Pages, projects::Projects, remembered::Remembered, tray::Tray,
    updates::Updates,
};
use std::{
    path::PathBuf,
    sync::{
        atomic::AtomicBool,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

/// Wakes whoever keeps tray and notifications up to date. Ringing twice is ringing once.
pub struct Bell(SyncSender<()>);

impl Bell {
    /// A bell, and where it is heard.
    pub fn new() -> (Self, Receiver<()>) {
        let (sender, heard) = sync_channel(1);
        (Self(sender), heard)
    }

    /// Something changed.
    pub fn ring(&self) {
        match self.0.try_send(()) {
            // It has been rung already, or nobody listens any more because the app ends.
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}

/// The app.
pub struct Desk {
    /// Open projects and their windows.
    pub projects: Projects,
    /// What outlasts the app.
    pub remembered: Remembered,
    /// Rung when something changed.
    pub bell: Bell,
    /// The icon in the tray.
    pub tray: Tray,
    /// Notifications.
    pub notifier: Notifier,
    /// The folder for what is the app's own.
    pub folder: PathBuf,
    /// The person is being asked whether to quit.
    pub asking: AtomicBool,
    /// What the pages have told.
    pub pages: Pages,
    /// Newer versions of the app.
    pub updates: Updates,
}
