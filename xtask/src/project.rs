//! Where things are: the checkout, the build folder, and where the person typed the command.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Which kind of build a binary comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Quick to build; what `run` and `test` use.
    Debug,
    /// Quick to run; what `bench` uses.
    Release,
}

impl Build {
    fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// The folders every verb works with.
#[derive(Debug)]
pub struct Project {
    /// The checkout.
    pub root: PathBuf,
    /// Cargo's build folder; it holds `debug` and `release`.
    pub target: PathBuf,
    /// Where the command was typed: relative paths on the command line start here.
    pub invoked_from: PathBuf,
}

impl Project {
    /// Finds the checkout that this program was started for.
    pub fn find() -> Result<Self, Failure> {
        // `cargo run` sets the variable; the compiled-in path serves when the program is started directly.
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest_dir
            .parent()
            .map_or_else(|| manifest_dir.clone(), Path::to_path_buf);
        // This program lies where cargo puts all others, whatever CARGO_TARGET_DIR or the configuration say.
        let target = env::current_exe()
            .ok()
            .and_then(|exe| exe.parent()?.parent().map(Path::to_path_buf))
            .unwrap_or_else(|| root.join("target"));
        let invoked_from = match env::var_os("ORCHESTRON_INVOKED_FROM") {
            Some(folder) => PathBuf::from(folder),
            None => {
                env::current_dir().map_err(Failure::file("find the current folder below", &root))?
            }
        };
        Ok(Self {
            root,
            target,
            invoked_from,
        })
    }

    /// Where the output of quiet steps is kept.
    pub fn logs(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Where cargo puts a binary.
    pub fn binary(&self, build: Build, name: &str) -> PathBuf {
        self.target
            .join(build.folder())
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// Waits until no other `./dev` works in this checkout: two `npm ci` in one folder destroy each other's work.
    /// The lock is gone when the returned file is dropped or the process ends.
    pub fn lock(&self) -> Result<File, Failure> {
        let logs = self.logs();
        fs::create_dir_all(&logs).map_err(Failure::file("create", &logs))?;
        let path = logs.join("lock");
        let file = File::create(&path).map_err(Failure::file("create", &path))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                eprintln!("Another ./dev is at work in this checkout; waiting for it to finish.")
            }
            Err(TryLockError::Error(source)) => {
                return Err(Failure::File {
                    doing: "lock",
                    path,
                    source,
                });
            }
        }
        file.lock().map_err(Failure::file("lock", &path))?;
        Ok(file)
    }
}
