//! Resources: what can be read by address, and followed.

use super::{
    Mcp,
    replies::{self, Page, Shape},
};
use orchestron_operations::{
    Context, OpError, board, call,
    caller::Caller,
    page::{Wanted, page as of_list},
    wire::{CardView, StatusWord, TaskView, TranscriptItemView, TranscriptView, input},
};
use rmcp::{
    ErrorData,
    model::{
        ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource,
        ResourceContents, ResourceTemplate,
    },
};
use serde_json::{Value, json};
use std::fmt::Write;

/// What every address begins with.
const SCHEME: &str = "orchestron://";
/// Tasks of one page of the list.
const PAGE: usize = 50;
/// Items of a transcript that are shown, the newest, and how long a text among them may be.
const ITEMS: usize = 200;
const ITEM: usize = 2_000;
/// Events that are shown.
const EVENTS: u32 = 50;
const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The board: tasks that are not over.
    Board,
    /// What happened.
    Events,
    /// Who works here.
    Agents,
    /// What clashes.
    Conflicts,
    /// Who works now, and did lately.
    Sessions,
    /// All that was saved of the work on a task, also what is not handed over by itself.
    Saved(String),
    /// A task's file.
    Task(String),
    /// One feedback of a task.
    Feedback(String, u32),
    /// A run's transcript.
    Run(String),
}

impl Address {
    /// Reads an address.
    pub fn read(uri: &str) -> Option<Self> {
        let rest = uri.strip_prefix(SCHEME)?;
        let parts: Vec<&str> = rest.split('/').collect();
        Some(match parts.as_slice() {
            ["board"] => Self::Board,
            ["events"] => Self::Events,
            ["agents"] => Self::Agents,
            ["conflicts"] => Self::Conflicts,
            ["sessions"] => Self::Sessions,
            ["context", id] if is_name(id) => Self::Saved((*id).to_owned()),
            ["task", id] if is_name(id) => Self::Task((*id).to_owned()),
            ["feedback", id, n] if is_name(id) => Self::Feedback((*id).to_owned(), n.parse().ok()?),
            ["run", id] if is_name(id) => Self::Run((*id).to_owned()),
            _ => return None,
        })
    }

    /// Whether a caller may read it: a run reads what is its own task's.
    fn is_for(&self, caller: &Caller) -> bool {
        match caller {
            Caller::Person | Caller::Holder { .. } => true,
            Caller::Run { task, run, .. } => match self {
                Self::Task(id) | Self::Feedback(id, _) | Self::Saved(id) => id == task,
                Self::Run(id) => id == run,
                Self::Board | Self::Events | Self::Agents | Self::Conflicts | Self::Sessions => {
                    false
                }
            },
            Caller::Nobody => false,
        }
    }
}

fn is_name(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= 120 && text.bytes().all(good)
}

/// A resource's text and its kind.
pub struct Read {
    /// The text.
    pub text: String,
    mime: &'static str,
}

/// Answers `resources/list`.
pub async fn list(mcp: &Mcp, cursor: Option<String>) -> Result<ListResourcesResult, ErrorData> {
    if let Caller::Run { task, run, .. } = &mcp.shared.caller {
        let own = vec![
            task_resource(task, "Your task"),
            Resource::new(format!("{SCHEME}context/{task}"), "context")
                .with_title("All that was saved of it")
                .with_mime_type(JSON),
            Resource::new(format!("{SCHEME}run/{run}"), run).with_mime_type(MARKDOWN),
        ];
        return Ok(ListResourcesResult::with_all_items(own));
    }
    let page = Page {
        cursor,
        limit: Some(PAGE),
    };
    let first = page.cursor.is_none();
    let found = mcp.ask(move |cx| tasks(cx, &page)).await?;
    let found = found.map_err(|error| of(&error))?;
    let found = found.map_err(|_| ErrorData::invalid_params("`cursor` is none of ours", None))?;
    let mut all = Vec::new();
    if first {
        let fixed = [
            (
                "board",
                "Board",
                "Tasks that are not over, in the order they stand",
            ),
            ("events", "Events", "What happened last"),
            ("agents", "Agents", "Who works here, and at what"),
            (
                "conflicts",
                "Conflicts",
                "What clashes, and how it can be resolved",
            ),
            ("sessions", "Sessions", "Who works now, and did lately"),
        ];
        all.extend(fixed.map(|(name, title, about)| {
            Resource::new(format!("{SCHEME}{name}"), name)
                .with_title(title)
                .with_description(about)
                .with_mime_type(JSON)
        }));
    }
    for row in found["tasks"].as_array().into_iter().flatten() {
        let (id, title) = (&row["id"], &row["title"]);
        all.push(task_resource(
            id.as_str().unwrap_or_default(),
            title.as_str().unwrap_or_default(),
        ));
    }
    let mut result = ListResourcesResult::with_all_items(all);
    result.next_cursor = found["next_cursor"].as_str().map(str::to_owned);
    Ok(result)
}

fn task_resource(id: &str, title: &str) -> Resource {
    Resource::new(format!("{SCHEME}task/{id}"), id)
        .with_title(title)
        .with_mime_type(MARKDOWN)
}

/// Tasks that are not over.
pub fn open_tasks(cx: &mut Context) -> Result<Vec<CardView>, OpError> {
    let all = input::List {
        status: None,
        agent: None,
    };
    let mut cards = board::list(cx, &all)?;
    cards.retain(|card| !matches!(card.status, StatusWord::Done | StatusWord::Failed));
    Ok(cards)
}

fn tasks(cx: &mut Context, page: &Page) -> Result<Result<Value, replies::NoCursor>, OpError> {
    let after = match page.after() {
        Ok(after) => after,
        Err(none) => return Ok(Err(none)),
    };
    let all = input::List {
        status: None,
        agent: None,
    };
    let wanted = Wanted {
        list: &all,
        open: true,
        after: after.as_ref(),
        limit: page.rows(),
    };
    Ok(Ok(replies::tasks(&of_list(cx, wanted)?)))
}

/// Answers `resources/templates/list`.
pub fn templates() -> ListResourceTemplatesResult {
    let all = [
        ("task/{task}", "task", "A task's file as it is"),
        (
            "feedback/{task}/{n}",
            "feedback",
            "Why a task came back, from 1",
        ),
        (
            "context/{task}",
            "context",
            "All that was saved of the work on a task",
        ),
        (
            "run/{run}",
            "run",
            "What a run said and did, the newest part",
        ),
    ];
    let all = all.map(|(uri, name, about)| {
        ResourceTemplate::new(format!("{SCHEME}{uri}"), name)
            .with_description(about)
            .with_mime_type(MARKDOWN)
    });
    ListResourceTemplatesResult::with_all_items(all.into())
}

/// Answers `resources/read`.
pub async fn read(mcp: &Mcp, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let address = Address::read(uri).filter(|address| address.is_for(&mcp.shared.caller));
    let Some(address) = address else {
        return Err(missing(uri));
    };
    let read = mcp.ask(move |cx| text(cx, &address)).await?;
    let read = read.map_err(|error| match error.code() {
        "task_not_found" | "run_not_found" | "input_invalid" => missing(uri),
        _ => of(&error),
    })?;
    let Some(read) = read else {
        return Err(missing(uri));
    };
    let contents = ResourceContents::text(read.text, uri).with_mime_type(read.mime);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn missing(uri: &str) -> ErrorData {
    let shown: String = uri.chars().take(120).collect();
    ErrorData::resource_not_found(
        "there is no such resource for you here",
        Some(json!({ "uri": shown })),
    )
}

fn of(error: &OpError) -> ErrorData {
    let view = error.view();
    let data = json!({"code": view.code, "hints": view.hints});
    ErrorData::internal_error(view.message, Some(data))
}

/// What an address has now; none when there is nothing.
pub fn text(cx: &mut Context, address: &Address) -> Result<Option<Read>, OpError> {
    Ok(Some(match address {
        Address::Board => as_json(
            &tasks(
                cx,
                &Page {
                    cursor: None,
                    limit: Some(100),
                },
            )?
            .unwrap_or_default(),
        ),
        Address::Agents => as_json(&Shape::Agents.reply(call(cx, "registry", json!({}))?)),
        Address::Conflicts => as_json(&call(cx, "conflicts", json!({}))?),
        Address::Sessions => as_json(&call(cx, "sessions", json!({ "all": true }))?),
        Address::Saved(id) => {
            let whole = json!({"task": id, "whole": true});
            as_json(&Shape::Saved.reply(call(cx, "context-load", whole)?))
        }
        Address::Events => {
            let events = call(cx, "events", json!({ "limit": EVENTS }))?;
            as_json(&Shape::Events.reply(events))
        }
        Address::Task(id) => {
            let view: TaskView = typed(call(cx, "task", json!({ "task": id }))?)?;
            markdown(view.text)
        }
        Address::Feedback(id, n) => {
            let view: TaskView = typed(call(cx, "task", json!({ "task": id }))?)?;
            match view.feedback.into_iter().find(|feedback| feedback.n == *n) {
                Some(feedback) => markdown(feedback.text),
                None => return Ok(None),
            }
        }
        Address::Run(id) => markdown(transcript(cx, id)?),
    }))
}

fn as_json(value: &Value) -> Read {
    Read {
        text: value.to_string(),
        mime: JSON,
    }
}

const fn markdown(text: String) -> Read {
    Read {
        text,
        mime: MARKDOWN,
    }
}

fn typed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, OpError> {
    serde_json::from_value(value).map_err(|error| OpError::Answer {
        operation: "resource",
        what: error.to_string(),
    })
}

/// The newest part of what a run said and did.
fn transcript(cx: &mut Context, run: &str) -> Result<String, OpError> {
    let mut from = 0;
    let mut items = std::collections::VecDeque::new();
    let head = loop {
        let page = call(cx, "transcript", json!({"run": run, "from": from}))?;
        let page: TranscriptView = typed(page)?;
        let done = page.items.is_empty() || page.next.0 == from;
        items.extend(page.items);
        while items.len() > ITEMS {
            items.pop_front();
        }
        from = page.next.0;
        if done {
            break page.run;
        }
    };
    let state = json!(head.state);
    let mut text = format!("# {} · {}\n", head.id, state.as_str().unwrap_or_default());
    for item in &items {
        let (mark, said) = shown(item);
        // Writing to a string cannot fail.
        write!(text, "\n**{mark}** {}\n", replies::cut_text(&said, ITEM)).unwrap_or_default();
    }
    Ok(text)
}

fn shown(item: &TranscriptItemView) -> (&'static str, String) {
    match item {
        TranscriptItemView::Told { text } => ("told", text.clone()),
        TranscriptItemView::Says { text } => ("says", text.clone()),
        TranscriptItemView::Thinks { text } => ("thinks", text.clone()),
        TranscriptItemView::Uses { tool, summary, .. } => ("uses", format!("{tool}: {summary}")),
        TranscriptItemView::Got { failed, text, .. } => {
            (if *failed { "failed" } else { "got" }, text.clone())
        }
        TranscriptItemView::Note { text } => ("note", text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::Address;
    use orchestron_operations::caller::Caller;

    #[test]
    fn addresses_are_read_and_nothing_else() {
        assert_eq!(Address::read("orchestron://board"), Some(Address::Board));
        assert_eq!(
            Address::read("orchestron://feedback/TASK-1/2"),
            Some(Address::Feedback("TASK-1".into(), 2))
        );
        for bad in [
            "",
            "board",
            "file:///etc/passwd",
            "orchestron://",
            "orchestron://task/",
            "orchestron://task/../../x",
            "orchestron://task/TASK-1/x",
            "orchestron://feedback/TASK-1/-1",
            "orchestron://feedback/TASK-1/99999999999",
        ] {
            assert_eq!(Address::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_run_reads_only_what_is_its_own() {
        let run = Caller::Run {
            run: "TASK-1-implement-1".into(),
            agent: "coder".into(),
            task: "TASK-1".into(),
            reviews: false,
        };
        for (uri, may) in [
            ("orchestron://task/TASK-1", true),
            ("orchestron://task/TASK-2", false),
            ("orchestron://feedback/TASK-1/1", true),
            ("orchestron://run/TASK-1-implement-1", true),
            ("orchestron://run/TASK-1-review-1", false),
            ("orchestron://context/TASK-1", true),
            ("orchestron://context/TASK-2", false),
            ("orchestron://sessions", false),
            ("orchestron://board", false),
        ] {
            let address = Address::read(uri).unwrap();
            assert_eq!(address.is_for(&run), may, "{uri}");
            assert!(address.is_for(&Caller::Person) && !address.is_for(&Caller::Nobody));
        }
    }
}
