//! The protocol over HTTP for runs of ours: a token says which run speaks, and it has its own tools, sessions and limits.
//!
//! A run's token is worth nothing elsewhere and nothing longer: at every request it is asked whether the run still lives, and when it
//! is over its sessions and streams end. What is compared are hashes, so what is kept in the log opens nothing.

use super::{Mcp, http::routes};
use axum::{Router, body::Body, http::Request, response::Response};
use orchestron_operations::{
    run_tokens::{self, Acting},
    wire::Topic,
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{broadcast, watch},
    time::sleep,
};
use tower::ServiceExt;

/// Longest token that is looked at.
const LONGEST: usize = 200;
/// Runs that are served at once; more do not work at once.
const MOST: usize = 64;
/// Changes within this time are looked at together.
const TOGETHER: Duration = Duration::from_millis(200);

/// The servers of runs that showed their token.
#[derive(Clone)]
pub struct RunServers(Arc<Inner>);

struct Inner {
    mcp: Mcp,
    origins: Vec<String>,
    secret: [u8; 32],
    served: Mutex<BTreeMap<String, Served>>,
}

struct Served {
    router: Router,
    acting: Acting,
    /// Ends its sessions and streams.
    stop: watch::Sender<bool>,
}

/// The hash of a token, as it is kept.
#[must_use]
pub fn hash(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl RunServers {
    /// Servers beside `mcp`, to pages of `origins` and to whoever is no page.
    #[must_use]
    pub fn new(mcp: Mcp, origins: Vec<String>, secret: [u8; 32]) -> Self {
        Self(Arc::new(Inner {
            mcp,
            origins,
            secret,
            served: Mutex::default(),
        }))
    }

    /// Answers a request that carries this token; gives it back when the token is no live run's.
    ///
    /// # Errors
    /// The request, when the token opens nothing.
    pub async fn answer(
        &self,
        token: &str,
        request: Request<Body>,
    ) -> Result<Response, Request<Body>> {
        if token.is_empty() || token.len() > LONGEST {
            return Err(request);
        }
        let hash = hash(token);
        let owner = self.0.mcp.ask(move |cx| run_tokens::owner(cx, &hash)).await;
        let Ok(Ok(Some(acting))) = owner else {
            return Err(request);
        };
        let Some(router) = self.router(acting).await else {
            return Err(request);
        };
        router
            .oneshot(request)
            .await
            .map_err(|never| match never {})
    }

    /// The routes of a run, made when it comes for the first time.
    async fn router(&self, acting: Acting) -> Option<Router> {
        let run = acting.run();
        if let Some(served) = self.lock().get(&run) {
            return Some(served.router.clone());
        }
        let mcp = self
            .0
            .mcp
            .of_run(acting.clone(), self.0.secret)
            .await
            .ok()?;
        let (stop, stopping) = watch::channel(false);
        let router = routes(mcp, self.0.origins.clone(), stopping);
        let mut served = self.lock();
        if served.len() >= MOST && !served.contains_key(&run) {
            return None;
        }
        // Of two that came at once the first one counts: its sessions are known to it alone.
        let served = served.entry(run).or_insert(Served {
            router,
            acting,
            stop,
        });
        Some(served.router.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Served>> {
        self.0.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what runs have that are over, until nothing changes any more.
    pub async fn follow(self, mut changes: broadcast::Receiver<Topic>) {
        while changes.recv().await != Err(broadcast::error::RecvError::Closed) {
            let all: Vec<Acting> = self.lock().values().map(|s| s.acting.clone()).collect();
            if all.is_empty() {
                continue;
            }
            sleep(TOGETHER).await;
            changes = changes.resubscribe();
            let over = self.0.mcp.ask(move |cx| {
                let over = all
                    .into_iter()
                    .filter(|acting| !run_tokens::lives(cx, acting));
                over.map(|acting| acting.run()).collect::<Vec<_>>()
            });
            for run in over.await.unwrap_or_default() {
                if let Some(served) = self.lock().remove(&run) {
                    served.stop.send_replace(true);
                }
            }
        }
    }
}
