//! Is there a screen on which a window can be opened?

use std::env;

/// What is known about the screen.
#[derive(Debug, PartialEq, Eq)]
pub enum Screen {
    /// A window can be opened.
    There,
    /// No screen is named in the environment.
    None,
    /// A screen is named, but nothing answers there (a stale variable, an ended session).
    Silent(String),
}

/// Looks for a screen.
pub fn screen() -> Screen {
    if cfg!(any(target_os = "macos", target_os = "windows")) {
        return Screen::There;
    }
    let named = |name| env::var(name).ok().filter(|value| !value.is_empty());
    judge(
        named("WAYLAND_DISPLAY").as_deref(),
        named("DISPLAY").as_deref(),
    )
}

fn judge(wayland: Option<&str>, x11: Option<&str>) -> Screen {
    let named = match (wayland, x11) {
        (None, None) => return Screen::None,
        (Some(name), None) => format!("WAYLAND_DISPLAY={name}"),
        (_, Some(name)) => format!("DISPLAY={name}"),
    };
    if wayland.is_some_and(sockets::wayland_answers) || x11.is_some_and(sockets::x11_answers) {
        Screen::There
    } else {
        Screen::Silent(named)
    }
}

#[cfg(unix)]
mod sockets {
    use std::env;
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;

    pub fn wayland_answers(name: &str) -> bool {
        // An absolute name stands for itself: `join` then drops the folder.
        let folder = env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .unwrap_or_default();
        UnixStream::connect(folder.join(name)).is_ok()
    }

    pub fn x11_answers(name: &str) -> bool {
        let Some((host, screen)) = name.rsplit_once(':') else {
            return false;
        };
        // A screen on another machine (ssh -X): asking it costs a time-out when it is gone, so it is believed.
        if !host.is_empty() && host != "unix" {
            return true;
        }
        let number = screen.split('.').next().unwrap_or(screen);
        let path = format!("/tmp/.X11-unix/X{number}");
        UnixStream::connect(&path).is_ok() || abstract_answers(&path)
    }

    #[cfg(target_os = "linux")]
    fn abstract_answers(path: &str) -> bool {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;
        SocketAddr::from_abstract_name(path)
            .and_then(|address| UnixStream::connect_addr(&address))
            .is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn abstract_answers(_path: &str) -> bool {
        false
    }
}

#[cfg(not(unix))]
mod sockets {
    pub fn wayland_answers(_name: &str) -> bool {
        false
    }

    pub fn x11_answers(_name: &str) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_names_there_is_no_screen() {
        assert_eq!(judge(None, None), Screen::None);
    }

    #[test]
    fn a_name_nobody_listens_at_is_silent() {
        assert_eq!(
            judge(None, Some(":64123")),
            Screen::Silent("DISPLAY=:64123".to_owned())
        );
        assert_eq!(
            judge(Some("/nowhere/wayland-9"), None),
            Screen::Silent("WAYLAND_DISPLAY=/nowhere/wayland-9".to_owned())
        );
        assert_eq!(
            judge(None, Some("nonsense")),
            Screen::Silent("DISPLAY=nonsense".to_owned())
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_listening_socket_is_a_screen() {
        let path = env::temp_dir().join(format!("xtask-wayland-{}", std::process::id()));
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(judge(path.to_str(), Some(":64123")), Screen::There);
        drop(listener);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_forwarded_screen_is_believed() {
        assert_eq!(judge(None, Some("localhost:10.0")), Screen::There);
    }
}
