//! `next`: the task a holder works on next, with its whole context as one document.

use crate::{
    Context, OpError, claim,
    view::{self, Sight, is_for_the_person, word},
    who::{Who, holds},
    wire::{NextView, input},
};
use orchestron_domain::{
    Actor, Holder, Leg, State, Status, TaskCard, TaskId,
    schedule::{Wait, leg_of},
    state::Step,
};
use orchestron_engine::{outside_document, ports::IndexedFile};
use std::collections::BTreeSet;

/// So many tasks are looked at first; then more and more.
const FIRST_LOOK: u32 = 32;

/// The next task for the caller: what it holds already, else what is furthest along, most urgent and oldest.
///
/// # Errors
/// When the project cannot be read, or the name is unknown.
pub fn next(cx: &mut Context, input: &input::Next) -> Result<NextView, OpError> {
    let mut state = cx.about([])?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    // What the caller holds is under way, so it is in the state, as is all that is in review or in progress. Of all that rests, the
    // first ones are looked at first, and of those what they wait for.
    let is_in = |card: &TaskCard, status| card.status == status;
    let holds_it = |card: &TaskCard| holds(&state, &card.id).as_ref() == Some(&who.holder());
    let first = |card: &TaskCard| is_in(card, Status::Review) || holds_it(card);
    let mut found = candidates(&Sight::new(cx, &state)?, &who, first);
    let begun = state.cards.values();
    let begun = begun.filter(|card| is_in(card, Status::InProgress) && !holds_it(card));
    let mut begun: Vec<TaskCard> = begun.cloned().collect();
    begun.sort_by(|a, b| (b.priority, &b.id).cmp(&(a.priority, &a.id)));
    let (mut after, mut many) = (IndexedFile::turns_before(Status::Ready), FIRST_LOOK);
    loop {
        for (task, leg) in &found {
            if let Some(view) = offer(cx, &state, &who, (task, *leg), input.claim)? {
                return Ok(view);
            }
        }
        let cards: Vec<TaskCard> = if begun.is_empty() {
            let rows = cx.store.in_turn(after, many)?;
            let Some((last, _)) = rows.last() else { break };
            (after, many) = (Some(*last), many.saturating_mul(4));
            rows.into_iter().flat_map(|(_, file)| file.card).collect()
        } else {
            let few = usize::try_from(FIRST_LOOK).unwrap_or(usize::MAX);
            begun.split_off(begun.len().saturating_sub(few))
        };
        let tasks: BTreeSet<TaskId> = cards.iter().map(|card| card.id.clone()).collect();
        // Those that only wait for a decision are nobody's to take, whatever they depend on.
        let open = cards.into_iter();
        let open: Vec<_> = open
            .filter(|card| !is_for_the_person(&state, card))
            .collect();
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

/// Hands a task over, after it was claimed if that is wanted; none when somebody was faster.
fn offer(
    cx: &mut Context,
    state: &State,
    who: &Who,
    (task, leg): (&TaskId, Leg),
    claims: bool,
) -> Result<Option<NextView>, OpError> {
    if !claims || holds(state, task).is_some() {
        // The files were looked at just now.
        let now = cx.store.about(&[task.clone()].into())?;
        return hand_over(cx, &now, task, leg, &who.holder()).map(Some);
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
