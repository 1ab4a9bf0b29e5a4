//! What a tool gives, made for a model's context: short, without what says nothing, lists a page at a time.
//!
//! A reply is one JSON document. It is sent as structured content and, for clients that read only text, as the same JSON in a text.

use orchestron_operations::{
    page::{Page as Found, Place},
    wire::CardView,
};
use serde_json::{Map, Value, json};

/// Bytes that a page of a list fills at most.
pub const PAGE_BYTES: usize = 7_000;
/// Rows of a page when nobody says how many.
const TASKS: usize = 25;
const EVENTS: usize = 30;
const MESSAGES: usize = 20;
/// Longest texts inside a task's reply, in characters.
const GOAL: usize = 1_600;
const NOTES: usize = 1_000;
const LINE: usize = 200;
const CRITERIA: usize = 20;
const HANDOFFS: usize = 2;

/// What a tool gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// What a write did.
    Done,
    /// A task with its whole context.
    Handover,
    /// One task.
    Task,
    /// A page of tasks.
    Tasks,
    /// Agents.
    Agents,
    /// A page of events.
    Events,
    /// A page of messages.
    Messages,
    /// What was saved of the work on a task.
    Saved,
    /// What became of a question.
    Help,
    /// A handover as it would be now.
    Prepared,
    /// A session that begins or goes on.
    Session,
    /// What was made from workflows.
    Workflow,
    /// How a conversation is taken over.
    Attach,
}

/// A page that is asked for.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Where it begins: the cursor as we gave it.
    pub cursor: Option<String>,
    /// Rows at most.
    pub limit: Option<usize>,
}

/// A cursor that is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCursor;

impl Shape {
    /// Its JSON schema.
    pub fn schema(self) -> Map<String, Value> {
        // Only what every reply has and what a client would look for: a schema is read by models as well, each time.
        let text = || json!({"type": "string"});
        let rows = || json!({"type": "array"});
        let (properties, required) = match self {
            Self::Done => (json!({"did": text()}), json!(["did"])),
            Self::Handover => (
                json!({"document": text(), "worktree": text(), "none": text()}),
                json!([]),
            ),
            Self::Task => (
                json!({"id": text(), "title": text(), "status": text()}),
                json!(["id"]),
            ),
            Self::Tasks => (
                json!({"tasks": rows(), "next_cursor": text()}),
                json!(["tasks"]),
            ),
            Self::Agents => (json!({"agents": rows()}), json!(["agents"])),
            Self::Messages => (
                json!({"messages": rows(), "next_cursor": text()}),
                json!(["messages"]),
            ),
            Self::Saved => (
                json!({"version": {"type": "integer"}, "context": {"type": "object"}}),
                json!(["version"]),
            ),
            Self::Events => (
                json!({"events": rows(), "next_cursor": text()}),
                json!(["events"]),
            ),
            Self::Help => (
                json!({"request": {"type": "integer"}, "open": {"type": "boolean"}, "answer": text(), "by": text()}),
                json!(["request", "open"]),
            ),
            Self::Prepared => (
                json!({"version": {"type": "integer"}, "arrives": {"type": "object"}, "lacks": rows()}),
                json!(["version", "lacks"]),
            ),
            Self::Session => (
                json!({"session": text(), "resumed": {"type": "boolean"}, "document": text(), "none": text()}),
                json!(["session"]),
            ),
            Self::Attach => (
                json!({"run": text(), "shell": text(), "back": text()}),
                json!(["run", "shell"]),
            ),
            Self::Workflow => (json!({"instances": rows()}), json!(["instances"])),
        };
        let mut schema = Map::new();
        schema.insert("type".into(), json!("object"));
        schema.insert("properties".into(), properties);
        if required != json!([]) {
            schema.insert("required".into(), required);
        }
        schema
    }

    /// An operation's output as the tool gives it.
    pub fn reply(self, output: Value) -> Value {
        let mut reply = match self {
            Self::Done => done(output),
            Self::Saved | Self::Help | Self::Prepared => output,
            Self::Session => session(&output),
            Self::Handover => handover(&output),
            Self::Task => task(&output),
            // Made page by page, so that no more is made than is shown.
            Self::Tasks => output,
            Self::Agents => {
                let agents = output.as_array().map(Vec::as_slice).unwrap_or_default();
                json!({ "agents": agents.iter().map(agent).collect::<Vec<_>>() })
            }
            Self::Events => events(&output),
            // The words of the program one by one are for programs that start it themselves.
            Self::Attach => json!({
                "task": output["task"],
                "run": output["run"],
                "shell": output["shell"],
                "back": output["back"],
            }),
            Self::Messages => messages(&output),
            Self::Workflow => super::tools::made_of_workflows(&output),
        };
        prune(&mut reply);
        reply
    }

    /// What a paged operation is asked: its own limit, and where to go on.
    ///
    /// # Errors
    /// When the cursor is none of ours.
    pub fn ask(self, input: &mut Map<String, Value>, page: &Page) -> Result<(), NoCursor> {
        let (limit, onwards) = match self {
            Self::Events => (EVENTS, "before"),
            Self::Messages => (MESSAGES, "after"),
            _ => return Ok(()),
        };
        input.insert("limit".into(), json!(page.limit.unwrap_or(limit)));
        if let Some(cursor) = &page.cursor {
            let seq: u64 = cursor.parse().map_err(|_| NoCursor)?;
            input.insert(onwards.into(), json!(seq));
        }
        Ok(())
    }
}

/// Leaves out what says nothing: null, and lists and texts that are empty. Lists that a schema promises are kept.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| {
                prune(value);
                let promised = matches!(
                    name.as_str(),
                    "tasks" | "events" | "agents" | "messages" | "lacks" | "instances"
                );
                promised || !(value.is_null() || *value == json!([]) || *value == json!(""))
            });
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

/// What a person would type next is no news to a model that has tools.
fn done(mut output: Value) -> Value {
    if let Some(lines) = output.get_mut("next").and_then(Value::as_array_mut) {
        lines.retain(|line| !text(line).starts_with("`orchestron "));
    }
    output
}

fn handover(output: &Value) -> Value {
    let card = &output["task"];
    json!({
        "task": if card.is_null() { Value::Null } else { row(card) },
        "leg": output["leg"],
        "worktree": output["worktree"],
        "document": output["document"],
        "none": output["none"],
    })
}

fn session(output: &Value) -> Value {
    let mut reply = handover(&output["work"]);
    if let Some(fields) = reply.as_object_mut() {
        fields.insert("session".into(), output["session"]["id"].clone());
        fields.insert("resumed".into(), output["resumed"].clone());
        fields.insert("messages".into(), output["messages"].clone());
        // What was saved is in the document; the version is for the next save.
        fields.insert("version".into(), output["saved"]["version"].clone());
    }
    reply
}

/// A task in a list.
pub fn row(card: &Value) -> Value {
    json!({
        "id": card["id"],
        "title": cut(&card["title"], LINE),
        "status": card["status"],
        "priority": card["priority"],
        "turn": holder(&card["turn"]),
        "line": cut(&card["line"], LINE),
        "blocked_by": card["blocked_by"],
    })
}

fn holder(holder: &Value) -> Value {
    match holder["kind"].as_str() {
        None | Some("nobody") => Value::Null,
        Some("person") => json!("person"),
        Some(_) => holder["name"].clone(),
    }
}

fn task(view: &Value) -> Value {
    let card = &view["card"];
    let mut reply = row(card);
    let criteria = list(&view["criteria"]);
    let lines = criteria.iter().take(CRITERIA).map(|item| {
        let mark = if item["done"] == json!(true) {
            "x"
        } else {
            " "
        };
        format!("[{mark}] {}", cut_text(text(&item["text"]), LINE))
    });
    let gates = list(&view["gates"]).iter().map(|gate| {
        let result = gate["result"].as_str().map(|said| format!(" ({said})"));
        format!(
            "{}: {}{}",
            text(&gate["name"]),
            text(&gate["state"]),
            result.unwrap_or_default()
        )
    });
    let handoffs = list(&view["handoffs"]).iter().rev().take(HANDOFFS).map(|handoff| {
        json!({"leg": handoff["leg"], "who": handoff["who"], "note": cut(&handoff["note"], NOTES)})
    });
    let open = list(&view["requests"])
        .iter()
        .filter(|request| request["open"] == json!(true));
    let requests = open.map(|request| {
        json!({"id": request["id"], "kind": request["kind"], "title": cut(&request["title"], LINE)})
    });
    let newest = list(&view["feedback"]).last();
    let own = json!({
        "goal": cut(&view["goal"], GOAL),
        "criteria": lines.collect::<Vec<_>>(),
        "notes": cut(&view["notes"], NOTES),
        "files": list(&view["files_affected"]).iter().take(CRITERIA).collect::<Vec<_>>(),
        "depends_on": card["depends_on"],
        "branch": view["branch"],
        "worktree": view["worktree"],
        "commit": view["commit"],
        "gates": gates.collect::<Vec<_>>(),
        "handoffs": handoffs.collect::<Vec<_>>(),
        "feedback": newest.map(|newest| cut(&newest["text"], NOTES)),
        "error": cut(&view["error_context"], NOTES),
        "requests": requests.collect::<Vec<_>>(),
        "more": format!("orchestron://task/{}", text(&card["id"])),
    });
    if let (Some(reply), Value::Object(own)) = (reply.as_object_mut(), own) {
        reply.extend(own);
    }
    reply
}

/// A page of tasks, or as much of it as is short enough. Its cursor names the last task of the page before, and its place for when that
/// task has gone elsewhere meanwhile.
pub fn tasks(found: &Found) -> Value {
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for card in &found.cards {
        let mut row = row(&json!(card));
        prune(&mut row);
        bytes += row.to_string().len() + 1;
        if bytes > PAGE_BYTES && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    let more = found.behind > 0 || rows.len() < found.cards.len();
    let last = found.cards.get(rows.len().wrapping_sub(1)).filter(|_| more);
    let cursor = |card: &CardView| {
        let Place { column, order, id } = Place::of(card);
        format!("{column}.{order}.{id}")
    };
    let mut reply = json!({
        "tasks": rows,
        "total": found.total,
        "next_cursor": last.map(cursor),
    });
    prune(&mut reply);
    reply
}

impl Page {
    /// How many rows it has at most.
    pub fn rows(&self) -> usize {
        self.limit.unwrap_or(TASKS)
    }

    /// The task behind which it begins.
    pub fn after(&self) -> Result<Option<Place>, NoCursor> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let mut parts = cursor.splitn(3, '.');
        let mut part = || parts.next().ok_or(NoCursor);
        let (column, order, id) = (part()?, part()?, part()?);
        Ok(Some(Place {
            column: column.parse().map_err(|_| NoCursor)?,
            order: order.parse().map_err(|_| NoCursor)?,
            id: id.to_owned(),
        }))
    }
}

fn agent(registered: &Value) -> Value {
    let view = &registered["agent"];
    json!({
        "name": view["name"],
        "status": registered["status"],
        "why": cut(&registered["why"], LINE),
        "capabilities": registered["capabilities"],
        "kind": view["kind"],
        "cli": view["cli"],
        "model": view["model"],
        "legs": view["legs"],
        "task": view["task"],
        "doing": cut(&view["doing"], LINE),
        "missing": cut(&view["missing"], LINE),
    })
}

fn events(output: &Value) -> Value {
    let all = list(&output["events"]);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for event in all {
        let row = json!({
            "seq": event["seq"],
            "at": event["at"],
            "by": event["by"],
            "task": event["task"],
            "text": cut(&event["text"], LINE),
        });
        bytes += row.to_string().len() + 1;
        if bytes > PAGE_BYTES && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    // A page that was cut goes on behind its last row, a whole one where the operation says.
    let before = match rows.last().filter(|_| rows.len() < all.len()) {
        Some(last) => last["seq"].as_u64(),
        None => output["before"].as_u64(),
    };
    json!({"events": rows, "next_cursor": before.map(|before| before.to_string())})
}

/// A page of messages. A message is never cut: a page of one may be long.
fn messages(output: &Value) -> Value {
    let all = list(&output["messages"]);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for message in all {
        let row = json!({
            "id": message["id"],
            "from": message["from"],
            "kind": message["kind"],
            "task": message["task"],
            "text": message["text"],
            "payload": message["payload"],
            "reply_to": message["reply_to"],
            "at": message["at"],
        });
        bytes += row.to_string().len() + 1;
        if bytes > PAGE_BYTES && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    let left = all.len() - rows.len();
    let more = output["more"].as_u64().unwrap_or(0) + u64::try_from(left).unwrap_or(0);
    let last = rows.last().and_then(|last| last["id"].as_u64());
    let next = last.filter(|_| more > 0).map(|last| last.to_string());
    json!({"messages": rows, "more": more, "next_cursor": next})
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn cut(value: &Value, most: usize) -> Value {
    value
        .as_str()
        .map_or(Value::Null, |text| json!(cut_text(text, most)))
}

/// At most so many characters, and that it was cut.
pub fn cut_text(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(8)).collect();
    format!("{} … (cut)", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{NoCursor, Page, Shape, cut_text, tasks};
    use orchestron_operations::{
        page::{Page as Found, Place},
        wire::CardView,
    };
    use serde_json::json;

    const COLUMNS: [&str; 6] = [
        "pending",
        "ready",
        "in-progress",
        "review",
        "done",
        "failed",
    ];

    fn cards(count: u32, title: &str) -> Vec<CardView> {
        let card = |n: u32| {
            let status = COLUMNS[(n / 30) as usize % 6];
            serde_json::from_value(json!({
                "id": format!("TASK-{n:03}"), "title": title, "status": status, "priority": "P1", "agent": null, "chain": [],
                "turn": {"kind": "agent", "name": "claude-impl"}, "line": null, "since": null, "cost": 0,
                "criteria": {"done": 0, "all": 1}, "ready_boxes": {"done": 0, "all": 3}, "depends_on": [], "blocked_by": [],
                "request": null, "run": null, "attempts": 0, "handoffs": 0, "moved": null, "why": null, "order": n,
            }))
            .unwrap()
        };
        (0..count).map(card).collect()
    }

    /// The page of these cards that the operation would give.
    fn found(all: &[CardView], page: &Page) -> Found {
        let after = page.after().unwrap();
        let at = |place: &Place| all.iter().position(|card| card.id == place.id).unwrap() + 1;
        let start = after.as_ref().map_or(0, at);
        let cards: Vec<_> = all.iter().skip(start).take(page.rows()).cloned().collect();
        Found {
            behind: all.len() - start - cards.len(),
            cards,
            total: all.len(),
        }
    }

    /// All ids, page by page.
    fn walk(cards: &[CardView], limit: Option<usize>) -> Vec<String> {
        let (mut page, mut ids) = (
            Page {
                cursor: None,
                limit,
            },
            Vec::new(),
        );
        loop {
            let reply = tasks(&found(cards, &page));
            assert!(
                reply.to_string().len() <= 8_000,
                "{}",
                reply.to_string().len()
            );
            let rows = reply["tasks"].as_array().unwrap();
            ids.extend(
                rows.iter()
                    .map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            match reply.get("next_cursor") {
                Some(cursor) => page.cursor = cursor.as_str().map(str::to_owned),
                None => return ids,
            }
        }
    }

    #[test]
    fn pages_have_every_task_once_and_stay_small() {
        for title in ["Search", &"long ".repeat(500)] {
            let all = cards(150, title);
            for limit in [None, Some(1), Some(100)] {
                let ids = walk(&all, limit);
                assert_eq!(ids.len(), 150);
                assert_eq!(ids.first().map(String::as_str), Some("TASK-000"));
            }
        }
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        for cursor in ["", "x", "1", "1.x", "-1.2.T-1", "1.2"] {
            let page = Page {
                cursor: Some(cursor.to_owned()),
                limit: None,
            };
            assert_eq!(page.after(), Err(NoCursor), "{cursor}");
        }
    }

    #[test]
    fn what_says_nothing_is_left_out_and_an_empty_list_stays() {
        let reply =
            Shape::Done.reply(json!({"task": null, "did": "x", "not_done": [], "next": []}));
        assert_eq!(reply, json!({"did": "x"}));
        assert_eq!(tasks(&Found::default()), json!({"tasks": [], "total": 0}));
    }

    #[test]
    fn a_task_with_very_long_texts_is_cut() {
        let long = "word ".repeat(20_000);
        let items: Vec<_> = (0..500)
            .map(|_| json!({"done": true, "text": long}))
            .collect();
        let notes: Vec<_> = (0..50)
            .map(|n| json!({"n": n, "leg": "implement", "who": "a", "note": long, "text": long}))
            .collect();
        let view = json!({
            "card": {"id": "TASK-1", "title": long, "status": "review", "priority": "P0", "turn": {"kind": "person", "name": ""}},
            "goal": long, "criteria": items, "notes": long, "handoffs": notes, "feedback": notes, "error_context": long,
            "gates": [{"name": "test", "state": "failed", "result": "exit code 1"}],
        });
        let reply = Shape::Task.reply(view);
        assert!(
            reply.to_string().len() <= 13_000,
            "{}",
            reply.to_string().len()
        );
        assert_eq!(reply["gates"][0], "test: failed (exit code 1)");
        assert_eq!(reply["more"], "orchestron://task/TASK-1");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut_text("  äöü  ", 3), "äöü");
        assert_eq!(
            cut_text(&"ä".repeat(50), 20),
            format!("{} … (cut)", "ä".repeat(12))
        );
    }
}
