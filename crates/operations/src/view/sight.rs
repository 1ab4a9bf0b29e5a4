//! What has to be counted once before many cards are shown.

use crate::Context;
use orchestron_domain::{
    Holder, Leg, Request, RequestKind, Run, State, Status, TaskCard, TaskId, Time,
    run::Verdict,
    schedule::{Survey, Wait},
    state::{Progress, Step},
    urgency::{Urgency, urgency},
};
use orchestron_engine::ports::{PortResult, RunLogs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A state, looked at now.
pub struct Sight<'a> {
    /// The state.
    pub state: &'a State,
    /// Now.
    pub now: Time,
    /// Whether an engine runs.
    pub running: bool,
    /// Why nothing new is started: somebody paused it, or the engine cannot go on now.
    pub paused: Option<String>,
    logs: Arc<dyn RunLogs>,
    requests: BTreeMap<&'a TaskId, Vec<&'a Request>>,
    live: BTreeMap<&'a TaskId, &'a Run>,
    waiting: BTreeMap<&'a TaskId, Vec<&'a TaskId>>,
    waits: BTreeMap<&'a TaskId, Wait>,
    starts: BTreeSet<&'a TaskId>,
}

impl<'a> Sight<'a> {
    /// Looks at `state`.
    ///
    /// # Errors
    /// When it cannot be told whether an engine runs.
    pub fn new(cx: &Context, state: &'a State) -> PortResult<Self> {
        let mut sight = Self {
            state,
            now: cx.store.now(),
            running: cx.store.locks().lease_is_held()?,
            paused: cx.store.locks().trouble().or_else(|| state.paused.clone()),
            logs: Arc::clone(&cx.logs),
            requests: BTreeMap::new(),
            live: state.live_runs().map(|run| (&run.task, run)).collect(),
            waiting: BTreeMap::new(),
            waits: BTreeMap::new(),
            starts: BTreeSet::new(),
        };
        sight.find_waiting();
        sight.find_requests();
        sight.find_waits();
        Ok(sight)
    }

    fn find_waiting(&mut self) {
        for card in self
            .state
            .cards
            .values()
            .filter(|card| card.status != Status::Done)
        {
            for id in card.depends_on.iter().filter(|id| **id != card.id) {
                self.waiting.entry(id).or_default().push(&card.id);
            }
        }
    }

    fn find_requests(&mut self) {
        for request in self.state.open_requests() {
            if let Some(task) = &request.task {
                self.requests.entry(task).or_default().push(request);
            }
        }
        let mut requests = std::mem::take(&mut self.requests);
        for list in requests.values_mut() {
            list.sort_by_cached_key(|request| {
                (std::cmp::Reverse(self.urgency(request).score), request.id)
            });
        }
        self.requests = requests;
    }

    fn find_waits(&mut self) {
        let survey = Survey::new(self.state, self.now);
        let cards = self.state.cards.values();
        for card in cards.filter(|card| !card.status.is_over()) {
            self.waits.insert(&card.id, survey.wait(card));
        }
        self.starts = survey.starts().into_iter().map(|(task, _)| task).collect();
    }

    /// Open requests about a task, most urgent first.
    #[must_use]
    pub fn requests(&self, task: &TaskId) -> &[&'a Request] {
        self.requests.get(task).map_or(&[], Vec::as_slice)
    }

    /// The live run of a task.
    #[must_use]
    pub fn live(&self, task: &TaskId) -> Option<&'a Run> {
        self.live.get(task).copied()
    }

    /// Tasks that are not done and depend on this one.
    #[must_use]
    pub fn waiting_for(&self, task: &TaskId) -> &[&'a TaskId] {
        self.waiting.get(task).map_or(&[], Vec::as_slice)
    }

    /// Why a task does not move.
    #[must_use]
    pub fn wait(&self, card: &TaskCard) -> &Wait {
        self.waits.get(&card.id).unwrap_or(&Wait::Over)
    }

    /// Whether it is among those that get the next free places.
    #[must_use]
    pub fn starts_next(&self, task: &TaskId) -> bool {
        self.starts.contains(task)
    }

    /// What the log knows of a task.
    #[must_use]
    pub fn progress(&self, task: &TaskId) -> Option<&'a Progress> {
        self.state.tasks.get(task)
    }

    /// One line on what a run does.
    #[must_use]
    pub fn doing(&self, run: &Run) -> Option<String> {
        // A line that cannot be read is no reason to show no board.
        self.logs.doing(&run.id).ok().flatten()
    }

    /// How urgent a request is, and why.
    #[must_use]
    pub fn urgency(&self, request: &Request) -> Urgency {
        urgency(self.state, request, self.now, |task| {
            self.waiting_for(task).to_vec()
        })
    }

    /// Whether only the person's decision is left for a task in review.
    #[must_use]
    pub fn is_for_the_person(&self, card: &TaskCard) -> bool {
        let mut open = self.requests(&card.id).iter();
        awaits_person(self.state, card, open.any(|request| decides(request)))
    }
}

/// Whether only the person's decision is left for a task in review; for those who ask about one task.
#[must_use]
pub fn is_for_the_person(state: &State, card: &TaskCard) -> bool {
    awaits_person(state, card, state.requests_of(&card.id).any(decides))
}

const fn decides(request: &Request) -> bool {
    matches!(
        request.kind,
        RequestKind::Review { .. } | RequestKind::Conflict { .. }
    )
}

fn awaits_person(state: &State, card: &TaskCard, asked: bool) -> bool {
    if card.status != Status::Review {
        return false;
    }
    let found = state.tasks.get(&card.id);
    let by_log = found.is_some_and(|found| {
        found.step == Step::Merging
            || (found.verdict == Some(Verdict::Approve) && found.step != Step::Handing)
    });
    // When the log knows nothing of the task (a new database), the handoffs in the file tell.
    let unknown = found.is_none_or(|found| found.stops.is_empty());
    let no_reviewer = matches!(
        state.holder(&card.id, Leg::Review),
        Holder::Nobody | Holder::Person
    );
    asked || by_log || no_reviewer || (unknown && card.last_leg == Some(Leg::Review))
}
