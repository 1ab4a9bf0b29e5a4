//! Files beside the tasks: feedback, results, prompts, the configuration, `state.json`.

use super::{
    McpFolder,
    names::{Purpose, Temp, side_parts},
    place::{put_new, refuse_large, text_of},
};
use crate::failure::{failure, io_failure};
use orchestron_engine::ports::{FileText, PortErrorKind, PortResult};
use std::{ffi::OsStr, io};

pub(super) fn write(mcp: &McpFolder, path: &str, bytes: &[u8], replace: bool) -> PortResult<()> {
    const DOING: &str = "cannot write";
    let (folders, name) = side_parts(path)?;
    let shown = format!(".mcp/{path}");
    refuse_large(bytes, DOING, &shown)?;
    let failed = |e: &io::Error| io_failure(DOING, &shown, e);
    let folder = mcp.open_or_make(&folders).map_err(|e| failed(&e))?;
    if replace {
        let temp = Temp::name(name, &Purpose::New);
        let written = folder
            .write_new(&temp, bytes, None)
            .and_then(|()| folder.rename_over(&temp, name));
        if let Err(error) = written {
            // What failed is the news.
            folder.remove(&temp).unwrap_or_default();
            return Err(failed(&error));
        }
        return folder.sync().map_err(|e| failed(&e));
    }
    match put_new(&folder, name, bytes) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            // Written already, perhaps before a crash: the same again is fine.
            if read(mcp, path)?.bytes == bytes {
                return Ok(());
            }
            Err(failure(
                PortErrorKind::Exists,
                DOING,
                &shown,
                "there is a file with this name and another text",
                "Nothing was changed. Move that file away, or look whether it is the right one.",
            ))
        }
        Err(e) => Err(failed(&e)),
    }
}

pub(super) fn read(mcp: &McpFolder, path: &str) -> PortResult<FileText> {
    const DOING: &str = "cannot read";
    let (folders, name) = side_parts(path)?;
    let shown = format!(".mcp/{path}");
    let reading = mcp
        .open(&folders)
        .and_then(|folder| folder.read(OsStr::new(name)))
        .map_err(|e| io_failure(DOING, &shown, &e))?;
    Ok(text_of(reading, DOING, &shown)?.0)
}
