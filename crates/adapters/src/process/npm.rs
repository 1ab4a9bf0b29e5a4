//! Programs that npm installed. A package with a native program for each system has a placeholder in its own folder, which a script puts the
//! native one in the place of when it is installed. Where such scripts are not run (`--ignore-scripts`, pnpm), the placeholder stays: a text
//! that no system can start. The native program lies beside it all the same, in a package of its own.

use super::programs::is_program;
use orchestron_agents::Driver;
use std::{
    env::consts::{ARCH, OS},
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// What was found when a program was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// A program that can be started.
    Program(PathBuf),
    /// A placeholder, and the program that should be in its place.
    Beside { stub: PathBuf, native: PathBuf },
    /// A placeholder alone.
    Stub(PathBuf),
}

impl Found {
    /// The first of these places where something is that can be started.
    pub(super) fn among(program: &str, places: impl Iterator<Item = PathBuf>) -> Self {
        let mut first_stub = None;
        for path in places.filter(|path| is_program(path)) {
            if can_start(&path) {
                return Self::Program(path);
            }
            if let Some(native) = native_of(&path, program) {
                return Self::Beside { stub: path, native };
            }
            first_stub = first_stub.or(Some(path));
        }
        first_stub.map_or(Self::Nothing, Self::Stub)
    }

    /// What is to be started.
    pub(crate) fn program(self) -> Option<PathBuf> {
        match self {
            Self::Program(path) | Self::Beside { native: path, .. } => Some(path),
            Self::Nothing | Self::Stub(_) => None,
        }
    }

    /// How to get it.
    pub(crate) fn cure(&self, driver: &dyn Driver) -> String {
        let Self::Stub(stub) = self else {
            return driver.install_hint();
        };
        let hint = driver.install_hint();
        let stub_shown = stub.display();
        let Some(package) = package_of(stub) else {
            return format!(
                "{stub_shown} cannot start, for it is neither a program nor a script that begins with #!; {hint}"
            );
        };
        let script = package.join("install.cjs");
        let mends = if script.is_file() {
            format!("`node {}` mends it, or ", script.display())
        } else {
            String::new()
        };
        format!(
            "{stub_shown} is only npm's placeholder and cannot start, for install scripts or optional packages were left out; {mends}{hint}"
        )
    }

    /// What the person should know about what is started.
    pub(super) fn remark(&self) -> Option<String> {
        let Self::Beside { stub, .. } = self else {
            return None;
        };
        Some(format!(
            "{} is only npm's placeholder and cannot start; the program beside it is used",
            stub.display()
        ))
    }
}

/// Whether the system could start this file: a program, or a script that says by what it is read.
fn can_start(path: &Path) -> bool {
    const BEGINNINGS: [&[u8]; 8] = [
        b"#!",
        b"\x7fELF",
        b"MZ",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
    ];
    let is_batch = path
        .extension()
        .is_some_and(|ending| ending == "cmd" || ending == "bat");
    let mut first = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read(&mut first));
    // What may be run but not read is left for the system to judge.
    let Ok(read) = read else { return true };
    let begins = |with: &[u8]| {
        first
            .get(..read)
            .is_some_and(|first| first.starts_with(with))
    };
    is_batch || BEGINNINGS.into_iter().any(begins)
}

/// The folder of the package that a placeholder belongs to: `…/claude-code/bin/claude.exe`.
fn package_of(stub: &Path) -> Option<PathBuf> {
    let real = stub.canonicalize().ok()?;
    let mut above = real.ancestors().skip(1).take(3);
    above
        .find(|dir| dir.join("package.json").is_file())
        .map(Path::to_path_buf)
}

/// The native program of the package that a placeholder belongs to: `…/claude-code-linux-x64/claude`, beside the package or within it.
fn native_of(stub: &Path, program: &str) -> Option<PathBuf> {
    let package = package_of(stub)?;
    let name = package.file_name()?.to_str()?;
    let beside = package.parent()?;
    let scope = beside
        .file_name()?
        .to_str()
        .filter(|name| name.starts_with('@'));
    let within = package.join("node_modules").join(scope.unwrap_or_default());
    [beside.to_path_buf(), within]
        .iter()
        .flat_map(|dir| natives(dir, name))
        .flat_map(|dir| ["", ".exe"].map(|ending| dir.join(format!("{program}{ending}"))))
        .find(|path| is_program(path) && can_start(path))
}

/// Packages of this name for this system, in order.
fn natives(dir: &Path, name: &str) -> Vec<PathBuf> {
    let system = match OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let machine = match ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let wanted = format!("{name}-{system}-{machine}");
    let entries = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        // `…-linux-x64-musl`, too: npm installs what fits.
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(&wanted))
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::{Found, can_start, natives};
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
        path::{Path, PathBuf},
    };

    fn program(path: &Path, text: &[u8]) -> PathBuf {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_path_buf()
    }

    /// A folder as npm leaves it: `.bin/claude` leads to the package's placeholder.
    fn npm(root: &Path) -> PathBuf {
        let package = root.join("node_modules/@anthropic-ai/claude-code");
        program(
            &package.join("bin/claude.exe"),
            b"echo \"Error: claude native binary not installed.\" >&2\nexit 1\n",
        );
        fs::write(package.join("package.json"), "{}").unwrap();
        fs::write(package.join("install.cjs"), "").unwrap();
        let link = root.join("node_modules/.bin/claude");
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink("../@anthropic-ai/claude-code/bin/claude.exe", &link).unwrap();
        link
    }

    fn native(root: &Path, within: &str) -> PathBuf {
        let dir = root.join("node_modules/@anthropic-ai").join(within);
        fs::create_dir_all(&dir).unwrap();
        let wanted = natives_name();
        program(&dir.join(wanted).join("claude"), b"\x7fELF...")
    }

    fn natives_name() -> String {
        let machine = if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            "x64"
        };
        let system = if cfg!(target_os = "macos") {
            "darwin"
        } else {
            "linux"
        };
        format!("claude-code-{system}-{machine}")
    }

    #[test]
    fn the_program_beside_a_placeholder_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let link = npm(&root);
        let look = || Found::among("claude", [link.clone()].into_iter());
        assert_eq!(look(), Found::Stub(link.clone()));
        assert_eq!(look().program(), None);
        let driver = orchestron_agents::driver("claude").unwrap();
        let cure = look().cure(driver);
        assert!(
            cure.contains("placeholder") && cure.contains("claude-code/install.cjs` mends it"),
            "{cure}"
        );
        // Another system's is of no use.
        let other = root.join("node_modules/@anthropic-ai/claude-code-sunos-sparc/claude");
        program(&other, b"\x7fELF");
        assert_eq!(look(), Found::Stub(link.clone()));
        let within = native(&root, "claude-code/node_modules/@anthropic-ai");
        assert_eq!(look().program(), Some(within));
        let beside = native(&root, "");
        let found = look();
        assert!(
            found
                .remark()
                .is_some_and(|said| said.contains("placeholder"))
        );
        assert_eq!(found.program(), Some(beside));
    }

    #[test]
    fn what_can_be_started_further_on_is_taken_before_a_placeholder_alone() {
        let dir = tempfile::tempdir().unwrap();
        let link = npm(dir.path());
        let script = program(&dir.path().join("bin/claude"), b"#!/bin/sh\n");
        let found = Found::among("claude", [link, script.clone()].into_iter());
        assert_eq!(found, Found::Program(script));
        assert_eq!(found.remark(), None);
        let text = program(&dir.path().join("own/claude"), b"claude-2 \"$@\"\n");
        let driver = orchestron_agents::driver("claude").unwrap();
        let cure = Found::among("claude", [text].into_iter()).cure(driver);
        assert!(cure.contains("begins with #!"), "{cure}");
        assert_eq!(
            Found::among("claude", [dir.path().join("none")].into_iter()),
            Found::Nothing
        );
    }

    #[test]
    fn programs_and_scripts_can_start_and_texts_cannot() {
        let dir = tempfile::tempdir().unwrap();
        for (text, can) in [
            (&b"#!/usr/bin/env node\n"[..], true),
            (b"\x7fELF\x02", true),
            (b"\xcf\xfa\xed\xfe", true),
            (b"echo hello\n", false),
            (b"", false),
        ] {
            let path = program(&dir.path().join("claude"), text);
            assert_eq!(can_start(&path), can, "{text:?}");
        }
        assert!(natives(&dir.path().join("none"), "x").is_empty());
    }
}
