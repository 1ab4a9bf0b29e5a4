//! The person's own editor: which are there, and starting one. Never through a shell, and nobody waits for it.

use super::programs::places;
use crate::failure::io_failure;
use orchestron_engine::ports::{PortError, PortErrorKind, PortResult};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

/// Where a program of this name is.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let named = Path::new(name);
    if named.is_absolute() {
        return super::programs::is_program(named).then(|| named.to_path_buf());
    }
    // A name with a folder in it would be looked for where we happen to stand.
    if name.is_empty() || named.components().count() != 1 {
        return None;
    }
    places(name).find(|path| super::programs::is_program(path))
}

/// Starts it and lets it be.
pub(super) fn open(argv: &[String], folder: &str) -> PortResult<()> {
    let (name, args) = argv
        .split_first()
        .map_or(("", &[][..]), |(name, args)| (name.as_str(), args));
    let program = find(name).ok_or_else(|| PortError {
        doing: "cannot start",
        what: format!("`{name}`"),
        said: "there is no such program on this machine".to_owned(),
        cure: Some("name another editor: orchestron editor code -g {file}:{line}".to_owned()),
        kind: PortErrorKind::Missing,
    })?;
    let mut command = Command::new(&program);
    command
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // An interrupt at our terminal is not meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command
        .spawn()
        .map_err(|error| io_failure("cannot start", program.display(), &error))?;
    // Its end is taken in, so that no zombie stays; how it ended is the editor's own business.
    let reaper = thread::Builder::new().name("editor".to_owned());
    reaper
        .spawn(move || drop(child.wait()))
        .map(drop)
        .map_err(|error| io_failure("cannot wait for", program.display(), &error))
}

#[cfg(all(test, unix))]
mod tests {
    use super::{find, open};
    use std::{fs, os::unix::fs::PermissionsExt, thread, time::Duration};

    #[test]
    fn an_editor_gets_its_words_as_they_are_and_no_shell_sees_them() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("ed itor");
        let told = dir.path().join("told");
        fs::write(
            &program,
            format!(
                "#!/bin/sh\nprintf '%s|' \"$@\" > '{0}.new'\nmv '{0}.new' '{0}'\n",
                told.display()
            ),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let argv = [
            program.display().to_string(),
            "a b".into(),
            "$(touch x);`y`".into(),
        ];
        open(&argv, &dir.path().display().to_string()).unwrap();
        for _ in 0..400 {
            if told.exists() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(fs::read_to_string(&told).unwrap(), "a b|$(touch x);`y`|");
    }

    #[test]
    fn only_a_plain_name_or_a_whole_path_names_a_program() {
        assert!(find("sh").is_some());
        for name in [
            "",
            "./sh",
            "bin/sh",
            "/no/such/program",
            "no-such-program-here",
        ] {
            assert_eq!(find(name), None, "{name}");
        }
        assert!(open(&[], "/").is_err());
    }
}
