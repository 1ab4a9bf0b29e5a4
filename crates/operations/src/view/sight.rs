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
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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
    waiting: OnceCell<BTreeMap<&'a TaskId, Vec<&'a TaskId>>>,
    survey: Survey<'a>,
    starts: OnceCell<BTreeSet<&'a TaskId>>,
}

impl<'a> Sight<'a> {
    /// Looks at `state`.
    ///
    /// # Errors
    /// When it cannot be told whether an engine runs.
    pub fn new(cx: &Context, state: &'a State) -> PortResult<Self> {
        let now = cx.store.now();
        let mut sight = Self {
            state,
            now,
            running: cx.store.locks().lease_is_held()?,
            paused: cx.store.locks().trouble().or_else(|| state.paused.clone()),
            logs: Arc::clone(&cx.logs),
            requests: BTreeMap::new(),
            live: state.live_runs().map(|run| (&run.task, run)).collect(),
            waiting: OnceCell::new(),
            survey: Survey::new(state, now),
            starts: OnceCell::new(),
        };
        sight.find_requests();
        Ok(sight)
    }

    fn find_waiting(&self) -> BTreeMap<&'a TaskId, Vec<&'a TaskId>> {
        let mut waiting: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let cards = self.state.cards.values();
        for card in cards.filter(|card| card.status != Status::Done) {
            for id in card.depends_on.iter().filter(|id| **id != card.id) {
                waiting.entry(id).or_default().push(&card.id);
            }
        }
        waiting
    }

    fn find_requests(&mut self) {
        for request in self.state.open_requests() {
            if let Some(task) = &request.task {
                self.requests.entry(task).or_default().push(request);
            }
        }
        let mut requests = std::mem::take(&mut self.requests);
        // How urgent one is takes a look at all cards.
        for list in requests.values_mut().filter(|list| list.len() > 1) {
            list.sort_by_cached_key(|request| {
                (std::cmp::Reverse(self.urgency(request).score), request.id)
            });
        }
        self.requests = requests;
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
        let waiting = self.waiting.get_or_init(|| self.find_waiting());
        waiting.get(task).map_or(&[], Vec::as_slice)
    }

    /// Why a task does not move.
    #[must_use]
    pub fn wait(&self, card: &TaskCard) -> Wait {
        match card.status.is_over() {
            true => Wait::Over,
            false => self.survey.wait(card),
        }
    }

    /// Whether it is among those that get the next free places.
    #[must_use]
    pub fn starts_next(&self, task: &TaskId) -> bool {
        let find = || self.survey.starts().into_iter().map(|(task, _)| task);
        let starts = self.starts.get_or_init(|| find().collect());
        starts.contains(task)
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
