//! The endpoint: the few paths of the Messages API the CLI asks for, on loopback only.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_core::Stream;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::choice::{Choice, FaultCounters, Reason, choose};
use super::conversation::{Conversation, Header, MessagesRequest};
use super::scenario::{FaultKind, Scenario, WrittenError};
use super::wire::{Frame, Reply, error_body, error_frame};

/// The largest request taken; a long conversation of the CLI is a few megabytes.
const MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;
/// How many of the newest requests are kept for tests to look at.
const MAX_RECORDS: usize = 2_000;
/// Frames waiting for a slow reader before the script waits too.
const FRAMES_AHEAD: usize = 16;
/// Time for the first half of a stream to leave the machine before it is cut.
const BEFORE_CUT: Duration = Duration::from_millis(50);
/// How long `stop` waits for open answers to end.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// What a person sees who opens the address in a browser.
const GREETING: &str = "Orchestron's scripted model. Nothing is sent anywhere.\n";

/// Why the scripted model could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptedModelError {
    /// The address can be reached from outside this machine.
    #[error("the scripted model listens on loopback only, and {0} is not; use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}; use port 0 to get a free one")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// The scripted model; see the module's documentation.
#[derive(Debug)]
pub struct ScriptedModel;

impl ScriptedModel {
    /// Starts playing a scenario on a loopback address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address is not loopback or cannot be listened on.
    pub async fn start(
        scenario: Scenario,
        addr: SocketAddr,
    ) -> Result<ScriptedModelHandle, ScriptedModelError> {
        if !addr.ip().is_loopback() {
            return Err(ScriptedModelError::NotLoopback(addr));
        }
        let failed = |source| ScriptedModelError::Listen { addr, source };
        let listener = tokio::net::TcpListener::bind(addr).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let (stop, stopping) = watch::channel(false);
        let stage = Arc::new(Stage::new(scenario, stopping));
        let mut stopped = stage.stopping.clone();
        let serving = axum::serve(listener, router(Arc::clone(&stage)))
            .with_graceful_shutdown(async move { wait_for_stop(&mut stopped).await });
        let task = tokio::spawn(async move { serving.await });
        Ok(ScriptedModelHandle {
            addr,
            stage,
            stop,
            task,
        })
    }
}

/// A running scripted model. Dropping it stops it without waiting; [`Self::stop`] waits.
#[derive(Debug)]
pub struct ScriptedModelHandle {
    addr: SocketAddr,
    stage: Arc<Stage>,
    stop: watch::Sender<bool>,
    task: JoinHandle<io::Result<()>>,
}

impl ScriptedModelHandle {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The value for `ANTHROPIC_BASE_URL`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// How many requests came in so far.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.stage.count.load(Ordering::Relaxed)
    }

    /// The newest requests (2,000 at most), oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.stage.records().iter().cloned().collect()
    }

    /// Stops listening, ends every open answer and waits until that is done.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(STOP_PATIENCE, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}

/// One request and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The run the request belongs to, when it says so.
    pub header: Option<Header>,
    /// What was answered.
    pub outcome: Outcome,
}

/// What the scripted model answered to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// A turn of a play, from 1; the play is named by its line in the scenario.
    Turn {
        /// Line of the play.
        play_line: u64,
        /// The turn, from 1.
        turn: usize,
        /// The fault it met, in the scenario's word.
        fault: Option<&'static str>,
    },
    /// The closing text of a play.
    End {
        /// Line of the play.
        play_line: u64,
        /// The fault it met, in the scenario's word.
        fault: Option<&'static str>,
    },
    /// The short text for the CLI's own requests.
    Aside,
    /// A text saying that no play matches.
    NoPlay,
    /// A count of tokens, a greeting, a list of models.
    Service,
    /// The request was not understood.
    Refused,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, fault) = match self {
            Self::Turn {
                play_line,
                turn,
                fault,
            } => (
                format!("turn {turn} of the play in line {play_line}"),
                fault,
            ),
            Self::End { play_line, fault } => {
                (format!("the end of the play in line {play_line}"), fault)
            }
            Self::Aside => ("an aside".to_owned(), &None),
            Self::NoPlay => ("no play matches".to_owned(), &None),
            Self::Service => ("a service answer".to_owned(), &None),
            Self::Refused => ("not understood".to_owned(), &None),
        };
        match fault {
            Some(fault) => write!(f, "{fault} at {what}"),
            None => f.write_str(&what),
        }
    }
}

/// What every request shares.
#[derive(Debug)]
struct Stage {
    scenario: Scenario,
    counters: FaultCounters,
    count: AtomicU64,
    records: Mutex<VecDeque<RequestRecord>>,
    /// Tells the ids of this start from those of an earlier one in the same session.
    started: u128,
    stopping: watch::Receiver<bool>,
}

impl Stage {
    fn new(scenario: Scenario, stopping: watch::Receiver<bool>) -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            counters: FaultCounters::for_scenario(&scenario),
            scenario,
            count: AtomicU64::new(0),
            records: Mutex::new(VecDeque::new()),
            started: since_epoch.map_or(0, |elapsed| elapsed.as_micros()),
            stopping,
        }
    }

    fn records(&self) -> MutexGuard<'_, VecDeque<RequestRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, method: &Method, uri: &Uri, header: Option<Header>, outcome: Outcome) {
        let mut records = self.records();
        if records.len() == MAX_RECORDS {
            records.pop_front();
        }
        records.push_back(RequestRecord {
            method: method.to_string(),
            path: uri.path().to_owned(),
            header,
            outcome,
        });
    }

    /// Counts a request and gives it an id no other request has.
    fn unique(&self) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:x}x{number:x}", self.started)
    }
}

fn router(stage: Arc<Stage>) -> Router {
    Router::new()
        .route("/v1/messages", post(messages))
        .route("/v1/messages/count_tokens", post(count_tokens))
        .route("/v1/models", get(models))
        .route("/", get(greeting))
        .route("/api/hello", get(greeting))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(stage)
}

async fn messages(
    State(stage): State<Arc<Stage>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let unique = stage.unique();
    let request: MessagesRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            stage.record(&method, &uri, None, Outcome::Refused);
            let message = format!("the body is not a Messages API request: {error}");
            return refusal(
                StatusCode::BAD_REQUEST,
                "invalid_request_error",
                &message,
                &unique,
            );
        }
    };
    let conversation = Conversation::read(&request);
    let choice = choose(&stage.scenario, &stage.counters, &conversation);
    stage.record(&method, &uri, conversation.header.clone(), outcome(&choice));
    let fault = choice.fault.cloned();
    let reply = Reply::new(choice.words, &request.model, &unique, &conversation);
    if let Some(FaultKind::Error(error)) = &fault {
        return error_answer(error, &unique);
    }
    if let Some(FaultKind::Silence(silence)) = fault {
        sleep_unless_stopped(silence, &mut stage.stopping.clone()).await;
    }
    if request.stream {
        stream_answer(&stage, &reply, fault.as_ref(), &unique)
    } else {
        whole_answer(&stage, &reply, fault.as_ref(), &unique).await
    }
}

fn outcome(choice: &Choice<'_>) -> Outcome {
    let fault = choice.fault.map(FaultKind::word);
    match choice.reason {
        Reason::Turn { play_line, turn } => Outcome::Turn {
            play_line,
            turn,
            fault,
        },
        Reason::End { play_line } => Outcome::End { play_line, fault },
        Reason::Aside => Outcome::Aside,
        Reason::NoPlay => Outcome::NoPlay,
    }
}

async fn whole_answer(
    stage: &Stage,
    reply: &Reply,
    fault: Option<&FaultKind>,
    unique: &str,
) -> Response {
    let think = stage.scenario.pacing.scaled(reply.think());
    let stall = match fault {
        Some(FaultKind::Stall(stall)) => *stall,
        _ => Duration::ZERO,
    };
    sleep_unless_stopped(think + stall, &mut stage.stopping.clone()).await;
    match fault {
        Some(FaultKind::ErrorInStream(error)) => error_answer(error, unique),
        Some(FaultKind::Cut) => cut_answer(),
        _ => with_request_id(Json(reply.whole()).into_response(), unique),
    }
}

fn stream_answer(
    stage: &Stage,
    reply: &Reply,
    fault: Option<&FaultKind>,
    unique: &str,
) -> Response {
    let mut frames = reply.frames(&stage.scenario.pacing);
    let half = frames.len() / 2;
    let mut ending = Ending::Complete;
    match fault {
        Some(FaultKind::Stall(stall)) => frames[half].pause += *stall,
        Some(FaultKind::ErrorInStream(error)) => {
            frames.truncate(half);
            frames.push(error_frame(error));
        }
        Some(FaultKind::Cut) => {
            frames.truncate(half);
            ending = Ending::Cut;
        }
        Some(FaultKind::Error(_) | FaultKind::Silence(_)) | None => {}
    }
    let (sender, receiver) = mpsc::channel(FRAMES_AHEAD);
    tokio::spawn(play(frames, ending, sender, stage.stopping.clone()));
    let mut response = Response::new(Body::from_stream(PlayedFrames(receiver)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    with_request_id(response, unique)
}

/// How a stream ends.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Complete,
    Cut,
}

/// Sends the frames at their pace until the reader is gone or the model stops.
async fn play(
    frames: Vec<Frame>,
    ending: Ending,
    sender: mpsc::Sender<io::Result<Bytes>>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut is_whole = ending == Ending::Complete;
    for frame in frames {
        let go_on = tokio::select! {
            go_on = sleep_unless_stopped(frame.pause, &mut stopping) => go_on,
            () = sender.closed() => return,
        };
        if !go_on {
            is_whole = false;
            break;
        }
        if sender.send(Ok(Bytes::from(frame.text))).await.is_err() {
            return;
        }
    }
    if !is_whole {
        tokio::time::sleep(BEFORE_CUT).await;
        // A failed body makes the server drop the connection without ending the answer. A reader
        // that is gone already has noticed.
        sender
            .send(Err(io::ErrorKind::ConnectionAborted.into()))
            .await
            .ok();
    }
}

/// The frames as a body.
struct PlayedFrames(mpsc::Receiver<io::Result<Bytes>>);

impl Stream for PlayedFrames {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

fn cut_answer() -> Response {
    let (sender, receiver) = mpsc::channel(1);
    let failed = Err(io::ErrorKind::ConnectionAborted.into());
    match sender.try_send(failed) {
        Ok(()) => Response::new(Body::from_stream(PlayedFrames(receiver))),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn error_answer(error: &WrittenError, unique: &str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = refusal(status, &error.kind, &error.message, unique);
    if let Some(seconds) = error.retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn refusal(status: StatusCode, kind: &str, message: &str, unique: &str) -> Response {
    let body = error_body(kind, message, &format!("req_{unique}"));
    with_request_id((status, Json(body)).into_response(), unique)
}

fn with_request_id(mut response: Response, unique: &str) -> Response {
    if let Ok(id) = HeaderValue::from_str(&format!("req_{unique}")) {
        response.headers_mut().insert("request-id", id);
    }
    response
}

async fn count_tokens(
    State(stage): State<Arc<Stage>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Json<Value> {
    stage.unique();
    stage.record(&method, &uri, None, Outcome::Service);
    Json(json!({"input_tokens": body.len() / 4 + 1}))
}

async fn models(State(stage): State<Arc<Stage>>, method: Method, uri: Uri) -> Json<Value> {
    stage.unique();
    stage.record(&method, &uri, None, Outcome::Service);
    let model = json!({
        "type": "model",
        "id": "scripted-model",
        "display_name": "Scripted model",
        "created_at": "2025-01-01T00:00:00Z",
    });
    Json(
        json!({"data": [model], "has_more": false, "first_id": "scripted-model",
        "last_id": "scripted-model"}),
    )
}

async fn greeting(State(stage): State<Arc<Stage>>, method: Method, uri: Uri) -> &'static str {
    stage.unique();
    stage.record(&method, &uri, None, Outcome::Service);
    GREETING
}

async fn not_found(
    State(stage): State<Arc<Stage>>,
    method: Method,
    uri: Uri,
) -> Result<Infallible, Response> {
    let unique = stage.unique();
    stage.record(&method, &uri, None, Outcome::Refused);
    let message = format!("the scripted model has no {method} {}", uri.path());
    Err(refusal(
        StatusCode::NOT_FOUND,
        "not_found_error",
        &message,
        &unique,
    ))
}

/// Sleeps; true when nobody stopped the model meanwhile.
async fn sleep_unless_stopped(pause: Duration, stopping: &mut watch::Receiver<bool>) -> bool {
    if pause.is_zero() {
        return !*stopping.borrow();
    }
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        () = wait_for_stop(stopping) => false,
    }
}

/// Waits until the model is told to stop or its handle is dropped.
async fn wait_for_stop(stopping: &mut watch::Receiver<bool>) {
    // An error means that the handle is gone: that is a stop too.
    stopping.wait_for(|stop| *stop).await.ok();
}
