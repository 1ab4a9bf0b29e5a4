//! A dark window was never anything else: its pixels are looked at from before it is there until its page is drawn. The display keeps
//! them in a file, so that no frame is missed because asking for a picture takes longer than it lasts.

use crate::{
    environment::{TestEnvironment, binary, kill},
    stage::Stage,
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::fs::FileExt,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

const SOON: Duration = Duration::from_secs(60);
/// In the top bar and in the bar at the bottom, where no words are, and in the middle of the board.
const PLACES: [(u64, u64); 3] = [(300, 3), (700, 896), (1000, 500)];
/// `--surface` of the dark theme: the bars of a page that is drawn.
const BARS: [u8; 3] = [0x19, 0x1b, 0x1f];
/// Nothing dark is brighter.
const DARK: u8 = 0x40;

/// A display whose pixels lie in a file, in the format of `xwd`.
struct Pixels {
    display: Child,
    number: String,
    file: File,
    first: u64,
    line: u64,
}

impl Pixels {
    fn new(env: &TestEnvironment) -> Self {
        let folder = env.root().join("pixels");
        fs::create_dir_all(&folder).expect("a folder");
        let mut display = env
            .command("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x1000x24"])
            .args(["-nolisten", "tcp", "-fbdir"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed (`./dev test` sees to it)");
        let mut number = String::new();
        BufReader::new(display.stdout.take().expect("a pipe"))
            .read_line(&mut number)
            .expect("Xvfb tells its number");
        let file = File::open(folder.join("Xvfb_screen0")).expect("the display's pixels");
        let word = |at: u64| {
            let mut bytes = [0; 4];
            file.read_exact_at(&mut bytes, at).expect("a header");
            u64::from(u32::from_be_bytes(bytes))
        };
        // The header's size, and behind it a table of colours.
        let (first, line) = (word(0) + word(76) * 12, word(48));
        Self {
            display,
            number: number.trim().to_owned(),
            file,
            first,
            line,
        }
    }

    /// Red, green and blue.
    fn at(&self, (x, y): (u64, u64)) -> [u8; 3] {
        let mut bytes = [0; 4];
        let place = self.first + y * self.line + x * 4;
        self.file.read_exact_at(&mut bytes, place).expect("a pixel");
        [bytes[2], bytes[1], bytes[0]]
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        kill(self.display.id());
        // It is dead; its number is given back.
        self.display.wait().ok();
    }
}

#[test]
fn a_dark_window_is_dark_from_its_first_pixel() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    // As the last window told, and as the system is.
    fs::write(env.root().join("state/desktop.json"), "{\"dark\":true}").expect("it is written");
    let pixels = Pixels::new(env);
    let mut app = env
        .command("dbus-run-session")
        .arg("--")
        .arg(binary("orchestron-desktop"))
        .arg("--project")
        .arg(env.project())
        .env("DISPLAY", format!(":{}", pixels.number))
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .env("GTK_THEME", "Adwaita:dark")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the app starts");
    let mut seen = BTreeSet::new();
    let began = Instant::now();
    loop {
        let now = PLACES.map(|place| pixels.at(place));
        seen.extend(now);
        if now[..2] == [BARS; 2] {
            break;
        }
        assert!(began.elapsed() < SOON, "no page is drawn: {seen:02x?}");
        thread::sleep(Duration::from_millis(1));
    }
    let bright: Vec<_> = seen
        .iter()
        .filter(|colour| colour.iter().any(|part| *part >= DARK))
        .collect();
    assert!(bright.is_empty(), "not dark: {bright:02x?} of {seen:02x?}");
    let own = ["orchestron-desktop", "WebKit", "dbus-"];
    for process in env.processes() {
        if own.iter().any(|name| process.words.contains(name)) {
            kill(process.pid);
        }
    }
    app.wait().expect("a child of ours");
    drop(pixels);
    env.leftovers_are_fine();
}
