//! `workflows`, `workflow-start`, `workflow-status`: templates that make tasks, and how far what they made is.
//!
//! Starting is safe to repeat with the same key: what was made is told, and what an interrupted start left out is made.

use crate::{
    Context, OpError,
    view::{self, Sight, word},
    who::only_person,
    wire::{
        HolderKind, HolderView, InstanceView, InstanceWord, LegHolderView, Money, ParameterView,
        SetView, StatusWord, StepView, TemplateStepView, TicksView, WorkflowStartView,
        WorkflowStatusView, WorkflowView, WorkflowsView, input,
    },
    writing::{done, tell_engine},
};
use orchestron_domain::{
    Actor, AgentName, Fact, Holder, Leg, State, TaskCard, TaskId, Time,
    task_file::{TaskDraft, TaskFile, new_task},
    workflow::{Made, Origin, StepTemplate, Workflow, free_instance, is_instance, task_hole},
};
use orchestron_engine::ports::WorkflowFile;
use std::collections::BTreeMap;

/// Prefix of ids when the configuration names none.
const PREFIX: &str = "TASK";
/// Beyond so many tasks their files are not read to find what a lost log knew.
const MOST_READ: usize = 2_000;

/// All workflows, and what was made from them.
///
/// # Errors
/// When the project cannot be read.
pub fn workflows(cx: &mut Context, _input: &input::Nothing) -> Result<WorkflowsView, OpError> {
    let state = cx.state()?;
    let files = cx.store.files().workflows()?;
    let workflows = files
        .into_iter()
        .map(|file| template(&state, file))
        .collect();
    Ok(WorkflowsView {
        workflows,
        instances: instances(cx, &state, None)?,
    })
}

/// How far what was made is: one instance, or all.
///
/// # Errors
/// When there is no such instance, or the project cannot be read.
pub fn status(
    cx: &mut Context,
    input: &input::WorkflowStatus,
) -> Result<WorkflowStatusView, OpError> {
    let state = cx.state()?;
    let wanted = input.instance.as_deref().map(str::trim);
    let instances = instances(cx, &state, wanted)?;
    if let (Some(name), true) = (wanted, instances.is_empty()) {
        return Err(wrong(
            "instance",
            format!("there is none called `{name}`; `orchestron workflow status` tells all"),
        ));
    }
    Ok(WorkflowStatusView { instances })
}

/// Makes the tasks of a workflow.
///
/// # Errors
/// When there is no such workflow, it cannot be started like this, or a task cannot be written.
pub fn start(cx: &mut Context, input: &input::WorkflowStart) -> Result<WorkflowStartView, OpError> {
    only_person(cx, "start a workflow")?;
    let state = cx.state()?;
    let workflow = named(cx, input.workflow.trim())?;
    let key = input
        .key
        .as_deref()
        .map(str::trim)
        .filter(|key| !key.is_empty());
    if let Some(key) = key {
        if !is_instance(key) {
            return Err(wrong(
                "key",
                format!(
                    "`{key}` cannot be a name: use letters, digits, `-`, `_` and `.`, at most 60"
                ),
            ));
        }
        if let Some(made) = state.workflows.get(key) {
            if made.workflow != workflow.name {
                return Err(wrong(
                    "key",
                    format!("`{key}` was started from the workflow {}", made.workflow),
                ));
            }
            return again(cx, &state, made);
        }
    }
    let said: Vec<(String, String)> = input
        .set
        .iter()
        .map(|set| (set.name.trim().to_owned(), set.value.clone()))
        .collect();
    let values = workflow
        .values(&said)
        .map_err(|error| wrong("set", error.to_string()))?;
    let instance = match key {
        Some(key) => key.to_owned(),
        None => free_instance(&workflow.name, |name| state.workflows.contains_key(name)),
    };
    let left = match key {
        // An earlier start may have been interrupted.
        Some(key) => by_origin(cx, &state)?.remove(key).unwrap_or_default(),
        None => BTreeMap::new(),
    };
    must_fit(&workflow, &values)?;
    let steps = make(cx, &state, &workflow, &instance, &values, left)?;
    tell(
        cx,
        Made {
            instance,
            workflow: workflow.name,
            parameters: values,
            steps,
            at: None,
        },
    )
}

/// Writes down what was made, and says how it goes on.
fn tell(cx: &mut Context, made: Made) -> Result<WorkflowStartView, OpError> {
    let actor = Actor::clone(&cx.actor);
    cx.store
        .append(&actor, vec![Fact::WorkflowStarted { made: made.clone() }])?;
    let state = cx.state()?;
    let names: Vec<_> = made
        .steps
        .iter()
        .map(|(step, task)| format!("{task} ({step})"))
        .collect();
    let mut told = done(
        None,
        None,
        format!("started {}: {}", made.instance, names.join(", ")),
    );
    told.next.push(format!(
        "`orchestron workflow status {}` tells how far it is",
        made.instance
    ));
    tell_engine(cx, &mut told, "its tasks are started")?;
    Ok(WorkflowStartView {
        instance: one(cx, &state, &made)?,
        again: false,
        done: told,
    })
}

fn wrong(field: &'static str, what: impl Into<String>) -> OpError {
    OpError::Input {
        field,
        what: what.into(),
    }
}

fn named(cx: &Context, name: &str) -> Result<Workflow, OpError> {
    let files = cx.store.files().workflows()?;
    let known: Vec<_> = files.iter().map(|file| file.name.clone()).collect();
    let Some(file) = files.into_iter().find(|file| file.name == name) else {
        let known = match known.is_empty() {
            true => "there are none: write .mcp/workflows/NAME.yaml".to_owned(),
            false => format!("there are {}", known.join(", ")),
        };
        return Err(wrong(
            "workflow",
            format!("there is no workflow `{name}`; {known}"),
        ));
    };
    let problem = file.problems.first().map_or_else(String::new, |problem| {
        let line = problem
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        format!("{}{line}: {}", problem.path, problem.what)
    });
    file.workflow.ok_or_else(|| {
        wrong(
            "workflow",
            format!("`{name}` cannot be started until its file is mended. {problem}"),
        )
    })
}

fn again(cx: &mut Context, state: &State, made: &Made) -> Result<WorkflowStartView, OpError> {
    let told = done(
        None,
        None,
        format!("{} was started before; nothing was made", made.instance),
    );
    Ok(WorkflowStartView {
        instance: one(cx, state, made)?,
        again: true,
        done: told,
    })
}

/// Found out before anything is made: with its values filled in, a task may be larger than a task file can be.
fn must_fit(workflow: &Workflow, values: &BTreeMap<String, String>) -> Result<(), OpError> {
    let id = TaskId::new(PREFIX, 1)?;
    let mut values = values.clone();
    for step in &workflow.steps {
        values.insert(task_hole(&step.name), id.to_string());
    }
    for step in &workflow.steps {
        let filled = step
            .filled(&values)
            .map_err(|error| wrong("workflow", error.to_string()))?;
        let origin = Origin {
            workflow: workflow.name.clone(),
            instance: "x".to_owned(),
            step: step.name.clone(),
        };
        TaskFile::parse(&new_task(&draft(&filled, Vec::new(), origin, id.clone())))
            .map_err(|error| wrong("set", format!("the step `{}`: {error}", step.name)))?;
    }
    Ok(())
}

fn draft(step: &StepTemplate, depends_on: Vec<TaskId>, origin: Origin, id: TaskId) -> TaskDraft {
    TaskDraft {
        id,
        title: step.title.clone(),
        priority: step.priority,
        agent: step.chain.get(&Leg::Implement).cloned(),
        goal: step.goal.clone(),
        criteria: step.criteria.clone(),
        depends_on,
        files: step.files.clone(),
        order: None,
        needs: step.needs.clone(),
        tests: step.tests.clone(),
        workflow: Some(origin),
        notes: step.notes.clone(),
        created: Time::default(),
    }
}

/// Makes the task of each step behind those it depends on. The steps come back as the template has them.
fn make(
    cx: &mut Context,
    state: &State,
    workflow: &Workflow,
    instance: &str,
    values: &BTreeMap<String, String>,
    left: BTreeMap<String, TaskId>,
) -> Result<Vec<(String, TaskId)>, OpError> {
    let mut values = values.clone();
    let mut tasks = left;
    let prefix = match state.config.task_prefix.as_str() {
        "" => PREFIX,
        prefix => prefix,
    };
    for step in workflow.in_order() {
        if !tasks.contains_key(&step.name) {
            let filled = step
                .filled(&values)
                .map_err(|error| wrong("workflow", error.to_string()))?;
            let depends_on = step
                .depends_on
                .iter()
                .filter_map(|name| tasks.get(name).cloned())
                .collect();
            let origin = Origin {
                workflow: workflow.name.clone(),
                instance: instance.to_owned(),
                step: step.name.clone(),
            };
            let draft = draft(&filled, depends_on, origin, TaskId::new(PREFIX, 1)?);
            let actor = Actor::clone(&cx.actor);
            let card = cx
                .store
                .create_with(&actor, prefix, draft, |task| given(step, task))?;
            tasks.insert(step.name.clone(), card.id);
        }
        if let Some(task) = tasks.get(&step.name) {
            values.insert(task_hole(&step.name), task.to_string());
        }
    }
    let listed = workflow
        .steps
        .iter()
        .filter_map(|step| Some((step.name.clone(), tasks.get(&step.name)?.clone())));
    Ok(listed.collect())
}

/// The legs that the template gives to somebody; who implements it stands in the file.
fn given(step: &StepTemplate, task: &TaskId) -> Vec<(Actor, Fact)> {
    let legs = step.chain.iter().filter(|(leg, _)| **leg != Leg::Implement);
    let fact = |(leg, name): (&Leg, &AgentName)| Fact::Reassigned {
        task: task.clone(),
        leg: *leg,
        to: Some(name.clone()),
        why: "its workflow says so".to_owned(),
    };
    legs.map(|given| (Actor::Person, fact(given))).collect()
}

/// What the files say of where each task belongs: by instance, by step.
fn by_origin(
    cx: &mut Context,
    state: &State,
) -> Result<BTreeMap<String, BTreeMap<String, TaskId>>, OpError> {
    let mut found: BTreeMap<String, BTreeMap<String, TaskId>> = BTreeMap::new();
    for (origin, task) in origins(cx, state)? {
        found
            .entry(origin.instance)
            .or_default()
            .insert(origin.step, task);
    }
    Ok(found)
}

fn origins(cx: &mut Context, state: &State) -> Result<Vec<(Origin, TaskId)>, OpError> {
    if state.cards.len() > MOST_READ {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for task in state
        .cards
        .keys()
        .filter(|task| !state.unclear.contains(*task))
    {
        // One that vanishes meanwhile belongs nowhere.
        if let Ok((_, file)) = cx.store.read(task)
            && let Some(origin) = file.origin()
        {
            found.push((origin, task.clone()));
        }
    }
    Ok(found)
}

/// What was made, newest first; when the log is lost, what the files still tell.
fn instances(
    cx: &mut Context,
    state: &State,
    wanted: Option<&str>,
) -> Result<Vec<InstanceView>, OpError> {
    let mut made: Vec<Made> = state.workflows.values().cloned().collect();
    if made.is_empty() && !cx.store.files().workflows()?.is_empty() {
        made = from_files(cx, state)?;
    }
    made.retain(|one| wanted.is_none_or(|name| one.instance == name));
    made.sort_by(|one, other| (other.at, &one.instance).cmp(&(one.at, &other.instance)));
    let sight = Sight::new(cx, state)?;
    let templates = cx.store.files().workflows()?;
    Ok(made
        .iter()
        .map(|made| instance(&sight, made, &templates))
        .collect())
}

fn one(cx: &Context, state: &State, made: &Made) -> Result<InstanceView, OpError> {
    let sight = Sight::new(cx, state)?;
    let known = state.workflows.get(&made.instance).unwrap_or(made);
    Ok(instance(&sight, known, &cx.store.files().workflows()?))
}

fn from_files(cx: &mut Context, state: &State) -> Result<Vec<Made>, OpError> {
    let mut made: BTreeMap<String, Made> = BTreeMap::new();
    for (origin, task) in origins(cx, state)? {
        let one = made.entry(origin.instance.clone()).or_insert_with(|| Made {
            instance: origin.instance.clone(),
            workflow: origin.workflow.clone(),
            parameters: BTreeMap::new(),
            steps: Vec::new(),
            at: None,
        });
        one.steps.push((origin.step, task));
    }
    Ok(made.into_values().collect())
}

fn instance(sight: &Sight<'_>, made: &Made, templates: &[WorkflowFile]) -> InstanceView {
    let template = templates
        .iter()
        .find(|file| file.name == made.workflow)
        .and_then(|file| file.workflow.as_ref());
    let steps: Vec<StepView> = made
        .steps
        .iter()
        .map(|(name, task)| step(sight, made, template, name, task))
        .collect();
    let is_done = |step: &&StepView| step.status == Some(StatusWord::Done);
    let done = steps.iter().filter(is_done).count();
    let stuck = |step: &StepView| matches!(step.status, None | Some(StatusWord::Failed));
    let state = if done == steps.len() {
        InstanceWord::Done
    } else if steps.iter().any(stuck) {
        InstanceWord::Stuck
    } else if steps.iter().any(|step| step.request.is_some()) {
        InstanceWord::NeedsYou
    } else {
        InstanceWord::Running
    };
    let now = steps
        .iter()
        .find(|step| !is_done(step) && step.line.is_some());
    InstanceView {
        id: made.instance.clone(),
        workflow: made.workflow.clone(),
        state,
        started: made.at.map(word::millis),
        ended: (state == InstanceWord::Done)
            .then(|| steps.iter().filter_map(|step| step.moved).max())
            .flatten(),
        parameters: made
            .parameters
            .iter()
            .map(|(name, value)| SetView {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
        done: u32::try_from(done).unwrap_or(u32::MAX),
        all: u32::try_from(steps.len()).unwrap_or(u32::MAX),
        cost: Money(steps.iter().map(|step| step.cost.0).sum()),
        line: now.and_then(|step| Some(format!("{}: {}", step.step, step.line.as_ref()?))),
        steps,
    }
}

fn step(
    sight: &Sight<'_>,
    made: &Made,
    template: Option<&Workflow>,
    name: &str,
    task: &TaskId,
) -> StepView {
    let of_template = template.and_then(|found| found.steps.iter().find(|step| step.name == name));
    let Some(card) = sight.state.cards.get(task) else {
        return gone(name, task, of_template);
    };
    let view = view::card(sight, card, 0);
    StepView {
        step: name.to_owned(),
        task: task.to_string(),
        title: view.title,
        status: Some(view.status),
        turn: Some(view.turn),
        line: view.line,
        waits_for: view.blocked_by,
        depends_on: depends_on(made, card),
        moved: view.moved,
        criteria: view.criteria,
        cost: view.cost,
        request: view.request.map(|request| request.id),
    }
}

/// In steps: what the file says now, which people may have changed.
fn depends_on(made: &Made, card: &TaskCard) -> Vec<String> {
    let named = made
        .steps
        .iter()
        .filter(|(_, task)| card.depends_on.contains(task));
    named.map(|(step, _)| step.clone()).collect()
}

fn gone(name: &str, task: &TaskId, template: Option<&StepTemplate>) -> StepView {
    StepView {
        step: name.to_owned(),
        task: task.to_string(),
        title: template.map_or_else(String::new, |step| step.title.clone()),
        status: None,
        turn: None,
        line: Some("its task is gone".to_owned()),
        waits_for: Vec::new(),
        depends_on: template.map_or_else(Vec::new, |step| step.depends_on.clone()),
        moved: None,
        criteria: TicksView { done: 0, all: 0 },
        cost: Money(0),
        request: None,
    }
}

fn template(state: &State, file: WorkflowFile) -> WorkflowView {
    let usable = file.workflow.is_some();
    let workflow = file.workflow.unwrap_or_default();
    WorkflowView {
        name: file.name,
        file: format!(".mcp/{}", file.file),
        about: workflow.about,
        parameters: workflow
            .parameters
            .into_iter()
            .map(|parameter| ParameterView {
                name: parameter.name,
                about: parameter.about,
                default: parameter.default,
                choices: parameter.choices,
            })
            .collect(),
        steps: workflow
            .steps
            .into_iter()
            .map(|step| template_step(state, step))
            .collect(),
        problems: file.problems.into_iter().map(word::problem).collect(),
        usable,
    }
}

fn template_step(state: &State, step: StepTemplate) -> TemplateStepView {
    let holder = |name: AgentName| match state.config.called(name) {
        Holder::Nobody => HolderView {
            kind: HolderKind::Nobody,
            name: String::new(),
        },
        holder => word::holder(&holder),
    };
    TemplateStepView {
        step: step.name,
        title: step.title,
        goal: step.goal,
        priority: step.priority.to_string(),
        chain: step
            .chain
            .into_iter()
            .map(|(leg, name)| LegHolderView {
                leg: word::leg(leg),
                holder: holder(name),
            })
            .collect(),
        depends_on: step.depends_on,
        criteria: step.criteria,
        files: step.files,
        needs: step.needs,
    }
}

/// What was wrong with the files, for the doctor.
///
/// # Errors
/// When they cannot be read.
pub fn problems(cx: &Context) -> Result<Vec<orchestron_engine::ports::Problem>, OpError> {
    let files = cx.store.files().workflows()?;
    let state = cx.store.configured()?;
    let mut found = Vec::new();
    for file in files {
        // Somebody nobody knows is taken for a tool outside, and nothing is launched for it: worth a word.
        let strangers = file
            .workflow
            .iter()
            .flat_map(|workflow| &workflow.steps)
            .flat_map(|step| step.chain.values().map(move |name| (step, name)));
        for (step, name) in strangers.filter(|(_, name)| !state.config.names(name)) {
            found.push(orchestron_engine::ports::Problem {
                path: format!(".mcp/{}", file.file),
                line: None,
                what: format!(
                    "the step `{}` is given to `{name}`, whom .mcp/agents.yaml does not name",
                    step.name
                ),
                cure: "Write the name of one of its agents, or add it there.".to_owned(),
            });
        }
        found.extend(file.problems);
    }
    Ok(found)
}
