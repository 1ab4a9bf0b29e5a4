//! How a keeper starts the program of its run: by a stage (see [`super::stage`]) that it starts for it, or by one that it started before
//! it knew the run, and that only has to be told.

use super::{EXEC_READY, KeeperError, Stage, stage};
use crate::process::folder::{RunFolder, Spec};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::{
    io::Write,
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
};

/// How the program of a run is started.
pub(super) struct Program<'a> {
    pub stage: &'a Stage,
    /// A stage that waits to be told the run.
    pub ready: Option<Child>,
}

impl Program<'_> {
    /// Lets the stage become the program. It is the only child the keeper ever starts itself.
    pub fn start(
        self,
        folder: &RunFolder,
        spec: &Spec,
    ) -> Result<(i32, Option<ChildStdin>), KeeperError> {
        let told = self.ready.and_then(|stage| tell(stage, folder));
        let mut child = match told {
            Some(child) => child,
            None => {
                let stdin = if spec.input {
                    Stdio::piped()
                } else {
                    Stdio::null()
                };
                spawn_stage(self.stage, Some(folder), stdin)?
            }
        };
        let stdin = child.stdin.take().filter(|_| spec.input);
        if let Some(stdin) = &stdin {
            let flags =
                fcntl_getfl(stdin).and_then(|flags| fcntl_setfl(stdin, flags | OFlags::NONBLOCK));
            flags
                .map_err(|e| KeeperError::system("cannot set up the program's input")(e.into()))?;
        }
        Ok((child.id().cast_signed(), stdin))
    }
}

/// Starts a stage that waits to be told a run.
pub(super) fn wait_for_a_run(stage: &Stage) -> Result<Child, KeeperError> {
    spawn_stage(stage, None, Stdio::piped())
}

/// Tells a waiting stage which run it is for. None when it lives no more (somebody ended it): then another one is started.
fn tell(mut stage: Child, folder: &RunFolder) -> Option<Child> {
    let told = stage
        .stdin
        .as_mut()
        .is_some_and(|stdin| stdin.write_all(&stage::order(folder)).is_ok());
    if told {
        return Some(stage);
    }
    // Both fail only when it is gone, and gone is what it is to be.
    stage.kill().ok();
    stage.wait().ok();
    None
}

/// Starts a stage for the run in `folder`, or for one that it is told later.
fn spawn_stage(
    stage: &Stage,
    folder: Option<&RunFolder>,
    stdin: Stdio,
) -> Result<Child, KeeperError> {
    let mut command = Command::new(&stage.program);
    let flag = if folder.is_some() {
        "--exec"
    } else {
        EXEC_READY
    };
    command
        .args(&stage.args)
        .arg(flag)
        .arg(std::process::id().to_string())
        .args(folder.map(RunFolder::dir))
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(KeeperError::system("cannot start the program's stage"))
}
