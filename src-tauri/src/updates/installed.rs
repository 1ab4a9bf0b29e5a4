//! How this app came onto this machine, because that is how a newer one has to come.

use super::error::UpdateError;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What the tarball of `./dev dist` has besides `bin/`; no system folder has all of it.
const OF_THE_TARBALL: [&str; 4] = [
    "README.md",
    "LICENSE-MIT",
    "bin/orchestron",
    "share/applications/Orchestron.desktop",
];

/// What it was installed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installed {
    /// The tarball, unpacked to this folder.
    Tarball(PathBuf),
    /// The .deb, by the system's package manager.
    Deb,
    /// The .rpm, the same way.
    Rpm,
    /// macOS: this bundle.
    Bundle(PathBuf),
    /// Windows: the installer.
    Setup,
}

impl Installed {
    /// Looks at where the running program lies.
    pub fn look() -> Result<Self, UpdateError> {
        let program = tauri::utils::platform::current_exe()
            .map_err(UpdateError::io("cannot tell where this program lies"))?;
        Self::of(&program, owned_by)
    }

    fn of(
        program: &Path,
        owned_by: impl Fn(&str, &[&str], &Path) -> bool,
    ) -> Result<Self, UpdateError> {
        let above = |levels: usize| program.ancestors().nth(levels).map(Path::to_path_buf);
        let found = if cfg!(target_os = "macos") {
            // X.app/Contents/MacOS/program
            above(3)
                .filter(|bundle| bundle.extension().is_some_and(|ending| ending == "app"))
                .map(Self::Bundle)
        } else if cfg!(windows) {
            let uninstaller = program.with_file_name("uninstall.exe");
            uninstaller.is_file().then_some(Self::Setup)
        } else if let Some(folder) = above(2).filter(|folder| is_tarball(folder)) {
            Some(Self::Tarball(folder))
        } else if owned_by("dpkg-query", &["--search"], program) {
            Some(Self::Deb)
        } else if owned_by("rpm", &["--query", "--file"], program) {
            Some(Self::Rpm)
        } else {
            None
        };
        let found = found.ok_or_else(|| {
            let place = program.display();
            UpdateError::CannotReplace(format!(
                "{place} was not installed from one of its packages"
            ))
        })?;
        found.must_be_ours_to_replace()?;
        Ok(found)
    }

    /// Whoever cannot write beside a folder cannot exchange it.
    fn must_be_ours_to_replace(&self) -> Result<(), UpdateError> {
        let (Self::Tarball(folder) | Self::Bundle(folder)) = self else {
            return Ok(());
        };
        let parent = folder.parent().unwrap_or(folder);
        may_write(parent).map_err(|error| {
            let said = format!("you may not write to {}: {error}", parent.display());
            UpdateError::CannotReplace(said)
        })
    }

    /// What a list of versions calls the packages for this.
    pub fn target(&self) -> String {
        let system = if cfg!(target_os = "macos") {
            "darwin"
        } else {
            std::env::consts::OS
        };
        let kind = match self {
            Self::Tarball(_) => "tar",
            Self::Deb => "deb",
            Self::Rpm => "rpm",
            Self::Bundle(_) => "app",
            Self::Setup => "nsis",
        };
        format!("{system}-{}-{kind}", std::env::consts::ARCH)
    }
}

#[cfg(unix)]
fn may_write(folder: &Path) -> std::io::Result<()> {
    Ok(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)?)
}

#[cfg(not(unix))]
fn may_write(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

fn is_tarball(folder: &Path) -> bool {
    OF_THE_TARBALL
        .iter()
        .all(|name| folder.join(name).is_file())
}

/// The system's program of this name.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let mut files = std::env::split_paths(&folders).map(|folder| folder.join(name));
    files.find(|file| file.is_absolute() && file.is_file())
}

/// Whether a package manager knows a file.
fn owned_by(manager: &str, question: &[&str], file: &Path) -> bool {
    let Some(manager) = on_path(manager) else {
        return false;
    };
    let asked = Command::new(manager)
        .args(question)
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Installed, OF_THE_TARBALL, UpdateError};
    use std::{fs, path::Path};

    fn of(program: &Path, manager: &'static str) -> Result<Installed, UpdateError> {
        Installed::of(program, move |asked, _, _| asked == manager)
    }

    #[test]
    fn it_is_known_what_it_came_from() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("orchestron-0.1.0-amd64-linux");
        let program = folder.join("bin/orchestron-desktop");
        let refused = of(&program, "none").unwrap_err();
        assert!(
            refused.to_string().contains("orchestron-desktop"),
            "{refused}"
        );
        assert_eq!(of(&program, "dpkg-query").unwrap(), Installed::Deb);
        assert_eq!(of(&program, "rpm").unwrap(), Installed::Rpm);
        for name in OF_THE_TARBALL {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let found = of(&program, "none").unwrap();
        assert_eq!(found, Installed::Tarball(folder));
        let target = format!("linux-{}-tar", std::env::consts::ARCH);
        assert_eq!(found.target(), target);
    }

    #[test]
    fn what_was_built_here_is_nobodys_package() {
        // The test itself, below target/debug.
        let refused = Installed::look().unwrap_err();
        assert!(
            matches!(refused, UpdateError::CannotReplace(_)),
            "{refused}"
        );
    }
}
