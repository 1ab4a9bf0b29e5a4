//! What can be known of a repository without starting git, which takes longer than most answers: where its folders are, once that
//! was asked, and what the small files say that git itself reads first. Whatever is not plain is left to git.

use super::{error::GitResult, layout::Repo};
use crate::looks::Looks;
use orchestron_domain::CommitId;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// A repository, and how all that decides on it looked when it was asked for.
type Asked = (Vec<Option<Looks>>, Repo);
/// Repositories that were asked for, by the project's folder.
static ASKED: Mutex<BTreeMap<PathBuf, Asked>> = Mutex::new(BTreeMap::new());

/// The repository around `root`, asked anew when anything that decides on it looks different.
pub(super) fn find(
    root: &Path,
    ask: impl FnOnce() -> GitResult<Option<Repo>>,
) -> GitResult<Option<Repo>> {
    let known = {
        let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        asked.get(root).cloned()
    };
    if let Some((looks, repo)) = known
        && cfg!(unix)
        && looks_of(root, &repo) == looks
    {
        return Ok(Some(repo));
    }
    let found = ask()?;
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    match &found {
        Some(repo) => asked.insert(root.to_owned(), (looks_of(root, repo), repo.clone())),
        None => asked.remove(root),
    };
    Ok(found)
}

/// All that decides which repository it is: each `.git` on the way up, the git folders and the configuration.
fn looks_of(root: &Path, repo: &Repo) -> Vec<Option<Looks>> {
    let above = root.ancestors().map(|dir| folder_look(&dir.join(".git")));
    let folders = [&repo.common, &repo.git_dir, &repo.top].map(|dir| folder_look(dir));
    let files = ["config", "config.worktree", "commondir", "gitdir"];
    let files = files.map(|name| look(&repo.git_dir.join(name)));
    let shared = look(&repo.common.join("config"));
    above.chain(folders).chain(files).chain([shared]).collect()
}

fn look(path: &Path) -> Option<Looks> {
    Some(Looks::of(&fs::symlink_metadata(path).ok()?))
}

/// The same for what may be a folder: what lies in it changes all the time and decides nothing.
fn folder_look(path: &Path) -> Option<Looks> {
    let there = fs::symlink_metadata(path).ok()?;
    let looks = Looks::of(&there);
    Some(if there.is_file() {
        looks
    } else {
        looks.of_folder()
    })
}

/// The tip of a branch, when it has a file of its own that names a commit: git asks that first, too. Only where names of files are
/// exact.
pub(super) fn tip(common: &Path, branch: &str) -> Option<CommitId> {
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.');
    if !cfg!(target_os = "linux") || !branch.split('/').all(plain) {
        return None;
    }
    let text = small(&common.join("refs/heads").join(branch)).ok()?;
    id_in(&text)
}

/// Packed refs are searched up to this size; git finds its way in longer ones better.
const MAX_PACKED_BYTES: u64 = 1024 * 1024;

/// Whether there is surely no branch whose name begins so, by looking where git would. False when that cannot be told this way.
pub(super) fn is_without_branches(common: &Path, dir: &str, name: &str) -> bool {
    if !cfg!(target_os = "linux") || common.join("reftable").exists() {
        return false;
    }
    // In this order, as git does: whoever packs a ref writes it there before it is taken away here.
    let mut loose = match fs::read_dir(common.join("refs/heads").join(dir)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return !is_packed(common, dir, name);
        }
        Err(_) => return false,
    };
    let other = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| {
            !entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(name.as_bytes())
        })
    };
    loose.all(other) && !is_packed(common, dir, name)
}

/// Whether such a branch may be among the packed ones.
fn is_packed(common: &Path, dir: &str, name: &str) -> bool {
    let path = common.join("packed-refs");
    match fs::metadata(&path) {
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
        Ok(there) if there.len() > MAX_PACKED_BYTES => return true,
        Ok(_) => {}
    }
    let wanted = format!("refs/heads/{dir}/{name}");
    match fs::read(&path) {
        Ok(text) => text
            .windows(wanted.len())
            .any(|found| found == wanted.as_bytes()),
        Err(_) => true,
    }
}

/// What a small file of a git folder says that holds a commit's name.
pub(super) fn id_in(text: &str) -> Option<CommitId> {
    let id = text.strip_suffix('\n')?;
    let whole = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| CommitId::from(id))
}

/// The full name of the branch that `HEAD` names. A repository that keeps its refs in another way has no such branch there.
pub(super) fn head(git_dir: &Path) -> Option<String> {
    let text = small(&git_dir.join("HEAD")).ok()?;
    let name = text.strip_prefix("ref: ")?.strip_suffix('\n')?;
    let plain = name.starts_with("refs/heads/") && !name.ends_with(".invalid");
    plain.then(|| name.to_owned())
}

/// Whether the last line of a file begins so.
pub(super) fn last_line(path: &Path, begin: &str) -> bool {
    use io::{Read as _, Seek as _};
    const MOST: u64 = 4096;
    let read = || {
        let mut file = fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(io::SeekFrom::Start(length.saturating_sub(MOST)))?;
        let mut end = Vec::new();
        file.take(MOST).read_to_end(&mut end)?;
        io::Result::Ok(end)
    };
    let Ok(end) = read() else { return false };
    let Some(lines) = end.strip_suffix(b"\n") else {
        return false;
    };
    let last = lines.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    last.starts_with(begin.as_bytes())
}

/// Reads a file that has one short line.
pub(super) fn small(path: &Path) -> io::Result<String> {
    use io::Read as _;
    let mut text = String::new();
    fs::File::open(path)?.take(4096).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{head, id_in, is_without_branches, tip};
    use std::fs;

    #[test]
    fn only_what_is_plain_is_read_without_git() {
        let dir = tempfile::tempdir().unwrap();
        let id = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(id_in(&format!("{id}\n")).unwrap().0, id);
        for text in [id, "ref: refs/heads/main\n", "\n", "0123\n"] {
            assert_eq!(id_in(text), None, "{text}");
        }
        fs::create_dir_all(dir.path().join("refs/heads/task")).unwrap();
        fs::write(dir.path().join("refs/heads/task/TASK-1"), format!("{id}\n")).unwrap();
        fs::write(dir.path().join("refs/secret"), format!("{id}\n")).unwrap();
        let found = tip(dir.path(), "task/TASK-1");
        assert_eq!(found.is_some(), cfg!(target_os = "linux"));
        assert_eq!(tip(dir.path(), "../secret"), None);
        assert_eq!(tip(dir.path(), "gone"), None);
        let without = |name: &str| is_without_branches(dir.path(), "task", name);
        let linux = cfg!(target_os = "linux");
        assert_eq!((without("TASK-1"), without("TASK-2")), (false, linux));
        assert_eq!(is_without_branches(dir.path(), "other", "TASK-1"), linux);
        let packed = format!("# pack-refs with: peeled\n{id} refs/heads/task/TASK-2-name\n");
        fs::write(dir.path().join("packed-refs"), packed).unwrap();
        assert_eq!((without("TASK-2"), without("TASK-3")), (false, linux));
        fs::create_dir(dir.path().join("reftable")).unwrap();
        assert!(!without("TASK-3"), "refs are kept in another way");
        for (text, name) in [
            ("ref: refs/heads/main\n", Some("refs/heads/main")),
            ("ref: refs/heads/.invalid\n", None),
            ("0123456789abcdef0123456789abcdef01234567\n", None),
        ] {
            fs::write(dir.path().join("HEAD"), text).unwrap();
            assert_eq!(head(dir.path()).as_deref(), name, "{text}");
        }
    }
}
