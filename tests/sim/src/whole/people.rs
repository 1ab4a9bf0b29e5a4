//! People: they decide, edit, move and delete, take what is theirs, step in while agents work, and change their minds.

use super::{CALM_ROUNDS, Play};
use crate::{knobs::Trouble, rules};
use orchestron_domain::{
    Actor, Decision, Fact, Halt, Holder, Leg, MicroUsd, Request, RequestKind, RunEnd, State,
    Status, TaskId, conflict::Resolution, event::Scope, schedule::leg_of, state::Step,
};

impl Play {
    pub(super) fn people(&mut self) {
        self.steps += 1;
        if self.trouble(Trouble::Edits) {
            let task = self.any_task();
            if let Some((path, text)) = self.marked(&task)
                && let Some(now) = self.world.text(&path)
            {
                self.note(|| format!("somebody edits {path}"));
                self.promises.act();
                self.world.write(&path, &format!("{now}{text}"));
            }
        }
        if self.trouble(Trouble::Moves) {
            let task = self.any_task();
            let to = self.any_status();
            if let Some(from) = self.path_of(&task) {
                let name = from.rsplit('/').next().unwrap_or("").to_owned();
                let to = format!("tasks/{to}/{name}");
                self.note(|| format!("somebody moves {from} to {to}"));
                self.world.rename(&from, &to);
            }
        }
        if self.tasks.len() > 1 && self.trouble(Trouble::Deletes) {
            let task = self.any_task();
            // Who deletes what others wait for has to change those, too; the other level does that.
            let others = self.world.paths().into_iter();
            let named = others
                .filter(|path| path.starts_with("tasks/") && !path.contains(&task))
                .filter_map(|path| self.world.text(&path))
                .any(|text| text.contains(&task));
            if let Some(path) = self.path_of(&task).filter(|_| !named) {
                self.note(|| format!("somebody deletes {path}"));
                self.world.remove(&path);
                self.tasks.remove(&task);
                self.deleted.insert(task);
            }
        }
        if self.trouble(Trouble::Clock) {
            let by = self.rng.range(-100_000, 10_000_000);
            self.world.pass(by);
        }
        if self.trouble(Trouble::Sleeps) {
            let by = self.rng.range(60_000, 8 * 3_600_000);
            self.note(|| format!("the machine will sleep for {by} ms"));
            self.world.oversleep(by);
        }
        if self.calm {
            self.put_right();
        } else {
            self.step_in();
            self.change_minds();
        }
        let often = if self.calm { 1000 } else { 600 };
        self.decide(often);
        self.take_turns(often);
    }

    /// Where a task's file is, and a line that must never be lost again.
    fn marked(&mut self, task: &str) -> Option<(String, String)> {
        let path = self.path_of(task)?;
        let mark = self.marks.entry(task.to_owned()).or_default();
        *mark += 1;
        let text = format!("\nmark {mark} of {task}.\n");
        Some((path, text))
    }

    fn state(&self) -> Option<State> {
        let mut store = self.world.store();
        store.refresh().ok()?;
        store.state().ok()
    }

    fn decide(&mut self, per_mille: u16) {
        let Some(state) = self.state() else { return };
        let open: Vec<Request> = state.open_requests().cloned().collect();
        for request in open {
            if !self.rng.chance(per_mille) {
                continue;
            }
            let mut decision = self.decision(&request);
            if let (Decision::Approve { .. } | Decision::Retry { .. }, Some(task)) =
                (&decision, &request.task)
                && let RequestKind::Review { commit } | RequestKind::Conflict { commit, .. } =
                    &request.kind
            {
                let tip = self.world.tip(&task.to_string());
                let commit = commit.as_ref().map(|commit| commit.0.clone());
                if commit == tip {
                    self.approved
                        .extend(commit.map(|commit| (task.to_string(), commit)));
                } else {
                    // The operation refuses to approve what is not the branch's tip any more.
                    let note = "the branch was moved".to_owned();
                    decision = Decision::Changes { note };
                }
            }
            self.steps += 1;
            let (request, task) = (request.id, request.task);
            self.tell(Fact::RequestDecided { request, decision });
            if let Some(task) = task
                && self.trouble(Trouble::Git)
            {
                self.note(|| format!("somebody commits to the branch of {task}"));
                self.world.commit_on(&task.to_string());
            }
        }
    }

    /// A person speaks to an agent at work, interrupts it, or lets its task rest.
    fn step_in(&mut self) {
        if !self.trouble(Trouble::StepsIn) {
            return;
        }
        let Some(state) = self.state() else { return };
        let runs = state.live_runs();
        let at_work = runs.filter(|run| run.leg().is_some() && run.halting.is_none());
        let at_work: Vec<_> = at_work.filter(|run| !run.turn_over).collect();
        let Some(found) = self.rng.pick(&at_work) else {
            return;
        };
        let (run, task) = (found.id.clone(), found.task.clone());
        let text = "mind the gap".to_owned();
        match self.rng.below(4) {
            0 => {
                let why = "a word first".to_owned();
                let scope = Scope::Task { task };
                let end = RunEnd::Paused { why: why.clone() };
                let halt = Halt::Interrupt;
                let halting = Fact::RunHalting { run, end, halt };
                self.tell_all(vec![Fact::Paused { why, scope }, halting]);
            }
            1 => self.tell(Fact::PersonSaid { run, text }),
            _ => self.tell(Fact::PersonIntervened { run, text }),
        }
    }

    /// Somebody pauses and resumes, gives up, changes the rules, or decides what is decided already.
    fn change_minds(&mut self) {
        let Some(state) = self.state() else { return };
        let task = self.any_task().parse::<TaskId>().ok();
        if self.trouble(Trouble::Pauses) {
            let agent = state.config.agents.keys().next().cloned();
            let scope = match (self.rng.below(3), task.clone(), agent) {
                (0, Some(task), _) => Scope::Task { task },
                (1, _, Some(agent)) => Scope::Agent { agent },
                _ => Scope::All,
            };
            let why = String::new();
            let fact = if self.rng.chance(500) {
                Fact::Paused { why, scope }
            } else {
                Fact::Resumed { scope }
            };
            self.tell(fact);
        }
        if self.trouble(Trouble::Takes)
            && let Some(task) = task
            && let Some(status) = state.status(&task).filter(|status| !status.is_over())
        {
            let (why, given_up) = ("enough".to_owned(), task.clone());
            let fact = Fact::Failed {
                task: given_up,
                why,
            };
            let places = (status, Status::Failed);
            self.relocate(&task, places, &Actor::Person, vec![(Actor::Person, fact)]);
        }
        if self.trouble(Trouble::Rules) {
            let rules = rules::draw(&mut self.rng);
            self.note(|| format!("the rules are now {rules:?}"));
            self.set_rules(rules);
        }
        if self.trouble(Trouble::Rude) {
            let closed: Vec<_> = state
                .requests
                .values()
                .filter(|one| !one.is_open())
                .collect();
            if let Some(request) = self.rng.pick(&closed) {
                let (decision, request) = (self.decision(request), request.id);
                self.note(|| format!("somebody decides {request} too late"));
                self.tell(Fact::RequestDecided { request, decision });
            }
        }
    }

    fn set_rules(&mut self, rules: Vec<orchestron_domain::rules::Rule>) {
        self.state.config.rules.clone_from(&rules);
        self.world.configure(|config| config.rules = rules);
    }

    /// What people had put out of order is put right when it is calm.
    fn put_right(&mut self) {
        let Some(state) = self.state() else { return };
        let mut scopes: Vec<Scope> = Vec::new();
        scopes.extend(state.paused.is_some().then_some(Scope::All));
        let tasks = state.paused_tasks.keys().cloned();
        scopes.extend(tasks.map(|task| Scope::Task { task }));
        let agents = state.paused_agents.keys().cloned();
        scopes.extend(agents.map(|agent| Scope::Agent { agent }));
        for scope in scopes {
            self.tell(Fact::Resumed { scope });
        }
        if !rules::let_work_end(&self.state.config.rules) {
            self.set_rules(Vec::new());
        }
    }

    fn tell(&mut self, fact: Fact) {
        self.tell_all(vec![fact]);
    }

    fn tell_all(&mut self, facts: Vec<Fact>) {
        if let Err(error) = self.world.store().append(&Actor::Person, facts) {
            self.wrong("a person's decision is refused", error.to_string());
        }
    }

    fn decision(&mut self, request: &Request) -> Decision {
        let no = self.trouble(Trouble::Rejects);
        let note = || "make it better".to_owned();
        match &request.kind {
            RequestKind::Review { .. } if no => Decision::Changes { note: note() },
            RequestKind::Review { .. } => Decision::Approve { note: None },
            RequestKind::Permission { .. } if no => Decision::Deny { note: None },
            RequestKind::Permission { .. } => Decision::Allow,
            RequestKind::Question(_) => Decision::Answer { text: note() },
            RequestKind::Escalation { .. } if no => Decision::GiveUp,
            RequestKind::Escalation { .. } | RequestKind::Conflict { .. } => {
                Decision::Retry { note: None }
            }
            RequestKind::Budget { .. } => Decision::Raise {
                by: MicroUsd(9_000_000),
            },
            RequestKind::Clash { options, .. } => Decision::Resolve {
                resolution: options.first().cloned().unwrap_or(Resolution::Gone),
            },
        }
    }

    /// People take the legs that are theirs, end them, and try again what was given up.
    fn take_turns(&mut self, per_mille: u16) {
        let Some(state) = self.state() else { return };
        for (task, card) in &state.cards {
            if !self.rng.chance(per_mille) || state.requests_of(task).next().is_some() {
                continue;
            }
            let Some(leg) = leg_of(card.status) else {
                if card.status == Status::Failed && self.calm {
                    self.relocate(
                        task,
                        (Status::Failed, Status::Ready),
                        &Actor::Person,
                        Vec::new(),
                    );
                }
                continue;
            };
            if leg == Leg::Review || state.live_run(task).is_some() {
                continue;
            }
            match state.step(task) {
                Step::Held { leg: held, .. } if *held == leg => {
                    let placed = state
                        .tasks
                        .get(task)
                        .is_some_and(|found| found.place.is_some());
                    if leg == Leg::Implement && !placed {
                        self.claim(&state, task, leg);
                        continue;
                    }
                    self.world.commit_on(&task.to_string());
                    let (task, note, run) = (task.clone(), "done".to_owned(), None);
                    self.tell(Fact::Submitted {
                        task,
                        leg,
                        note,
                        run,
                    });
                }
                Step::Idle
                    if state.holder(task, leg) == Holder::Person
                        && state.undone(card).is_empty() =>
                {
                    self.claim(&state, task, leg);
                }
                _ => {}
            }
        }
    }

    fn claim(&mut self, state: &State, task: &TaskId, leg: Leg) {
        let attempt = state.tasks.get(task).map_or(0, |found| found.tries(leg)) + 1;
        let fact = Fact::Claimed {
            task: task.clone(),
            leg,
            holder: Holder::Person,
            attempt,
            why: None,
        };
        if state.status(task) == Some(Status::Ready) {
            let places = (Status::Ready, Status::InProgress);
            self.relocate(task, places, &Actor::Engine, vec![(Actor::Person, fact)]);
        } else {
            self.tell(fact);
        }
    }

    fn relocate(
        &mut self,
        task: &TaskId,
        places: (Status, Status),
        by: &Actor,
        facts: Vec<(Actor, Fact)>,
    ) {
        self.steps += 1;
        let mut store = self.world.store();
        if let Err(error) = store.move_task(task, places, by, facts, Vec::new()) {
            self.note(|| format!("an operation is refused: {error}"));
        }
    }

    pub(super) fn grow_calm(&mut self) {
        self.calm = true;
        self.note(|| "it gets calm".to_owned());
        for _ in 0..CALM_ROUNDS {
            if self.violation.is_some() {
                return;
            }
            self.people();
            self.round();
            let done = self
                .tasks
                .iter()
                .all(|task| self.world.status(task) == Some(Status::Done));
            if done {
                self.rests();
                return;
            }
        }
        let state = self.state().unwrap_or_default();
        let open = |task: &String| {
            let step = task.parse().ok().map(|id| format!("{:?}", state.step(&id)));
            format!("{task} in {:?}: {step:?}", self.world.status(task))
        };
        let open: Vec<_> = self.tasks.iter().map(open).collect();
        self.wrong("it does not drain", open.join("; "));
    }
}
