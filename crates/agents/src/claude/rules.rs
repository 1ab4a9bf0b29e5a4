//! Permission rules of the Claude CLI: which ones a run gets, and the check that the agent really follows them.
//!
//! Rules are given in `settings.json` in the run's folder. The CLI ignores a settings file it cannot validate, and single
//! rules it cannot parse, without a word. So after the start it is asked which rules are in force, and a run whose rules are
//! not all there is told nothing and stopped.

use crate::{LaunchPlan, Rule, tools};
use serde_json::{Value, json};

/// Tools no run has: those that ask people past us, wait or wake up by themselves (a turn that goes on after its end), talk to
/// other sessions, or leave the worktree.
pub const NEVER: [&str; 13] = [
    "AskUserQuestion",
    "EnterPlanMode",
    "ExitPlanMode",
    "EnterWorktree",
    "ExitWorktree",
    "CronCreate",
    "CronDelete",
    "CronList",
    "ScheduleWakeup",
    "Monitor",
    "SendMessage",
    "ListAgents",
    "Workflow",
];

/// Tools that write files.
pub const WRITING: [&str; 3] = ["Edit", "Write", "NotebookEdit"];

/// The tools that are taken away by a flag as well, so that the model does not even see them.
pub fn tools_taken_away(may_write: bool) -> Vec<&'static str> {
    let mut tools = NEVER.to_vec();
    if !may_write {
        tools.extend(WRITING);
    }
    tools
}

/// The rules of a run, as they stand in its settings file.
pub fn of(plan: &LaunchPlan<'_>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut add = |allow: bool, text: String| {
        let rule = Rule { allow, text };
        if !rule.text.is_empty() && !rules.contains(&rule) {
            rules.push(rule);
        }
    };
    for tool in tools_taken_away(plan.may_write) {
        add(false, tool.to_owned());
    }
    // The task files belong to Orchestron: the project's own ones, and the copies in the worktree, which would be merged.
    if let Some(rule) = edit_below(plan.mcp_dir) {
        add(false, rule);
    }
    for folder in ["tasks", "feedback", "results"] {
        add(false, format!("Edit(.mcp/{folder}/**)"));
    }
    for rule in &plan.agent.tools_restricted {
        add(false, rule.trim().to_owned());
    }
    add(true, format!("mcp__{}", tools::SERVER));
    for rule in &plan.agent.tools_allowed {
        add(true, rule.trim().to_owned());
    }
    for folder in write_folders(plan).unwrap_or_default() {
        add(true, format!("Edit({folder}/**)"));
    }
    rules
}

/// The folders the run may write in without asking; none when it is the whole worktree (or it may not write at all).
pub fn write_folders(plan: &LaunchPlan<'_>) -> Option<Vec<String>> {
    if !plan.may_write || plan.agent.directories.is_empty() {
        return None;
    }
    let mut folders = Vec::new();
    for directory in &plan.agent.directories {
        let directory = directory.trim().trim_start_matches("./");
        let directory = directory.trim_end_matches("**").trim_end_matches('/');
        if directory.is_empty() || directory == "." {
            return None;
        }
        if is_plain_relative(directory) {
            folders.push(directory.to_owned());
        }
    }
    Some(folders)
}

/// Whether a folder can stand in a rule. One that cannot gets no rule, and writing there is asked for.
fn is_plain_relative(folder: &str) -> bool {
    !folder.starts_with('/')
        && !folder.contains(['(', ')', '\\', ':', '\n'])
        && folder
            .split('/')
            .all(|part| !part.is_empty() && part != "..")
}

/// `Edit(//abs/folder/**)`: two slashes mean an absolute path (one means the settings file's own folder, and matches nothing
/// useful). None for a path that cannot be written so.
fn edit_below(folder: &str) -> Option<String> {
    let path = folder.strip_prefix('/')?.trim_end_matches('/');
    let plain = !path.is_empty() && !path.contains(['(', ')', '\\', '*', '?', '[', '\n']);
    plain.then(|| format!("Edit(//{path}/**)"))
}

/// The settings file.
pub fn settings(rules: &[Rule], key_helper: Option<&str>) -> Vec<u8> {
    let texts = |allow: bool| -> Vec<&str> {
        let chosen = rules.iter().filter(|rule| rule.allow == allow);
        chosen.map(|rule| rule.text.as_str()).collect()
    };
    let mut settings = json!({
        "permissions": {
            "deny": texts(false),
            "allow": texts(true),
            "blockWritesOutsideWorkingDirectories": true,
        },
    });
    if let Some(command) = key_helper {
        settings["apiKeyHelper"] = json!(command);
    }
    format!("{settings:#}\n").into_bytes()
}

/// Which of the rules are not in the agent's answer to `list_permission_rules`.
pub fn missing<'a>(rules: &'a [Rule], answer: &Value) -> Vec<&'a Rule> {
    let listed = answer
        .pointer("/state/rules")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let in_force: Vec<(bool, String)> = listed
        .iter()
        .filter(|rule| rule["source"] == "flagSettings")
        .filter_map(|rule| {
            let text = rule["rule"].as_str()?;
            Some((rule["behavior"] == "allow", as_listed(text)))
        })
        .collect();
    rules
        .iter()
        .filter(|rule| !in_force.contains(&(rule.allow, as_listed(&rule.text))))
        .collect()
}

/// A rule in the form the CLI lists it (measured): `X(*)` as `X`, `Task` as `Agent`; it escapes brackets, which we undo.
fn as_listed(rule: &str) -> String {
    let rule = rule.trim().replace('\\', "");
    let rule = rule.strip_suffix("(*)").unwrap_or(&rule);
    match rule.strip_prefix("Task") {
        Some(rest) if rest.is_empty() || rest.starts_with('(') => format!("Agent{rest}"),
        _ => rule.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{missing, settings};
    use crate::{Rule, claude::launch::tests::plan_with};
    use serde_json::{Value, json};

    fn texts(rules: &[Rule], allow: bool) -> Vec<&str> {
        let chosen = rules.iter().filter(|rule| rule.allow == allow);
        chosen.map(|rule| rule.text.as_str()).collect()
    }

    #[test]
    fn a_reading_run_cannot_write() {
        let rules = plan_with(|plan, _| plan.may_write = false, super::of);
        for tool in super::WRITING {
            assert!(texts(&rules, false).contains(&tool), "{tool}");
        }
        let rules = plan_with(|plan, _| plan.may_write = true, super::of);
        assert!(!texts(&rules, false).contains(&"Edit"));
        assert!(texts(&rules, false).contains(&"AskUserQuestion"));
        assert!(texts(&rules, false).contains(&"Edit(//work/shop/.mcp/**)"));
    }

    #[test]
    fn configured_rules_are_trimmed_and_kept_in_order() {
        let rules = plan_with(
            |_, agent| {
                agent.tools_restricted = vec![" Bash(git push *) ".into(), String::new()];
                agent.tools_allowed = vec!["Bash(npm test)".into(), "Bash(npm test)".into()];
            },
            super::of,
        );
        assert_eq!(texts(&rules, false).last(), Some(&"Bash(git push *)"));
        assert_eq!(texts(&rules, true), ["mcp__orchestron", "Bash(npm test)"]);
    }

    #[test]
    fn folders_become_relative_rules() {
        for (directories, folders) in [
            (
                vec!["src", "./docs/", "a b/**"],
                Some(vec!["src", "docs", "a b"]),
            ),
            (vec!["src", "."], None),
            (vec!["./"], None),
            (vec![], None),
            (
                vec!["/etc", "../x", "a/../b", "x)", "src"],
                Some(vec!["src"]),
            ),
            (vec!["/etc"], Some(vec![])),
        ] {
            let found = plan_with(
                |plan, agent| {
                    plan.may_write = true;
                    agent.directories = directories.iter().map(|&d| d.to_owned()).collect();
                },
                super::write_folders,
            );
            let found = found
                .as_ref()
                .map(|folders| folders.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found, folders, "{directories:?}");
        }
    }

    #[test]
    fn the_settings_file_is_what_the_cli_reads() {
        let rules = [
            Rule {
                allow: false,
                text: "WebFetch".into(),
            },
            Rule {
                allow: true,
                text: "Edit(src/**)".into(),
            },
        ];
        let file: Value = serde_json::from_slice(&settings(&rules, Some("helper"))).unwrap();
        assert_eq!(
            file,
            json!({
                "permissions": {
                    "deny": ["WebFetch"],
                    "allow": ["Edit(src/**)"],
                    "blockWritesOutsideWorkingDirectories": true
                },
                "apiKeyHelper": "helper"
            })
        );
        let file: Value = serde_json::from_slice(&settings(&rules, None)).unwrap();
        assert!(file.get("apiKeyHelper").is_none());
    }

    #[test]
    fn rules_that_are_not_in_force_are_found() {
        let rules = [
            "Bash(*)",
            "Task",
            "Task(x)",
            "TaskStop",
            "Edit(//p (x)/**)",
            "bash(rm)",
        ]
        .map(|text| Rule {
            allow: false,
            text: text.into(),
        });
        let listed = |source: &str| {
            let rule = |text: &str| json!({"behavior": "deny", "source": source, "rule": text});
            json!({"state": {"rules": [
                rule("Bash"), rule("Agent"), rule("Agent(x)"), rule("TaskStop"), rule("Edit(//p \\(x\\)/**)"),
                {"behavior": "allow", "source": source, "rule": "bash(rm)"}, {"odd": 1}, 7
            ]}})
        };
        let left: Vec<&str> = missing(&rules, &listed("flagSettings"))
            .iter()
            .map(|r| r.text.as_str())
            .collect();
        assert_eq!(left, ["bash(rm)"], "allowing is not denying");
        assert_eq!(
            missing(&rules, &listed("cliArg")).len(),
            6,
            "not from our file"
        );
        assert_eq!(missing(&rules, &Value::Null).len(), 6);
        assert!(missing(&[], &Value::Null).is_empty());
    }
}
