//! Tool calls in a line: the command, the file, the address.

use crate::{text::one_line, tools};
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest summary, in characters.
const MAX: usize = 240;

/// Parameters of our own tools that say what a call is about.
const OWN_FIELDS: [&str; 4] = ["verdict", "section", "question", "note"];

/// The tool's name for people: without `mcp__`, and without a server when it is ours.
pub fn tool_name(tool: &str) -> String {
    let name = match tool.strip_prefix("mcp__").map(|rest| rest.split_once("__")) {
        Some(Some((server, name))) if server == tools::SERVER => name.to_owned(),
        Some(Some((server, name))) => format!("{server}/{name}"),
        _ => tool.to_owned(),
    };
    one_line(&name, MAX)
}

/// What a call of the tool is about, in a line. Paths below `worktree` are relative to it.
pub fn of_call(tool: &str, input: &Value, worktree: &str) -> String {
    let field = |name: &str| input.get(name).and_then(Value::as_str);
    let said = match tool {
        "Bash" => field("command"),
        "WebFetch" => field("url"),
        "WebSearch" | "ToolSearch" => field("query"),
        "Agent" | "Task" => field("description"),
        "Skill" => field("skill").or_else(|| field("command")),
        "AskUserQuestion" => input
            .pointer("/questions/0/question")
            .and_then(Value::as_str),
        "Grep" | "Glob" => {
            let pattern = field("pattern").unwrap_or("");
            let place = field("path").map(|path| format!(" in {}", relative(path, worktree)));
            return one_line(&format!("{pattern}{}", place.unwrap_or_default()), MAX);
        }
        _ => None,
    };
    let path = || {
        field("file_path")
            .or_else(|| field("notebook_path"))
            .or_else(|| field("path"))
    };
    if let Some(said) = said {
        return one_line(said, MAX);
    }
    if let Some(path) = path() {
        return one_line(relative(path, worktree), MAX);
    }
    if is_ours(tool) {
        let said: Vec<&str> = OWN_FIELDS.into_iter().filter_map(field).collect();
        return one_line(&said.join(": "), MAX);
    }
    match input {
        Value::Null => String::new(),
        Value::Object(fields) if fields.len() == 1 => {
            one_line(&fields.values().map(plain).collect::<String>(), MAX)
        }
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", plain(value)))
                .collect();
            one_line(&fields.join(", "), MAX)
        }
        other => one_line(&plain(other), MAX),
    }
}

/// Whether the tool is one of our own.
pub fn is_ours(tool: &str) -> bool {
    let rest = tool
        .strip_prefix("mcp__")
        .and_then(|rest| rest.strip_prefix(tools::SERVER));
    rest.is_some_and(|rest| rest.starts_with("__"))
}

/// Text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The tool and what its call is about: `Edit src/x.rs`.
pub fn doing(tool: &str, input: &Value, worktree: &str) -> String {
    let (name, about) = (tool_name(tool), of_call(tool, input, worktree));
    if about.is_empty() {
        name
    } else {
        format!("{name} {about}")
    }
}

/// The path as seen from the worktree.
pub fn relative<'a>(path: &'a str, worktree: &str) -> &'a str {
    let below = path.strip_prefix(worktree.trim_end_matches('/'));
    match below.and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !worktree.is_empty() && !rest.is_empty() => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::doing;
    use serde_json::{Value, json};

    #[test]
    fn calls_read_as_a_person_would_say_them() {
        for (tool, input, line) in [
            (
                "Bash",
                json!({"command": "node --test", "description": "d"}),
                "Bash node --test",
            ),
            (
                "Bash",
                json!({"command": "ls\nrm -rf x"}),
                "Bash ls ⏎ rm -rf x",
            ),
            (
                "Edit",
                json!({"file_path": "/wt/src/x.rs", "old_string": "a"}),
                "Edit src/x.rs",
            ),
            (
                "Write",
                json!({"file_path": "/wt2/x.rs", "content": "a"}),
                "Write /wt2/x.rs",
            ),
            (
                "NotebookEdit",
                json!({"notebook_path": "/wt/a.ipynb"}),
                "NotebookEdit a.ipynb",
            ),
            ("Read", json!({"file_path": "/wt"}), "Read /wt"),
            (
                "Grep",
                json!({"pattern": "fn main", "path": "/wt/src"}),
                "Grep fn main in src",
            ),
            (
                "WebFetch",
                json!({"url": "http://x", "prompt": "p"}),
                "WebFetch http://x",
            ),
            (
                "Agent",
                json!({"description": "review it", "prompt": "p"}),
                "Agent review it",
            ),
            (
                "mcp__orchestron__task_submit",
                json!({"note": "done\nall"}),
                "task_submit done ⏎ all",
            ),
            (
                "mcp__orchestron__review_decide",
                json!({"note": "not yet", "verdict": "changes"}),
                "review_decide changes: not yet",
            ),
            ("mcp__orchestron__task_get", json!({}), "task_get"),
            (
                "mcp__db__query",
                json!({"sql": "select 1"}),
                "db/query select 1",
            ),
            (
                "mcp__db__query",
                json!({"sql": "select 1", "limit": 5}),
                "db/query limit: 5, sql: select 1",
            ),
            ("Odd", json!([1]), "Odd [1]"),
            ("Odd", Value::Null, "Odd"),
            ("Bash", json!({"command": 7}), "Bash 7"),
        ] {
            assert_eq!(doing(tool, &input, "/wt/"), line);
        }
    }
}
