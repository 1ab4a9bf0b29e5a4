//! The operations over the Model Context Protocol: tools, resources with subscriptions, and prompts.
//!
//! The official SDK speaks the protocol's revisions (those that begin with `initialize`, and the stateless 2026-07-28) on both
//! transports; this folder says what is offered, to whom, and in how many bytes. Every tool is one operation. Who calls is told by how
//! it is connected, never by what it says: [`Connection::context`] carries the caller, and a tool that it may not use is not listed.

mod call;
mod confirm;
mod guide;
pub mod http;
mod replies;
mod resources;
pub mod run_servers;
mod schema;
pub mod stdio;
mod subscriptions;
mod tools;
mod wait;

#[cfg(test)]
mod tests;

use orchestron_operations::{
    Context, OpError,
    caller::{Caller, caller},
    run_tokens::{self, Acting},
    wire::Topic,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse,
        Implementation, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, RequestStateCodec, ServerCapabilities,
        ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool, ToolAnnotations,
        UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};
use serde_json::Value;
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, SyncSender, TrySendError},
    },
    thread,
};
use subscriptions::Subscriptions;
use thiserror::Error;
use tokio::sync::{broadcast, oneshot};
use tools::{Effect, Role};

/// Name of the server, as clients see it.
const NAME: &str = "orchestron";
/// What a client is told about us; a model reads it once.
const INSTRUCTIONS: &str = "Orchestron hands tasks from one holder to the next. `task_next` with `claim` gives you a task with its whole context and where to work; work there and nowhere else, then `task_submit` with a note to the next holder. What only a person may decide is asked of the person.";

/// Hears of changes of the project; each call is a new listener.
pub type Bell = Arc<dyn Fn() -> Option<broadcast::Receiver<Topic>> + Send + Sync>;

/// Carries out what follows from a write when no engine runs that would, and says whether it did. May take as long as gates take.
pub type Settle = Arc<dyn Fn() -> bool + Send + Sync>;

/// What a connection works on.
pub struct Connection {
    /// The operations' context; who calls is in it.
    pub context: Arc<Mutex<Context>>,
    /// Tells what changed.
    pub bell: Bell,
    /// What is done after each write; none when an engine is at work here.
    pub settle: Option<Settle>,
    /// Random bytes that nobody else knows: they seal what a client carries for us between two calls.
    pub secret: [u8; 32],
}

/// Why nobody can be served.
#[derive(Debug, Error)]
pub enum McpError {
    /// The project cannot be read.
    #[error(transparent)]
    Operation(#[from] OpError),
    /// The system gives no thread.
    #[error("cannot start: {0}")]
    Thread(#[from] io::Error),
    /// The client said something else than hello, or hung up.
    #[error("the client did not begin a conversation: {said}")]
    Hello {
        /// What the protocol's implementation said.
        said: String,
    },
    /// The server ended unexpectedly.
    #[error("the server ended unexpectedly: {said}")]
    Ended {
        /// Why.
        said: String,
    },
}

/// One caller's server. A clone shares everything but the subscriptions, which are a session's own.
pub struct Mcp {
    shared: Arc<Shared>,
    subscriptions: Arc<Subscriptions>,
}

struct Shared {
    /// Whom it speaks for, when that is not whom the context belongs to.
    acting: Option<Acting>,
    jobs: SyncSender<Job>,
    bell: Bell,
    settle: Option<Settle>,
    codec: RequestStateCodec,
    caller: Caller,
    tools: Vec<Tool>,
}

impl Clone for Mcp {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            subscriptions: Arc::default(),
        }
    }
}

impl Mcp {
    /// The server for whoever is connected.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn new(connection: Connection) -> Result<Self, McpError> {
        let caller = {
            let mut context = lock(&connection.context);
            caller(&mut context)?
        };
        Ok(Self {
            shared: Arc::new(Shared {
                codec: RequestStateCodec::new_unchecked(connection.secret.to_vec()),
                tools: tools_of(&caller),
                acting: None,
                jobs: asking(connection.context)?,
                bell: connection.bell,
                settle: connection.settle,
                caller,
            }),
            subscriptions: Arc::default(),
        })
    }

    /// The same server for a run that has shown its token. Nothing follows from what a run says before it ends.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub async fn of_run(&self, acting: Acting, secret: [u8; 32]) -> Result<Self, ErrorData> {
        let who = acting.clone();
        let caller = self
            .ask(move |cx| run_tokens::acting(cx, &who, caller))
            .await?
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(Self {
            shared: Arc::new(Shared {
                codec: RequestStateCodec::new_unchecked(secret.to_vec()),
                tools: tools_of(&caller),
                acting: Some(acting),
                jobs: self.shared.jobs.clone(),
                bell: Arc::clone(&self.shared.bell),
                settle: None,
                caller,
            }),
            subscriptions: Arc::default(),
        })
    }

    /// Asks an operation, away from the threads that serve connections: it reads files and waits for locks.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Context) -> T + Send + 'static,
    ) -> Result<T, ErrorData> {
        let (tell, told) = oneshot::channel();
        let acting = self.shared.acting.clone();
        let job: Job = Box::new(move |context| {
            let done = match &acting {
                Some(who) => run_tokens::acting(context, who, work),
                None => work(context),
            };
            // Whoever asked may have gone meanwhile.
            tell.send(done).map_err(drop).unwrap_or_default();
        });
        let fault = |what: &'static str| ErrorData::internal_error(what, None);
        match self.shared.jobs.try_send(job) {
            Ok(()) => told.await.map_err(|_| fault(FAULT)),
            Err(TrySendError::Full(_)) => Err(ErrorData::new(
                stdio::BUSY,
                "too much is asked at once; wait for answers, then ask again",
                None,
            )),
            Err(TrySendError::Disconnected(_)) => Err(fault(FAULT)),
        }
    }
}

/// What is said when an operation panicked.
const FAULT: &str = "the operation ended unexpectedly; this is a fault in Orchestron";
/// Questions that wait for their turn.
const WAITING: usize = 256;

/// A question to the operations.
type Job = Box<dyn FnOnce(&mut Context) + Send>;

/// One thread asks the operations, one question after the other, until nobody is served any more: they exclude one another anyway,
/// and several threads would only each keep memory of their own.
fn asking(context: Arc<Mutex<Context>>) -> io::Result<SyncSender<Job>> {
    let (jobs, waiting) = mpsc::sync_channel::<Job>(WAITING);
    thread::Builder::new()
        .name("operations".into())
        .spawn(move || {
            while let Ok(job) = waiting.recv() {
                let work = AssertUnwindSafe(|| job(&mut lock(&context)));
                // Whoever asked learns by the silence; the others have their own questions.
                catch_unwind(work).unwrap_or_default();
            }
        })?;
    Ok(jobs)
}

fn lock(context: &Mutex<Context>) -> std::sync::MutexGuard<'_, Context> {
    context.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tools that a caller sees.
fn tools_of(caller: &Caller) -> Vec<Tool> {
    let role = Role::of(caller);
    tools::of(role).map(|tool| listed(tool, role)).collect()
}

/// A tool as clients see it.
fn listed(tool: &tools::Tool, role: Option<Role>) -> Tool {
    // What only reads can destroy nothing, and needs not say so.
    let annotations = ToolAnnotations::new().open_world(false);
    let annotations = match tool.effect {
        Effect::Reads => annotations.read_only(true),
        effect => annotations
            .destructive(effect == Effect::Changes)
            .idempotent(true),
    };
    let mut listed = Tool::new(tool.name, tool.about, schema::input(tool.takes))
        .with_title(tool.title)
        .with_raw_output_schema(Arc::new(tool.gives.schema()))
        .with_annotations(annotations);
    if matches!(role, Some(Role::Worker | Role::Reviewer)) {
        // Without it the model sees names only and has to search for the tool first.
        let mut meta = JsonObject::new();
        meta.insert("anthropic/alwaysLoad".into(), Value::Bool(true));
        listed = listed.with_meta(MetaObject(meta));
    }
    listed
}

#[allow(deprecated)] // `subscribe` and `unsubscribe` are what clients of before 2026-07-28 have
impl ServerHandler for Mcp {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_resources_list_changed()
            .build();
        let us = Implementation::new(NAME, env!("CARGO_PKG_VERSION")).with_title("Orchestron");
        ServerConfig::new(capabilities)
            .with_server_info(us)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        no_cursor(request.as_ref())?;
        Ok(ListToolsResult::with_all_items(self.shared.tools.clone()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared
            .tools
            .iter()
            .find(|tool| tool.name == name)
            .cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        call::tool(self, request, &context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        resources::list(self, request.and_then(|request| request.cursor)).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        no_cursor(request.as_ref())?;
        Ok(resources::templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(self, &request.uri).await.map(Into::into)
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        no_cursor(request.as_ref())?;
        Ok(guide::list(&self.shared.caller))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let given = request.arguments.unwrap_or_default();
        guide::get(self, &request.name, &given)
            .await
            .map(Into::into)
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        subscriptions::subscribe(self, request.uri, &context).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.forget(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(subscriptions::accepted(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        subscriptions::listen(self, &context).await
    }
}

/// These lists fit one page: whoever has a cursor has it from elsewhere.
fn no_cursor(request: Option<&PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor.as_ref()) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "`cursor` is none of ours: this list has one page",
            None,
        )),
    }
}
