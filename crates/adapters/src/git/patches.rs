//! The patches of a difference, cut into files while they stream by, and kept only so far.

use std::ops::ControlFlow;

/// How much of one file's patch is kept.
const MAX_FILE_BYTES: usize = 400 * 1024;
/// How much of all patches is kept.
const MAX_TOTAL_BYTES: usize = 2 * 1024 * 1024;

/// A section of a patch: the hunks of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub text: String,
    /// Whether there is more of it than is kept.
    pub cut: bool,
}

/// Cuts a patch into its files while it streams by, keeping no more than is allowed.
#[derive(Default)]
pub(super) struct Patches {
    /// The files so far.
    pub sections: Vec<Section>,
    /// The hunks of the current file.
    current: Option<Vec<u8>>,
    /// Whether the first hunk was seen.
    in_hunks: bool,
    /// Whether a line of content was kept.
    has_content: bool,
    /// Whether the current file has more than is kept.
    cut: bool,
    /// The line that is not complete yet, as far as it could matter.
    line: Vec<u8>,
    total: usize,
}

impl Patches {
    /// Takes a piece; breaks when enough was kept.
    pub fn feed(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        for piece in chunk.split_inclusive(|b| *b == b'\n') {
            let room = MAX_FILE_BYTES.saturating_sub(self.line.len());
            self.line
                .extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.take_line(&line, room < piece.len());
            }
        }
        if self.total >= MAX_TOTAL_BYTES {
            self.cut = true;
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// One line of the patch; its end is missing when it is `longer` than a whole file may be.
    fn take_line(&mut self, line: &[u8], longer: bool) {
        // Lines of content start with ` `, `+`, `-`, `\` or `@`; names are quoted, so no name can make such a line.
        if line.starts_with(b"diff --git ") {
            self.end();
            self.current = Some(Vec::new());
            return;
        }
        let Some(current) = &mut self.current else {
            return;
        };
        self.in_hunks |= line.starts_with(b"@@");
        if !self.in_hunks || self.cut {
            return;
        }
        let room = MAX_FILE_BYTES
            .saturating_sub(current.len())
            .min(MAX_TOTAL_BYTES.saturating_sub(self.total));
        let fits = line.get(..room.min(line.len())).unwrap_or_default();
        if fits.len() == line.len() && !longer {
            current.extend_from_slice(line);
            self.has_content |= !line.starts_with(b"@@");
            self.total += line.len();
        } else {
            self.cut = true;
            // Whole lines only, unless the file would be empty.
            if !self.has_content {
                current.extend_from_slice(fits);
                self.total += fits.len();
            }
        }
    }

    /// The current file is over.
    pub fn end(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.take_line(&line, false);
        }
        if let Some(current) = self.current.take() {
            self.sections.push(Section {
                text: String::from_utf8_lossy(&current).into_owned(),
                cut: self.cut,
            });
        }
        self.in_hunks = false;
        self.has_content = false;
        self.cut = false;
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_FILE_BYTES, MAX_TOTAL_BYTES, Patches};
    use std::ops::ControlFlow;

    fn cut(patch: &[u8], step: usize) -> (Patches, bool) {
        let mut patches = Patches::default();
        let mut stopped = false;
        for chunk in patch.chunks(step) {
            if patches.feed(chunk) == ControlFlow::Break(()) {
                stopped = true;
                break;
            }
        }
        patches.end();
        (patches, stopped)
    }

    #[test]
    fn patches_are_cut_into_files_however_they_arrive() {
        let patch = b"diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-diff --git a b\n+\xff\ndiff --git a/y b/y\nBinary files differ\ndiff --git a/z b/z\n@@ -0,0 +1 @@\n+end\n\\ No newline at end of file";
        for step in [1, 7, 4096] {
            let (patches, _) = cut(patch, step);
            let texts: Vec<_> = patches.sections.iter().map(|s| s.text.as_str()).collect();
            assert_eq!(
                texts,
                [
                    "@@ -1 +1 @@\n-diff --git a b\n+\u{fffd}\n",
                    "",
                    "@@ -0,0 +1 @@\n+end\n\\ No newline at end of file"
                ]
            );
            assert!(patches.sections.iter().all(|s| !s.cut));
        }
    }

    #[test]
    fn long_files_and_long_lines_are_cut() {
        let mut patch = b"diff --git a/x b/x\n@@ -0,0 +1,2 @@\n".to_vec();
        for n in 0..100_000 {
            patch.extend_from_slice(format!("+line {n}\n").as_bytes());
        }
        patch.extend_from_slice(b"diff --git a/y b/y\n@@ -0,0 +1 @@\n+");
        patch.resize(patch.len() + 2 * MAX_FILE_BYTES, b'a');
        patch.extend_from_slice(b"\ndiff --git a/z b/z\n@@ -0,0 +1 @@\n+short\n");
        let (patches, stopped) = cut(&patch, 65_536);
        assert!(!stopped);
        let [x, y, z] = patches.sections.as_slice() else {
            panic!("{} sections", patches.sections.len());
        };
        assert!(x.cut && x.text.ends_with('\n') && x.text.len() <= MAX_FILE_BYTES);
        assert!(y.cut && y.text.len() <= MAX_FILE_BYTES && y.text.contains("+aaa"));
        assert!(!z.cut && z.text.ends_with("+short\n"));
    }

    #[test]
    fn reading_stops_when_enough_was_read() {
        let mut patch = Vec::new();
        for n in 0..20 {
            patch.extend_from_slice(format!("diff --git a/{n} b/{n}\n@@ -0,0 +1 @@\n").as_bytes());
            for _ in 0..30_000 {
                patch.extend_from_slice(b"+0123456\n");
            }
        }
        let (patches, stopped) = cut(&patch, 65_536);
        assert!(stopped && patches.sections.last().is_some_and(|s| s.cut));
        let kept: usize = patches.sections.iter().map(|s| s.text.len()).sum();
        assert!(kept <= MAX_TOTAL_BYTES);
    }
}
