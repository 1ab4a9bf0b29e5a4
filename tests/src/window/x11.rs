//! The few words of the X protocol that a window manager and a person at a keyboard say: which windows are there, close this one, these
//! keys are pressed. Spoken over the display's own socket, so that no window manager and no tool is needed.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

const QUERY_TREE: u8 = 15;
const INTERN_ATOM: u8 = 16;
const GET_PROPERTY: u8 = 20;
const GET_ATTRIBUTES: u8 = 3;
const GET_GEOMETRY: u8 = 14;
const SEND_EVENT: u8 = 25;
const SET_INPUT_FOCUS: u8 = 42;
const QUERY_EXTENSION: u8 = 98;
const GET_KEYBOARD_MAPPING: u8 = 101;
const VIEWABLE: u8 = 2;
/// In the extension XTEST.
const FAKE_INPUT: u8 = 2;
const KEY_PRESS: u8 = 2;
const KEY_RELEASE: u8 = 3;
const BUTTON_PRESS: u8 = 4;
const BUTTON_RELEASE: u8 = 5;
const MOTION: u8 = 6;

/// The key Return.
pub const RETURN: u32 = 0xff0d;
const SHIFT: u32 = 0xffe1;
const CONTROL: u32 = 0xffe3;

/// A window that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct TopWindow {
    pub id: u32,
    pub title: String,
    pub x: i16,
    pub y: i16,
    pub width: u16,
    pub height: u16,
}

/// A connection to a display.
pub struct Display {
    stream: UnixStream,
    root: u32,
    /// Lowest and highest number of a key.
    keys: (u8, u8),
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn padded(length: usize) -> usize {
    length.div_ceil(4) * 4
}

impl Display {
    /// Connects to display `number`.
    pub fn connect(number: &str) -> Self {
        let mut stream =
            UnixStream::connect(format!("/tmp/.X11-unix/X{number}")).expect("the display");
        let order = if cfg!(target_endian = "little") {
            b'l'
        } else {
            b'B'
        };
        let mut hello = vec![order, 0];
        for word in [11_u16, 0, 0, 0, 0] {
            hello.extend(word.to_ne_bytes());
        }
        stream.write_all(&hello).expect("it takes words");
        let mut head = [0; 8];
        stream.read_exact(&mut head).expect("it answers");
        assert_eq!(head[0], 1, "the display lets us in");
        let mut setup = vec![0; usize::from(u16_at(&head, 6)) * 4];
        stream.read_exact(&mut setup).expect("it answers");
        let vendor = usize::from(u16_at(&setup, 16));
        let formats = usize::from(setup[21]);
        let root = u32_at(&setup, 32 + padded(vendor) + formats * 8);
        Self {
            stream,
            root,
            keys: (setup[26], setup[27]),
        }
    }

    fn say(&mut self, opcode: u8, data: u8, body: &[u8]) {
        let length = u16::try_from(1 + padded(body.len()) / 4).expect("short");
        let mut request = vec![opcode, data];
        request.extend(length.to_ne_bytes());
        request.extend(body);
        request.resize(4 + padded(body.len()), 0);
        self.stream
            .write_all(&request)
            .expect("the display takes words");
    }

    /// Says it and hears the answer; none when it is refused, as for a window that is gone.
    fn ask(&mut self, opcode: u8, data: u8, body: &[u8]) -> Option<Vec<u8>> {
        self.say(opcode, data, body);
        loop {
            let mut head = vec![0; 32];
            self.stream
                .read_exact(&mut head)
                .expect("the display answers");
            match head[0] {
                0 => return None,
                1 => {
                    let more = usize::try_from(u32_at(&head, 4)).expect("short") * 4;
                    head.resize(32 + more, 0);
                    self.stream
                        .read_exact(&mut head[32..])
                        .expect("the display answers");
                    return Some(head);
                }
                _ => {}
            }
        }
    }

    fn atom(&mut self, name: &str) -> u32 {
        let mut body = u16::try_from(name.len())
            .expect("short")
            .to_ne_bytes()
            .to_vec();
        body.extend([0, 0]);
        body.extend(name.as_bytes());
        u32_at(&self.ask(INTERN_ATOM, 0, &body).expect("an atom"), 8)
    }

    fn title(&mut self, id: u32) -> Option<String> {
        let name = self.atom("_NET_WM_NAME");
        let words = [id, name, 0, 0, 64];
        let body: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let found = self.ask(GET_PROPERTY, 0, &body)?;
        let length = usize::try_from(u32_at(&found, 16)).expect("short");
        Some(String::from_utf8_lossy(&found[32..32 + length]).into_owned())
    }

    /// Windows with a title that are shown now.
    pub fn windows(&mut self) -> Vec<TopWindow> {
        let tree = self
            .ask(QUERY_TREE, 0, &self.root.to_ne_bytes())
            .expect("the root");
        let count = usize::from(u16_at(&tree, 16));
        let children: Vec<u32> = (0..count)
            .map(|number| u32_at(&tree, 32 + number * 4))
            .collect();
        children
            .into_iter()
            .filter_map(|id| self.window(id))
            .collect()
    }

    fn window(&mut self, id: u32) -> Option<TopWindow> {
        let bytes = id.to_ne_bytes();
        if self.ask(GET_ATTRIBUTES, 0, &bytes)?[26] != VIEWABLE {
            return None;
        }
        let geometry = self.ask(GET_GEOMETRY, 0, &bytes)?;
        let title = self.title(id)?;
        let signed = |at| u16_at(&geometry, at).cast_signed();
        (!title.is_empty()).then(|| TopWindow {
            id,
            title,
            x: signed(12),
            y: signed(14),
            width: u16_at(&geometry, 16),
            height: u16_at(&geometry, 18),
        })
    }

    /// Presses the cross in a window's frame.
    pub fn close(&mut self, window: &TopWindow) {
        let (protocols, delete) = (self.atom("WM_PROTOCOLS"), self.atom("WM_DELETE_WINDOW"));
        let mut body = Vec::new();
        body.extend(window.id.to_ne_bytes());
        body.extend(0_u32.to_ne_bytes());
        body.extend([33, 32, 0, 0]);
        for word in [window.id, protocols, delete, 0, 0, 0, 0] {
            body.extend(word.to_ne_bytes());
        }
        self.say(SEND_EVENT, 0, &body);
        // An answer to something else says that the display has taken it in.
        self.windows();
    }

    /// Gives a window the keyboard, as a click into it would.
    pub fn focus(&mut self, window: &TopWindow) {
        let mut body = window.id.to_ne_bytes().to_vec();
        body.extend(0_u32.to_ne_bytes());
        self.say(SET_INPUT_FOCUS, 0, &body);
        self.windows();
    }

    /// Presses and releases a key, wherever the keyboard is.
    pub fn press(&mut self, symbol: u32) {
        let found = self.key_of(symbol);
        let (key, shifted) = found.unwrap_or_else(|| panic!("no key for {symbol:#x}"));
        let shift = self.key_of(SHIFT).expect("a key for Shift").0;
        if shifted {
            self.fake(KEY_PRESS, shift, (0, 0));
        }
        self.fake(KEY_PRESS, key, (0, 0));
        self.fake(KEY_RELEASE, key, (0, 0));
        if shifted {
            self.fake(KEY_RELEASE, shift, (0, 0));
        }
        self.windows();
    }

    /// Chooses all that is written where the keyboard is, so that what is typed replaces it.
    pub fn select_all(&mut self) {
        let control = self.key_of(CONTROL).expect("a key for Control").0;
        self.fake(KEY_PRESS, control, (0, 0));
        self.press('a'.into());
        self.fake(KEY_RELEASE, control, (0, 0));
        self.windows();
    }

    /// Types a text of plain letters, a little slower than a machine would.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            assert!(letter.is_ascii_graphic(), "{letter:?}");
            self.press(letter.into());
            std::thread::sleep(std::time::Duration::from_millis(8));
        }
    }

    /// The number of the key that writes a symbol, and whether Shift is held with it.
    fn key_of(&mut self, symbol: u32) -> Option<(u8, bool)> {
        let (first, last) = self.keys;
        let mapping = self.ask(GET_KEYBOARD_MAPPING, 0, &[first, last - first + 1, 0, 0])?;
        let columns = usize::from(mapping[1]);
        (first..=last)
            .zip(mapping[32..].chunks(columns * 4))
            .find_map(|(key, symbols)| {
                let at = (0..columns.min(2)).find(|at| u32_at(symbols, at * 4) == symbol)?;
                Some((key, at == 1))
            })
    }

    /// Clicks into a window, so far from its right and its lower edge.
    pub fn click(&mut self, window: &TopWindow, right: i16, lower: i16) {
        let x = window.x + window.width.cast_signed() - right;
        let y = window.y + window.height.cast_signed() - lower;
        self.fake(MOTION, 0, (x, y));
        self.fake(BUTTON_PRESS, 1, (0, 0));
        self.fake(BUTTON_RELEASE, 1, (0, 0));
        self.windows();
    }

    fn fake(&mut self, kind: u8, detail: u8, at: (i16, i16)) {
        let name = b"XTEST";
        let mut body = u16::try_from(name.len())
            .expect("short")
            .to_ne_bytes()
            .to_vec();
        body.extend([0, 0]);
        body.extend(name);
        let found = self.ask(QUERY_EXTENSION, 0, &body).expect("an answer");
        assert_eq!(found[8], 1, "the display has XTEST");
        let mut event = vec![kind, detail, 0, 0];
        event.extend(0_u32.to_ne_bytes());
        event.extend(self.root.to_ne_bytes());
        event.extend([0; 8]);
        event.extend(at.0.to_ne_bytes());
        event.extend(at.1.to_ne_bytes());
        event.resize(32, 0);
        self.say(found[9], FAKE_INPUT, &event);
    }
}
