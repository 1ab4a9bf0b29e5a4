//! Why the engine rests although nobody paused it. The file has its length from the start and is written in place, which needs no
//! room on most disks: it must be possible to say that the disk is full.

use super::options;
use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

/// Its name in the state folder, and its length.
const NAME: &str = "engine.trouble";
const BYTES: usize = 1024;

/// Makes it, empty. What cannot be made cannot be told, and nothing else follows from that.
pub(super) fn prepare(dir: &Path) {
    write(dir, "");
}

/// Writes the reason, cut to what fits; with an empty one, that there is none.
pub(super) fn write(dir: &Path, why: &str) {
    let mut bytes = vec![b' '; BYTES];
    let why: String = why
        .chars()
        .map(|c| if c == '\n' { ' ' } else { c })
        .collect();
    let mut end = why.len().min(BYTES - 1);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    bytes.splice(..end, why.bytes().take(end));
    if let Some(last) = bytes.last_mut() {
        *last = b'\n';
    }
    let written = options().open(dir.join(NAME)).and_then(|mut file| {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&bytes)
    });
    written.unwrap_or_default();
}

/// What it says.
pub(super) fn read(dir: &Path) -> Option<String> {
    let text = fs::read_to_string(dir.join(NAME)).ok()?;
    Some(text.trim().to_owned()).filter(|why| !why.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{BYTES, prepare, read, write};

    #[test]
    fn it_keeps_its_length_and_says_the_last_thing() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), None);
        prepare(dir.path());
        assert_eq!(read(dir.path()), None);
        for why in ["no room", &"ü".repeat(2000), "shorter\nagain"] {
            write(dir.path(), why);
            let size = std::fs::metadata(dir.path().join("engine.trouble"))
                .unwrap()
                .len();
            assert_eq!(size, BYTES as u64);
        }
        assert_eq!(read(dir.path()).as_deref(), Some("shorter again"));
        write(dir.path(), "");
        assert_eq!(read(dir.path()), None);
    }
}
