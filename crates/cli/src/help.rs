//! What `orchestron --help` shows: the verbs by what people want, because a list of sixty is read by nobody.

use crate::args::Cli;
use clap::{Command, CommandFactory};
use std::ffi::OsString;

/// Every verb stands in one group, in the order in which people need them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Begin", &["demo", "init", "trust", "run", "doctor"]),
    (
        "Tasks",
        &[
            "create", "status", "list", "show", "next", "why", "impact", "priority", "order",
            "workflow", "open",
        ],
    ),
    (
        "Decide",
        &[
            "requests",
            "approve",
            "reject",
            "answer",
            "notices",
            "conflicts",
            "resolve",
        ],
    ),
    (
        "Follow and step in",
        &[
            "watch",
            "logs",
            "say",
            "intervene",
            "clarify",
            "pause",
            "resume",
            "stop",
            "attach",
            "start",
            "reassign",
            "retry",
            "escalate",
            "fail",
        ],
    ),
    (
        "Hold a leg yourself, or from a tool outside",
        &[
            "session",
            "prep",
            "claim",
            "progress",
            "checkpoint",
            "context",
            "ask",
            "review",
            "complete",
            "release",
        ],
    ),
    ("Agents", &["agents", "messages", "send", "ack"]),
    ("Look back", &["log", "insights", "undo"]),
    (
        "Settings",
        &["config", "keys", "hooks", "mcp", "editor", "completions"],
    ),
];

/// The definition of the command line; its verbs are grouped when help is wanted (the grouping costs more than most verbs).
pub fn command(args: impl IntoIterator<Item = OsString>) -> Command {
    let command = Cli::command();
    let words: Vec<_> = args.into_iter().skip(1).collect();
    if words.is_empty() || words.iter().any(|word| word == "--help" || word == "-h") {
        grouped(command)
    } else {
        command
    }
}

fn grouped(command: Command) -> Command {
    let heading = *command.get_styles().get_header();
    let mut verbs = String::new();
    for (name, members) in GROUPS {
        // Clap itself draws each group, so that width, wrapping and colours are the same as everywhere.
        let group = members.iter().enumerate().filter_map(|(place, verb)| {
            Some(command.find_subcommand(verb)?.clone().display_order(place))
        });
        let mut group = Command::new("group")
            .disable_help_subcommand(true)
            .subcommands(group)
            .help_template("{subcommands}");
        let list = group.render_help().ansi().to_string();
        let list = list.trim_end();
        verbs.push_str(&format!("{heading}{name}:{heading:#}\n{list}\n\n"));
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{verbs}{heading}Options:{heading:#}\n{{options}}{{after-help}}"
    );
    command.help_template(template)
}

#[cfg(test)]
mod tests {
    use super::{Cli, GROUPS, command};
    use clap::CommandFactory;
    use std::collections::BTreeMap;

    #[test]
    fn every_verb_stands_in_one_group() {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for verb in GROUPS.iter().flat_map(|(_, verbs)| *verbs) {
            *places.entry(verb).or_default() += 1;
        }
        let found = Cli::command();
        let found: BTreeMap<&str, usize> = found
            .get_subcommands()
            .map(|verb| (verb.get_name(), 1))
            .collect();
        assert_eq!(places, found);
    }

    #[test]
    fn help_shows_the_groups_and_the_way_in_first() {
        let help = command(["orchestron".into(), "--help".into()])
            .render_long_help()
            .to_string();
        let places: Vec<_> = GROUPS
            .iter()
            .map(|(name, _)| help.find(&format!("{name}:\n")))
            .collect();
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{help}"
        );
        assert!(
            help.contains("Exit codes:") && help.contains("--project <DIR>"),
            "{help}"
        );
    }
}
