//! The operations over HTTP on loopback, and the UI that uses them.
//!
//! `POST /api/<operation>` takes and gives JSON; `GET /api/changes` is a stream of what changed; `/mcp` is for agents' clients (see
//! [`crate::mcp`]); everything else is the UI.
//! Every call carries the token of this server's start (`Authorization: Bearer …`), and only pages of this very address may call.

#[cfg(test)]
mod tests;
mod ui;

use crate::mcp::{self, Connection, Mcp, McpError, run_servers::RunServers};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::StreamExt;
use orchestron_operations::{
    Context, OpError, call, run_tokens,
    wire::{ErrorView, Topic},
};
use serde_json::Value;
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
    time::timeout,
};

/// Longest body of a call, in bytes.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// How long connections may take to end when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// Why the server could not start.
#[derive(Debug, Error)]
pub enum HttpError {
    /// Only loopback is served.
    #[error("{addr} is not a loopback address; Orchestron serves only this machine")]
    NotLoopback {
        /// What was asked for.
        addr: SocketAddr,
    },
    /// What is served cannot be had.
    #[error(transparent)]
    Mcp(#[from] McpError),
    /// The address cannot be had.
    #[error("cannot listen on {addr}: {said}")]
    Bind {
        /// What was asked for.
        addr: SocketAddr,
        /// What the system said.
        said: io::Error,
    },
}

/// What a server serves.
pub struct Serve {
    /// The operations' context.
    pub context: Arc<Mutex<Context>>,
    /// The secret of this start; whoever has it may do all a person may do.
    pub token: String,
    /// Random bytes that nobody else knows, not even who has the token.
    pub secret: [u8; 32],
    /// Tells what changed.
    pub changes: broadcast::Sender<Topic>,
}

/// A running server.
pub struct Serving {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops it and waits until it is gone.
    ///
    /// # Errors
    /// What went wrong while it served.
    pub async fn stop(mut self) -> io::Result<()> {
        // Streams of changes end by this as well: an open page would hold the server for ever.
        self.stop.send_replace(true);
        match timeout(STOP_PATIENCE, &mut self.task).await {
            Ok(ended) => ended.unwrap_or_else(|joined| Err(io::Error::other(joined))),
            // A connection that says nothing and does not end; nobody waits for it.
            Err(_) => {
                self.task.abort();
                Ok(())
            }
        }
    }
}

struct Shared {
    serve: Serve,
    addr: SocketAddr,
    runs: RunServers,
    stopping: watch::Receiver<bool>,
}

/// Starts serving.
///
/// # Errors
/// When the address is not loopback or cannot be had.
pub async fn start(addr: SocketAddr, serve: Serve) -> Result<Serving, HttpError> {
    if !addr.ip().is_loopback() {
        return Err(HttpError::NotLoopback { addr });
    }
    let listener = TcpListener::bind(addr)
        .await
        .map_err(|said| HttpError::Bind { addr, said })?;
    let addr = listener
        .local_addr()
        .map_err(|said| HttpError::Bind { addr, said })?;
    let (stop, stopping) = watch::channel(false);
    let bell = serve.changes.clone();
    let mcp = Mcp::new(Connection {
        context: Arc::clone(&serve.context),
        bell: Arc::new(move || Some(bell.subscribe())),
        settle: None,
        secret: serve.secret,
    })?;
    let origins: Vec<String> = ["127.0.0.1", "localhost", "[::1]"]
        .map(|name| format!("http://{name}:{}", addr.port()))
        .into();
    let runs = RunServers::new(mcp.clone(), origins.clone(), serve.secret);
    tokio::spawn(runs.clone().follow(serve.changes.subscribe()));
    let mcp = mcp::http::routes(mcp, origins, stopping.clone());
    let told = Told::new(Arc::clone(&serve.context), format!("http://{addr}/mcp"));
    let shared = Arc::new(Shared {
        serve,
        addr,
        runs,
        stopping: stopping.clone(),
    });
    let api = Router::new()
        .route("/api/changes", get(changes))
        .route("/api/{name}", post(operation))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            only_with_token,
        ));
    // Here a run's token opens as much as the run may.
    let clients = Router::new().nest_service(
        "/mcp",
        mcp.layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            with_token_or_of_run,
        )),
    );
    let api = api
        .merge(clients)
        .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX));
    let app = api
        .fallback(ui::file)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            only_this_address,
        ))
        .with_state(shared);
    let task = tokio::spawn(async move {
        let _until_it_ends = told;
        axum::serve(listener, app)
            .with_graceful_shutdown(stopped(stopping))
            .await
    });
    Ok(Serving { addr, stop, task })
}

/// Comes when the server is to stop, or its handle was dropped.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|stop| *stop).await.is_err() {
        // Dropped: stop as well.
    }
}

/// A page of another name that resolves to this machine (DNS rebinding) may not speak to us.
async fn only_this_address(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let port = shared.addr.port();
    let ours = [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
    ];
    let origin = request
        .headers()
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let same =
        origin.is_none_or(|origin| ours.iter().any(|name| origin == format!("http://{name}")));
    if !same || !ours.iter().any(|name| name == host) {
        return refuse(
            StatusCode::FORBIDDEN,
            "origin_refused",
            "this address is served only to pages of this machine",
            &format!("open http://{}", shared.addr),
        );
    }
    next.run(request).await
}

async fn only_with_token(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if has_token(request.headers(), &shared.serve.token) {
        return next.run(request).await;
    }
    refuse(
        StatusCode::UNAUTHORIZED,
        "token_missing",
        "this call carries no valid token",
        "open the whole address that `orchestron run --ui` printed, with its #token",
    )
}

/// Whoever has the server's token is served by it; a run of ours is served as that run.
async fn with_token_or_of_run(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if has_token(request.headers(), &shared.serve.token) {
        return next.run(request).await;
    }
    let token = bearer(request.headers()).to_vec();
    let token = String::from_utf8(token).unwrap_or_default();
    match shared.runs.answer(&token, request).await {
        Ok(response) => response,
        Err(_) => refuse(
            StatusCode::UNAUTHORIZED,
            "token_missing",
            "this call carries no valid token",
            "open the whole address that `orchestron run --ui` printed, with its #token; a run's own token ends with the run",
        ),
    }
}

/// Where clients find the protocol, for runs that ask; it is no secret. Without it a run is told that nobody serves, which is all that is
/// lost when it cannot be written.
struct Told {
    context: Arc<Mutex<Context>>,
    address: String,
}

impl Told {
    fn new(context: Arc<Mutex<Context>>, address: String) -> Self {
        let mut held = context.lock().unwrap_or_else(PoisonError::into_inner);
        run_tokens::serves_at(&mut held, &address).unwrap_or_default();
        drop(held);
        Self { context, address }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let mut held = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        run_tokens::serves_no_more(&mut held, &self.address).unwrap_or_default();
    }
}

fn bearer(headers: &HeaderMap) -> &[u8] {
    headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes)
        .and_then(|value| value.strip_prefix(b"Bearer "))
        .unwrap_or_default()
}

/// Compares without telling by its duration how much of the token was right.
fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let given = bearer(headers);
    let differs = given
        .iter()
        .zip(token.as_bytes())
        .fold(0, |found, (a, b)| found | (a ^ b));
    given.len() == token.len() && differs == 0
}

fn refuse(status: StatusCode, code: &str, message: &str, hint: &str) -> Response {
    let view = ErrorView {
        code: code.to_owned(),
        message: message.to_owned(),
        hints: vec![hint.to_owned()],
        field: None,
    };
    (status, Json(view)).into_response()
}

async fn operation(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let input = if body.is_empty() {
        Ok(Value::Object(serde_json::Map::new()))
    } else {
        serde_json::from_slice(&body)
    };
    let input = match input {
        Ok(input) => input,
        Err(error) => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "input_invalid",
                &format!("the body is no JSON: {error}"),
                "send an object",
            );
        }
    };
    if orchestron_operations::ALL
        .iter()
        .any(|known| known.local && known.name == name)
    {
        return refuse(
            StatusCode::FORBIDDEN,
            "only_local",
            "this starts a program on the person's screen, which no page of a browser may ask for",
            "do it in the window, or at a terminal on that machine",
        );
    }
    // Operations read files and wait for locks: not on the threads that serve connections.
    let done = tokio::task::spawn_blocking(move || {
        let mut context = shared
            .serve
            .context
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        call(&mut context, &name, input)
    })
    .await;
    match done {
        Ok(Ok(value)) => Json(value).into_response(),
        Ok(Err(error)) => (status_of(&error), Json(error.view())).into_response(),
        Err(_) => refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "the operation ended unexpectedly",
            "this is a fault in Orchestron; please report what you did",
        ),
    }
}

fn status_of(error: &OpError) -> StatusCode {
    match error.code() {
        "task_not_found" | "operation_unknown" | "run_not_found" | "missing" => {
            StatusCode::NOT_FOUND
        }
        "input_invalid" | "decision_unfit" => StatusCode::BAD_REQUEST,
        "world" | "no_room" | "malformed" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::CONFLICT,
    }
}

async fn changes(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let changes = shared.serve.changes.subscribe();
    let stream = topics(changes).take_until(Box::pin(stopped(shared.stopping.clone())));
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// Topics as server-sent events. A reader that was too slow is told that everything may have changed.
fn topics(
    changes: broadcast::Receiver<Topic>,
) -> impl futures_core::Stream<Item = Result<Event, Infallible>> {
    struct Changes(broadcast::Receiver<Topic>);
    impl Changes {
        async fn told(mut self) -> Option<(Result<Event, Infallible>, Self)> {
            let topic = match self.0.recv().await {
                Ok(topic) => topic,
                Err(broadcast::error::RecvError::Lagged(_)) => Topic::Store,
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            let word = match topic {
                Topic::Store => "store",
                Topic::Runs => "runs",
            };
            Some((Ok(Event::default().data(word)), self))
        }
    }
    futures_util::stream::unfold(Changes(changes), Changes::told)
}
