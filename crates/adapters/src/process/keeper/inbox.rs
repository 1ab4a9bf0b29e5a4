//! The keeper's reading end of `in.jsonl`.
//!
//! The file holds, line by line, what the agent is to read, and lines for the keeper itself:
//!
//! - `{"keeper":"close-input"}`: everything before it was the last the agent is told.
//! - `{"keeper":"interrupt"}`, `{"keeper":"terminate"}`, `{"keeper":"kill"}`: obeyed the moment they are seen, also while
//!   earlier lines still wait because the agent does not read.
//!
//! Only whole lines are ever taken: an engine that finds half a line after a crash cuts it off. Unknown keeper lines are passed
//! over, so that an old keeper survives a newer engine.

use serde::Deserialize;
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// How a line for the keeper begins. Nothing an agent is told begins so.
pub(crate) const ORDER_PREFIX: &[u8] = b"{\"keeper\":";

/// Longest line for the keeper.
const MAX_ORDER_BYTES: usize = 1024;

/// How much is read at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// An order that does not wait for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// SIGINT for the program's own group, as from a terminal.
    Interrupt,
    /// SIGTERM for the whole tree.
    Terminate,
    /// SIGKILL for the whole tree.
    Kill,
}

/// What is to be done next with the agent's stdin.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing for now.
    Nothing,
    /// Write so many bytes of the buffer; tell [`Inbox::sent`] how many went.
    Bytes(usize),
    /// Close it.
    Close,
}

#[derive(Debug)]
enum Piece {
    Forward { from: u64, to: u64 },
    Close,
}

/// What a whole line is.
enum Line {
    Data,
    Close,
    Urgent(Order),
    Unknown,
}

#[derive(Deserialize)]
struct OrderLine {
    keeper: String,
}

/// `in.jsonl`, as far as it was read and as far as it was passed on.
#[derive(Debug)]
pub(crate) struct Inbox {
    file: File,
    /// Just behind the last whole line.
    taken: u64,
    pieces: VecDeque<Piece>,
}

impl Inbox {
    /// Opens the file, making it when it is not there yet.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        super::super::folder::private()
            .append(true)
            .create(true)
            .open(path)?;
        Ok(Self {
            file: File::open(path)?,
            taken: 0,
            pieces: VecDeque::new(),
        })
    }

    /// Takes all whole lines that are new. Returns the orders among them that do not wait for their turn.
    pub(crate) fn scan(&mut self) -> io::Result<Vec<Order>> {
        let mut orders = Vec::new();
        let mut scan = Scan::at(self.taken);
        let mut buffer = [0_u8; CHUNK_BYTES];
        self.file.seek(SeekFrom::Start(self.taken))?;
        loop {
            let read = match self.file.read(&mut buffer) {
                Ok(0) => return Ok(orders),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut rest = buffer.get(..read).unwrap_or_default();
            while let Some((end, after)) = scan.take(rest) {
                rest = after;
                self.line(&mut scan, end, &mut orders);
            }
        }
    }

    /// A line ended at `end`.
    fn line(&mut self, scan: &mut Scan, end: u64, orders: &mut Vec<Order>) {
        match scan.line() {
            Line::Data => self.forward(scan.start, end),
            Line::Close => self.pieces.push_back(Piece::Close),
            Line::Urgent(order) => orders.push(order),
            Line::Unknown => {}
        }
        scan.next_line(end);
        self.taken = end;
    }

    fn forward(&mut self, start: u64, end: u64) {
        match self.pieces.back_mut() {
            Some(Piece::Forward { to, .. }) if *to == start => *to = end,
            _ => self.pieces.push_back(Piece::Forward {
                from: start,
                to: end,
            }),
        }
    }

    /// Whether something waits to be passed on.
    #[cfg(any(unix, test))]
    pub(crate) fn is_waiting(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Reads what is to be passed on next.
    pub(crate) fn next(&mut self, buffer: &mut [u8]) -> io::Result<Next> {
        match self.pieces.front() {
            None => Ok(Next::Nothing),
            Some(Piece::Close) => Ok(Next::Close),
            Some(Piece::Forward { from, to }) => {
                let most = usize::try_from(to - from).map_or(buffer.len(), |n| n.min(buffer.len()));
                self.file.seek(SeekFrom::Start(*from))?;
                let read = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
                if read == 0 {
                    // The file is shorter than it was: whole lines are never taken back.
                    return Err(io::Error::other("in.jsonl was cut while it was read"));
                }
                Ok(Next::Bytes(read))
            }
        }
    }

    /// So many bytes went to the agent.
    pub(crate) fn sent(&mut self, bytes: usize) {
        if let Some(Piece::Forward { from, to }) = self.pieces.front_mut() {
            *from += bytes as u64;
            if from >= to {
                self.pieces.pop_front();
            }
        }
    }
}

/// Where a scan is: the start of the line it reads, and that line's first bytes.
struct Scan {
    at: u64,
    start: u64,
    head: Vec<u8>,
    length: usize,
}

impl Scan {
    const fn at(offset: u64) -> Self {
        Self {
            at: offset,
            start: offset,
            head: Vec::new(),
            length: 0,
        }
    }

    /// Takes bytes up to and with the next newline; none when there is no newline among them.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> Option<(u64, &'a [u8])> {
        let newline = bytes.iter().position(|b| *b == b'\n');
        let (line, rest) = match newline {
            Some(at) => bytes.split_at(at + 1),
            None => (bytes, &bytes[bytes.len()..]),
        };
        let room = MAX_ORDER_BYTES.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(line.get(..room.min(line.len())).unwrap_or_default());
        self.length += line.len();
        self.at += line.len() as u64;
        newline.map(|_| (self.at, rest))
    }

    fn line(&self) -> Line {
        if !self.head.starts_with(ORDER_PREFIX) {
            return Line::Data;
        }
        if self.length > self.head.len() {
            return Line::Unknown;
        }
        match serde_json::from_slice::<OrderLine>(&self.head) {
            Ok(order) => match order.keeper.as_str() {
                "close-input" => Line::Close,
                "interrupt" => Line::Urgent(Order::Interrupt),
                "terminate" => Line::Urgent(Order::Terminate),
                "kill" => Line::Urgent(Order::Kill),
                _ => Line::Unknown,
            },
            Err(_) => Line::Unknown,
        }
    }

    fn next_line(&mut self, end: u64) {
        self.start = end;
        self.head.clear();
        self.length = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{Inbox, Next, Order};
    use std::{fs::OpenOptions, io::Write, path::Path};

    fn append(path: &Path, text: &str) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Everything that waits, as the agent would read it; `<close>` where its stdin is closed.
    fn drain(inbox: &mut Inbox) -> String {
        let mut text = String::new();
        let mut buffer = [0_u8; 7];
        loop {
            match inbox.next(&mut buffer).unwrap() {
                Next::Nothing => return text,
                Next::Close => return text + "<close>",
                Next::Bytes(n) => {
                    text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
                    inbox.sent(n);
                }
            }
        }
    }

    #[test]
    fn lines_go_on_and_orders_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.jsonl");
        let mut inbox = Inbox::open(&path).unwrap();
        append(&path, "{\"a\":1}\n{\"b\":2}\n");
        append(&path, "{\"keeper\":\"future\",\"x\":[1]}\n{\"c\":3}\n");
        assert_eq!(inbox.scan().unwrap(), []);
        assert_eq!(drain(&mut inbox), "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
        append(&path, "{\"keeper\":\"close-input\"}\n{\"d\":4}\n");
        inbox.scan().unwrap();
        assert_eq!(drain(&mut inbox), "<close>");
    }

    #[test]
    fn an_urgent_order_overtakes_lines_that_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.jsonl");
        let mut inbox = Inbox::open(&path).unwrap();
        append(&path, &format!("\"{}\"\n", "x".repeat(100_000)));
        append(&path, "{\"keeper\":\"terminate\"}\n{\"keeper\":\"kill\"}\n");
        assert_eq!(inbox.scan().unwrap(), [Order::Terminate, Order::Kill]);
        assert!(inbox.is_waiting());
        assert_eq!(inbox.scan().unwrap(), [], "an order is obeyed once");
        assert_eq!(drain(&mut inbox).len(), 100_003);
    }

    #[test]
    fn half_a_line_is_not_taken_and_may_be_cut_off_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.jsonl");
        let mut inbox = Inbox::open(&path).unwrap();
        append(&path, "{\"a\":1}\n");
        let whole = std::fs::metadata(&path).unwrap().len();
        // An engine that was killed while it wrote.
        append(&path, "{\"torn and long enough to reach beyond what comes");
        inbox.scan().unwrap();
        assert_eq!(drain(&mut inbox), "{\"a\":1}\n");
        // The next engine cuts it off and says something else.
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(whole).unwrap();
        append(&path, "{\"whole\":1}\n");
        inbox.scan().unwrap();
        assert_eq!(drain(&mut inbox), "{\"whole\":1}\n");
    }
}
