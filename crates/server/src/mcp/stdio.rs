//! The protocol over standard input and output, with a limit on everything a client can send.
//!
//! What is no message is answered with an error and dropped: text that is no JSON, a message that is too long, more calls at once than
//! are worked on. Answers go out one after the other, and nothing more is read while a client does not take them in: a client that
//! hangs holds up itself and nobody else.

use super::{Mcp, McpError};
use rmcp::{
    RoleServer, ServiceExt,
    model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::{Transport, stdio_pipes},
};
use serde_json::Value;
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    sync::Mutex,
};

/// Longest message, in bytes; the same over HTTP.
pub const LONGEST: usize = 2 * 1024 * 1024;
/// Calls that are worked on at once.
pub const AT_ONCE: usize = 64;
/// Beginning of a message that is too long, in which its id is looked for.
const HEAD: usize = 512;
/// JSON-RPC: the server does not take it now.
pub const BUSY: ErrorCode = ErrorCode(-32000);

/// Serves one client over standard input and output until it has said all.
///
/// # Errors
/// When the client begins with something else than the protocol, or the server fails.
pub async fn serve(mcp: Mcp) -> Result<(), McpError> {
    let (input, output) = stdio_pipes();
    over(mcp, input, output).await
}

/// The same over any pair of pipes.
///
/// # Errors
/// As [`serve`].
pub async fn over<R, W>(mcp: Mcp, input: R, output: W) -> Result<(), McpError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let running = match mcp.serve(Lines::new(input, output)).await {
        Ok(running) => running,
        // Whoever hangs up before a word has had enough of us, and that is no fault.
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => {
            return Err(McpError::Hello {
                said: error.to_string(),
            });
        }
    };
    let ended = running.waiting().await;
    ended.map(|_| ()).map_err(|error| McpError::Ended {
        said: error.to_string(),
    })
}

/// A message on each line.
struct Lines<R, W> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// The rest of a line that was too long is being passed over.
    passing: bool,
    /// What is being said about a message that was not taken. It is kept here because whoever waits for the next message may stop
    /// waiting at any moment and begin anew, and half of an answer must not be left behind.
    refusing: Option<Pin<Box<dyn Future<Output = bool> + Send>>>,
    out: Arc<Out<W>>,
}

struct Out<W> {
    pipe: Mutex<W>,
    /// Calls that were taken and not yet answered.
    open: AtomicUsize,
}

impl<W: AsyncWrite + Unpin> Out<W> {
    async fn send(&self, item: &TxJsonRpcMessage<RoleServer>) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(item)?;
        bytes.push(b'\n');
        let mut pipe = self.pipe.lock().await;
        pipe.write_all(&bytes).await?;
        pipe.flush().await
    }

    /// Tells the client what is wrong with what it sent. False when it does not listen any more.
    async fn refuse(&self, code: ErrorCode, what: String, id: Option<RequestId>) -> bool {
        let error = ErrorData::new(code, what, None);
        self.send(&JsonRpcMessage::error(error, id)).await.is_ok()
    }
}

/// What is wrong with a message: the error's code, what is said about it, and the id it answers.
type Wrong = (ErrorCode, String, Option<RequestId>);

/// What came in.
enum Came {
    /// A whole line is in the buffer.
    Line,
    /// One that is too long; its beginning is in the buffer.
    TooLong,
    /// Nothing more will.
    End,
}

impl<R: AsyncRead + Send + Unpin, W: AsyncWrite + Send + Unpin + 'static> Lines<R, W> {
    fn new(input: R, output: W) -> Self {
        Self {
            input: BufReader::new(input),
            line: Vec::new(),
            passing: false,
            refusing: None,
            out: Arc::new(Out {
                pipe: Mutex::new(output),
                open: AtomicUsize::new(0),
            }),
        }
    }

    fn has_room(&self) -> bool {
        self.out.open.load(Ordering::Acquire) < AT_ONCE
    }

    /// Reads up to the end of a line. May be dropped and called again: what was read so far is kept.
    async fn read(&mut self) -> Came {
        loop {
            let there = match self.input.fill_buf().await {
                Ok([]) | Err(_) => return Came::End,
                Ok(there) => there,
            };
            let end = there.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(there.len(), |end| end + 1);
            let too_long = !self.passing && self.line.len() + taken > LONGEST;
            if !self.passing {
                let room = if too_long {
                    HEAD.saturating_sub(self.line.len()).min(taken)
                } else {
                    taken
                };
                self.line.extend_from_slice(&there[..room]);
            }
            self.input.consume(taken);
            if too_long {
                self.passing = end.is_none();
                return Came::TooLong;
            }
            if end.is_some() && !std::mem::replace(&mut self.passing, false) {
                return Came::Line;
            }
        }
    }

    /// The line as a message, or what is wrong with it.
    fn parse(&self) -> Result<RxJsonRpcMessage<RoleServer>, Option<Wrong>> {
        let line = self.line.trim_ascii();
        if line.is_empty() {
            return Err(None);
        }
        let error = match serde_json::from_slice::<RxJsonRpcMessage<RoleServer>>(line) {
            Ok(message) => return Ok(message),
            Err(error) => error,
        };
        let value: Value = match serde_json::from_slice(line) {
            Ok(value) => value,
            Err(error) => {
                let what = format!("this is no JSON: {error}; send one message on each line");
                return Err(Some((ErrorCode::PARSE_ERROR, what, None)));
            }
        };
        // A notification that nobody knows needs no answer, and gets none.
        if value.get("method").is_some() && value.get("id").is_none_or(Value::is_null) {
            return Err(None);
        }
        let what = match &value {
            Value::Array(_) => "batches are not taken: send one message on each line".to_owned(),
            _ => format!("this is no message of the protocol: {error}"),
        };
        let id = value
            .get("id")
            .and_then(|id| serde_json::from_value(id.clone()).ok());
        Err(Some((ErrorCode::INVALID_REQUEST, what, id)))
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let out = Arc::clone(&self.out);
        async move {
            let answers = matches!(item, JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_));
            let sent = out.send(&item).await;
            if answers {
                // An answer that was not asked for (to what could not be read) does not come this way.
                let less = |open: usize| Some(open.saturating_sub(1));
                out.open
                    .fetch_update(Ordering::AcqRel, Ordering::Acquire, less)
                    .ok();
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(refusing) = &mut self.refusing {
                let listens = refusing.await;
                self.refusing = None;
                if !listens {
                    return None;
                }
            }
            let wrong = match self.read().await {
                Came::End => return None,
                Came::TooLong => {
                    let id = id_in(&self.line);
                    let what = format!(
                        "the message is longer than {LONGEST} bytes and was not read; write long texts into files and name them"
                    );
                    Some((ErrorCode::INVALID_REQUEST, what, id))
                }
                Came::Line => match self.parse() {
                    Ok(JsonRpcMessage::Request(request)) if self.has_room() => {
                        self.line.clear();
                        self.out.open.fetch_add(1, Ordering::AcqRel);
                        return Some(JsonRpcMessage::Request(request));
                    }
                    Ok(JsonRpcMessage::Request(request)) => {
                        let what = format!(
                            "{AT_ONCE} calls are worked on already; wait for their answers, then send this one again"
                        );
                        Some((BUSY, what, Some(request.id)))
                    }
                    Ok(message) => {
                        self.line.clear();
                        return Some(message);
                    }
                    Err(wrong) => wrong,
                },
            };
            self.line.clear();
            self.line.shrink_to(64 * 1024);
            if let Some((code, what, id)) = wrong {
                let out = Arc::clone(&self.out);
                let refuse = async move { out.refuse(code, what, id).await };
                self.refusing = Some(Box::pin(refuse));
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.out.pipe.lock().await.shutdown().await
    }
}

/// The id of a message of which only the beginning was read, when it stands there plainly.
fn id_in(head: &[u8]) -> Option<RequestId> {
    let head = String::from_utf8_lossy(head);
    let (_, behind) = head.split_once("\"id\"")?;
    let value = behind.trim_start().strip_prefix(':')?.trim_start();
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
    let id = values.next()?.ok()?;
    serde_json::from_value(id).ok()
}

#[cfg(test)]
mod tests {
    use super::id_in;
    use rmcp::model::RequestId;

    #[test]
    fn the_id_of_a_cut_message_is_found_when_it_stands_there() {
        let head = br#"{"jsonrpc":"2.0","id": 17, "method":"tools/call","params":{"x":"aaaa"#;
        assert_eq!(id_in(head), Some(RequestId::Number(17)));
        let head = br#"{"id":"a","method":"x"#;
        assert_eq!(id_in(head), Some(RequestId::String("a".into())));
        assert_eq!(id_in(br#"{"jsonrpc":"2.0","method":"x"#), None);
    }
}
