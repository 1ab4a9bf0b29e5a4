//! Windows: where they are, what they show, and what closing one means. They are never led away from the app's own pages.

#[cfg(target_os = "linux")]
use crate::drawing;
use crate::{
    colours,
    desk::Desk,
    link::Place,
    log,
    notify::Notice,
    pages,
    projects::{OpenProject, Shows},
    quit,
    remembered::Bounds,
};
use std::{path::Path, sync::Arc};
use tauri::{
    AppHandle, Manager, PhysicalPosition, PhysicalSize, Url, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, Window, WindowEvent, Wry, plugin::TauriPlugin,
};

/// Where a window without a project begins.
const WELCOME: &str = "/welcome";
/// Least of a window's top that must lie on a screen, so that it can be taken hold of.
const GRIP: i32 = 80;

/// Whether a window can be opened at all; without a display the toolkit would end the process with no word to the person.
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("WAYLAND_DISPLAY") || set("DISPLAY")
}

/// Opens a window that shows this; its name.
pub fn open(
    app: &AppHandle,
    shows: &Shows,
    project: Option<&Path>,
    address: &str,
    visible: bool,
) -> tauri::Result<String> {
    let desk = app.state::<Desk>();
    let label = desk.projects.new_label();
    desk.projects.show(&label, shows.clone());
    let url = WebviewUrl::App(address.trim_start_matches('/').into());
    let mut builder = WebviewWindowBuilder::new(app, &label, url)
        .title("Orchestron")
        .inner_size(1440.0, 900.0)
        .min_inner_size(900.0, 600.0)
        .visible(visible);
    let dark = desk.remembered.is_dark();
    if let Some(dark) = dark {
        builder = builder.background_color(colours::canvas(dark));
    }
    let window = builder
        .build()
        .inspect_err(|_| desk.projects.gone(&label))?;
    if dark.is_none() {
        told("cannot colour the window", colours::as_the_system(&window));
    }
    #[cfg(target_os = "linux")]
    told("cannot say how the window draws", drawing::fit(&window));
    if let Some(bounds) = desk.remembered.bounds(project) {
        told("cannot put the window where it was", place(&window, bounds));
    }
    Ok(label)
}

/// Opens a window for a project that is being opened at the same time, so that both take no longer than one; or an empty one.
pub fn open_with<F>(
    app: &AppHandle,
    project: Option<&Path>,
    visible: bool,
    then: F,
) -> tauri::Result<()>
where
    F: FnOnce(&AppHandle, &str) + Send + 'static,
{
    let shows = if project.is_some() {
        Shows::Opening
    } else {
        Shows::Nothing(None)
    };
    let address = if project.is_some() { "/board" } else { WELCOME };
    let label = open(app, &shows, project, address, visible)?;
    let app = app.clone();
    std::thread::spawn(move || then(&app, &label));
    Ok(())
}

/// Lets a window show an open project.
pub fn shows(app: &AppHandle, label: &str, project: &OpenProject) {
    let desk = app.state::<Desk>();
    desk.projects
        .show(label, Shows::Project(project.root.clone()));
    if !project.is_demo() {
        desk.remembered.opened(&project.root, &project.name);
    }
    if let Some(window) = app.get_webview_window(label) {
        let title = format!("{} · Orchestron", project.name);
        told("cannot name the window", window.set_title(&title));
    }
    desk.bell.ring();
}

/// The window of a project: the one there is, else a new one.
pub fn of_project(app: &AppHandle, project: &Arc<OpenProject>, place: &Place) {
    let desk = app.state::<Desk>();
    if let Some(label) = desk.projects.windows_of(&project.root).first() {
        return go(app, label, place);
    }
    let root = project.root.clone();
    match open(
        app,
        &Shows::Project(root.clone()),
        Some(&root),
        &place.address(),
        true,
    ) {
        Ok(label) => shows(app, &label, project),
        Err(error) => log::note(&format!("cannot open a window: {error}")),
    }
}

/// Leads a window to a place, without loading the page anew, and brings it to the front.
fn go(app: &AppHandle, label: &str, place: &Place) {
    let Some(window) = app.get_webview_window(label) else {
        return;
    };
    // The address is made of numbers and of ids that were checked; quoted as JSON it is also one string in JavaScript.
    let address = serde_json::Value::String(place.address());
    let script = format!(
        "window.history.pushState(null, '', {address}); window.dispatchEvent(new PopStateEvent('popstate', {{ state: null }}));"
    );
    told("cannot lead the window there", window.eval(script));
    to_front(&window);
}

/// Loads the page anew, after the window's project was changed.
pub fn begin_anew(window: &WebviewWindow) {
    told(
        "cannot load the page anew",
        window.eval("window.location.replace('/board');"),
    );
}

/// Lets a window ask what to open, because what it was to show cannot be opened.
pub fn welcome(app: &AppHandle, label: &str) {
    if let Some(window) = app.get_webview_window(label) {
        let script = format!("window.location.replace('{WELCOME}');");
        told("cannot lead the window there", window.eval(script));
    }
}

/// The same, with this before the person's eyes.
pub fn front_at(app: &AppHandle, place: &Place) {
    let desk = app.state::<Desk>();
    match desk.projects.front() {
        Some(label) => go(app, &label, place),
        None => match desk.projects.all().first() {
            Some(project) => of_project(app, project, place),
            None => front(app),
        },
    }
}

/// Brings the app to the front: the window that had the focus last, else a new one.
pub fn front(app: &AppHandle) {
    let desk = app.state::<Desk>();
    let window = desk
        .projects
        .front()
        .and_then(|label| app.get_webview_window(&label));
    if let Some(window) = window {
        return to_front(&window);
    }
    if let Some(project) = desk.projects.all().first() {
        return of_project(app, project, &Place::Board);
    }
    if let Err(error) = open(app, &Shows::Nothing(None), None, WELCOME, true) {
        log::note(&format!("cannot open a window: {error}"));
    }
}

/// Brings a window to the front.
pub fn to_front(window: &WebviewWindow) {
    for shown in [window.show(), window.unminimize(), window.set_focus()] {
        told("cannot bring the window to the front", shown);
    }
}

fn told(what: &str, outcome: tauri::Result<()>) {
    if let Err(error) = outcome {
        log::note(&format!("{what}: {error}"));
    }
}

/// Puts a window where it was, if enough of it is on a screen that is there now.
fn place(window: &WebviewWindow, bounds: Bounds) -> tauri::Result<()> {
    window.set_size(PhysicalSize::new(bounds.width, bounds.height))?;
    let screens = window.available_monitors()?;
    let seen = screens.iter().any(|screen| {
        let (at, size) = (screen.position(), screen.size());
        is_seen(bounds, (at.x, at.y), (size.width, size.height))
    });
    if seen {
        window.set_position(PhysicalPosition::new(bounds.x, bounds.y))?;
    }
    if bounds.maximized {
        window.maximize()?;
    }
    Ok(())
}

fn is_seen(bounds: Bounds, at: (i32, i32), size: (u32, u32)) -> bool {
    let long = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let right = at.0.saturating_add(long(size.0));
    let bottom = at.1.saturating_add(long(size.1));
    let end = bounds.x.saturating_add(long(bounds.width));
    bounds.x.saturating_add(GRIP) <= right
        && end.saturating_sub(GRIP) >= at.0
        && bounds.y >= at.1
        && bounds.y.saturating_add(GRIP) <= bottom
}

/// Something happened to a window.
pub fn happened(window: &Window, event: &WindowEvent) {
    let app = window.app_handle();
    let Some(desk) = app.try_state::<Desk>() else {
        return;
    };
    match event {
        WindowEvent::Focused(true) => desk.projects.in_front(window.label()),
        WindowEvent::Moved(_) | WindowEvent::Resized(_) => note_bounds(&desk, window),
        WindowEvent::CloseRequested { api, .. } => {
            note_bounds(&desk, window);
            desk.remembered.save();
            if desk.tray.is_there() && desk.remembered.close_to_tray() {
                api.prevent_close();
                told("cannot hide the window", window.hide());
                tell_of_tray(&desk);
            } else if app.webview_windows().len() <= 1 {
                api.prevent_close();
                quit::ask(app);
            } else if desk.pages.holds(window.label()) {
                api.prevent_close();
                close_when_sent(window);
            }
        }
        WindowEvent::Destroyed => closed(app, &desk, window.label()),
        _ => {}
    }
}

/// Whoever closes a window has decided: what could still be undone is sent first.
fn close_when_sent(window: &Window) {
    let window = window.clone();
    std::thread::spawn(move || {
        pages::send(window.app_handle(), &[window.label().to_owned()]);
        told("cannot close the window", window.destroy());
    });
}

/// Said once: whoever closes a window the first time must not think that everything has ended.
fn tell_of_tray(desk: &Desk) {
    if desk.remembered.first_hiding() {
        desk.notifier.show(Notice::words(
            "in-the-tray",
            "Orchestron goes on in the tray",
            "Agents go on working. Click on its icon to open it again; its menu has Quit.",
        ));
    }
}

/// A window is gone: without a tray nothing shows its project any more, so its engine stops. Its agents go on.
fn closed(app: &AppHandle, desk: &Desk, label: &str) {
    let root = desk.projects.root_of(label);
    desk.projects.gone(label);
    desk.pages.gone(label);
    let Some(root) = root else {
        return;
    };
    if !desk.tray.is_there() && desk.projects.windows_of(&root).is_empty() {
        let app = app.clone();
        std::thread::spawn(move || app.state::<Desk>().projects.close(&root));
    }
}

fn note_bounds(desk: &Desk, window: &Window) {
    let project = desk.projects.root_of(window.label());
    let maximized = window.is_maximized().unwrap_or(false);
    // Hidden and minimised windows are nowhere.
    if !window.is_visible().unwrap_or(false) || window.is_minimized().unwrap_or(false) {
        return;
    }
    let (Ok(at), Ok(size)) = (window.outer_position(), window.inner_size()) else {
        return;
    };
    let before = desk.remembered.bounds(project.as_deref());
    let bounds = match before {
        // What it becomes again when it fills the screen no more.
        Some(before) if maximized => Bounds {
            maximized,
            ..before
        },
        _ => Bounds {
            x: at.x,
            y: at.y,
            width: size.width,
            height: size.height,
            maximized,
        },
    };
    desk.remembered.note_bounds(project.as_deref(), bounds);
}

/// A content security policy does not stop a page from navigating away; this does.
pub fn stay_home() -> TauriPlugin<Wry> {
    tauri::plugin::Builder::new("stay-home")
        .on_navigation(|_, url| is_home(url))
        .build()
}

fn is_home(url: &Url) -> bool {
    let served = url.scheme() == "tauri"
        || (matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost"));
    // Only builds without the UI inside (`tauri dev`) load it from Vite.
    let vite = cfg!(not(feature = "custom-protocol"))
        && url.scheme() == "http"
        && url.host_str() == Some("127.0.0.1");
    served || vite
}

#[cfg(test)]
mod tests {
    use super::{is_home, is_seen};
    use crate::remembered::Bounds;

    #[test]
    fn only_own_pages_are_home() {
        for (url, home) in [
            ("tauri://localhost/index.html", true),
            ("http://tauri.localhost/", true),
            ("https://example.com/", false),
            ("https://tauri.localhost.example.com/", false),
            ("data:text/html,x", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_home(&url.parse().unwrap()), home, "{url}");
        }
    }

    #[test]
    fn a_window_comes_back_only_where_it_can_be_seen() {
        let at = |x, y| Bounds {
            x,
            y,
            width: 1000,
            height: 700,
            maximized: false,
        };
        for (bounds, seen) in [
            (at(0, 0), true),
            (at(-500, 10), true),
            (at(-990, 10), false),
            (at(1900, 10), false),
            (at(10, -50), false),
            (at(10, 1050), false),
            (at(i32::MAX, i32::MAX), false),
        ] {
            assert_eq!(is_seen(bounds, (0, 0), (1920, 1080)), seen, "{bounds:?}");
        }
        assert!(
            is_seen(at(2000, 10), (1920, 0), (1920, 1080)),
            "the second screen"
        );
    }
}
