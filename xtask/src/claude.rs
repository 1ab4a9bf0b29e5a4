//! The pinned Claude CLI that tools/ installs.

use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};

/// The native program below tools/node_modules, if npm installed one for this machine. It needs no Node.
pub fn pinned(root: &Path) -> Option<PathBuf> {
    let packages = root.join("tools/node_modules/@anthropic-ai");
    candidates(OS, ARCH)
        .into_iter()
        .map(|name| packages.join(name))
        .find(|path| path.is_file())
}

fn candidates(os: &str, arch: &str) -> Vec<String> {
    let os = match os {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let arch = match arch {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let program = if os == "win32" {
        "claude.exe"
    } else {
        "claude"
    };
    // npm installs the one of the two that fits the system's C library.
    ["", "-musl"]
        .iter()
        .map(|library| format!("claude-code-{os}-{arch}{library}/{program}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_the_way_npm_names_them() {
        assert_eq!(
            candidates("linux", "x86_64")[0],
            "claude-code-linux-x64/claude"
        );
        assert_eq!(
            candidates("linux", "x86_64")[1],
            "claude-code-linux-x64-musl/claude"
        );
        assert_eq!(
            candidates("macos", "aarch64")[0],
            "claude-code-darwin-arm64/claude"
        );
        assert_eq!(
            candidates("windows", "x86_64")[0],
            "claude-code-win32-x64/claude.exe"
        );
    }

    #[test]
    fn nothing_installed_is_no_program() {
        assert_eq!(pinned(Path::new("/nowhere")), None);
    }
}
