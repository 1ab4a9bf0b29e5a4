//! `board` and `list`: cards. No task file is read for them.

use crate::{
    Context, OpError, project,
    view::{Sight, each_in_columns, in_columns, word},
    who::{holds, is_known, unknown},
    wire::{BoardView, CardView, CountView, ProblemView, StatusView, UrgentView, input},
};
use orchestron_domain::{
    AgentName, Holder, State, Status, TaskCard, TaskId, ids::IdError, schedule::leg_of,
};

/// The board: the project and every card, column by column, in the order they stand there.
///
/// # Errors
/// When the project cannot be read.
pub fn board(cx: &mut Context, _input: &input::Nothing) -> Result<BoardView, OpError> {
    let state = cx.state()?;
    let problems = problems(cx, &state)?;
    let sight = Sight::new(cx, &state)?;
    let cards = state.cards.values();
    let open = cards.filter(|card| card.status != Status::Done).count();
    Ok(BoardView {
        project: project::view(cx, &sight, project::number(open), problems)?,
        cards: in_columns(&sight, |_| true),
    })
}

/// Where everything stands: counts by the folders, and the few cards that something is under way with. However many tasks rest,
/// it takes no longer.
///
/// # Errors
/// When the project cannot be read.
pub fn status(cx: &mut Context, _input: &input::Nothing) -> Result<StatusView, OpError> {
    cx.look()?;
    let (state, task_problems) = cx.store.in_flight()?;
    let (_, config_problems) = cx.store.files().config()?;
    let dropped = orchestron_engine::drops::problems(&cx.store, &state)?;
    let misplaced = cx.store.files().misplaced()?;
    let counted = cx.store.counts()?;
    let sight = Sight::new(cx, &state)?;
    let moves = |card: &TaskCard| {
        card.status == Status::InProgress
            || sight.live(&card.id).is_some()
            || !sight.requests(&card.id).is_empty()
    };
    let counts = Status::ALL.into_iter().map(|status| CountView {
        status: word::status(status),
        count: counted.get(&status).copied().unwrap_or(0),
    });
    Ok(StatusView {
        name: project::name(cx, &state),
        engine: project::engine(&sight),
        counts: counts.collect(),
        in_flight: project::number(project::in_flight(&sight)),
        needs_you: project::number(state.open_requests().count()),
        urgent: urgent(&sight),
        cards: in_columns(&sight, moves),
        problems: config_problems
            .into_iter()
            .chain(task_problems)
            .chain(misplaced)
            .chain(dropped)
            .map(word::problem)
            .collect(),
    })
}

/// Open requests that are weighed; of more, the oldest.
const WEIGHED: usize = 100;
/// Requests that are named.
const NAMED: usize = 3;

/// The most urgent of what waits for a person.
fn urgent(sight: &Sight<'_>) -> Vec<UrgentView> {
    let mut open: Vec<_> = sight.state.open_requests().take(WEIGHED).collect();
    open.sort_by_cached_key(|request| {
        (std::cmp::Reverse(sight.urgency(request).score), request.id)
    });
    let named = open.into_iter().take(NAMED);
    let view = named.map(|request| crate::view::request(sight, request, None));
    view.map(|view| UrgentView {
        id: view.id,
        kind: view.kind,
        task: view.task,
        title: view.title,
        why: view.urgency_why,
    })
    .collect()
}

/// Cards, perhaps only those that stand somewhere, or that somebody implements or holds now.
///
/// # Errors
/// When the project cannot be read, or nobody has that name.
pub fn list(cx: &mut Context, input: &input::List) -> Result<Vec<CardView>, OpError> {
    let mut cards = Vec::new();
    each(cx, input, &mut |card| cards.push(card))?;
    Ok(cards)
}

/// The same, card by card; returns what keeps files from being among them.
///
/// # Errors
/// As [`list`]; then no card was told.
pub fn each(
    cx: &mut Context,
    input: &input::List,
    tell: &mut dyn FnMut(CardView),
) -> Result<Vec<ProblemView>, OpError> {
    let state = cx.state()?;
    let agent = input.agent.as_deref();
    let agent = agent.map(|text| Asked::read(&state, text)).transpose()?;
    let problems = problems(cx, &state)?;
    let sight = Sight::new(cx, &state)?;
    let wanted = |card: &TaskCard| {
        input
            .status
            .is_none_or(|status| card.status == word::status_of(status))
            && agent.as_ref().is_none_or(|who| who.has(&state, card))
    };
    each_in_columns(&sight, wanted, tell);
    Ok(problems)
}

/// One task's card, and where it is worked on; none when there is no such task. However many others there are, it takes no longer.
///
/// # Errors
/// When the project cannot be read.
pub fn one(cx: &mut Context, task: &TaskId) -> Result<Option<(CardView, Option<String>)>, OpError> {
    let state = cx.shown(task)?;
    let sight = Sight::new(cx, &state)?;
    let found = state.tasks.get(task);
    let place = found.and_then(|found| Some(found.place.as_ref()?.path.clone()));
    let card = state.cards.get(task);
    Ok(card.map(|card| (crate::view::card(&sight, card, 0), place)))
}

/// Files that cannot be understood, or lie where nobody sees them. Almost always there are none, and then no file has to be looked
/// through for it.
fn problems(cx: &Context, state: &State) -> Result<Vec<ProblemView>, OpError> {
    let misplaced = cx.store.files().misplaced()?;
    let problems = if state.unclear.is_empty() && cx.store.log().index_problems()?.is_empty() {
        Vec::new()
    } else {
        cx.store.board()?.2
    };
    let all = problems.into_iter().chain(misplaced);
    Ok(all.map(word::problem).collect())
}

/// Whose tasks are asked for.
pub(crate) enum Asked {
    /// The person.
    Person,
    /// An agent, or somebody outside.
    Named(AgentName),
}

impl Asked {
    fn read(state: &State, text: &str) -> Result<Self, OpError> {
        Self::read_or(state, text, || false)
    }

    /// Reads the name of somebody the state knows, or who is `known` otherwise.
    pub(crate) fn read_or(
        state: &State,
        text: &str,
        known: impl FnOnce() -> bool,
    ) -> Result<Self, OpError> {
        let input = |what| OpError::Input {
            field: "agent",
            what,
        };
        if text == "person" {
            return Ok(Self::Person);
        }
        let name = text
            .parse()
            .map_err(|error: IdError| input(error.to_string()))?;
        if is_known(state, &name) || known() {
            Ok(Self::Named(name))
        } else {
            Err(input(unknown(state, &name)))
        }
    }

    /// Whether a file that is done names it.
    pub(crate) fn is_named_by(&self, agent: Option<&AgentName>) -> bool {
        match self {
            Self::Person => false,
            Self::Named(name) => agent == Some(name),
        }
    }

    /// Whether the task is this holder's: it holds it now, its turn comes next, or the file names it.
    pub(crate) fn has(&self, state: &State, card: &TaskCard) -> bool {
        let leg = leg_of(card.status);
        let next = leg.map(|leg| state.holder(&card.id, leg));
        let now = holds(state, &card.id).or(next);
        match self {
            Self::Person => now == Some(Holder::Person),
            Self::Named(name) => {
                card.agent.as_ref() == Some(name)
                    || now.as_ref().and_then(word::name_of) == Some(name)
            }
        }
    }
}
