//! `mcp`: the operations for agents' clients, over standard input and output; the clients' configuration for it; and a run's own token.

mod install;

use crate::{
    args::{Common, Mcp, McpToken, McpVerb},
    failure::Failure,
    here::{self, Here},
    output::{self, Output},
};
use orchestron_adapters::{
    host::{Changed, tell_changes},
    project::Project,
};
use orchestron_operations::{
    caller,
    wire::{RunTokenView, Topic, input},
};
use orchestron_server::mcp::{self, Bell, Connection};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::broadcast;

/// Changes a slow listener may lag behind before it is told to look at everything again.
const CHANGES: usize = 16;
/// Operations wait for one another anyway.
const THREADS: usize = 3;

/// `mcp`
pub fn mcp(common: &Common, args: &Mcp, output: &Output) -> Result<(), Failure> {
    match &args.verb {
        Some(McpVerb::Install(install)) => {
            install::install(common, install, args.agent.as_deref(), output)
        }
        Some(McpVerb::Token(wanted)) => token(common, wanted, output),
        None => serve(common, args.agent.as_deref()),
    }
}

/// Draws a token for the run around us. It goes to standard output and nowhere else; what is kept of it is its hash.
fn token(common: &Common, wanted: &McpToken, output: &Output) -> Result<(), Failure> {
    let token = format!(
        "{}{}",
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple()
    );
    let asked = input::RunToken {
        hash: mcp::run_servers::hash(&token),
    };
    let found: RunTokenView = Here::open(common)?.ask("run-token", &asked)?;
    if wanted.headers {
        let headers = serde_json::json!({"Authorization": format!("Bearer {token}")});
        return output::raw(format!("{headers}\n").as_bytes());
    }
    let said = serde_json::json!({"run": found.run, "token": token, "address": found.address});
    output.answer(&said, |out| {
        writeln!(out, "{token}")?;
        match &found.address {
            Some(address) => writeln!(out, "{address}"),
            None => writeln!(out, "no engine serves it now (`orchestron run --ui`)"),
        }
    })
}

/// Serves one client. Who it is was told by who started us and, when the person lent a name, by that name.
fn serve(common: &Common, agent: Option<&str>) -> Result<(), Failure> {
    let Here {
        project,
        mut context,
    } = Here::open(common)?;
    if let Some(name) = agent {
        caller::connect_as(&mut context, name)?;
    }
    let is_a_run = !matches!(
        *context.actor,
        orchestron_domain::Actor::Person | orchestron_domain::Actor::Outside { .. }
    );
    let settling = Arc::clone(&project);
    let settle = move || {
        settle(&settling).unwrap_or_else(|failure| {
            // Standard output is the protocol's.
            eprintln!("orchestron: what follows was not carried out: {failure}");
            false
        })
    };
    let server = mcp::Mcp::new(Connection {
        context: Arc::new(Mutex::new(context)),
        bell: bell(&project),
        settle: (!is_a_run).then(|| Arc::new(settle) as mcp::Settle),
        secret: secret(),
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(THREADS)
        .build()
        .map_err(|said| Failure::Io {
            doing: "cannot start",
            said,
        })?;
    let served = runtime.block_on(async {
        tokio::select! {
            served = mcp::stdio::serve(server) => served.map_err(Failure::from),
            ended = here::interrupted() => ended,
        }
    });
    // A thread that reads a terminal would be waited for until somebody types.
    runtime.shutdown_background();
    served
}

fn settle(project: &Arc<Project>) -> Result<bool, Failure> {
    let here = Here {
        context: here::context(project)?,
        project: Arc::clone(project),
    };
    here.settle()
}

/// The store's bell, hung up when the first listener comes: most clients never listen.
fn bell(project: &Arc<Project>) -> Bell {
    let project = Arc::clone(project);
    let hung: OnceLock<Option<broadcast::Sender<Topic>>> = OnceLock::new();
    Arc::new(move || {
        let sender = hung.get_or_init(|| {
            let (sender, _) = broadcast::channel(CHANGES);
            let rings = sender.clone();
            let told = tell_changes(&project, move |changed| {
                let topic = match changed {
                    Changed::Store => Topic::Store,
                    Changed::Runs => Topic::Runs,
                };
                // That nobody listens just now is no reason to stop.
                rings.send(topic).unwrap_or_default();
                true
            });
            match told {
                Ok(_) => Some(sender),
                Err(error) => {
                    eprintln!("orchestron: changes cannot be followed: {error}");
                    None
                }
            }
        });
        sender.as_ref().map(broadcast::Sender::subscribe)
    })
}

/// Random bytes.
pub fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes
}
