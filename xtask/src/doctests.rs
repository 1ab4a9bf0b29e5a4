//! Are there doc tests at all? Asking rustdoc costs seconds per crate; looking costs milliseconds.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// True if any library of the workspace has an example that rustdoc would run.
pub fn any(root: &Path) -> Result<bool, Failure> {
    let mut folders = vec![
        root.join("crates"),
        root.join("src-tauri"),
        root.join("tests"),
    ];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(Failure::file("list", &folder))? {
            let entry = entry.map_err(Failure::file("list", &folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(Failure::file("look at", &path))?;
            if kind.is_dir() && entry.file_name() != "node_modules" {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "rs") {
                let source = fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
                if has_example(&source) {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

fn has_example(source: &str) -> bool {
    let mut inside = false;
    for line in source.lines() {
        let line = line.trim_start();
        let Some(text) = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"))
        else {
            inside = false;
            continue;
        };
        let Some(label) = text.trim_start().strip_prefix("```") else {
            continue;
        };
        if !inside && label.split([',', ' ']).all(|word| is_run(word.trim())) {
            return true;
        }
        inside = !inside;
    }
    false
}

fn is_run(word: &str) -> bool {
    matches!(
        word,
        "" | "rust" | "no_run" | "should_panic" | "compile_fail"
    ) || word.starts_with("edition")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fences_that_rustdoc_runs_count() {
        for (source, expected) in [
            ("/// Text.\npub fn a() {}", false),
            ("/// ```\n/// a();\n/// ```\n", true),
            ("//! ```no_run\n//! a();\n//! ```\n", true),
            ("    /// ```text\n    /// a\n    /// ```\n", false),
            (
                "/// ```text\n/// a\n/// ```\n/// ```rust,should_panic\n",
                true,
            ),
            ("/// ```ignore\n/// a();\n/// ```\n", false),
            ("// ```\n// not a doc comment\nlet a = \"```\";", false),
        ] {
            assert_eq!(has_example(source), expected, "{source}");
        }
    }
}
