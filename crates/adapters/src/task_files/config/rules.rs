//! `rules` of `.mcp/config.yaml`: when tasks move by themselves.
//!
//! A rule that cannot be understood is left out and told: then nothing moves, which is the safe direction.

use super::{
    fields::{Fields, Findings, nearest},
    yaml::{Node, Value},
};
use orchestron_domain::{
    AgentName, Priority, Status,
    rules::{CHAIN, Condition, Rule, chain_move, circle, refusal},
};

/// Words for states that other tools use, with ours.
const OTHER_WORDS: [(&str, Status); 7] = [
    ("todo", Status::Ready),
    ("backlog", Status::Pending),
    ("doing", Status::InProgress),
    ("in_progress", Status::InProgress),
    ("in_review", Status::Review),
    ("completed", Status::Done),
    ("closed", Status::Done),
];
/// Most times something can be asked to have happened.
const MOST: u32 = 1_000;
/// Longest name of a rule, in characters.
const NAME_MAX: usize = 60;

/// `rules: [{name: ready-when-ticked, from: pending, to: ready, when: [ready_ticked, dependencies_done]}]`.
pub(super) fn rules(findings: &mut Findings, fields: &Fields<'_>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut lines = Vec::new();
    for (at, node) in findings.list(fields, "rules").iter().enumerate() {
        let Some(mut rule) = rule(findings, at, node) else {
            continue;
        };
        let is_taken = |name: &str| rules.iter().any(|known: &Rule| known.name == name);
        if is_taken(&rule.name) {
            let given = has_name(node);
            if given {
                findings.slight(
                    Some(node.line),
                    format!("there are two rules with the name `{}`", rule.name),
                    "Give each rule its own name; the log tells by it which one moved a task.",
                );
                continue;
            }
            let free = (2..).map(|n| format!("{}-{n}", rule.name));
            rule.name = free
                .into_iter()
                .find(|name| !is_taken(name))
                .unwrap_or_default();
        }
        lines.push(node.line);
        rules.push(rule);
    }
    without_circles(findings, rules, &lines)
}

fn has_name(node: &Node) -> bool {
    matches!(&node.value, Value::Map(entries) if entries.iter().any(|(key, ..)| key == "name"))
}

/// A rule by which tasks would come back to where they were is left out, with all that it goes round with.
fn without_circles(findings: &mut Findings, rules: Vec<Rule>, lines: &[u32]) -> Vec<Rule> {
    let ways: Vec<_> = (0..rules.len()).map(|at| circle(&rules, at)).collect();
    for (at, way) in ways.iter().enumerate() {
        let Some(way) = way.as_ref().filter(|way| way.iter().min() == Some(&at)) else {
            continue;
        };
        let named = way.iter().filter_map(|rule| rules.get(*rule));
        let path: Vec<_> = named
            .map(|rule| format!("`{}` ({} → {})", rule.name, rule.from, rule.to))
            .collect();
        findings.slight(
            lines.get(at).copied(),
            format!(
                "these rules go round in a circle, so none of them is followed: {}",
                path.join(", then ")
            ),
            "Take one of them out, or let it go elsewhere: a task must come to rest.",
        );
    }
    let kept = rules.into_iter().zip(ways);
    kept.filter(|(_, way)| way.is_none())
        .map(|(rule, _)| rule)
        .collect()
}

/// One rule; none when it is wrong, or says what the chain does anyway.
fn rule(findings: &mut Findings, at: usize, node: &Node) -> Option<Rule> {
    let place = format!("rules[{}]", at + 1);
    let fields = findings.fields(&place, node)?;
    findings.known(&fields, &["name", "from", "to", "when"], &[]);
    let from = state(findings, &fields, "from");
    let to = state(findings, &fields, "to");
    let (from, to) = (from?, to?);
    if let Some(word) = chain_word(&fields) {
        says_the_chain(findings, &fields, word, (from, to));
        return None;
    }
    if let Some(refusal) = refusal(from, to) {
        let what = format!("`{place}` ({from} → {to}) {}", refusal.what());
        findings.slight(Some(fields.line_of("to")), what, refusal.cure());
        return None;
    }
    let when = conditions(findings, &fields)?;
    let name = findings.text(&fields, "name");
    let name = name.unwrap_or_else(|| format!("{from}-to-{to}"));
    if name.chars().count() > NAME_MAX {
        findings.slight(
            Some(fields.line_of("name")),
            format!("the name of `{place}` is longer than {NAME_MAX} characters"),
            "Give it a short name, such as ready-when-ticked.",
        );
        return None;
    }
    Some(Rule {
        name,
        from,
        to,
        when,
    })
}

/// A state, by the name of its folder.
fn state(findings: &mut Findings, fields: &Fields<'_>, key: &str) -> Option<Status> {
    let Some(text) = findings.text(fields, key) else {
        if fields.iter().all(|(known, ..)| known != key) {
            findings.slight(
                Some(fields.line),
                format!("the rule has no `{key}`"),
                "Write `from`, `to` and `when`, such as `{from: pending, to: ready, when: ready_ticked}`.",
            );
        }
        return None;
    };
    let word = text.to_lowercase();
    if let Some(status) = Status::from_folder(&word) {
        return Some(status);
    }
    let known = Status::ALL.map(Status::folder);
    let other = OTHER_WORDS.iter().find(|(other, _)| *other == word);
    let meant = other
        .map(|(_, status)| status.folder())
        .or_else(|| nearest(&word, known.into_iter()));
    findings.slight(
        Some(fields.line_of(key)),
        format!("`{}` is no state of a task: `{text}`", fields.name(key)),
        match meant {
            Some(meant) => format!(
                "Did you mean `{meant}`? The states are {}.",
                known.join(", ")
            ),
            None => format!("The states are {}.", known.join(", ")),
        },
    );
    None
}

/// The word of a move that the chain makes by itself, when `when` is nothing but that.
fn chain_word<'a>(fields: &Fields<'a>) -> Option<&'a str> {
    let (.., node) = fields.iter().find(|(key, ..)| *key == "when")?;
    let node = match &node.value {
        Value::List(items) if items.len() == 1 => items.first()?,
        _ => node,
    };
    match &node.value {
        Value::Text(word) => chain_move(word).map(|_| word.as_str()),
        _ => None,
    }
}

/// A rule that repeats what the chain does is fine and changes nothing; one that bends it is told.
fn says_the_chain(
    findings: &mut Findings,
    fields: &Fields<'_>,
    word: &str,
    (from, to): (Status, Status),
) {
    let Some(own) = chain_move(word) else {
        return;
    };
    if own.to == to && own.from.is_none_or(|own| own == from) {
        return;
    }
    let own_from = own.from.map_or("any state", Status::folder);
    findings.slight(
        Some(fields.line_of("when")),
        format!(
            "`{word}` is a move of the chain itself, from {own_from} to {}: {}",
            own.to, own.by
        ),
        format!(
            "Write `{{from: {own_from}, to: {}, when: {word}}}`, which changes nothing, or leave it out.",
            own.to
        ),
    );
}

/// A word, a group of keys, or a list of both; all of it has to hold.
fn conditions(findings: &mut Findings, fields: &Fields<'_>) -> Option<Vec<Condition>> {
    let node = fields.iter().find(|(key, ..)| *key == "when");
    let mut conditions = Vec::new();
    let before = findings.problems.len();
    if let Some((.., node)) = node {
        let place = fields.name("when");
        match &node.value {
            Value::List(items) => {
                for item in items {
                    condition(findings, &place, item, &mut conditions);
                }
            }
            Value::Null => {}
            _ => condition(findings, &place, node, &mut conditions),
        }
    }
    if findings.problems.len() > before {
        return None;
    }
    if conditions.is_empty() {
        findings.slight(
            Some(fields.line),
            "the rule does not say `when`, so it would move every task",
            format!(
                "Write what has to hold, such as `when: ready_ticked`. {}",
                words()
            ),
        );
        return None;
    }
    Some(conditions)
}

fn words() -> String {
    let alone = Condition::WORDS.map(|(word, _)| word).join(", ");
    format!(
        "The words are {alone}; with a value: {}.",
        Condition::KEYS.join(", ")
    )
}

fn condition(findings: &mut Findings, place: &str, node: &Node, conditions: &mut Vec<Condition>) {
    match &node.value {
        Value::Text(word) => match Condition::from_word(word) {
            Some(condition) => conditions.push(condition),
            None => unknown(findings, node.line, word),
        },
        Value::Map(entries) => {
            let Some(group) = findings.fields(place, node) else {
                return;
            };
            for (key, line, _) in entries {
                if Condition::KEYS.contains(&key.as_str()) {
                    conditions.extend(with_value(findings, &group, key));
                } else if let Some(condition) = Condition::from_word(key) {
                    match findings.truth(&group, key) {
                        Some(true) => conditions.push(condition),
                        Some(false) => findings.slight(
                            Some(*line),
                            format!("`{key}: false` is nothing a rule can ask for"),
                            "Leave it out; a rule asks for what has to hold.",
                        ),
                        None => {}
                    }
                } else {
                    unknown(findings, *line, key);
                }
            }
        }
        _ => findings.slight(
            Some(node.line),
            format!("`{place}` is neither a word nor a group of keys"),
            words(),
        ),
    }
}

fn unknown(findings: &mut Findings, line: u32, word: &str) {
    let alone = Condition::WORDS.into_iter().map(|(word, _)| word);
    let known = alone.chain(Condition::KEYS);
    let of_chain = CHAIN.iter().find(|own| own.when == word);
    let cure = match (of_chain, nearest(word, known)) {
        (Some(own), _) => format!(
            "It is a move of the chain itself ({}), and stands alone in a rule.",
            own.by
        ),
        (None, Some(near)) if Condition::KEYS.contains(&near) => {
            format!("Did you mean `{near}: …`? {}", words())
        }
        (None, Some(near)) => format!("Did you mean `{near}`? {}", words()),
        (None, None) => words(),
    };
    findings.slight(
        Some(line),
        format!("`{word}` is nothing a rule can ask for"),
        cure,
    );
}

/// A condition with its value; what is wrong with the value is told.
fn with_value(findings: &mut Findings, group: &Fields<'_>, key: &str) -> Option<Condition> {
    Some(match key {
        "progress" => {
            let percent = findings.number(group, key, (1, 100))?;
            Condition::Progress(u8::try_from(percent).ok()?)
        }
        "attempts" => Condition::Attempts(findings.number(group, key, (1, MOST))?),
        "feedback" => Condition::Feedback(findings.number(group, key, (1, MOST))?),
        "idle" => Condition::Idle(findings.seconds(group, key)?),
        "stands" => Condition::Stands(findings.seconds(group, key)?),
        "priority" => {
            let text = findings.text(group, key)?;
            let priority = Priority::parse(&text);
            if priority.is_none() {
                let what = format!("`{}` is no priority: `{text}`", group.name(key));
                findings.slight(Some(group.line_of(key)), what, "Write P0, P1 or P2.");
            }
            Condition::Priority(priority?)
        }
        "agent" => Condition::Agent(agent(findings, group)?),
        _ => Condition::Needs(findings.text(group, key)?),
    })
}

fn agent(findings: &mut Findings, group: &Fields<'_>) -> Option<Option<AgentName>> {
    let text = findings.text(group, "agent")?;
    if text == "unassigned" {
        return Some(None);
    }
    match text.parse::<AgentName>() {
        Ok(name) => Some(Some(name)),
        Err(error) => {
            findings.slight(
                Some(group.line_of("agent")),
                error.to_string(),
                "Write the name as it stands under `## Agent` of the task, or `unassigned`.",
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{project, yaml};
    use orchestron_domain::{Status, rules::Condition};

    /// The rules of a text, and what is wrong with it, as `line: what — cure`.
    fn read(text: &str) -> (Vec<orchestron_domain::rules::Rule>, Vec<String>) {
        let (read, problems) = project::read(&yaml::parse(text).unwrap());
        let told = problems.into_iter().map(|problem| {
            let line = problem.line.unwrap_or(0);
            format!("{line}: {} — {}", problem.what, problem.cure)
        });
        (read.unwrap().rules, told.collect())
    }

    fn one_problem(text: &str, line: u32, parts: &[&str]) {
        let (rules, problems) = read(text);
        assert_eq!(rules, [], "{text}");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with(&format!("{line}: ")),
            "{problems:?}"
        );
        for part in parts {
            assert!(problems[0].contains(part), "{part} in {problems:?}");
        }
    }

    #[test]
    fn a_rule_has_words_and_values() {
        let text = "rules:\n  - {name: start, from: pending, to: ready, when: [ready_ticked, {priority: P0, idle: 1h30m}]}\n  - from: in-progress\n    to: failed\n    when: {attempts: 5}\n";
        let (rules, problems) = read(text);
        assert_eq!(problems, [] as [String; 0]);
        assert_eq!(rules[0].name, "start");
        assert_eq!(
            (rules[0].from, rules[0].to),
            (Status::Pending, Status::Ready)
        );
        let priority = Condition::Priority(orchestron_domain::Priority::P0);
        assert_eq!(
            rules[0].when,
            [Condition::ReadyTicked, priority, Condition::Idle(5_400)]
        );
        assert_eq!(rules[1].name, "in-progress-to-failed");
        assert_eq!(rules[1].when, [Condition::Attempts(5)]);
    }

    #[test]
    fn what_goes_round_gates_and_approval_is_refused_with_what_does_it_instead() {
        for (rule, words) in [
            (
                "{from: in-progress, to: review, when: criteria_ticked}",
                "orchestron submit",
            ),
            (
                "{from: review, to: done, when: criteria_ticked}",
                "orchestron approve",
            ),
            (
                "{from: ready, to: in-progress, when: dependencies_done}",
                "orchestron claim",
            ),
            (
                "{from: done, to: ready, when: criteria_ticked}",
                "orchestron undo",
            ),
            (
                "{from: ready, to: ready, when: criteria_ticked}",
                "another `to`",
            ),
        ] {
            one_problem(&format!("rules:\n  - {rule}\n"), 2, &[words]);
        }
    }

    #[test]
    fn what_the_chain_does_anyway_may_be_said_again() {
        let text = "rules:\n  - {from: ready, to: in-progress, when: task_started}\n  - {from: in-progress, to: review, when: tests_pass}\n  - {from: review, to: done, when: [review_approved]}\n";
        assert_eq!(read(text), (Vec::new(), Vec::new()));
        let bent = "rules:\n  - {from: pending, to: done, when: review_approved}\n";
        one_problem(bent, 2, &["from review to done", "you approved it"]);
    }

    #[test]
    fn what_is_misspelt_is_told_with_its_line_and_the_right_word() {
        one_problem(
            "rules:\n  - from: todo\n    to: pending\n    when: ready_ticked\n",
            2,
            &["no state", "`ready`"],
        );
        one_problem(
            "rules:\n  - from: pending\n    to: redy\n    when: ready_ticked\n",
            3,
            &["Did you mean `ready`"],
        );
        one_problem(
            "rules:\n  - from: pending\n    to: ready\n    when: ready_tiked\n",
            4,
            &["Did you mean `ready_ticked`"],
        );
        one_problem(
            "rules:\n  - from: pending\n    to: ready\n    when:\n      idel: 2h\n",
            5,
            &["Did you mean `idle: …`"],
        );
        one_problem(
            "rules:\n  - from: pending\n    to: ready\n",
            2,
            &["does not say `when`"],
        );
        one_problem(
            "rules:\n  - to: ready\n    when: ready_ticked\n",
            2,
            &["no `from`"],
        );
        one_problem(
            "rules:\n  - from: pending\n    to: ready\n    when: {progress: 200}\n",
            4,
            &["1 to 100"],
        );
        one_problem(
            "rules:\n  - from: pending\n    to: ready\n    when: [tests_pass, ready_ticked]\n",
            4,
            &["stands alone"],
        );
    }

    #[test]
    fn a_circle_is_refused_with_its_path_and_other_rules_stand() {
        let text = "rules:\n  - {name: up, from: pending, to: ready, when: ready_ticked}\n  - {name: again, from: failed, to: ready, when: {stands: 1d}}\n  - {name: down, from: ready, to: pending, when: {stands: 2d}}\n";
        let (rules, problems) = read(text);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("2: "));
        assert!(
            problems[0].contains("`up` (pending → ready), then `down` (ready → pending)"),
            "{problems:?}"
        );
        let names: Vec<_> = rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["again"]);
    }

    #[test]
    fn each_rule_has_a_name_of_its_own() {
        let rule = "{from: pending, to: ready, when: ready_ticked}";
        let (rules, problems) = read(&format!("rules:\n  - {rule}\n  - {rule}\n"));
        assert_eq!(problems, [] as [String; 0]);
        assert_eq!(rules[1].name, "pending-to-ready-2");
        let named = "{name: a, from: pending, to: ready, when: ready_ticked}";
        let (rules, problems) = read(&format!("rules:\n  - {named}\n  - {named}\n"));
        assert_eq!((rules.len(), problems.len()), (1, 1));
    }
}
