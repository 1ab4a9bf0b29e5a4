//! `next`: the task a holder works on next, with its whole context as one document.

use crate::{
    Context, OpError, claim,
    view::{self, Sight, is_for_the_person, word},
    who::{Who, holds},
    wire::{NextView, input},
};
use orchestron_domain::{
    Actor, Holder, Leg, State, TaskCard, TaskId,
    schedule::{Wait, leg_of},
    state::Step,
};
use orchestron_engine::outside_document;
use std::collections::BTreeSet;

/// So many tasks are looked at first; then more and more.
const FIRST_LOOK: u32 = 32;

/// The next task for the caller: what it holds already, else what is furthest along, most urgent and oldest.
///
/// # Errors
/// When the project cannot be read, or the name is unknown.
pub fn next(cx: &mut Context, input: &input::Next) -> Result<NextView, OpError> {
    cx.look()?;
    let mut state = cx.store.going_on()?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let mut first = at_hand(&state, &who);
    if is_launched(&state, &who) {
        // Only what agents of ours take waits for the files of others.
        state = cx.store.about(&first)?;
    } else {
        let conflicts = state.conflicts.values();
        first.extend(conflicts.flat_map(|found| found.tasks.iter().cloned()));
        cx.store.add_tasks(&mut state, &first)?;
    }
    let own = |card: &TaskCard| holds(&state, &card.id).as_ref() == Some(&who.holder());
    let mut found = candidates(&Sight::new(cx, &state)?, &who, own);
    // Of all others the first ones are looked at first, and of those what they wait for.
    let (mut after, mut many) = (None, FIRST_LOOK);
    loop {
        for (task, leg) in &found {
            if let Some(view) = offer(cx, &mut state, &who, (task, *leg), input.claim)? {
                return Ok(view);
            }
        }
        // What somebody is asked about or works at is nobody's to take, whatever it depends on.
        let asked: BTreeSet<&TaskId> = state
            .open_requests()
            .filter_map(|request| request.task.as_ref())
            .collect();
        let free = |task: &TaskId| !asked.contains(task) && *state.step(task) == Step::Idle;
        let rows = cx.store.in_turn(after, many, &free)?;
        let Some((last, _)) = rows.last() else { break };
        (after, many) = (Some(*last), many.saturating_mul(4));
        let open = rows.into_iter().filter_map(|(_, file)| file.card);
        let open = open.filter(|card| !is_for_the_person(&state, card));
        let open: Vec<TaskCard> = open.collect();
        let tasks: BTreeSet<TaskId> = open.iter().map(|card| card.id.clone()).collect();
        cx.store.add_cards(&mut state, open)?;
        let among = |card: &TaskCard| tasks.contains(&card.id);
        found = candidates(&Sight::new(cx, &state)?, &who, among);
    }
    let state = cx.state()?;
    let sight = Sight::new(cx, &state)?;
    Ok(NextView {
        task: None,
        leg: None,
        document: String::new(),
        worktree: None,
        none: Some(why_nothing(&sight, &who)),
    })
}

/// What the caller holds.
fn at_hand(state: &State, who: &Who) -> BTreeSet<TaskId> {
    let begun = state.tasks.iter();
    let begun = begun.filter(|(_, found)| found.step != Step::Idle);
    let begun = begun.map(|(task, _)| task);
    begun
        .chain(state.live_runs().map(|run| &run.task))
        .filter(|task| holds(state, task).as_ref() == Some(&who.holder()))
        .cloned()
        .collect()
}

/// Whether the caller speaks as an agent that we start.
fn is_launched(state: &State, who: &Who) -> bool {
    match who.holder() {
        Holder::Agent(_) => true,
        Holder::Outside(name) => matches!(state.config.called(name), Holder::Agent(_)),
        Holder::Person | Holder::Nobody => false,
    }
}

/// Hands a task over, after it was claimed if that is wanted; none when somebody was faster, or its id is not its alone.
fn offer(
    cx: &mut Context,
    state: &mut State,
    who: &Who,
    (task, leg): (&TaskId, Leg),
    claims: bool,
) -> Result<Option<NextView>, OpError> {
    if !claims || holds(state, task).is_some() {
        // The files were looked at just now, and the row was read.
        let this = BTreeSet::from([task.clone()]);
        cx.store.add_tasks(state, &this)?;
        if state.unclear.contains(task) {
            return Ok(None);
        }
        // With what it waits for: of what the caller holds already that was not looked at.
        let card = state.cards.get(task).cloned();
        cx.store.add_cards(state, card)?;
        cx.store.add_progress(state, &this)?;
        return hand_over(cx, state, task, leg, &who.holder()).map(Some);
    }
    let name = match &who.actor {
        Actor::Outside { name } => Some(name.to_string()),
        _ => None,
    };
    let claim = input::Claim {
        task: task.to_string(),
        agent: name,
    };
    match claim::claim(cx, &claim) {
        Err(OpError::Held { .. } | OpError::WrongStatus { .. } | OpError::NotNow { .. }) => {
            return Ok(None);
        }
        other => other?,
    };
    let now = cx.store.about(&[task.clone()].into())?;
    hand_over(cx, &now, task, leg, &who.holder()).map(Some)
}

fn hand_over(
    cx: &mut Context,
    state: &State,
    task: &TaskId,
    leg: Leg,
    holder: &Holder,
) -> Result<NextView, OpError> {
    let document = outside_document(&mut cx.store, cx.git.as_ref(), state, task, leg, holder)?;
    let sight = Sight::new(cx, state)?;
    let place = state.tasks.get(task).and_then(|found| found.place.as_ref());
    Ok(NextView {
        task: state
            .cards
            .get(task)
            .map(|card| view::card(&sight, card, 0)),
        leg: Some(word::leg(leg)),
        document,
        worktree: place.map(|place| place.path.clone()),
        none: None,
    })
}

/// Tasks the caller can work on, of some: its own first, then in the order of the schedule.
fn candidates(
    sight: &Sight<'_>,
    who: &Who,
    among: impl Fn(&TaskCard) -> bool,
) -> Vec<(TaskId, Leg)> {
    let mut found: Vec<(bool, &TaskCard, Leg)> = sight
        .state
        .cards
        .values()
        .filter(|card| among(card))
        .filter_map(|card| {
            let leg = leg_of(card.status)?;
            let holder = holds(sight.state, &card.id);
            let own = holder.as_ref() == Some(&who.holder());
            let free = holder.is_none() && is_for(sight, card, leg, who);
            (own || free).then_some((own, card, leg))
        })
        .collect();
    found.sort_by(|(a_own, a, _), (b_own, b, _)| {
        (b_own, b.status, a.priority, &a.id).cmp(&(a_own, a.status, b.priority, &b.id))
    });
    found
        .into_iter()
        .map(|(_, card, leg)| (card.id.clone(), leg))
        .collect()
}

/// Whether a task nobody holds is for the caller to take now.
fn is_for(sight: &Sight<'_>, card: &TaskCard, leg: Leg, who: &Who) -> bool {
    if *sight.state.step(&card.id) != Step::Idle || sight.is_for_the_person(card) {
        return false;
    }
    let named = sight.state.holder(&card.id, leg);
    let same = match who.holder() {
        Holder::Outside(name) => word::name_of(&named) == Some(&name),
        holder => holder == named,
    };
    match sight.wait(card) {
        Wait::Turn(_) => same,
        Wait::NobodyNamed(Leg::Implement) => who.is_person() && sight.state.undone(card).is_empty(),
        // A person acts for an agent that could be started, whatever keeps it from being started, other tasks apart.
        Wait::UnderWay
        | Wait::Over
        | Wait::Request
        | Wait::NobodyNamed(_)
        | Wait::Unclear
        | Wait::InUse(..)
        | Wait::Behind(..)
        | Wait::Dependencies(_)
        | Wait::Circle(_) => false,
        _ => same && sight.state.undone(card).is_empty(),
    }
}

fn why_nothing(sight: &Sight<'_>, who: &Who) -> String {
    let state: &State = sight.state;
    let requests = state.open_requests().count();
    if who.is_person() && requests > 0 {
        let verb = if requests == 1 { "waits" } else { "wait" };
        return format!(
            "no task is yours to work on; {} {verb} for your decision (`orchestron requests`)",
            word::count(requests, "request")
        );
    }
    if state.cards.values().all(|card| card.status.is_over()) {
        return "there is nothing to do: no task is open (`orchestron create` writes one)"
            .to_owned();
    }
    let starts = state
        .cards
        .values()
        .find(|card| sight.starts_next(&card.id));
    let name = who.name();
    match starts {
        Some(card) if who.is_person() => format!(
            "no task is yours to work on; an agent takes {} next: {}",
            card.id, card.title
        ),
        Some(card) => format!(
            "it is not {name}'s turn on any task; another agent takes {} next",
            card.id
        ),
        None if who.is_person() => {
            "no task is yours to work on now (`orchestron list` shows whose turn it is)".to_owned()
        }
        None => format!(
            "it is not {name}'s turn on any task (`orchestron list` shows whose turn it is)"
        ),
    }
}
