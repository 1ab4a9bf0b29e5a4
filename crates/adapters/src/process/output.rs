//! The useful end of what a program printed.

use super::folder::FolderError;
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// How much of an end is kept for facts and feedback, in bytes and in lines.
pub(crate) const TAIL_BYTES: usize = 4 * 1024;
const TAIL_LINES: usize = 80;

/// The last `max` bytes of a file; nothing when it is not there.
pub(crate) fn end_of_file(path: &Path, max: u64) -> Result<Vec<u8>, FolderError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FolderError::io("cannot open", path)(error)),
    };
    let read = |file: &mut File| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(max)))?;
        let mut bytes = Vec::new();
        file.take(max).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read(&mut file).map_err(FolderError::io("cannot read", path))
}

/// The end of what was printed, as a person wants to read it: whole lines, without colours and progress bars, at most `max`
/// bytes and eighty lines.
pub(crate) fn useful_end(path: &Path, max: usize) -> Result<String, FolderError> {
    // Colours and progress bars can be most of an output, so more is read than is kept.
    let window = (max as u64).saturating_mul(8).max(64 * 1024);
    let bytes = end_of_file(path, window)?;
    let cut = bytes.len() as u64 == window;
    let text = plain(&String::from_utf8_lossy(&bytes));
    let mut text = text.trim_end();
    if cut && let Some((_, rest)) = text.split_once('\n') {
        text = rest;
    }
    Ok(last_lines(text, max).to_owned())
}

/// The last lines that fit; of a single longer line, its end.
fn last_lines(text: &str, max: usize) -> &str {
    let too_many = text.rmatch_indices('\n').nth(TAIL_LINES - 1);
    let text = too_many.map_or(text, |(at, _)| &text[at + 1..]);
    if text.len() <= max {
        return text;
    }
    let from = (text.len() - max..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    let end = &text[from..];
    end.split_once('\n').map_or(end, |(_, rest)| rest)
}

/// The text as a terminal would leave it: escape sequences gone, of overwritten lines what was written last.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            plain.push('\n');
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        let last = line.rsplit('\r').find(|part| !part.is_empty());
        push_without_escapes(last.unwrap_or(""), &mut plain);
    }
    plain
}

fn push_without_escapes(line: &str, plain: &mut String) {
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            if !c.is_control() || c == '\t' {
                plain.push(c);
            }
            continue;
        }
        match chars.next() {
            // A control sequence ends with a character from `@` to `~`.
            Some('[') => {
                chars.by_ref().find(|c| ('@'..='~').contains(c));
            }
            // A string (a title, a link) ends with BEL or with ESC and a backslash.
            Some(']' | 'P' | '_' | '^') => {
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            // Everything else is two characters long, or three when it chooses a character set.
            Some('(' | ')' | '#') => {
                chars.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{last_lines, plain, useful_end};

    #[test]
    fn colours_titles_and_progress_bars_are_gone() {
        for (printed, read) in [
            ("\u{1b}[1;31mFAIL\u{1b}[0m a", "FAIL a"),
            ("\u{1b}]0;title\u{7}x", "x"),
            (
                "\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\ y",
                "link y",
            ),
            ("10%\r50%\r100%\nnext", "100%\nnext"),
            ("done\r\nnext\r\n", "done\nnext\n"),
            ("\u{1b}(Bplain\u{1b}M\tt\u{8}", "plain\tt"),
            ("unfinished \u{1b}[3", "unfinished "),
            ("unfinished \u{1b}]0;t", "unfinished "),
            ("", ""),
        ] {
            assert_eq!(plain(printed), read, "{printed:?}");
        }
    }

    #[test]
    fn the_end_is_whole_lines_within_the_limits() {
        let many: String = (0..200).map(|n| format!("{n}\n")).collect();
        let end = last_lines(many.trim_end(), 4096);
        assert_eq!((end.lines().count(), end.lines().next()), (80, Some("120")));
        assert_eq!(last_lines("aaaa\nbbbb\ncccc", 10), "bbbb\ncccc");
        assert_eq!(last_lines("aaaa\nbbbb\ncccc", 8), "cccc");
        assert_eq!(last_lines("äöü", 3), "ü");
        assert_eq!(last_lines("", 3), "");
    }

    #[test]
    fn the_end_of_a_long_file_starts_at_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        assert_eq!(useful_end(&path, 100).unwrap(), "");
        let line = "0123456789abcdef\n";
        std::fs::write(&path, line.repeat(10_000)).unwrap();
        let end = useful_end(&path, 100).unwrap();
        assert_eq!(end, line.repeat(5).trim_end());
    }
}
