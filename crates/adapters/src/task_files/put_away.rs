//! Texts that were replaced and files that were put away, found again by what they say.

use super::{
    McpFolder,
    names::{TaskPath, short},
    place::{changed, read_text},
    reading::hash,
    trash::Kept,
};
use crate::failure::io_failure;
use orchestron_engine::ports::{PortResult, Replaced};
use std::{fs, io, path::Path};

/// The text with this hash, if it is kept.
pub(super) fn find(trash: &Path, wanted: &str) -> PortResult<Option<Replaced>> {
    let failed = |e: &io::Error| io_failure("cannot read", trash.display(), e);
    let digits = short(wanted);
    for entry in fs::read_dir(trash).map_err(|e| failed(&e))? {
        let entry = entry.map_err(|e| failed(&e))?;
        let file_name = entry.file_name();
        let kept = file_name.to_str().and_then(Kept::parse);
        if kept.is_none_or(|kept| kept.hash != digits) {
            continue;
        }
        match fs::read(entry.path()) {
            // Somebody may have written into it since.
            Ok(bytes) if hash(&bytes) == wanted => {
                let place = entry.path().display().to_string();
                return Ok(Some(Replaced { bytes, place }));
            }
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(&e)),
        }
    }
    Ok(None)
}

/// Puts a task file away whole, with whatever is in it.
pub(super) fn discard(mcp: &McpFolder, path: &str, expected: &str) -> PortResult<()> {
    const DOING: &str = "cannot put away";
    let path = TaskPath::parse(path)?;
    let failed = |e: &io::Error| io_failure(DOING, path.shown(), e);
    let folder = mcp
        .open(&["tasks", path.status.folder()])
        .map_err(|e| failed(&e))?;
    if read_text(&folder, &path, DOING)?.0.hash != expected {
        return Err(changed(DOING, &path));
    }
    mcp.to_trash(&folder, &path.name, expected, &path.name)
        .and_then(|()| folder.sync())
        .map_err(|e| failed(&e))
}
