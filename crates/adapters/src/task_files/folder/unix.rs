//! Folders on Unix: everything relative to an open folder.

use super::{Kind, Look, MAX_BYTES, READ_TRIES, Reading, leads_out};
use orchestron_engine::ports::Stamp;
use rustix::{
    fs::{self, AtFlags, CWD, FileType, Mode, OFlags},
    io::Errno,
    process::Pid,
};
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _, Write as _},
    os::{fd::OwnedFd, unix::ffi::OsStringExt as _},
    path::Path,
};

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// An open folder below the project.
#[derive(Debug)]
pub(in crate::task_files) struct Folder {
    fd: OwnedFd,
    /// Whether the flags of rename may be used; off in tests of what happens without.
    flags: bool,
}

impl Folder {
    /// Opens `project/inner[0]/inner[1]/…`; no link in `inner` may lead out of the project.
    pub(in crate::task_files) fn open(
        project: &Path,
        inner: &[&str],
        flags: bool,
    ) -> io::Result<Self> {
        let project = fs::open(project, FOLDER, Mode::empty())?;
        let fd = beneath(project, inner)?;
        Ok(Self { fd, flags })
    }

    /// All names in it, without `.` and `..`, in no order.
    pub(in crate::task_files) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.fd)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }

    /// What a name stands for; links are not followed.
    pub(in crate::task_files) fn look(&self, name: &OsStr) -> io::Result<Look> {
        let stat = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(look_of(&stat))
    }

    /// Reads a file as it was at one moment, unless it changes all the time.
    pub(in crate::task_files) fn read(&self, name: &OsStr) -> io::Result<Reading> {
        // Not blocking: opening a pipe that took the file's place must not wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut tries = 0;
        loop {
            tries += 1;
            let fd = match fs::openat(&self.fd, name, flags, Mode::empty()) {
                Ok(fd) => fd,
                Err(error) => {
                    let look = self.look(name)?;
                    if look.kind == Kind::File {
                        return Err(error.into());
                    }
                    return Ok(Reading::NoFile(look));
                }
            };
            let before = look_of(&fs::fstat(&fd)?);
            if before.kind != Kind::File {
                return Ok(Reading::NoFile(before));
            }
            if before.stamp.size > MAX_BYTES {
                return Ok(Reading::TooLarge(before));
            }
            let mut file = File::from(fd);
            let mut bytes = Vec::with_capacity(usize::try_from(before.stamp.size).unwrap_or(0) + 1);
            (&mut file).take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
            let after = look_of(&fs::fstat(&file)?);
            if bytes.len() as u64 > MAX_BYTES {
                return Ok(Reading::TooLarge(after));
            }
            if before == after || tries == READ_TRIES {
                return Ok(Reading::Text(bytes, before));
            }
        }
    }

    /// Writes a new file and brings it to the disk (its name is not on the disk before [`Self::sync`]). Nothing is left when it fails.
    pub(in crate::task_files) fn write_new(
        &self,
        name: &str,
        bytes: &[u8],
        like: Option<&Look>,
    ) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = File::from(fs::openat(&self.fd, name, flags, Mode::from(0o666))?);
        let written = fill(file, bytes, like);
        if written.is_err() {
            // What failed is the news; a leftover is cleared away by the next scan.
            self.remove(name).unwrap_or_default();
        }
        written
    }

    /// Makes a folder in it; there already is fine.
    pub(in crate::task_files) fn make_folder(&self, name: &str) -> io::Result<()> {
        match fs::mkdirat(&self.fd, name, Mode::from(0o777)) {
            Err(Errno::EXIST) => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    /// Renames without replacing anything.
    pub(in crate::task_files) fn rename_new(
        &self,
        name: &str,
        to: &Self,
        to_name: &str,
    ) -> io::Result<()> {
        match rename_flagged(self, name, to, to_name, Flag::NoReplace) {
            Some(outcome) => outcome,
            None => self.rename_new_by_link(name, to, to_name),
        }
    }

    /// The same where rename knows no flags: a second name, then the first one away. The second name is on the disk before the
    /// first one goes, so that a power cut leaves at least one.
    fn rename_new_by_link(&self, name: &str, to: &Self, to_name: &str) -> io::Result<()> {
        match fs::linkat(&self.fd, name, &to.fd, to_name, AtFlags::empty()) {
            Ok(()) => {}
            Err(Errno::EXIST) if self.is_same(name, to, to_name)? => {
                // An earlier try came this far and no further.
            }
            Err(error) if has_no_links(error) => {
                // No second names either (FAT). Then there is only looking first.
                return match to.look(OsStr::new(to_name)) {
                    Ok(_) => Err(Errno::EXIST.into()),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {
                        Ok(fs::renameat(&self.fd, name, &to.fd, to_name)?)
                    }
                    Err(e) => Err(e),
                };
            }
            Err(error) => return Err(error.into()),
        }
        to.sync()?;
        self.remove(name)
    }

    fn is_same(&self, name: &str, to: &Self, to_name: &str) -> io::Result<bool> {
        let ours = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let theirs = fs::statat(&to.fd, to_name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok((ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino))
    }

    /// Renames over whatever is there.
    pub(in crate::task_files) fn rename_over(&self, name: &str, to_name: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.fd, name, &self.fd, to_name)?)
    }

    /// Exchanges two files in one step; false when this file system cannot.
    pub(in crate::task_files) fn exchange(&self, one: &str, other: &str) -> io::Result<bool> {
        rename_flagged(self, one, self, other, Flag::Exchange)
            .map_or(Ok(false), |outcome| outcome.map(|()| true))
    }

    /// Gives a file a second name in this folder; false when this file system cannot.
    pub(in crate::task_files) fn link(&self, name: &str, second: &str) -> io::Result<bool> {
        match fs::linkat(&self.fd, name, &self.fd, second, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(error) if has_no_links(error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves a file to a path elsewhere; false when that is another file system.
    pub(in crate::task_files) fn move_out(&self, name: &str, to: &Path) -> io::Result<bool> {
        match fs::renameat(&self.fd, name, CWD, to) {
            Ok(()) => Ok(true),
            Err(Errno::XDEV) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a file; gone already is fine.
    pub(in crate::task_files) fn remove(&self, name: &str) -> io::Result<()> {
        match fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    /// Brings its names to the disk.
    pub(in crate::task_files) fn sync(&self) -> io::Result<()> {
        match fs::fsync(&self.fd) {
            // Some file systems have no such thing for folders.
            Err(error) if is_not_known(error) => Ok(()),
            outcome => Ok(outcome?),
        }
    }
}

/// Whether this system or file system does not know what was asked for.
fn is_not_known(error: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error)
}

/// Whether this file system (or its rules) lets no file have a second name.
fn has_no_links(error: Errno) -> bool {
    is_not_known(error) || [Errno::PERM, Errno::MLINK].contains(&error)
}

/// Gives a new file its permissions and its text, and brings both to the disk.
fn fill(mut file: File, bytes: &[u8], like: Option<&Look>) -> io::Result<()> {
    if let Some(like) = like {
        fs::fchmod(&file, Mode::from((like.mode & 0o777) as fs::RawMode))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Whether a process with this id lives.
pub(in crate::task_files) fn lives(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    !matches!(rustix::process::test_kill_process(pid), Err(Errno::SRCH))
}

fn look_of(stat: &fs::Stat) -> Look {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    };
    Look {
        kind,
        stamp: Stamp {
            ino: stat.st_ino,
            mtime_ns: nanos(stat.st_mtime, stat.st_mtime_nsec),
            ctime_ns: nanos(stat.st_ctime, stat.st_ctime_nsec),
            size: u64::try_from(stat.st_size).unwrap_or(0),
        },
        mode: bits(stat.st_mode) & 0o7777,
    }
}

/// Permission bits, whose type differs between systems.
fn bits(mode: impl TryInto<u32>) -> u32 {
    mode.try_into().unwrap_or(0)
}

/// Nanoseconds since 1970. The parts have different types on different systems.
fn nanos(seconds: impl TryInto<i64>, nanos: impl TryInto<i64>) -> i64 {
    seconds
        .try_into()
        .unwrap_or(0)
        .saturating_mul(1_000_000_000)
        .saturating_add(nanos.try_into().unwrap_or(0))
}

/// Opens a folder below an open one, so that no link leads out of it.
fn beneath(mut folder: OwnedFd, inner: &[&str]) -> io::Result<OwnedFd> {
    if inner.is_empty() {
        return Ok(folder);
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::ResolveFlags;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        match fs::openat2(&folder, inner.join("/"), FOLDER, Mode::empty(), resolve) {
            // An old kernel, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => {}
            Err(Errno::XDEV) => return Err(leads_out()),
            outcome => return Ok(outcome?),
        }
    }
    for part in inner {
        folder = match fs::openat(&folder, *part, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            // Which of the two it is differs between systems when a link is in the way.
            Err(Errno::LOOP | Errno::NOTDIR) if is_link(&folder, part) => return Err(leads_out()),
            outcome => outcome?,
        };
    }
    Ok(folder)
}

fn is_link(folder: &OwnedFd, name: &str) -> bool {
    fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

#[derive(Clone, Copy)]
enum Flag {
    NoReplace,
    Exchange,
}

/// Renames with a flag; none when this system or file system does not know it.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_flagged(
    from: &Folder,
    name: &str,
    to: &Folder,
    to_name: &str,
    flag: Flag,
) -> Option<io::Result<()>> {
    let flags = match flag {
        Flag::NoReplace => fs::RenameFlags::NOREPLACE,
        Flag::Exchange => fs::RenameFlags::EXCHANGE,
    };
    if !from.flags {
        return None;
    }
    match fs::renameat_with(&from.fd, name, &to.fd, to_name, flags) {
        Err(error) if is_not_known(error) => None,
        outcome => Some(outcome.map_err(io::Error::from)),
    }
}

/// Renames with a flag: not here.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_flagged(
    from: &Folder,
    _name: &str,
    _to: &Folder,
    _to_name: &str,
    flag: Flag,
) -> Option<io::Result<()>> {
    let _unused = (from.flags, flag);
    None
}
