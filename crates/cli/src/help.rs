//! What `orchestron --help` shows: the verbs by what people want, because a list of sixty is read by nobody.

use crate::args::{Cli, Common, Verb};
use clap::{Args, Command, CommandFactory, FromArgMatches, Subcommand};
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

/// What was typed.
///
/// The definition of sixty verbs costs more than most of them do. Which one is meant is seen at a glance almost always, so its definition is tried
/// alone first. What it understands the whole understands in the same way; whatever it does not (a mistake, a call for help, a glance
/// that misled) is for the whole to judge, which knows every verb.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let words = asked_as_git_does(args.into_iter().collect());
    let alone = one_verb(&words).and_then(|one| one.try_get_matches_from(&words).ok());
    if let Some(cli) = alone.and_then(|matches| Cli::from_arg_matches(&matches).ok()) {
        return Ok(cli);
    }
    let matches = command(&words).try_get_matches_from(&words)?;
    Cli::from_arg_matches(&matches)
}

/// `help`, and `help VERB`, are what other tools taught people to type.
fn asked_as_git_does(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_some_and(|word| word == "help") {
        words.remove(1);
        words.push("--help".into());
    }
    words
}

/// The command line as if the first word that is a verb were the only one there is.
fn one_verb(words: &[OsString]) -> Option<Command> {
    let verbs = Verb::augment_subcommands(Command::new("verbs"));
    let mut typed = words.iter().skip(1).filter_map(|word| word.to_str());
    let verb = typed.find_map(|word| verbs.find_subcommand(word))?.clone();
    let one = Command::new("orchestron").subcommand_required(true);
    Some(Common::augment_args(one).subcommand(verb))
}

/// The definition of the command line; its verbs are grouped when help is wanted (the grouping costs more than most verbs).
fn command(words: &[OsString]) -> Command {
    let command = Cli::command();
    let mut words = words.iter().skip(1).peekable();
    if words.peek().is_none() || words.any(|word| word == "--help" || word == "-h") {
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
    use super::{Cli, GROUPS, command, one_verb, parse};
    use clap::{CommandFactory, FromArgMatches};
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
        let help = command(&["orchestron".into(), "--help".into()])
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

    /// Lines as people type them, in words apart.
    const TYPED: &[&str] = &[
        "status",
        "--json status",
        "list --status ready -C elsewhere",
        "-C status list",
        "--project list --color never status",
        "--color=always next --agent cursor --claim",
        "create A -g B -c One -c Two --priority P0",
        "create status",
        "claim TASK-1 --agent status",
        "agents add status cli=claude",
        "workflow list",
        "config limits.parallel 3",
        "answer R-3 --text list",
        "undo",
    ];

    #[test]
    fn one_verb_alone_understands_what_the_whole_understands() {
        let mut misled = 0;
        for line in TYPED {
            let words = std::iter::once("orchestron").chain(line.split(' '));
            let words: Vec<std::ffi::OsString> = words.map(Into::into).collect();
            let whole = Cli::command().try_get_matches_from(&words);
            let whole = whole.and_then(|found| Cli::from_arg_matches(&found));
            let told = |found: Result<Cli, clap::Error>| match found {
                Ok(cli) => format!("{cli:?}"),
                Err(error) => error.to_string(),
            };
            let one = one_verb(&words).map(|one| one.try_get_matches_from(&words).is_ok());
            misled += usize::from(whole.is_ok() && one != Some(true));
            assert_eq!(told(parse(words)), told(whole), "{line}");
        }
        assert_eq!(misled, 2, "where a folder is called like a verb");
    }

    #[test]
    fn help_is_a_word_too() {
        for (typed, meant) in [
            (&["orchestron", "help"][..], &["orchestron", "--help"][..]),
            (
                &["orchestron", "help", "create"],
                &["orchestron", "create", "--help"],
            ),
        ] {
            let told = |words: &[&str]| {
                let refused = parse(words.iter().map(Into::into)).expect_err("help is told");
                refused.to_string()
            };
            assert_eq!(told(typed), told(meant));
        }
    }

    #[test]
    fn mistakes_and_help_are_told_by_the_whole() {
        for line in ["statsu", "status --jsn", "list --help", "--version", ""] {
            let words = std::iter::once("orchestron").chain(line.split_whitespace());
            let words: Vec<std::ffi::OsString> = words.map(Into::into).collect();
            let told = parse(words.clone()).map(|cli| format!("{cli:?}"));
            let whole = command(&words).try_get_matches_from(&words);
            let (told, whole) = (told.unwrap_err(), whole.unwrap_err());
            assert_eq!(told.to_string(), whole.to_string(), "{line}");
            assert_eq!(told.exit_code(), whole.exit_code(), "{line}");
        }
    }
}
