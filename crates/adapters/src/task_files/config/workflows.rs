//! `.mcp/workflows/*.yaml`: templates that make tasks. Everything wrong in a file is told at once, each with its line and cure; a file with
//! a serious problem cannot be started.

use super::{
    fields::{Fields, Findings},
    yaml::{self, Node, Value},
};
use crate::task_files::{McpFolder, side};
use orchestron_domain::{
    AgentName, Leg, Priority,
    task_file::need,
    workflow::{self, MAX_STEPS, Parameter, StepTemplate, Workflow, task_hole},
};
use orchestron_engine::ports::{PortErrorKind, PortResult, Problem, WorkflowFile};
use std::collections::{BTreeMap, BTreeSet};

/// The folder below `.mcp/`.
const FOLDER: &str = "workflows";
/// Most files that are looked at.
const MOST_FILES: usize = 200;

/// Reads all of them, by name.
pub(in crate::task_files) fn read_all(mcp: &McpFolder) -> PortResult<Vec<WorkflowFile>> {
    let folder = mcp.project().join(".mcp").join(FOLDER);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(crate::failure::io_failure(
                "cannot read",
                ".mcp/workflows",
                &error,
            ));
        }
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            !name.starts_with('.') && (name.ends_with(".yaml") || name.ends_with(".yml"))
        })
        .collect();
    names.sort();
    names.truncate(MOST_FILES);
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for file in names {
        let stem = file
            .rsplit_once('.')
            .map_or(file.as_str(), |(stem, _)| stem)
            .to_owned();
        let mut read = read_one(mcp, &file, &stem)?;
        if !seen.insert(stem.clone()) {
            read.workflow = None;
            read.problems.push(problem(
                &file,
                None,
                format!("there is another workflow called `{stem}`"),
                "Rename one of the two files.",
            ));
        }
        files.push(read);
    }
    Ok(files)
}

fn problem(file: &str, line: Option<u32>, what: impl Into<String>, cure: &str) -> Problem {
    Problem {
        path: format!(".mcp/{FOLDER}/{file}"),
        line,
        what: what.into(),
        cure: cure.to_owned(),
    }
}

fn read_one(mcp: &McpFolder, file: &str, stem: &str) -> PortResult<WorkflowFile> {
    let broken = |problem: Problem| WorkflowFile {
        name: stem.to_owned(),
        file: format!("{FOLDER}/{file}"),
        workflow: None,
        problems: vec![problem],
    };
    let text = match side::read(mcp, &format!("{FOLDER}/{file}")) {
        Ok(text) => text.bytes,
        Err(error)
            if matches!(
                error.kind,
                PortErrorKind::Malformed | PortErrorKind::Missing | PortErrorKind::Other
            ) =>
        {
            let cure = error
                .cure
                .clone()
                .unwrap_or_else(|| "Look at the file.".to_owned());
            return Ok(broken(problem(file, None, error.said, &cure)));
        }
        Err(error) => return Err(error),
    };
    let Ok(text) = String::from_utf8(text) else {
        return Ok(broken(problem(
            file,
            None,
            "the text is not UTF-8",
            "Save the file as UTF-8.",
        )));
    };
    let node = match yaml::parse(text.strip_prefix('\u{feff}').unwrap_or(&text)) {
        Ok(node) => node,
        Err(wrong) => {
            let cure = "Mend it here or just above. Indent with spaces, and put texts with `: ` or `#` in them into quotes.";
            return Ok(broken(problem(
                file,
                wrong.line,
                format!("this is no YAML: {}", wrong.said),
                cure,
            )));
        }
    };
    let (workflow, mut problems) = read(stem, &node);
    for problem in &mut problems {
        problem.path = format!(".mcp/{FOLDER}/{file}");
    }
    Ok(WorkflowFile {
        name: stem.to_owned(),
        file: format!("{FOLDER}/{file}"),
        workflow,
        problems,
    })
}

/// A step with the lines of what can be wrong when all are known.
struct Read {
    step: StepTemplate,
    line: u32,
    depends_line: u32,
}

fn read(name: &str, node: &Node) -> (Option<Workflow>, Vec<Problem>) {
    let mut findings = Findings::new(FOLDER);
    if !workflow::is_name(name) {
        findings.serious(
            None,
            format!("`{name}` cannot be the name of a workflow"),
            "Name the file with letters, digits and `-`, such as rpiv.yaml.",
        );
    }
    let Some(fields) = findings.fields("", node) else {
        return (None, findings.problems);
    };
    findings.known(
        &fields,
        &["about", "parameters", "steps"],
        &["steps", "parameters"],
    );
    let about = findings.long_text(&fields, "about").unwrap_or_default();
    let parameters = parameters(&mut findings, &fields);
    let steps = steps(&mut findings, &fields);
    let workflow = Workflow {
        name: name.to_owned(),
        about,
        parameters,
        steps: steps.iter().map(|read| read.step.clone()).collect(),
    };
    check(&mut findings, &workflow, &steps);
    let usable = findings.serious == 0 && !workflow.steps.is_empty();
    (usable.then_some(workflow), findings.problems)
}

fn parameters(findings: &mut Findings, fields: &Fields<'_>) -> Vec<Parameter> {
    let Some(group) = findings.group(fields, "parameters") else {
        return Vec::new();
    };
    let mut found: Vec<(u32, Parameter)> = Vec::new();
    for (name, line, node) in group.iter() {
        if !workflow::is_name(name) || name.contains('.') {
            findings.serious(
                Some(line),
                format!("`{name}` cannot be the name of a parameter"),
                "Use letters, digits, `-` and `_`.",
            );
        }
        let Some(parameter) = parameter(findings, name, node) else {
            continue;
        };
        found.push((line, parameter));
    }
    // As they stand in the file.
    found.sort_by_key(|(line, _)| *line);
    found.into_iter().map(|(_, parameter)| parameter).collect()
}

fn parameter(findings: &mut Findings, name: &str, node: &Node) -> Option<Parameter> {
    let place = format!("parameters.{name}");
    if let Value::Text(about) = &node.value {
        // A text alone says what to write there.
        return Some(Parameter {
            name: name.to_owned(),
            about: about.trim().to_owned(),
            ..Parameter::default()
        });
    }
    let fields = findings.fields(&place, node)?;
    findings.known(&fields, &["about", "default", "choices"], &["choices"]);
    let parameter = Parameter {
        name: name.to_owned(),
        about: findings.long_text(&fields, "about").unwrap_or_default(),
        default: findings.long_text(&fields, "default"),
        choices: texts(findings, &fields, "choices"),
    };
    if let Some(default) = &parameter.default
        && !parameter.choices.is_empty()
        && !parameter.choices.contains(default)
    {
        findings.serious(
            Some(fields.line_of("default")),
            format!("`{default}` is none of the choices of `{place}`"),
            "Write one of them, or add it to the choices.",
        );
    }
    Some(parameter)
}

fn texts(findings: &mut Findings, fields: &Fields<'_>, key: &str) -> Vec<String> {
    findings
        .texts(fields, key)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

fn steps(findings: &mut Findings, fields: &Fields<'_>) -> Vec<Read> {
    let Some(group) = findings.group(fields, "steps") else {
        findings.serious(
            Some(fields.line),
            "there are no `steps`: the tasks that it makes",
            "Add at least one, such as `steps: { plan: { title: \"Plan\" } }`.",
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, line, node) in group.iter() {
        if !workflow::is_name(name) || name.contains('.') {
            findings.serious(
                Some(line),
                format!("`{name}` cannot be the name of a step"),
                "Use letters, digits, `-` and `_`.",
            );
        }
        found.extend(step(findings, name, line, node));
    }
    if found.is_empty() {
        findings.serious(Some(group.line), "`steps` has none", "Add at least one.");
    }
    if found.len() > MAX_STEPS {
        findings.serious(
            Some(group.line),
            format!("a workflow has at most {MAX_STEPS} steps"),
            "Split it into two.",
        );
    }
    found.sort_by_key(|read| read.line);
    found
}

const STEP_KEYS: [&str; 11] = [
    "title",
    "goal",
    "notes",
    "priority",
    "agent",
    "chain",
    "depends_on",
    "criteria",
    "files",
    "needs",
    "tests",
];

fn step(findings: &mut Findings, name: &str, line: u32, node: &Node) -> Option<Read> {
    let place = format!("steps.{name}");
    let fields = findings.fields(&place, node)?;
    findings.known(
        &fields,
        &STEP_KEYS,
        &["depends_on", "chain", "agent", "needs", "tests"],
    );
    let title = findings.text(&fields, "title");
    if title.is_none() {
        findings.serious(
            Some(line),
            format!("`{place}` has no `title`"),
            "Say in a line what is to be done there.",
        );
    }
    let mut chain = chain(findings, &fields);
    if let Some(agent) = holder(findings, &fields, "agent") {
        chain.insert(Leg::Implement, agent);
    }
    let priority = match findings.text(&fields, "priority") {
        None => Priority::default(),
        Some(text) => Priority::parse(&text).unwrap_or_else(|| {
            findings.serious(
                Some(fields.line_of("priority")),
                format!("`{text}` is no priority"),
                "Write P0, P1 or P2.",
            );
            Priority::default()
        }),
    };
    let step = StepTemplate {
        name: name.to_owned(),
        title: title.unwrap_or_default(),
        goal: findings.long_text(&fields, "goal").unwrap_or_default(),
        notes: findings.long_text(&fields, "notes").unwrap_or_default(),
        priority,
        chain,
        depends_on: texts(findings, &fields, "depends_on"),
        criteria: texts(findings, &fields, "criteria"),
        files: texts(findings, &fields, "files"),
        needs: needs(findings, &fields),
        tests: texts(findings, &fields, "tests"),
    };
    Some(Read {
        step,
        line,
        depends_line: fields.line_of("depends_on"),
    })
}

fn needs(findings: &mut Findings, fields: &Fields<'_>) -> Vec<String> {
    let mut good = Vec::new();
    for (text, line) in findings.texts(fields, "needs") {
        if need(&text).is_none() && !text.contains("${") {
            findings.serious(
                Some(line),
                format!("`{text}` is nothing that a task can need"),
                "Write a capability such as backend, or a tool such as `tool: Bash(npm test)`.",
            );
        }
        good.push(text);
    }
    good
}

fn chain(findings: &mut Findings, fields: &Fields<'_>) -> BTreeMap<Leg, AgentName> {
    let mut chain = BTreeMap::new();
    let Some(group) = findings.group(fields, "chain") else {
        return chain;
    };
    findings.known(
        &group,
        &["prepare", "implement", "review"],
        &["prepare", "implement", "review"],
    );
    for leg in [Leg::Prepare, Leg::Implement, Leg::Review] {
        if let Some(name) = holder(findings, &group, leg.word()) {
            chain.insert(leg, name);
        }
    }
    chain
}

fn holder(findings: &mut Findings, fields: &Fields<'_>, key: &str) -> Option<AgentName> {
    let text = findings.text(fields, key)?;
    match text.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            let error: orchestron_domain::ids::IdError = error;
            findings.serious(
                Some(fields.line_of(key)),
                error.to_string(),
                "Write a name from .mcp/agents.yaml, `person`, or the name of a tool you start yourself.",
            );
            None
        }
    }
}

/// What can only be told when all steps are known.
fn check(findings: &mut Findings, workflow: &Workflow, steps: &[Read]) {
    for read in steps {
        for name in &read.step.depends_on {
            if !workflow.steps.iter().any(|step| step.name == *name) {
                findings.serious(
                    Some(read.depends_line),
                    format!("there is no step `{name}`"),
                    "Name steps of this workflow.",
                );
            }
        }
        let known: BTreeSet<String> = workflow
            .parameters
            .iter()
            .map(|parameter| parameter.name.clone())
            .chain(workflow.before(&read.step).into_iter().map(task_hole))
            .collect();
        let unknown: BTreeSet<&str> = read
            .step
            .texts()
            .flat_map(workflow::holes)
            .filter(|hole| !known.contains(*hole))
            .collect();
        for hole in unknown {
            findings.serious(
                Some(read.line),
                format!("the step `{}` has `${{{hole}}}`, which is neither a parameter nor the task of a step it depends on", read.step.name),
                "Add the parameter or the dependency; write `$${` for a `${` that is meant as such.",
            );
        }
    }
    let ordered: BTreeSet<&str> = workflow
        .in_order()
        .iter()
        .map(|step| step.name.as_str())
        .collect();
    let circle: Vec<&Read> = steps
        .iter()
        .filter(|read| {
            !ordered.contains(read.step.name.as_str())
                && read
                    .step
                    .depends_on
                    .iter()
                    .all(|name| workflow.steps.iter().any(|step| step.name == *name))
        })
        .collect();
    if let Some(first) = circle.first() {
        let names: Vec<_> = circle.iter().map(|read| read.step.name.as_str()).collect();
        findings.serious(
            Some(first.depends_line),
            format!("these steps wait for one another: {}", names.join(", ")),
            "Take one of the dependencies out.",
        );
    }
    for parameter in &workflow.parameters {
        let used = workflow
            .steps
            .iter()
            .flat_map(StepTemplate::texts)
            .flat_map(workflow::holes)
            .any(|hole| hole == parameter.name);
        if !used && !workflow.steps.is_empty() {
            findings.slight(
                None,
                format!("the parameter `{}` is used nowhere", parameter.name),
                "Use it in a text of a step, or delete it.",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{read, yaml};
    use orchestron_domain::{Leg, workflow::Workflow};

    fn of(text: &str) -> (Option<Workflow>, Vec<(Option<u32>, String)>) {
        let (workflow, problems) = read("rpiv", &yaml::parse(text).unwrap());
        (
            workflow,
            problems
                .into_iter()
                .map(|problem| (problem.line, problem.what))
                .collect(),
        )
    }

    #[test]
    fn the_example_of_init_is_whole() {
        let (workflow, problems) = of(crate::config::EXAMPLE_WORKFLOW);
        assert_eq!(problems, []);
        let workflow = workflow.unwrap();
        let names: Vec<_> = workflow
            .in_order()
            .iter()
            .map(|step| step.name.clone())
            .collect();
        assert_eq!(names, ["research", "plan", "implement", "verify"]);
    }

    #[test]
    fn every_key_is_read() {
        let (workflow, problems) = of(
            "about: x\nparameters:\n  goal: what\n  area: { about: where, default: src, choices: [src, ui] }\nsteps:\n  b:\n    title: \"B ${goal} ${a.task}\"\n    depends_on: a\n    chain: { prepare: person, review: rev }\n    agent: impl\n    priority: P0\n    tests: [login works]\n  a:\n    title: ${area}\n",
        );
        assert_eq!(problems, []);
        let workflow = workflow.unwrap();
        assert_eq!(workflow.steps[0].name, "b", "as in the file");
        assert_eq!(
            workflow.steps[0]
                .chain
                .get(&Leg::Implement)
                .unwrap()
                .as_str(),
            "impl"
        );
        assert_eq!(workflow.parameters[1].default.as_deref(), Some("src"));
        assert_eq!(workflow.steps[0].tests, ["login works"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, words) in [
            ("about: x\n", Some(1), "no `steps`"),
            (
                "steps:\n  a:\n    title: x\n    depends_on: [b]\n",
                Some(4),
                "no step `b`",
            ),
            ("steps:\n  a:\n    title: ${who}\n", Some(2), "`${who}`"),
            (
                "steps:\n  a:\n    title: ${b.task}\n  b:\n    title: x\n",
                Some(2),
                "`${b.task}`",
            ),
            (
                "steps:\n  a:\n    title: x\n    depends_on: b\n  b:\n    title: y\n    depends_on: a\n",
                Some(4),
                "wait for one another: a, b",
            ),
            ("steps:\n  a:\n    goal: x\n", Some(2), "no `title`"),
            (
                "steps:\n  a:\n    title: x\n    agents: y\n",
                Some(4),
                "no key",
            ),
            (
                "steps:\n  a:\n    title: x\n    priority: P9\n",
                Some(4),
                "no priority",
            ),
            ("steps:\n  a b:\n    title: x\n", Some(2), "name of a step"),
            (
                "parameters:\n  p: { default: z, choices: [x] }\nsteps:\n  a:\n    title: ${p}\n",
                Some(2),
                "none of the choices",
            ),
        ] {
            let (workflow, problems) = of(text);
            assert!(workflow.is_none(), "{text}");
            assert!(
                problems
                    .iter()
                    .any(|(at, what)| *at == line && what.contains(words)),
                "{text}\n{problems:?}"
            );
        }
    }
}
