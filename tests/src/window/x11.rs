//! What a window manager and a person at a keyboard do on a display: which windows are there, close this one, these keys are
//! pressed. With it no window manager and no tool is needed.

use std::{thread, time::Duration};
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{
            Atom, AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent,
            ConfigureWindowAux, ConnectionExt as _, EventMask, InputFocus, KEY_PRESS_EVENT,
            KEY_RELEASE_EVENT, Keycode, Keysym, MOTION_NOTIFY_EVENT, MapState, Window,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::{ReplyError, RustConnection},
    wrapper::ConnectionExt as _,
};

/// The key Return.
pub const RETURN: Keysym = 0xff0d;
const SHIFT: Keysym = 0xffe1;
const CONTROL: Keysym = 0xffe3;
/// Between two letters, for programs that read as fast as people type.
const BETWEEN_KEYS: Duration = Duration::from_millis(8);

/// A window that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct TopWindow {
    pub id: Window,
    pub title: String,
    pub x: i16,
    pub y: i16,
    pub width: u16,
    pub height: u16,
}

/// A connection to a display.
pub struct Display {
    connection: RustConnection,
    root: Window,
}

impl Display {
    /// Connects to display `number`.
    pub fn connect(number: &str) -> Self {
        let (connection, screen) =
            x11rb::connect(Some(&format!(":{number}"))).expect("the display lets us in");
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    fn atom(&self, name: &str) -> Atom {
        let asked = self.connection.intern_atom(false, name.as_bytes());
        let told = asked.expect("a connection").reply();
        told.expect("an atom").atom
    }

    /// Windows with a title that are shown now.
    pub fn windows(&self) -> Vec<TopWindow> {
        let asked = self.connection.query_tree(self.root);
        let tree = asked.expect("a connection").reply().expect("the root");
        let shown = tree.children.into_iter().map(|id| self.window(id));
        // What is gone between two questions is not shown.
        shown.filter_map(|window| window.ok().flatten()).collect()
    }

    fn window(&self, id: Window) -> Result<Option<TopWindow>, ReplyError> {
        let shown = self.connection.get_window_attributes(id)?.reply()?;
        if shown.map_state != MapState::VIEWABLE {
            return Ok(None);
        }
        let place = self.connection.get_geometry(id)?.reply()?;
        let name = self.atom("_NET_WM_NAME");
        let title = self
            .connection
            .get_property(false, id, name, AtomEnum::ANY, 0, 64)?
            .reply()?;
        let title = String::from_utf8_lossy(&title.value).into_owned();
        Ok((!title.is_empty()).then_some(TopWindow {
            id,
            title,
            x: place.x,
            y: place.y,
            width: place.width,
            height: place.height,
        }))
    }

    /// Presses the cross in a window's frame.
    pub fn close(&self, window: &TopWindow) {
        let delete = self.atom("WM_DELETE_WINDOW");
        let words = [delete, 0, 0, 0, 0];
        let event = ClientMessageEvent::new(32, window.id, self.atom("WM_PROTOCOLS"), words);
        self.connection
            .send_event(false, window.id, EventMask::NO_EVENT, event)
            .expect("a connection");
        self.settle();
    }

    /// Gives a window the keyboard, as a click into it would.
    pub fn focus(&self, window: &TopWindow) {
        self.connection
            .set_input_focus(InputFocus::NONE, window.id, x11rb::CURRENT_TIME)
            .expect("a connection");
        self.settle();
    }

    /// Presses and releases a key, wherever the keyboard is.
    pub fn press(&self, symbol: Keysym) {
        let found = self.key_of(symbol);
        let (key, shifted) = found.unwrap_or_else(|| panic!("no key for {symbol:#x}"));
        match shifted {
            true => self.held(SHIFT, || self.key(key)),
            false => self.key(key),
        }
        self.settle();
    }

    /// Chooses all that is written where the keyboard is, so that what is typed replaces it.
    pub fn select_all(&self) {
        self.with_control('a');
    }

    /// Presses a letter while Control is down.
    pub fn with_control(&self, letter: char) {
        self.held(CONTROL, || self.press(letter.into()));
        self.settle();
    }

    /// Puts a window somewhere, in a size, as a person who takes hold of it.
    pub fn put(&self, window: &TopWindow, at: (i32, i32), size: (u32, u32)) {
        let place = ConfigureWindowAux::new()
            .x(at.0)
            .y(at.1)
            .width(size.0)
            .height(size.1);
        let asked = self.connection.configure_window(window.id, &place);
        asked.expect("a connection");
        self.settle();
    }

    /// Types a text of plain letters, a little slower than a machine would.
    pub fn type_text(&self, text: &str) {
        for letter in text.chars() {
            assert!(letter.is_ascii_graphic(), "{letter:?}");
            self.press(letter.into());
            thread::sleep(BETWEEN_KEYS);
        }
    }

    /// Clicks into a window, so far from its right and its lower edge.
    pub fn click(&self, window: &TopWindow, right: i16, lower: i16) {
        let x = window.x + window.width.cast_signed() - right;
        let y = window.y + window.height.cast_signed() - lower;
        self.fake(MOTION_NOTIFY_EVENT, 0, (x, y));
        self.fake(BUTTON_PRESS_EVENT, 1, (0, 0));
        self.fake(BUTTON_RELEASE_EVENT, 1, (0, 0));
        self.settle();
    }

    fn key(&self, key: Keycode) {
        self.fake(KEY_PRESS_EVENT, key, (0, 0));
        self.fake(KEY_RELEASE_EVENT, key, (0, 0));
    }

    /// Does something while a key is down.
    fn held(&self, symbol: Keysym, then: impl FnOnce()) {
        let (key, _) = self.key_of(symbol).expect("a key for it");
        self.fake(KEY_PRESS_EVENT, key, (0, 0));
        then();
        self.fake(KEY_RELEASE_EVENT, key, (0, 0));
    }

    /// The number of the key that writes a symbol, and whether Shift is held with it.
    fn key_of(&self, symbol: Keysym) -> Option<(Keycode, bool)> {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let asked = self
            .connection
            .get_keyboard_mapping(first, last - first + 1);
        let mapping = asked.expect("a connection").reply().expect("the keys");
        let columns = usize::from(mapping.keysyms_per_keycode);
        (first..=last)
            .zip(mapping.keysyms.chunks(columns))
            .find_map(|(key, symbols)| {
                let at = symbols.iter().take(2).position(|have| *have == symbol)?;
                Some((key, at == 1))
            })
    }

    fn fake(&self, kind: u8, detail: u8, (x, y): (i16, i16)) {
        self.connection
            .xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, self.root, x, y, 0)
            .expect("the display has XTEST");
    }

    /// Waits until the display has taken in what was said.
    fn settle(&self) {
        self.connection.sync().expect("a connection");
    }
}
