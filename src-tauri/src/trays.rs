//! Hears when a tray comes (Linux): it may start after the app, at login for one.

use crate::{desk::Desk, log};
use std::{thread, time::Duration};
use tauri::{AppHandle, Manager};
use zbus::blocking::{Connection, fdo::DBusProxy};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// A watcher comes a moment before the tray that shows icons.
const TRIES: [u64; 4] = [1, 2, 4, 8];

/// Listens for as long as the app lives.
pub fn hear(app: &AppHandle) {
    let app = app.clone();
    thread::spawn(move || {
        if let Err(error) = listen(&app) {
            log::note(&format!(
                "a tray that comes later will not be noticed: {error}"
            ));
        }
    });
}

fn listen(app: &AppHandle) -> zbus::Result<()> {
    let connection = Connection::session()?;
    let bus = DBusProxy::new(&connection)?;
    for change in bus.receive_name_owner_changed_with_args(&[(0, WATCHER)])? {
        let came = change.args().is_ok_and(|args| args.new_owner.is_some());
        for seconds in TRIES.iter().take_while(|_| came) {
            if app.state::<Desk>().tray.is_there() {
                break;
            }
            thread::sleep(Duration::from_secs(*seconds));
            let menus = app.clone();
            if let Err(error) =
                app.run_on_main_thread(move || menus.state::<Desk>().tray.appear(&menus))
            {
                log::note(&format!("the tray cannot be tried: {error}"));
            }
        }
    }
    Ok(())
}
