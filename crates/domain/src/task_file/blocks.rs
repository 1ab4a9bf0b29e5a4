//! Reading Markdown line by line: which lines are headings, and which only look like it because they stand in a code
//! fence or an HTML comment. Follows CommonMark where it matters for headings, fences and comments; one pass, no nesting.
//!
//! A line ends with `\n` or `\r\n`; a lone carriage return is an ordinary character (progress output pasted into an
//! error context is full of them).

use std::ops::Range;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing but spaces and tabs.
    Blank,
    /// Text, lists, quotes, tables.
    Plain,
    /// `#` to `######`, with the level.
    Heading(u8),
    /// Opens, closes or stands in a code fence.
    Fenced,
    /// Stands in an HTML comment that began at the start of a line.
    Comment,
}

/// A block that goes on over the next lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// None.
    Nothing,
    /// A code fence of so many of this character.
    Fence { mark: u8, len: usize },
    /// An HTML comment.
    Comment,
}

impl Open {
    /// The line that ends it.
    pub fn closer(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Fence { mark, len } => Some(char::from(mark).to_string().repeat(len)),
            Self::Comment => Some("-->".to_owned()),
        }
    }
}

/// Tells the kind of one line after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    /// What is open after the lines so far.
    pub open: Open,
}

impl Blocks {
    /// At the start of a document, or below a heading.
    pub const fn new() -> Self {
        Self {
            open: Open::Nothing,
        }
    }

    /// The kind of the next line (without its end).
    pub fn kind(&mut self, line: &str) -> Kind {
        match self.open {
            Open::Fence { mark, len } => {
                if closes_fence(line, mark, len) {
                    self.open = Open::Nothing;
                }
                Kind::Fenced
            }
            Open::Comment => {
                if line.contains("-->") {
                    self.open = Open::Nothing;
                }
                Kind::Comment
            }
            Open::Nothing => self.fresh_kind(line),
        }
    }

    /// The kind of a line outside of every block.
    fn fresh_kind(&mut self, line: &str) -> Kind {
        let Some((_, rest)) = unindented(line) else {
            return if is_blank(line) {
                Kind::Blank
            } else {
                Kind::Plain
            };
        };
        match rest.as_bytes().first() {
            Some(b'#') => heading_level(rest).map_or(Kind::Plain, Kind::Heading),
            Some(b'`' | b'~') => {
                let Some((mark, len)) = opens_fence(rest) else {
                    return Kind::Plain;
                };
                self.open = Open::Fence { mark, len };
                Kind::Fenced
            }
            Some(b'<') if rest.starts_with("<!--") => {
                if !rest.contains("-->") {
                    self.open = Open::Comment;
                }
                Kind::Comment
            }
            _ if is_blank(rest) => Kind::Blank,
            _ => Kind::Plain,
        }
    }
}

/// Whether a line holds nothing but white space.
pub(super) fn is_blank(line: &str) -> bool {
    line.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r'))
}

/// A line's indent and the rest, when it is indented by less than what makes it code.
pub(super) fn unindented(line: &str) -> Option<(usize, &str)> {
    let indent = line.bytes().take_while(|b| *b == b' ').count();
    let rest = line.get(indent..)?;
    (indent <= 3 && !rest.starts_with('\t')).then_some((indent, rest))
}

/// Level of an ATX heading: 1 to 6 `#` and then white space or nothing.
pub(super) fn heading_level(rest: &str) -> Option<u8> {
    let hashes = rest.bytes().take_while(|b| *b == b'#').count();
    let ends = matches!(
        rest.as_bytes().get(hashes),
        None | Some(b' ' | b'\t' | b'\r')
    );
    match u8::try_from(hashes) {
        Ok(level @ 1..=6) if ends => Some(level),
        _ => None,
    }
}

/// The character and length of the fence this line opens.
fn opens_fence(rest: &str) -> Option<(u8, usize)> {
    let mark = *rest.as_bytes().first()?;
    let len = rest.bytes().take_while(|b| *b == mark).count();
    let info = rest.get(len..)?;
    (len >= 3 && (mark == b'~' || !info.contains('`'))).then_some((mark, len))
}

/// Whether this line ends such a fence.
fn closes_fence(line: &str, mark: u8, len: usize) -> bool {
    let Some((_, rest)) = unindented(line) else {
        return false;
    };
    let run = rest.bytes().take_while(|b| *b == mark).count();
    run >= len && rest.get(run..).is_some_and(is_blank)
}

/// One line of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The line without its end.
    pub text: &'a str,
    /// Offset of its first byte.
    pub start: usize,
    /// Offset of the next line.
    pub next: usize,
    /// What it is.
    pub kind: Kind,
    /// Whether it goes on with a block that an earlier line opened.
    pub continues: bool,
}

impl Line<'_> {
    /// Offset just behind its last character, before the line's end.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it says something: neither blank nor a comment.
    pub fn is_content(&self) -> bool {
        !matches!(self.kind, Kind::Blank | Kind::Comment)
    }
}

/// The lines of (a part of) a text, with what they are.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    blocks: Blocks,
}

impl<'a> Lines<'a> {
    /// Lines of `text` within a range that begins at a line's start, outside of every block.
    pub fn within(text: &'a str, range: Range<usize>) -> Self {
        Self {
            text,
            at: range.start,
            end: range.end,
            blocks: Blocks::new(),
        }
    }

    /// What is open after the lines so far.
    pub const fn open(&self) -> Open {
        self.blocks.open
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.text.get(self.at..self.end)?;
        if rest.is_empty() {
            return None;
        }
        let (whole, length) = match rest.find('\n') {
            Some(at) => (rest.get(..at)?, at + 1),
            None => (rest, rest.len()),
        };
        let text = if length > whole.len() {
            whole.strip_suffix('\r').unwrap_or(whole)
        } else {
            whole
        };
        let continues = self.blocks.open != Open::Nothing;
        let line = Line {
            text,
            start: self.at,
            next: self.at + length,
            kind: self.blocks.kind(text),
            continues,
        };
        self.at = line.next;
        Some(line)
    }
}
