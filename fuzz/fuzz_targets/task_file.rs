//! Throws bytes at the task file: every rule of `task_file::check_roundtrip` must hold for each of them.
//!
//! A NUL byte splits the input: before it the file, behind it what a hostile model would hand in as a note.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orchestron_domain::task_file::check_roundtrip;

fuzz_target!(|input: &[u8]| {
    let split = input.iter().rposition(|byte| *byte == 0).unwrap_or(input.len());
    let (file, note) = input.split_at(split);
    let note = String::from_utf8_lossy(note.get(1..).unwrap_or_default());
    if let Err(fault) = check_roundtrip(file, &note) {
        panic!("{fault}");
    }
});
