//! The state folder: what this machine knows about one project, outside the repository so that `git clean` cannot
//! take it.

use crate::failure::{failure, io_failure};
use orchestron_domain::RunId;
use orchestron_engine::ports::{PortErrorKind, PortResult};
use sha2::{Digest, Sha256};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// The variable that moves the state of all projects elsewhere.
pub const VARIABLE: &str = "ORCHESTRON_STATE_DIR";

/// The file in a state folder that says whose it is.
const PROJECT: &str = "project";

/// The project whose state folder this is.
#[must_use]
pub fn project_of(state: &Path) -> Option<PathBuf> {
    let bytes = fs::read(state.join(PROJECT)).ok()?;
    Some(PathBuf::from(String::from_utf8(bytes).ok()?))
}

/// The nearest folder from here upwards that was a project on this machine: it has a log, whatever became of its `.mcp`. Makes nothing.
#[must_use]
pub fn once_project(from: &Path) -> Option<PathBuf> {
    let from = fs::canonicalize(from).ok()?;
    let projects = base(|name| std::env::var_os(name)).ok()?.join("projects");
    let was = |folder: &&Path| {
        let state = projects.join(folder_name(folder));
        project_of(&state).as_deref() == Some(*folder)
    };
    from.ancestors().find(was).map(Path::to_path_buf)
}

/// Longest readable part of a state folder's name, in bytes.
const MAX_SLUG: usize = 40;

/// One project's state folder, with everything in it that has a fixed place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDir {
    root: PathBuf,
}

impl StateDir {
    /// The state folder of the project at `project`; makes it when it is not there.
    ///
    /// # Errors
    /// When the project does not exist, no place for state is known, or the folder cannot be made or belongs to
    /// another project.
    pub fn for_project(project: &Path) -> PortResult<Self> {
        let project = fs::canonicalize(project)
            .map_err(|e| io_failure("cannot find the project", project.display(), &e))?;
        let base = base(|name| std::env::var_os(name))?;
        Self::at(
            base.join("projects").join(folder_name(&project)),
            Some(&project),
        )
    }

    /// A state folder at exactly this place, made when it is not there. `project` is written into its `project` file,
    /// and must agree with what is there.
    ///
    /// # Errors
    /// When it cannot be made or belongs to another project.
    pub fn at(root: PathBuf, project: Option<&Path>) -> PortResult<Self> {
        let state = Self { root };
        for dir in [
            state.root.clone(),
            state.runs(),
            state.worktrees(),
            state.trash(),
        ] {
            make_private(&dir).map_err(|e| io_failure("cannot make", dir.display(), &e))?;
        }
        if let Some(project) = project {
            state.claim(project)?;
        }
        Ok(state)
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database.
    #[must_use]
    pub fn log_db(&self) -> PathBuf {
        self.root.join("log.db")
    }

    /// Where the folders of runs are.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// The folder of one run.
    #[must_use]
    pub fn run(&self, run: &RunId) -> PathBuf {
        self.runs().join(run.as_str())
    }

    /// Where worktrees go when the configuration does not say otherwise.
    #[must_use]
    pub fn worktrees(&self) -> PathBuf {
        self.root.join("worktrees")
    }

    /// Texts that were replaced, kept for some days.
    #[must_use]
    pub fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    /// The file whose touch wakes the engine and every surface.
    #[must_use]
    pub fn doorbell(&self) -> PathBuf {
        self.root.join("doorbell")
    }

    /// Writes which project this is, or checks it: two projects must never share a log.
    fn claim(&self, project: &Path) -> PortResult<()> {
        let file = self.root.join(PROJECT);
        let wanted = project.as_os_str().as_encoded_bytes();
        match fs::read(&file) {
            Ok(found) if found == wanted => return Ok(()),
            Ok(found) => {
                return Err(failure(
                    PortErrorKind::Exists,
                    "cannot use",
                    self.root.display(),
                    format!(
                        "it belongs to the project {}",
                        String::from_utf8_lossy(&found)
                    ),
                    format!("Set {VARIABLE} to another folder for this project."),
                ));
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(io_failure("cannot read", file.display(), &e)),
        }
        // Written beside and renamed: a process that comes at the same time never reads half a path.
        let temp = self.root.join(format!("project.{}", std::process::id()));
        fs::write(&temp, wanted)
            .and_then(|()| fs::rename(&temp, &file))
            .map_err(|e| io_failure("cannot write", file.display(), &e))
    }
}

/// Where the state of all projects lives.
/// Where the state of all projects lies.
///
/// # Errors
/// When no place for state is known.
pub fn base_dir() -> PortResult<PathBuf> {
    base(|name| std::env::var_os(name))
}

fn base(variable: impl Fn(&str) -> Option<OsString>) -> PortResult<PathBuf> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(own) = given(VARIABLE) {
        let own = PathBuf::from(own);
        if own.is_absolute() {
            return Ok(own);
        }
        return Err(failure(
            PortErrorKind::Malformed,
            "cannot use",
            format!("{VARIABLE}={}", own.display()),
            "it is no absolute path, so it would mean another folder in each directory",
            "Write the whole path, beginning with the root.",
        ));
    }
    let found = if cfg!(windows) {
        given("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        given("HOME").map(|home| PathBuf::from(home).join("Library/Application Support"))
    } else {
        given("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| given("HOME").map(|home| PathBuf::from(home).join(".local/state")))
    };
    found.map(|base| base.join("orchestron")).ok_or_else(|| {
        failure(
            PortErrorKind::Missing,
            "cannot find",
            "the folder for state",
            "the environment names no home folder",
            format!("Set HOME, or set {VARIABLE} to the folder to use."),
        )
    })
}

/// `my-project-1a2b3c4d`: readable, and different for two projects of one name.
fn folder_name(project: &Path) -> String {
    let mut name = String::new();
    let last = project
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    for c in last.chars() {
        if name.len() >= MAX_SLUG {
            break;
        }
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    if !name.is_empty() && !name.ends_with('-') {
        name.push('-');
    }
    let digest = Sha256::digest(project.as_os_str().as_encoded_bytes());
    for byte in digest.iter().take(4) {
        name.push_str(&format!("{byte:02x}"));
    }
    name
}

/// Makes a folder that only this user can look into, and its parents.
fn make_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::{StateDir, VARIABLE, base, folder_name};
    use orchestron_engine::ports::PortErrorKind;
    use std::{
        ffi::OsString,
        path::{Path, PathBuf},
    };

    fn from<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        move |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        }
    }

    #[test]
    fn names_are_readable_and_differ_for_two_projects_of_one_name() {
        let one = folder_name(Path::new("/home/a/My Projekt (ü)"));
        let two = folder_name(Path::new("/home/b/My Projekt (ü)"));
        assert!(one.starts_with("my-projekt-"), "{one}");
        assert_ne!(one, two);
        assert!(folder_name(Path::new("/")).len() == 8);
        assert!(folder_name(Path::new(&format!("/{}", "x".repeat(300)))).len() <= 50);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_base_follows_the_environment() {
        let cases: [(&[(&str, &str)], &str); 4] = [
            (&[(VARIABLE, "/s"), ("HOME", "/h")], "/s"),
            (&[("XDG_STATE_HOME", "/x"), ("HOME", "/h")], "/x/orchestron"),
            (
                &[("XDG_STATE_HOME", "relative"), ("HOME", "/h")],
                "/h/.local/state/orchestron",
            ),
            (
                &[(VARIABLE, ""), ("HOME", "/h")],
                "/h/.local/state/orchestron",
            ),
        ];
        for (pairs, wanted) in cases {
            assert_eq!(base(from(pairs)).unwrap(), PathBuf::from(wanted));
        }
        assert!(base(from(&[(VARIABLE, "state")])).is_err());
        assert_eq!(base(from(&[])).unwrap_err().kind, PortErrorKind::Missing);
    }

    #[test]
    fn two_projects_never_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("s");
        let state = StateDir::at(root.clone(), Some(Path::new("/one"))).unwrap();
        assert!(state.runs().is_dir() && state.worktrees().is_dir() && state.trash().is_dir());
        assert_eq!(
            StateDir::at(root.clone(), Some(Path::new("/one"))).unwrap(),
            state
        );
        let refused = StateDir::at(root, Some(Path::new("/two"))).unwrap_err();
        assert_eq!(refused.kind, PortErrorKind::Exists);
        assert!(refused.to_string().contains("/one"), "{refused}");
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_can_look_in() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("a/b"), None).unwrap();
        for path in [state.root().to_owned(), state.runs(), state.trash()] {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", path.display());
        }
    }
}
