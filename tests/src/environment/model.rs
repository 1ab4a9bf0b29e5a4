//! The scripted model, served from this process.

use orchestron_server::scripted_model::{Pace, Scenario, ScriptedModel, ScriptedModelHandle};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::runtime::Runtime;

/// A scripted model at work. It ends when dropped.
pub struct Model {
    handle: ScriptedModelHandle,
    _runtime: Runtime,
}

impl Model {
    /// Plays this script without pauses.
    pub fn plays(script: &str) -> Self {
        let scenario = Scenario::from_yaml(script, "the test's script")
            .unwrap_or_else(|error| panic!("{error}"))
            .with_pace(Pace::Instant);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let handle = runtime
            .block_on(ScriptedModel::start(scenario, any_port))
            .expect("a free port");
        Self {
            handle,
            _runtime: runtime,
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.handle.base_url()
    }
}
