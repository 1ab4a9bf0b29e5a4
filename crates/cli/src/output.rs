//! How answers look: JSON in an envelope, or text for people.

use crate::{
    args::{Color, Common},
    failure::Failure,
};
use anstyle::{AnsiColor, Style};
use orchestron_operations::wire::{Done, ErrorView, StatusWord};
use serde::Serialize;
use std::io::{self, Write};

/// Version of the envelope around `--json`.
const ENVELOPE: u32 = 1;

/// Quiet text.
pub const DIM: Style = Style::new().dimmed();
/// Headings.
pub const BOLD: Style = Style::new().bold();
/// Good.
pub const GREEN: Style = AnsiColor::Green.on_default();
/// Bad.
pub const RED: Style = AnsiColor::Red.on_default();
/// Waits for somebody.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Under way.
pub const BLUE: Style = AnsiColor::Blue.on_default();

/// Where answers go.
pub struct Output {
    json: bool,
    color: Color,
}

#[derive(Serialize)]
struct Envelope<'a, T: Serialize> {
    orchestron: u32,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorView>,
}

impl Output {
    /// As the command line asks for.
    pub const fn new(common: &Common) -> Self {
        Self {
            json: common.json,
            color: common.color,
        }
    }

    /// JSON, whatever else the command line says.
    pub const fn json() -> Self {
        Self {
            json: true,
            color: Color::Never,
        }
    }

    /// Whether JSON is wanted.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    fn choice(&self) -> anstream::ColorChoice {
        match self.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
    }

    /// Prints an answer: as JSON when asked for, else what `text` writes.
    pub fn answer<T: Serialize>(
        &self,
        data: &T,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.json {
            return self.line(data);
        }
        // Written at once: thousands of lines would be as many calls of the system.
        let mut bytes = Vec::new();
        tolerant(text(&mut bytes).and_then(|()| self.write(bytes)))
    }

    /// Whether texts are printed with styles.
    pub fn is_styled(&self) -> bool {
        let out = anstream::AutoStream::new(io::stdout(), self.choice());
        out.current_choice() != anstream::ColorChoice::Never
    }

    /// Prints text that has styles only when they [are wanted](Self::is_styled), and nothing of others that could steer a terminal.
    pub fn text(&self, text: String) -> Result<(), Failure> {
        tolerant(match self.is_styled() {
            true => self.write(text.into_bytes()),
            false => io::stdout().lock().write_all(text.as_bytes()),
        })
    }

    fn write(&self, bytes: Vec<u8>) -> io::Result<()> {
        let mut out = anstream::AutoStream::new(io::stdout().lock(), self.choice());
        match out.current_choice() {
            anstream::ColorChoice::Never => out.into_inner().write_all(&unstyled(&bytes)),
            anstream::ColorChoice::AlwaysAnsi => out.into_inner().write_all(&bytes),
            _ => out.write_all(&bytes),
        }
    }

    /// Prints a list as JSON, item by item as `each` hands them over, so that it never is in memory as a whole.
    pub fn json_list<T: Serialize>(
        &self,
        each: impl FnOnce(&mut dyn FnMut(&T)) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let mut begun = false;
        let mut failed = Ok(());
        each(&mut |item| {
            let before = match begun {
                true => ",".to_owned(),
                false => format!("{{\"orchestron\":{ENVELOPE},\"ok\":true,\"data\":["),
            };
            begun = true;
            if failed.is_ok() {
                failed = out.write_all(before.as_bytes());
            }
            if failed.is_ok() {
                failed = serde_json::to_writer(&mut out, item).map_err(io::Error::from);
            }
        })?;
        if !begun {
            return self.line(&Vec::<T>::new());
        }
        tolerant(
            failed
                .and_then(|()| out.write_all(b"]}\n"))
                .and_then(|()| out.flush()),
        )
    }

    /// One answer, or one of a stream of them (`watch`, `run`), in the envelope, on a line of its own.
    #[allow(clippy::unused_self)] // told by who prints, like every other answer
    pub fn line<T: Serialize>(&self, data: &T) -> Result<(), Failure> {
        json_line(&Envelope {
            orchestron: ENVELOPE,
            ok: true,
            data: Some(data),
            error: None,
        })
    }

    /// What a write did, did not do, and what comes next.
    pub fn done(&self, done: &Done) -> Result<(), Failure> {
        self.answer(done, |out| {
            writeln!(out, "{GREEN}✓{GREEN:#} {}", plain(&done.did))?;
            for line in &done.not_done {
                writeln!(out, "{YELLOW}!{YELLOW:#} {}", plain(line))?;
            }
            for line in &done.next {
                writeln!(out, "  {DIM}next:{DIM:#} {}", plain(line))?;
            }
            Ok(())
        })
    }

    /// An error, on standard error for people, on standard output for programs.
    pub fn failure(&self, failure: &Failure) {
        if matches!(failure, Failure::Told(_)) {
            return;
        }
        let view = failure.view();
        let printed = if self.json {
            json_line(&Envelope::<()> {
                orchestron: ENVELOPE,
                ok: false,
                data: None,
                error: Some(&view),
            })
        } else {
            let mut out = anstream::AutoStream::new(io::stderr().lock(), self.choice());
            tolerant(write_error(&mut out, &view))
        };
        if printed.is_err() {
            // Nobody can be told any more; the exit code still tells.
        }
    }
}

fn write_error(out: &mut dyn Write, view: &ErrorView) -> io::Result<()> {
    // The cure of an error of the world stands in its message, too.
    let said_twice = |hint: &String| format!("\n  {hint}");
    let message = view
        .hints
        .iter()
        .fold(view.message.clone(), |message, hint| {
            message.replace(&said_twice(hint), "")
        });
    writeln!(out, "{RED}error:{RED:#} {}", plain(&message))?;
    for hint in &view.hints {
        writeln!(out, "  {DIM}hint:{DIM:#} {}", plain(hint))?;
    }
    out.flush()
}

/// One JSON document on a line of its own.
pub fn json_line<T: Serialize>(document: &T) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let text = serde_json::to_string(document).map_err(|error| Failure::Io {
        doing: "cannot write JSON",
        said: error.into(),
    })?;
    tolerant(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Bytes as they are: a script for a shell.
pub fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    tolerant(out.write_all(bytes).and_then(|()| out.flush()))
}

/// A reader that has seen enough (`| head`) is no error.
fn tolerant(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Io {
            doing: "cannot write to standard output",
            said: error,
        }),
        _ => Ok(()),
    }
}

/// What is left without styles. Ours alone are taken out at once, for there may be hundreds of lines of them; what else could steer a
/// terminal leaves with them, but is looked at byte by byte.
fn unstyled(bytes: &[u8]) -> Vec<u8> {
    let steers = |(at, byte): (usize, &u8)| match byte {
        b'\t' | b'\n' | b'\r' | 0x0c | b' '..=b'~' => false,
        0xc2 => bytes.get(at + 1).is_none_or(|next| *next < 0xa0),
        0x80.. => false,
        _ => true,
    };
    let mut plain = Vec::with_capacity(bytes.len());
    let mut from = 0;
    while let Some(rest) = bytes.get(from..) {
        let next = (from..).zip(rest).position(steers).unwrap_or(rest.len());
        let (text, rest) = rest.split_at(next);
        plain.extend_from_slice(text);
        let style = rest.strip_prefix(b"\x1b[").and_then(|style| {
            let end = style
                .iter()
                .position(|b| !matches!(b, b'0'..=b'9' | b';'))?;
            (style.get(end) == Some(&b'm')).then_some(end + 3)
        });
        match style {
            Some(long) => from += next + long,
            None => {
                plain.extend(anstream::adapter::strip_bytes(rest).into_vec());
                break;
            }
        }
    }
    plain
}

/// A table with aligned columns; the last column is not padded.
pub fn table(out: &mut dyn Write, rows: &[Vec<(Style, String)>]) -> io::Result<()> {
    aligned(out, rows.to_vec())
}

/// The same for many rows.
pub fn aligned(out: &mut dyn Write, mut rows: Vec<Vec<(Style, String)>>) -> io::Result<()> {
    let mut widths: Vec<usize> = Vec::new();
    for row in &mut rows {
        for (column, (_, text)) in row.iter_mut().enumerate() {
            if !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
                *text = plain(text);
            }
            let width = text.chars().count();
            match widths.get_mut(column) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    for row in rows {
        let end = row.iter().rposition(|(_, text)| !text.is_empty());
        let row = &row[..end.map_or(0, |last| last + 1)];
        for (column, (style, text)) in row.iter().enumerate() {
            let last = column + 1 == row.len();
            let pad = if last {
                0
            } else {
                widths[column].saturating_sub(text.chars().count()) + 2
            };
            write!(out, "{style}{text}{style:#}{:pad$}", "")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A status and how it looks.
pub const fn status(word: StatusWord) -> (Style, &'static str) {
    match word {
        StatusWord::Pending => (DIM, "pending"),
        StatusWord::Ready => (Style::new(), "ready"),
        StatusWord::InProgress => (BLUE, "in progress"),
        StatusWord::Review => (YELLOW, "review"),
        StatusWord::Done => (GREEN, "done"),
        StatusWord::Failed => (RED, "failed"),
    }
}

/// Control characters of texts that are not ours would move the cursor or worse, and marks of direction would show a command as
/// another one: they are shown as a sign that something was there.
pub fn plain(text: &str) -> String {
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| {
            if turns(c) || (c.is_control() && c != '\n' && c != '\t') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// One line of a text, cut.
pub fn one_line(text: &str, most: usize) -> String {
    let line = plain(text.lines().next().unwrap_or(""));
    if line.chars().count() <= most {
        line
    } else {
        line.chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect()
    }
}

/// Now, in milliseconds since 1970.
pub fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

/// How long ago, in the largest unit that says something.
pub fn since(at: orchestron_operations::wire::Millis) -> String {
    ago(now() - at.0)
}

/// A span in words: `3 min`.
pub fn ago(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min", seconds / 60),
        3600..=86_399 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Dollars and cents.
#[allow(clippy::cast_precision_loss)] // for display
pub fn dollars(money: orchestron_operations::wire::Money) -> String {
    format!("${:.2}", money.0 as f64 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::{ago, one_line, plain, table};
    use anstyle::Style;

    #[test]
    fn columns_are_aligned_and_lines_end_bare() {
        let cell = |text: &str| (Style::new(), text.to_owned());
        let mut out = Vec::new();
        table(
            &mut out,
            &[
                vec![cell("TASK-001"), cell("a"), cell("")],
                vec![cell("T-1"), cell("bcd")],
            ],
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "TASK-001  a\nT-1       bcd\n"
        );
    }

    #[test]
    fn texts_of_others_cannot_steer_the_terminal() {
        assert_eq!(plain("a\x1b[2Jb\rc"), "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(one_line("abcdef\nx", 4), "abc…");
        assert_eq!(plain("rm \u{202e}x"), "rm \u{fffd}x");
    }

    #[test]
    fn what_is_unstyled_is_what_a_terminal_would_not_be_steered_by() {
        for text in [
            "",
            "no style at all\n",
            "\u{1b}[1mTASK-001\u{1b}[0m  \u{1b}[38;5;3m●◆○ Grüße\u{1b}[0m\r\n\tend",
            "ends with one \u{1b}[0m",
            "\u{1b}[2J moved, and \u{1b}[1mbold\u{1b}[0m",
            "a bell \u{7}, a title \u{1b}]0;x\u{7}, cut \u{1b}[1",
            "of one byte \u{9b}1m, deleted \u{7f}\u{b}, wide \u{a0}\u{ff}",
            "\u{1b}[1;31",
            "\u{1b}",
        ] {
            let expected = anstream::adapter::strip_bytes(text.as_bytes()).into_vec();
            let found = super::unstyled(text.as_bytes());
            assert_eq!(
                String::from_utf8_lossy(&found),
                String::from_utf8_lossy(&expected),
                "{text:?}"
            );
        }
    }

    #[test]
    fn errors_and_tables_are_plain_too() {
        let view = orchestron_operations::wire::ErrorView {
            code: "world".into(),
            message: "gate \x1b[2J".into(),
            hints: vec!["\x1b]0;title\x07".into()],
            field: None,
        };
        let mut out = Vec::new();
        super::write_error(&mut anstream::StripStream::new(&mut out), &view).unwrap();
        table(&mut out, &[vec![(Style::new(), "a\x1b[1A".to_owned())]]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "error: gate \u{fffd}[2J\n  hint: \u{fffd}]0;title\u{fffd}\na\u{fffd}[1A\n"
        );
    }

    #[test]
    fn spans_are_told_in_one_unit() {
        assert_eq!(
            [
                ago(-5),
                ago(59_999),
                ago(60_000),
                ago(7_200_000),
                ago(172_800_000)
            ],
            ["0 s", "59 s", "1 min", "2 h", "2 d"]
        );
    }
}
