//! The protocol over HTTP, for the server that is there already: whoever comes here has shown its token and comes from this machine.

use super::stdio::LONGEST;
use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use rmcp::{
    ServerHandler,
    model::ProtocolVersion,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::json;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};

/// How long a session may say nothing. Models think for long.
const SILENCE: Duration = Duration::from_secs(60 * 60);
/// Requests that are answered at once; streams of changes count as long as they are open.
const AT_ONCE: usize = 128;
/// Sessions of clients of before 2026-07-28.
const SESSIONS: usize = 64;
/// JSON-RPC: no JSON; the server does not take it now.
const PARSE_ERROR: i32 = -32700;
const BUSY: i32 = -32000;

struct Limits {
    open: AtomicUsize,
    sessions: Arc<LocalSessionManager>,
}

/// Gives its place back when an answer is through, streams included.
struct Place(Arc<Limits>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is served at `/mcp`, to pages of `origins` and to whoever is no page. When `stopping` becomes true, all streams end.
pub fn routes<H>(handler: H, origins: Vec<String>, mut stopping: watch::Receiver<bool>) -> Router
where
    H: ServerHandler + Clone,
{
    let config = StreamableHttpServerConfig::default()
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_json_response(true)
        .with_max_request_body_bytes(LONGEST);
    let end = config.cancellation_token.clone();
    tokio::spawn(async move {
        // Told to stop, or whoever could tell is gone.
        stopping
            .wait_for(|stop| *stop)
            .await
            .map(|_| ())
            .unwrap_or_default();
        end.cancel();
    });
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(SILENCE);
    let limits = Arc::new(Limits {
        open: AtomicUsize::new(0),
        sessions: Arc::new(sessions),
    });
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::clone(&limits.sessions),
        config,
    );
    Router::new()
        .fallback_service(service)
        .layer(middleware::from_fn_with_state(limits, within_limits))
}

/// An MCP server of its own at `/mcp`, without the UI and its token, until it is told to stop. It is what the conformance suite's
/// fixture stands on: the same routes and limits as the product's.
///
/// # Errors
/// What went wrong while it served.
pub async fn serve_alone<H>(
    listener: TcpListener,
    handler: H,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()>
where
    H: ServerHandler + Clone,
{
    let port = listener.local_addr()?.port();
    let origins = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("http://{name}:{port}"));
    let routes = routes(handler, origins.into(), stopping.clone());
    axum::serve(listener, Router::new().nest_service("/mcp", routes))
        .with_graceful_shutdown(async move {
            stopping
                .wait_for(|stop| *stop)
                .await
                .map(|_| ())
                .unwrap_or_default();
        })
        .await
}

/// Nobody takes more than there is for all; and errors are told in the protocol's own way.
async fn within_limits(
    State(limits): State<Arc<Limits>>,
    request: Request,
    next: Next,
) -> Response {
    if limits.open.fetch_add(1, Ordering::AcqRel) >= AT_ONCE {
        limits.open.fetch_sub(1, Ordering::AcqRel);
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            BUSY,
            "too much is asked at once; wait for answers, then ask again",
        );
    }
    let place = Place(Arc::clone(&limits));
    let (method, is_json) = (request.method().clone(), is_json(request.headers()));
    if method == Method::POST
        && may_begin_a_session(request.headers())
        && limits.sessions.sessions.read().await.len() >= SESSIONS
    {
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            BUSY,
            "there are too many sessions; end one with DELETE, or use the revision 2026-07-28, which has none",
        );
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && is_json {
        return refuse(
            StatusCode::BAD_REQUEST,
            PARSE_ERROR,
            "the body is no JSON of the protocol",
        );
    }
    let (mut parts, body) = response.into_parts();
    if method == Method::DELETE && parts.status == StatusCode::ACCEPTED {
        parts.status = StatusCode::NO_CONTENT;
    }
    let body = body.into_data_stream().map(move |chunk| {
        // The stream owns the place as long as it lives.
        let _held = &place;
        chunk
    });
    Response::from_parts(parts, Body::from_stream(body))
}

/// Requests inside a session name it; those of 2026-07-28 name their revision and have none.
fn may_begin_a_session(headers: &HeaderMap) -> bool {
    let stateless = ProtocolVersion::V_2026_07_28;
    let revision = headers
        .get("mcp-protocol-version")
        .and_then(|revision| revision.to_str().ok());
    !headers.contains_key("mcp-session-id")
        && revision.is_none_or(|revision| revision < stateless.as_str())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

fn refuse(status: StatusCode, code: i32, what: &str) -> Response {
    let body = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": what}});
    (status, Json(body)).into_response()
}
