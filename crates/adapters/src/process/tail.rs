//! Reading a growing file line by line, from where it was left.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Longest line that is kept in memory.
pub(crate) const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// How much is read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// A line of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Its bytes, without the line end.
    Whole(&'a [u8]),
    /// It was longer than [`MAX_LINE_BYTES`]; so long.
    TooLong(u64),
}

/// A file and how far it was read.
#[derive(Debug)]
pub(crate) struct LineTail {
    path: PathBuf,
    file: Option<File>,
    /// How far was read.
    at: u64,
    /// The beginning of a line whose end has not been seen.
    begun: Vec<u8>,
    /// How much of a line that is too long was passed over.
    passed_over: u64,
    max_line_bytes: usize,
}

impl LineTail {
    /// The file at `path` from byte `from`, which need not be there yet.
    pub(crate) fn new(path: &Path, from: u64) -> Self {
        Self {
            path: path.to_path_buf(),
            file: None,
            at: from,
            begun: Vec::new(),
            passed_over: 0,
            max_line_bytes: MAX_LINE_BYTES,
        }
    }

    #[cfg(test)]
    fn with_max(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes;
        self
    }

    /// Where the first line that was not handed out begins.
    pub(crate) const fn offset(&self) -> u64 {
        self.at - self.begun.len() as u64 - self.passed_over
    }

    /// Hands every new whole line to `take`, with the offset just behind it, until there is none or `take` says to stop.
    /// Bytes behind a stop are read again next time.
    pub(crate) fn read(&mut self, mut take: impl FnMut(Line<'_>, u64) -> bool) -> io::Result<()> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        let read = self.read_from(&mut file, &mut take);
        self.file = Some(file);
        read
    }

    fn read_from(
        &mut self,
        file: &mut File,
        take: &mut impl FnMut(Line<'_>, u64) -> bool,
    ) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.at))?;
        let mut buffer = vec![0_u8; CHUNK_BYTES];
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut rest = buffer.get(..read).unwrap_or_default();
            while let Some(end) = rest.iter().position(|b| *b == b'\n') {
                let (line, after) = rest.split_at(end);
                self.at += end as u64 + 1;
                rest = after.get(1..).unwrap_or_default();
                if !self.hand_out(line, 1, take) {
                    return Ok(());
                }
            }
            self.at += rest.len() as u64;
            self.begin(rest);
        }
    }

    /// Hands out what is left without a line end: nothing more will come.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(Line<'_>, u64) -> bool) {
        if !self.begun.is_empty() || self.passed_over > 0 {
            self.hand_out(&[], 0, &mut take);
        }
    }

    fn hand_out(
        &mut self,
        end_of_line: &[u8],
        line_end: u64,
        take: &mut impl FnMut(Line<'_>, u64) -> bool,
    ) -> bool {
        let length = self.passed_over + (self.begun.len() + end_of_line.len()) as u64;
        let too_long = self.passed_over > 0 || length > self.max_line_bytes as u64;
        let go_on = if too_long {
            take(Line::TooLong(length + line_end), self.at)
        } else if self.begun.is_empty() {
            take(Line::Whole(end_of_line), self.at)
        } else {
            self.begun.extend_from_slice(end_of_line);
            take(Line::Whole(&self.begun), self.at)
        };
        self.begun.clear();
        // A single huge line is no reason to keep its memory for the rest of the run.
        self.begun.shrink_to(CHUNK_BYTES);
        self.passed_over = 0;
        go_on
    }

    fn begin(&mut self, bytes: &[u8]) {
        if self.passed_over > 0 || self.begun.len() + bytes.len() > self.max_line_bytes {
            self.passed_over += (self.begun.len() + bytes.len()) as u64;
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, LineTail};
    use std::{fs::OpenOptions, io::Write, path::Path};

    fn append(path: &Path, bytes: &[u8]) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        file.write_all(bytes).unwrap();
    }

    fn text(line: &Line<'_>) -> String {
        match line {
            Line::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Line::TooLong(bytes) => format!("<{bytes}>"),
        }
    }

    fn read(tail: &mut LineTail) -> Vec<(String, u64)> {
        let mut lines = Vec::new();
        tail.read(|line, end| {
            lines.push((text(&line), end));
            true
        })
        .unwrap();
        lines
    }

    #[test]
    fn only_whole_lines_are_handed_out_each_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut tail = LineTail::new(&path, 0);
        assert_eq!(read(&mut tail), []);
        append(&path, b"one\ntwo\nthr");
        assert_eq!(read(&mut tail), [("one".into(), 4), ("two".into(), 8)]);
        assert_eq!(tail.offset(), 8);
        append(&path, b"ee\n\nlast");
        assert_eq!(read(&mut tail), [("three".into(), 14), (String::new(), 15)]);
        let mut rest = Vec::new();
        tail.finish(|line, end| {
            rest.push((text(&line), end));
            true
        });
        assert_eq!(rest, [("last".into(), 19)]);
    }

    #[test]
    fn a_reader_can_begin_at_an_offset_and_stop_at_any_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        append(&path, b"one\ntwo\nthree\n");
        let mut tail = LineTail::new(&path, 4);
        let mut first = String::new();
        tail.read(|line, _| {
            first = text(&line);
            false
        })
        .unwrap();
        assert_eq!((first.as_str(), tail.offset()), ("two", 8));
        assert_eq!(read(&mut tail), [("three".into(), 14)]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut tail = LineTail::new(&path, 0).with_max(1000);
        append(&path, &vec![b'x'; 200_000]);
        assert_eq!(read(&mut tail), []);
        assert!(tail.begun.is_empty(), "it is not kept in memory");
        assert_eq!(tail.offset(), 0);
        append(&path, b"yy\nshort\n");
        append(&path, &[b'z'; 1001]);
        append(&path, b"\n");
        assert_eq!(
            read(&mut tail),
            [
                ("<200003>".into(), 200_003),
                ("short".into(), 200_009),
                ("<1002>".into(), 201_011)
            ]
        );
    }

    #[test]
    fn lines_across_chunks_are_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let long = "a".repeat(150_000);
        append(&path, format!("{long}\nb\n{long}\n").as_bytes());
        let mut tail = LineTail::new(&path, 0);
        let lines: Vec<usize> = read(&mut tail).iter().map(|(l, _)| l.len()).collect();
        assert_eq!(lines, [150_000, 1, 150_000]);
    }
}
