//! The lines of `list`. There may be thousands: their texts lie in one piece, and one pass writes them.

use crate::output::{BLUE, BOLD, DIM, GREEN, RED, YELLOW, one_line};
use anstyle::Style;
use orchestron_domain::{Priority, Status, TaskId};
use orchestron_operations::{lines::Line, wire::StopState};
use std::fmt::Write as _;

/// Longest title, in characters.
const TITLE: usize = 60;
/// Longest word on what happens, in characters.
const WHAT: usize = 50;
/// Cells of a line.
const CELLS: usize = 6;

/// Lines with aligned columns.
#[derive(Debug, Default)]
pub struct Lines {
    text: String,
    rows: Vec<Row>,
    widths: [usize; CELLS],
}

/// One line: where its texts end, and how it looks. The priority and the status are the same few words on all lines.
#[derive(Debug)]
struct Row {
    id: usize,
    strip: usize,
    title: usize,
    line: usize,
    status: Status,
    priority: Priority,
    asks: bool,
}

impl Lines {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a line.
    pub fn add(&mut self, line: Line<'_>) {
        put_id(&mut self.text, line.id);
        let id = self.text.len();
        self.text.extend(line.stops.iter().map(|stop| mark(*stop)));
        let strip = self.text.len();
        self.put(line.title, TITLE);
        let title = self.text.len();
        self.put(line.line.as_deref().unwrap_or_default(), WHAT);
        let row = Row {
            id,
            strip,
            title,
            line: self.text.len(),
            status: line.status,
            priority: line.priority,
            asks: line.asks,
        };
        let start = self.rows.last().map_or(0, |row| row.line);
        for (width, cell) in self.widths.iter_mut().zip(cells(&self.text, start, &row)) {
            *width = long(cell).max(*width);
        }
        self.rows.push(row);
    }

    /// Text that is short and plain already is taken as it is.
    fn put(&mut self, text: &str, most: usize) {
        let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
        if text.len() <= most && text.bytes().all(is_plain) {
            self.text.push_str(text);
        } else {
            self.text.push_str(&one_line(text, most));
        }
    }

    /// All lines as text, with or without styles.
    pub fn to_text(&self, styled: bool) -> String {
        let mut out = String::with_capacity(self.text.len() + self.rows.len() * 40);
        let mut start = 0;
        for row in &self.rows {
            let cells = cells(&self.text, start, row);
            start = row.line;
            let last = cells.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
            let styles = styled.then(|| styles(row));
            for (column, cell) in cells.into_iter().enumerate().take(last + 1) {
                match styles.as_ref().and_then(|styles| styles.get(column)) {
                    Some(style) => write!(out, "{style}{cell}{style:#}").unwrap_or_default(),
                    None => out.push_str(cell),
                }
                if column < last {
                    let width = self.widths.get(column).copied().unwrap_or(0);
                    pad(&mut out, width.saturating_sub(long(cell)) + 2);
                }
            }
            out.push('\n');
        }
        out
    }
}

/// Adds an id as it is shown everywhere: `TASK-007`. Thousands of times, and faster than a format is read.
fn put_id(text: &mut String, id: &TaskId) {
    text.push_str(id.prefix());
    text.push('-');
    let mut power = 100;
    while id.number() / power >= 10 {
        power *= 10;
    }
    while power > 0 {
        let digit = id.number() / power % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
        power /= 10;
    }
}

/// Adds so many spaces.
fn pad(out: &mut String, mut missing: usize) {
    const SPACES: &str = "                                                                ";
    while missing > 0 {
        let part = missing.min(SPACES.len());
        out.push_str(SPACES.get(..part).unwrap_or_default());
        missing -= part;
    }
}

/// Characters of a cell.
fn long(cell: &str) -> usize {
    if cell.is_ascii() {
        cell.len()
    } else {
        cell.chars().count()
    }
}

fn cells<'a>(text: &'a str, start: usize, row: &Row) -> [&'a str; CELLS] {
    let part = |from, to| text.get(from..to).unwrap_or_default();
    let priority = match row.priority {
        Priority::P0 => "P0",
        Priority::P1 => "P1",
        Priority::P2 => "P2",
    };
    [
        part(start, row.id),
        priority,
        look(row.status).1,
        part(row.id, row.strip),
        part(row.strip, row.title),
        part(row.title, row.line),
    ]
}

fn styles(row: &Row) -> [Style; CELLS] {
    let urgent = row.priority == Priority::P0;
    let plain = Style::new();
    let priority = if urgent { RED } else { DIM };
    let line = if row.asks { YELLOW } else { DIM };
    [BOLD, priority, look(row.status).0, plain, plain, line]
}

const fn look(status: Status) -> (Style, &'static str) {
    match status {
        Status::Pending => (DIM, "pending"),
        Status::Ready => (Style::new(), "ready"),
        Status::InProgress => (BLUE, "in progress"),
        Status::Review => (YELLOW, "review"),
        Status::Done => (GREEN, "done"),
        Status::Failed => (RED, "failed"),
    }
}

/// A stop of the chain in one sign: done, under way, waiting, failed, to come.
pub const fn mark(stop: StopState) -> char {
    match stop {
        StopState::Done => '●',
        StopState::Current => '◐',
        StopState::Waiting => '◆',
        StopState::Failed => '✗',
        StopState::Next => '○',
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Lines, put_id};
    use orchestron_domain::{Priority, Status, TaskId};
    use orchestron_operations::wire::StopState;

    fn lines() -> Lines {
        let mut lines = Lines::default();
        let ids: [TaskId; 2] = ["TASK-7".parse().unwrap(), "TASK-1234".parse().unwrap()];
        lines.add(Line {
            id: &ids[0],
            title: "Pay \u{1b}[2J",
            status: Status::InProgress,
            priority: Priority::P0,
            stops: vec![StopState::Done, StopState::Waiting].into(),
            line: Some("waits".into()),
            asks: true,
        });
        lines.add(Line {
            id: &ids[1],
            title: &"long ".repeat(20),
            status: Status::Done,
            priority: Priority::P2,
            stops: Vec::new().into(),
            line: None,
            asks: false,
        });
        lines
    }

    #[test]
    fn columns_are_aligned_and_lines_end_bare() {
        let title = "long ".repeat(12);
        let title = &title[..59];
        let pay = format!("{:<60}", "Pay \u{fffd}[2J");
        assert_eq!(
            lines().to_text(false),
            format!(
                "TASK-007   P0  in progress  ●◆  {pay}  waits\nTASK-1234  P2  done             {title}…\n"
            )
        );
    }

    #[test]
    fn ids_are_written_as_everywhere() {
        for number in [0, 1, 9, 10, 99, 100, 999, 1_000, 12_345, 999_999_999] {
            let id = TaskId::new("TASK", number).unwrap();
            let mut text = String::new();
            put_id(&mut text, &id);
            assert_eq!(text, id.to_string());
        }
    }

    #[test]
    fn styles_change_nothing_else() {
        let styled = lines().to_text(true);
        assert!(styled.contains('\u{1b}'));
        let plain = anstream::adapter::strip_str(&styled).to_string();
        assert_eq!(plain, lines().to_text(false));
    }
}
