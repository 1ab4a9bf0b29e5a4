//! The conformance suite's sample server: what the suite asks for by name, added to our own MCP server, behind the same protocol,
//! transport and limits. Serves on loopback until standard input ends, and prints where.

#![allow(clippy::expect_used, deprecated)] // what is missing here is to fail; the suite asks for features that the protocol has given up

mod asks;
mod samples;

use orchestron_operations::{Context, Project};
use orchestron_server::mcp::{Connection, Mcp, http};
use orchestron_testkit::World;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, RequestStateCodec,
        ServerConfig, SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool,
        UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{
    io::Read,
    sync::{Arc, Mutex},
};
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
};

/// Our server with the suite's samples.
#[derive(Clone)]
struct Fixture {
    own: Mcp,
    codec: RequestStateCodec,
}

/// A value of the protocol from its JSON.
fn typed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a value of the protocol")
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let mut info = self.own.get_info();
        info.capabilities.logging = Some(typed(json!({})));
        info
    }

    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = self.own.list_tools(request, context).await?;
        list.tools.extend(samples::tools());
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let sample = samples::tools().into_iter().find(|tool| tool.name == name);
        sample.or_else(|| self.own.get_tool(name))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if !request.name.starts_with("test_") {
            return self.own.call_tool(request, context).await;
        }
        if let Some(result) = samples::result_of(&request.name) {
            return Ok(CallToolResponse::Complete(typed(result)));
        }
        asks::tool(&self.codec, &request, &context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut list = self.own.list_resources(request, context).await?;
        list.resources.extend(samples::resources());
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let mut list = self.own.list_resource_templates(request, context).await?;
        list.resource_templates.push(samples::template());
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match samples::contents_of(&request.uri) {
            Some(contents) => {
                let result = json!({ "contents": [contents], "resultType": "complete" });
                Ok(ReadResourceResponse::Complete(typed(result)))
            }
            None => self.own.read_resource(request, context).await,
        }
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut list = self.own.list_prompts(request, context).await?;
        list.prompts.extend(samples::prompts());
        Ok(list)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name == samples::ASKING_PROMPT {
            return Ok(asks::prompt(&request));
        }
        match samples::messages_of(&request) {
            Some(messages) => {
                let result = json!({ "messages": messages, "resultType": "complete" });
                Ok(GetPromptResponse::Complete(typed(result)))
            }
            None => self.own.get_prompt(request, context).await,
        }
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if request.uri == samples::WATCHED {
            return Ok(());
        }
        self.own.subscribe(request, context).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.own.unsubscribe(request, context).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.own.accepted_subscription_filter(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.own.listen(context).await
    }
}

#[tokio::main]
async fn main() {
    let world = World::new();
    let context = Context {
        store: world.store(),
        git: world.git(),
        logs: world.logs(),
        keys: world.keys(),
        programs: world.programs(),
        project: Project::default(),
        actor: World::person().into(),
    };
    let bell = broadcast::channel(8).0;
    let own = Mcp::new(Connection {
        context: Arc::new(Mutex::new(context)),
        bell: Arc::new(move || Some(bell.subscribe())),
        settle: None,
        secret: [1; 32],
    })
    .expect("our server");
    let codec = RequestStateCodec::new_unchecked(vec![2; 32]);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    println!("{}", json!({ "port": port }));
    let (stop, stopping) = watch::channel(false);
    std::thread::spawn(move || {
        let mut rest = Vec::new();
        std::io::stdin().read_to_end(&mut rest).expect("input");
        stop.send_replace(true);
    });
    let served = http::serve_alone(listener, Fixture { own, codec }, stopping).await;
    served.expect("it serves to its end");
}
