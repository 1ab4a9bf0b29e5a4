//! `project`: the project as a whole.

use crate::{
    Context, OpError,
    view::{Sight, agents, word},
    wire::{Big, EngineView, ProblemView, ProjectView, input},
};
use orchestron_domain::{
    MicroUsd, State, Status, Time,
    budget::BudgetScope,
    state::{DAY_MS, Step},
};
use orchestron_engine::{base_branch, ports::Problem};

/// The project as a whole.
///
/// # Errors
/// When it cannot be read.
pub fn project(cx: &mut Context, _input: &input::Nothing) -> Result<ProjectView, OpError> {
    cx.look()?;
    let (state, problems) = cx.store.in_flight()?;
    let problems = problems.into_iter().map(word::problem).collect();
    let mut counts = cx.store.counts()?;
    counts.remove(&Status::Done);
    let open = counts.values().sum();
    let sight = Sight::new(cx, &state)?;
    view(cx, &sight, open, problems)
}

/// The project, seen in this state, with so many open tasks, and what is wrong with task files.
pub(crate) fn view(
    cx: &Context,
    sight: &Sight<'_>,
    open: u32,
    task_problems: Vec<ProblemView>,
) -> Result<ProjectView, OpError> {
    let state = sight.state;
    let (_, config_problems) = cx.store.files().config()?;
    let dropped = orchestron_engine::drops::problems(&cx.store, state)?;
    let own = |problems: Vec<Problem>| problems.into_iter().map(word::problem);
    let problems = own(config_problems).chain(task_problems);
    let git = cx.git.is_repository()?;
    Ok(ProjectView {
        name: name(cx, state),
        path: cx.project.path.clone(),
        git,
        base_branch: if git {
            Some(base_branch(&cx.store, cx.git.as_ref(), state)?)
        } else {
            None
        },
        scripted: cx.project.scripted,
        engine: engine(sight),
        agents: agents(cx, sight, &cx.programs.found()?),
        tasks: open,
        in_flight: number(in_flight(sight)),
        needs_you: number(state.open_requests().count()),
        spent_today: word::money(state.spent_on(sight.now)),
        budget_today: budget_of_day(state, sight.now).map(word::money),
        median_handoff: median(&state.handoffs_ms).map(|ms| Big(u64::from(ms))),
        problems: problems.chain(own(dropped)).collect(),
        generation: Big(state.seq.0),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// What may be spent today, with what a person granted beyond it.
fn budget_of_day(state: &State, now: Time) -> Option<MicroUsd> {
    let day = BudgetScope::Day(now.0.div_euclid(DAY_MS));
    let granted = state.raised.get(&day).copied().unwrap_or_default();
    Some(state.config.limits.budget.day?.plus(granted))
}

/// The engine as seen from here.
pub(crate) fn engine(sight: &Sight<'_>) -> EngineView {
    EngineView {
        running: sight.running,
        paused: sight.paused.clone(),
        trusted: sight.state.trusted,
    }
}

/// The configured name, else the folder's.
pub(crate) fn name(cx: &Context, state: &State) -> String {
    if !state.config.project.is_empty() {
        return state.config.project.clone();
    }
    let folder = cx
        .project
        .path
        .trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next();
    folder.unwrap_or_default().to_owned()
}

/// The branch approved work goes to; none without git.
pub(crate) fn base(cx: &Context, state: &State) -> Result<Option<String>, OpError> {
    if !cx.git.is_repository()? {
        return Ok(None);
    }
    Ok(Some(base_branch(&cx.store, cx.git.as_ref(), state)?))
}

/// Tasks that somebody or something works on now.
pub(crate) fn in_flight(sight: &Sight<'_>) -> usize {
    let state = sight.state;
    let moves = |step: &Step| !matches!(step, Step::Idle | Step::Asking);
    state
        .cards
        .values()
        .filter(|card| !card.status.is_over())
        .filter(|card| sight.live(&card.id).is_some() || moves(state.step(&card.id)))
        .count()
}

pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn median(values: &[u32]) -> Option<u32> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}
