//! What every operation works on, and who asks.

use orchestron_domain::{Actor, State, TaskId};
use orchestron_engine::{
    Store, StoreError,
    ports::{Git, Keys, PortErrorKind, PortResult, Programs, RunLogs},
};
use std::sync::Arc;

/// What a project is, for people.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Absolute path of the folder that holds `.mcp/`.
    pub path: String,
    /// Its agents talk to the scripted model: nothing is sent anywhere.
    pub scripted: bool,
}

/// One surface's access to one project.
pub struct Context {
    /// Files, log and index.
    pub store: Store,
    /// Git.
    pub git: Arc<dyn Git>,
    /// What runs have said.
    pub logs: Arc<dyn RunLogs>,
    /// API keys.
    pub keys: Arc<dyn Keys>,
    /// What can be started here.
    pub programs: Arc<dyn Programs>,
    /// The project.
    pub project: Project,
    /// Who asks: told by how they are connected.
    pub actor: Actor,
}

impl Context {
    /// Takes in what changed in the files. Where there is no room to write it down, what is known is good enough for looking.
    ///
    /// # Errors
    /// When files or log cannot be read.
    pub fn look(&mut self) -> PortResult<()> {
        match self.store.look() {
            Err(error) if error.kind == PortErrorKind::NoRoom => Ok(()),
            outcome => outcome,
        }
    }

    /// The state of the project now: log, files, configuration. Whether it is a git repository is not in it: asking git takes a while,
    /// and few operations have to know.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn state(&mut self) -> Result<State, StoreError> {
        self.look()?;
        Ok(self.store.state()?)
    }

    /// The same as far as these tasks are concerned: with them, what they depend on, and all that something is under way with. It
    /// takes no longer when thousands of others rest.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn about<'a>(
        &mut self,
        tasks: impl IntoIterator<Item = &'a TaskId>,
    ) -> Result<State, StoreError> {
        self.look()?;
        Ok(self.store.about(&tasks.into_iter().cloned().collect())?)
    }
}
