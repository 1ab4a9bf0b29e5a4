//! The window: made once, never led away from the app's own pages.

use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder, Wry, plugin::TauriPlugin};

const LABEL: &str = "main";

/// Whether a window can be opened at all; without a display the toolkit would end the process with no word to the person.
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("WAYLAND_DISPLAY") || set("DISPLAY")
}

/// Opens the window.
pub fn open(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Orchestron")
        .inner_size(1440.0, 900.0)
        .min_inner_size(900.0, 600.0)
        .build()
        .map(|_| ())
}

/// Brings the window to the front, when a second start was handed over to us.
pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        for shown in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = shown {
                eprintln!("cannot bring the window to the front: {error}");
            }
        }
    }
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
    use super::is_home;

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
}
