//! A tool's call: checked, asked as one operation, and its output made short.
//!
//! What goes wrong with the project is a tool's result (`isError`) in words that a model can act on: clients do not show errors of the
//! protocol to models.

use super::{
    Mcp, confirm,
    replies::{self, NoCursor, Page},
    schema::{self, Fault},
    tools::{self, CURSOR, Effect, KEY, LIMIT, Role, Tool},
    wait,
};
use orchestron_operations::{
    Context, OpError, call as operation,
    caller::Caller,
    once::call_once,
    page::{Wanted, page as of_list},
    wire::ErrorView,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject,
        MetaObject,
    },
    service::RequestContext,
};
use serde_json::{Map, Value, json};

/// How operations begin what waits for an engine.
const NO_ENGINE: &str = "no engine is running";
/// Longest key of a client's own.
const LONGEST_KEY: usize = 200;

/// A call that passed the check.
#[derive(Clone)]
pub struct Call {
    /// The tool.
    pub tool: &'static Tool,
    /// The operation's input.
    pub input: Map<String, Value>,
    /// The client's own name for it.
    pub key: Option<String>,
    page: Page,
}

/// Answers `tools/call`.
pub async fn tool(
    mcp: &Mcp,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let role = Role::of(&mcp.shared.caller);
    let Some(tool) = tools::of(role).find(|tool| tool.name == request.name) else {
        let name: String = request.name.chars().take(60).collect();
        return Err(ErrorData::invalid_params(
            format!("there is no tool `{name}` for you here"),
            None,
        ));
    };
    let given = request.arguments.clone().unwrap_or_default();
    let call = match Call::read(tool, &given, &mcp.shared.caller) {
        Ok(call) => call,
        Err(fault) => return Ok(refused(&of_fault(fault)).into()),
    };
    if confirm::is_the_persons(&mcp.shared.caller, &call) {
        return confirm::decide(mcp, call, &request, context).await;
    }
    let answer = match tool.operation {
        "next" | "request-help" => wait::until_there(mcp, &call, &given, context).await?,
        _ => run(mcp, &call, context).await?,
    };
    Ok(result(&call, answer).into())
}

impl Call {
    /// Whether something is written by it.
    fn writes(&self) -> bool {
        match self.tool.operation {
            "next" => self.input.get("claim") == Some(&Value::Bool(true)),
            "session-start" => self.input.get("look") != Some(&Value::Bool(true)),
            _ => self.tool.effect != Effect::Reads,
        }
    }

    fn read(
        tool: &'static Tool,
        given: &Map<String, Value>,
        caller: &Caller,
    ) -> Result<Self, Fault> {
        schema::check(tool.name, tool.takes, given)?;
        let key = given.get(KEY).and_then(Value::as_str).map(str::to_owned);
        if key.as_ref().is_some_and(|key| key.len() > LONGEST_KEY) {
            return Err(Fault {
                field: KEY.to_owned(),
                what: format!("`{KEY}` is longer than {LONGEST_KEY} bytes; a short name is enough"),
            });
        }
        let limit = given.get(LIMIT).and_then(Value::as_u64);
        let page = Page {
            cursor: given.get(CURSOR).and_then(Value::as_str).map(str::to_owned),
            limit: limit.and_then(|limit| usize::try_from(limit).ok()),
        };
        let mut input = tools::input_of(tool, given, caller);
        tool.gives.ask(&mut input, &page).map_err(of_cursor)?;
        Ok(Self {
            tool,
            input,
            key,
            page,
        })
    }
}

/// Asks the operation; what follows from a write is seen to before it is answered.
pub async fn run(
    mcp: &Mcp,
    call: &Call,
    context: &RequestContext<RoleServer>,
) -> Result<Result<Value, OpError>, ErrorData> {
    let answer = ask(mcp, call.clone()).await?;
    let settle = mcp.shared.settle.clone().filter(|_| call.writes());
    let (Ok(mut answer), Some(settle)) = (answer.as_ref().cloned(), settle) else {
        return Ok(answer);
    };
    // Not under the context's lock: gates may run for minutes, and others have their own questions meanwhile.
    let settling = tokio::task::spawn_blocking(move || settle());
    let settled = wait::with_signs(context, "what follows is carried out", settling).await;
    if matches!(call.tool.operation, "next" | "session-start") {
        // Where to work is known only now.
        return ask(mcp, call.clone()).await;
    }
    if settled.and_then(Result::ok) == Some(true) {
        tell_outcome(mcp, &mut answer).await?;
    }
    Ok(Ok(answer))
}

async fn ask(mcp: &Mcp, call: Call) -> Result<Result<Value, OpError>, ErrorData> {
    mcp.ask(move |cx| {
        let tool = call.tool;
        let input = Value::Object(call.input);
        if tool.operation == "list" {
            return page_of_tasks(cx, input, &call.page);
        }
        call_once(cx, tool.operation, input, call.key.as_deref(), tool.repeat)
    })
    .await
}

/// The typed operation: of a thousand cards only those of the page are made into JSON.
fn page_of_tasks(cx: &mut Context, input: Value, page: &Page) -> Result<Value, OpError> {
    let fields = |what: String| OpError::Fields {
        operation: "list",
        field: None,
        what,
    };
    let input = serde_json::from_value(input).map_err(|error| fields(error.to_string()))?;
    let after = page.after().map_err(|none| {
        let fault = of_cursor(none);
        OpError::Fields {
            operation: "list",
            field: Some(fault.field),
            what: fault.what,
        }
    })?;
    let wanted = Wanted {
        list: &input,
        open: false,
        after: after.as_ref(),
        limit: page.rows(),
    };
    Ok(replies::tasks(&of_list(cx, wanted)?))
}

/// What was said before it was carried out is true no longer: where the task stands now is.
async fn tell_outcome(mcp: &Mcp, answer: &mut Value) -> Result<(), ErrorData> {
    if let Some(lines) = answer.get_mut("not_done").and_then(Value::as_array_mut) {
        let waits = |line: &Value| {
            line.as_str()
                .is_some_and(|line| line.starts_with(NO_ENGINE))
        };
        lines.retain(|line| !waits(line));
    }
    let Some(task) = answer.get("task").filter(|task| task.is_string()).cloned() else {
        return Ok(());
    };
    let found = mcp
        .ask(move |cx| operation(cx, "task", json!({ "task": task })))
        .await?;
    if let Ok(view) = found {
        answer["status"] = view["card"]["status"].clone();
        answer["now"] = view["card"]["line"].clone();
        answer["worktree"] = view["worktree"].clone();
    }
    Ok(())
}

/// What the operation said, as the client gets it.
pub fn result(call: &Call, answer: Result<Value, OpError>) -> CallToolResult {
    match answer {
        Ok(output) => CallToolResult::structured(call.tool.gives.reply(output)),
        Err(error) => refused(&error.view()),
    }
}

fn of_cursor(NoCursor: NoCursor) -> Fault {
    Fault {
        field: CURSOR.to_owned(),
        what: format!("`{CURSOR}` is none of ours; give `next_cursor` of the page before, or none"),
    }
}

fn of_fault(fault: Fault) -> ErrorView {
    ErrorView {
        code: "input_invalid".to_owned(),
        message: fault.what,
        hints: Vec::new(),
        field: Some(fault.field),
    }
}

/// An error that a model can act on: what is wrong and how to mend it, in words; the same for programs beside it.
pub fn refused(error: &ErrorView) -> CallToolResult {
    let mut text = error.message.clone();
    for hint in &error.hints {
        text.push_str("\nTo go on: ");
        text.push_str(hint);
    }
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    let mut meta = JsonObject::new();
    meta.insert(
        "orchestron/error".to_owned(),
        json!({"code": error.code, "field": error.field}),
    );
    result.meta = Some(MetaObject(meta));
    result
}

/// Whether a caller is the person's own client.
pub fn is_person(caller: &Caller) -> bool {
    *caller == Caller::Person
}
