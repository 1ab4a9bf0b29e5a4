//! Puts a package in whose signature was checked: exchanges the folder it was unpacked to, or hands it to what the system installs
//! packages with. What runs goes on running from the old files until the app starts again.

use super::{
    error::UpdateError,
    installed::{Installed, on_path},
};
use semver::Version;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long the new version may take to say what it is.
const SAYING: Duration = Duration::from_secs(20);
/// Longest text of another program's that is repeated.
const SAID_CHARS: usize = 300;

/// What has to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The app starts anew.
    Restart,
    /// The app ends: the installer waits for that, and starts it again.
    End,
}

/// Installs a package.
pub fn install(
    installed: &Installed,
    package: &Path,
    version: &Version,
) -> Result<Then, UpdateError> {
    match installed {
        Installed::Tarball(folder) => exchange(folder, package, version, "bin")?,
        Installed::Bundle(folder) => exchange(folder, package, version, "Contents/MacOS")?,
        Installed::Deb | Installed::Rpm => {
            let line = line(installed, package, on_path, is_root())?;
            run(line)?;
        }
        Installed::Setup => {
            // Shows how far it is, asks nothing, and starts the app when it is done.
            let setup = Command::new(package).args(["/P", "/UPDATE", "/R"]).spawn();
            setup.map_err(UpdateError::io("cannot start the installer"))?;
            return Ok(Then::End);
        }
    }
    Ok(Then::Restart)
}

/// Unpacks beside the folder, sees that it starts and is what it says, and lets both change places. The old one stays beside it, as
/// `….before`, until the next update.
fn exchange(
    folder: &Path,
    package: &Path,
    version: &Version,
    programs: &str,
) -> Result<(), UpdateError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let beside = |ending: &str| folder.with_file_name(format!("{name}.{ending}"));
    let unpacked = beside("update");
    clear(&unpacked)?;
    let done = unpack(package, &unpacked).and_then(|fresh| {
        must_be(&fresh.join(programs), version)?;
        let before = beside("before");
        clear(&before)?;
        trade(&fresh, folder, &before).map_err(UpdateError::io(format!(
            "cannot exchange {}",
            folder.display()
        )))
    });
    let cleared = clear(&unpacked);
    done.and(cleared)
}

fn clear(folder: &Path) -> Result<(), UpdateError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
    .map_err(UpdateError::io(format!(
        "cannot clear {}",
        folder.display()
    )))
}

/// Makes a folder that only this user can look into.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        fs::DirBuilder::new().mode(0o700).create(folder)
    }
    #[cfg(not(unix))]
    fs::create_dir(folder)
}

/// The one folder in an archive.
fn unpack(package: &Path, into: &Path) -> Result<PathBuf, UpdateError> {
    let doing = || format!("cannot unpack to {}", into.display());
    make_private(into).map_err(UpdateError::io(doing()))?;
    let mut tar = Command::new("tar");
    tar.args(["-xzf"]).arg(package).arg("-C").arg(into);
    run(tar)?;
    let found = fs::read_dir(into).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let found = found.map_err(UpdateError::io(doing()))?;
    match found.as_slice() {
        [one] => Ok(one.path()),
        _ => Err(UpdateError::DoesNotStart(
            "its package has not one folder".to_owned(),
        )),
    }
}

/// Both programs are there, and the one that can be asked says this version.
fn must_be(programs: &Path, version: &Version) -> Result<(), UpdateError> {
    let [command, app] = ["orchestron", "orchestron-desktop"].map(|name| programs.join(name));
    let wrong = |said: String| Err(UpdateError::DoesNotStart(said));
    if !app.is_file() {
        return wrong(format!("there is no {} in it", app.display()));
    }
    let said = match says(&command) {
        Ok(said) => said,
        Err(error) => return wrong(error.to_string()),
    };
    let mut words = said.split_whitespace();
    if (words.next(), words.next()) == (Some("orchestron"), Some(version.to_string().as_str())) {
        return Ok(());
    }
    let said: String = said
        .trim()
        .chars()
        .take(80)
        .map(crate::attention::shown)
        .collect();
    wrong(format!("it says that it is `{said}`"))
}

fn says(program: &Path) -> io::Result<String> {
    let mut child = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let began = Instant::now();
    while child.try_wait()?.is_none() {
        if began.elapsed() > SAYING {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "it does not answer",
            ));
        }
        thread::sleep(Duration::from_millis(20));
    }
    let said = child.wait_with_output()?;
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

/// What is at `folder` goes to `before`, and `fresh` comes to its place: in one step where the system can, else in two, of which the
/// first is taken back when the second fails.
fn trade(fresh: &Path, folder: &Path, before: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, fresh, CWD, folder, RenameFlags::EXCHANGE).is_ok() {
            return fs::rename(fresh, before);
        }
    }
    fs::rename(folder, before)?;
    fs::rename(fresh, folder).or_else(|error| fs::rename(before, folder).and(Err(error)))
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// What installs a package of the system's: by the program that also gets what it needs, with rights the person is asked for by the
/// system itself. We never ask for a password.
fn line(
    installed: &Installed,
    package: &Path,
    find: impl Fn(&str) -> Option<PathBuf>,
    is_root: bool,
) -> Result<Command, UpdateError> {
    let lines: [(&str, &[&str]); 2] = match installed {
        Installed::Deb => [("apt-get", &["install", "--yes"]), ("dpkg", &["--install"])],
        _ => [
            ("dnf", &["install", "--assumeyes"]),
            ("rpm", &["--upgrade"]),
        ],
    };
    let mut there = lines
        .into_iter()
        .filter_map(|(name, words)| Some((name, find(name)?, words)));
    let Some((name, program, words)) = there.next() else {
        let names = lines.map(|(name, _)| name).join(" nor ");
        return Err(UpdateError::CannotReplace(format!(
            "there is neither {names} here"
        )));
    };
    let mut command = match (is_root, find("pkexec")) {
        (true, _) => Command::new(program),
        (false, Some(pkexec)) => {
            let mut command = Command::new(pkexec);
            command.arg(program);
            command
        }
        (false, None) => {
            let line = format!("sudo {name} {} '{}'", words.join(" "), package.display());
            return Err(UpdateError::NeedsHands { line });
        }
    };
    command.args(words).arg(package);
    Ok(command)
}

/// Runs it to its end.
fn run(mut command: Command) -> Result<(), UpdateError> {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(UpdateError::io(format!("cannot start {program}")))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    let said = match last {
        Some(last) => last
            .chars()
            .take(SAID_CHARS)
            .map(crate::attention::shown)
            .collect(),
        None => done.status.to_string(),
    };
    Err(UpdateError::Installer { program, said })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::{Installed, Then, UpdateError, install, line};
    use std::{
        fs,
        os::unix::fs::PermissionsExt,
        path::{Path, PathBuf},
        process::Command,
    };

    fn program(path: &Path, script: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A folder that was installed, and a package that says it is this version.
    fn stage(dir: &Path, says: &str) -> (PathBuf, PathBuf) {
        let folder = dir.join("my orchestron");
        program(&folder.join("bin/orchestron"), "echo orchestron 0.1.0");
        fs::write(folder.join("mine.txt"), "a file of the person's").unwrap();
        let fresh = dir.join("made/orchestron-9.9.9");
        program(&fresh.join("bin/orchestron"), &format!("echo {says}"));
        program(&fresh.join("bin/orchestron-desktop"), "true");
        let package = dir.join("package.tar.gz");
        let made = Command::new("tar")
            .args(["-czf"])
            .arg(&package)
            .args(["-C"])
            .arg(dir.join("made"))
            .arg("orchestron-9.9.9")
            .status();
        assert!(made.unwrap().success());
        fs::remove_dir_all(dir.join("made")).unwrap();
        (folder, package)
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_new_version_takes_the_place_of_the_old_one_which_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, package) = stage(dir.path(), "orchestron 9.9.9");
        let version = "9.9.9".parse().unwrap();
        let installed = Installed::Tarball(folder.clone());
        assert_eq!(
            install(&installed, &package, &version).unwrap(),
            Then::Restart
        );
        let said = fs::read_to_string(folder.join("bin/orchestron")).unwrap();
        assert!(said.contains("9.9.9"), "{said}");
        assert!(dir.path().join("my orchestron.before/mine.txt").is_file());
        assert_eq!(
            names(dir.path()),
            ["my orchestron", "my orchestron.before", "package.tar.gz"]
        );
        // Once more: only the last one is kept.
        install(&installed, &package, &version).unwrap();
        assert!(!dir.path().join("my orchestron.before/mine.txt").exists());
        assert_eq!(names(dir.path()).len(), 3);
    }

    #[test]
    fn what_does_not_start_or_is_another_version_changes_nothing() {
        for says in ["orchestron 0.0.1", "hello", "orchestron 9.9.9-rc.1"] {
            let dir = tempfile::tempdir().unwrap();
            let (folder, package) = stage(dir.path(), says);
            let version = "9.9.9".parse().unwrap();
            let refused =
                install(&Installed::Tarball(folder.clone()), &package, &version).unwrap_err();
            assert!(matches!(refused, UpdateError::DoesNotStart(_)), "{refused}");
            let said = fs::read_to_string(folder.join("bin/orchestron")).unwrap();
            assert!(said.contains("0.1.0") && folder.join("mine.txt").is_file());
            assert_eq!(names(dir.path()), ["my orchestron", "package.tar.gz"]);
        }
        let dir = tempfile::tempdir().unwrap();
        let (folder, package) = stage(dir.path(), "orchestron 9.9.9");
        fs::write(&package, "no archive").unwrap();
        let refused = install(
            &Installed::Tarball(folder),
            &package,
            &"9.9.9".parse().unwrap(),
        );
        assert!(matches!(refused, Err(UpdateError::Installer { program, .. }) if program == "tar"));
        assert_eq!(names(dir.path()), ["my orchestron", "package.tar.gz"]);
    }

    #[test]
    fn the_system_asks_for_the_rights_and_installs_what_is_needed_besides() {
        let package = Path::new("/state/updates/Orchestron_9.9.9_amd64.deb");
        let words = |installed: &Installed, there: &[&str], root: bool| {
            let find = |name: &str| {
                there
                    .contains(&name)
                    .then(|| Path::new("/usr/bin").join(name))
            };
            line(installed, package, find, root).map(|command| {
                let words = std::iter::once(command.get_program()).chain(command.get_args());
                let words: Vec<_> = words
                    .map(|word| word.to_str().unwrap().to_owned())
                    .collect();
                words.join(" ")
            })
        };
        let package = package.display();
        assert_eq!(
            words(&Installed::Deb, &["apt-get", "dpkg", "pkexec"], false).unwrap(),
            format!("/usr/bin/pkexec /usr/bin/apt-get install --yes {package}")
        );
        assert_eq!(
            words(&Installed::Rpm, &["rpm", "pkexec"], false).unwrap(),
            format!("/usr/bin/pkexec /usr/bin/rpm --upgrade {package}")
        );
        assert_eq!(
            words(&Installed::Deb, &["dpkg"], true).unwrap(),
            format!("/usr/bin/dpkg --install {package}")
        );
        let refused = words(&Installed::Deb, &["apt-get"], false).unwrap_err();
        assert!(
            matches!(&refused, UpdateError::NeedsHands { line } if *line == format!("sudo apt-get install --yes '{package}'")),
            "{refused}"
        );
        let refused = words(&Installed::Rpm, &[], true).unwrap_err();
        assert!(
            matches!(refused, UpdateError::CannotReplace(_)),
            "{refused}"
        );
    }
}
