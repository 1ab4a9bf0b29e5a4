//! People: they decide, and they do things to files, branches and configuration at the worst time. When it is calm they only decide, finish
//! what is theirs, and put in order what they had put out of order.

use super::{
    LOOK_MS, Next, World,
    disk::{Key, TASKS_MAX},
};
use crate::{knobs::Trouble, rules};
use orchestron_domain::{
    Actor, Decision, Fact, Halt, Holder, Leg, MicroUsd, Request, RequestKind, RunEnd, Status,
    TaskId,
    config::Budgets,
    conflict::{Resolution, Stage},
    event::Scope,
    run::Verdict,
    schedule::leg_of,
    state::Step,
};
use std::cmp::Reverse;

/// After so long without any news somebody looks at the board.
const PATIENCE_MS: i64 = 86_400_000;
/// What people do apart from deciding.
const ACTS: [Trouble; 10] = [
    Trouble::Moves,
    Trouble::Edits,
    Trouble::Deletes,
    Trouble::Doubles,
    Trouble::Creates,
    Trouble::Rude,
    Trouble::Takes,
    Trouble::Pauses,
    Trouble::Config,
    Trouble::Git,
];

impl World {
    /// People look at the board.
    pub(super) fn people(&mut self) {
        self.steps += 1;
        if self.calm {
            self.tidy_up();
            // When there is nothing new they look less and less often.
            let newest = self
                .log
                .events
                .last()
                .map_or(self.clock(), |event| event.at);
            let wait = (self.clock().since(newest) / 4).clamp(LOOK_MS, 60 * LOOK_MS);
            self.at(wait, Next::People);
            return;
        }
        if self.acts_left == 0 {
            self.calm_down();
            self.at(1, Next::People);
            return;
        }
        self.acts_left -= 1;
        if self.rng.chance(500) {
            self.decide_something(false);
        } else {
            self.finish_legs(300);
        }
        let act = ACTS[self.rng.index(ACTS.len())];
        if self.trouble(act) {
            self.act(act);
        }
        self.step_in();
        if self.trouble(Trouble::Rules) {
            self.config.rules = rules::draw(&mut self.rng);
            self.note(|world| format!("the rules are now {:?}", world.config.rules));
            self.config_changed();
            self.wake_files();
        }
        if self.trouble_now(Trouble::Sleeps, 2) {
            self.sleep();
        }
        if self.trouble_now(Trouble::Clock, 2) {
            let most = *self.rng.pick(&[5_000, 4_000_000]).unwrap_or(&5_000);
            self.skew += self.rng.range(-most, most);
            if let Some(host) = &mut self.engine {
                host.time_came();
            }
            self.note(|world| format!("the clock jumps: now off by {} ms", world.skew));
        }
        if self.trouble_now(Trouble::Stale, 2) && self.stale.is_none() {
            self.stale = self.engine.take();
            if self.stale.is_some() {
                self.note(|_| "the lease is taken over".to_owned());
                self.at(1, Next::Start);
            }
        }
        let gap = self.rng.range(1, self.knobs.gap_ms);
        self.at(gap, Next::People);
    }

    fn calm_down(&mut self) {
        self.note(|_| "it gets calm".to_owned());
        self.calm = true;
        self.calm_since = self.now;
        self.told_of_files();
        self.disk.dirty = true;
        if self.engine.is_none() {
            self.at(1, Next::Start);
        }
    }

    fn act(&mut self, act: Trouble) {
        let Some(key) = self.any_file() else {
            self.create();
            return;
        };
        match act {
            Trouble::Moves => self.move_by_hand(key),
            Trouble::Edits => self.edit_by_hand(key),
            Trouble::Deletes => self.delete_by_hand(key),
            Trouble::Doubles => self.double_by_hand(key),
            Trouble::Creates => self.create(),
            Trouble::Rude => self.decide_something(true),
            Trouble::Takes => self.take_or_give_up(key),
            Trouble::Pauses => self.pause_something(key),
            Trouble::Config => self.change_config(),
            _ => self.work_by_hand(key),
        }
    }

    /// A person speaks to an agent at work, interrupts it, or lets its task rest.
    fn step_in(&mut self) {
        if !self.trouble(Trouble::StepsIn) {
            return;
        }
        let runs = self.ledger.state.live_runs();
        let at_work = runs.filter(|run| run.leg().is_some() && run.halting.is_none());
        let at_work: Vec<_> = at_work
            .filter(|run| !run.turn_over)
            .map(|run| (run.id.clone(), run.task.clone()))
            .collect();
        let Some((run, task)) = self.rng.pick(&at_work).cloned() else {
            return;
        };
        let text = "mind the gap".to_owned();
        let facts = match self.rng.below(4) {
            0 => {
                let why = "a word first".to_owned();
                let scope = Scope::Task { task };
                let end = RunEnd::Paused { why: why.clone() };
                let halt = Halt::Interrupt;
                vec![
                    Fact::Paused { why, scope },
                    Fact::RunHalting { run, end, halt },
                ]
            }
            1 => vec![Fact::PersonSaid { run, text }],
            _ => vec![Fact::PersonIntervened { run, text }],
        };
        for fact in facts {
            self.tell(Actor::Person, fact);
        }
    }

    /// The machine is suspended: nobody does anything, and everything that was to come comes so much later.
    fn sleep(&mut self) {
        let millis = self.rng.range(60_000, 8 * 3_600_000);
        self.note(|_| format!("the machine sleeps for {millis} ms"));
        let later = |Reverse((at, tie, next))| Reverse((at + millis, tie, next));
        let queue = std::mem::take(&mut self.queue);
        self.queue = queue.into_iter().map(later).collect();
        self.now += millis;
        let now = self.clock();
        self.ledger.slept.came_back(now, millis);
        for host in [&mut self.engine, &mut self.stale].into_iter().flatten() {
            host.woke(now, millis);
        }
    }

    fn any_file(&mut self) -> Option<Key> {
        let count = self.disk.files.len();
        let at = self.rng.index(count);
        self.disk.files.keys().nth(at).copied()
    }

    /// Somebody moves or edits a task's file at this very moment.
    pub(super) fn meddle(&mut self, task: u8) {
        let Some(key) = self.disk.of(task).map(|(key, _)| *key).next() else {
            return;
        };
        if self.rng.chance(500) {
            self.move_by_hand(key);
        } else {
            self.edit_by_hand(key);
        }
    }

    fn move_by_hand(&mut self, key: Key) {
        let to = Status::ALL[self.rng.index(Status::ALL.len())];
        let target = Key::new(key.task, to, key.copy);
        if self.disk.rename(key, target) {
            self.note(|world| format!("somebody moves {} to {to}", world.id(key.task)));
            self.wake_files();
        }
    }

    fn edit_by_hand(&mut self, key: Key) {
        let card = self.draw_card(key.task);
        let status = key.status();
        self.note(|world| format!("somebody edits {}", world.id(key.task)));
        self.ledger.promises.act();
        self.disk.edit(key, |old| {
            let (handoffs, last_leg) = (old.handoffs, old.last_leg);
            *old = orchestron_domain::TaskCard {
                status,
                handoffs,
                last_leg,
                ..card
            };
        });
        self.wake_files();
    }

    fn delete_by_hand(&mut self, key: Key) {
        self.note(|world| {
            format!(
                "somebody deletes {} in {}",
                world.id(key.task),
                key.status()
            )
        });
        self.disk.files.remove(&key);
        self.ledger.files[key.task as usize] -= 1;
        self.wake_files();
    }

    fn double_by_hand(&mut self, key: Key) {
        let to = Status::ALL[self.rng.index(Status::ALL.len())];
        let target = Key::new(key.task, to, key.copy + 1);
        let there = self.disk.files.contains_key(&target) || key.copy > 2;
        let Some(file) = self.disk.files.get(&key).filter(|_| !there) else {
            return;
        };
        let card = file.card.as_ref().clone();
        self.note(|world| format!("somebody copies {} to {to}", world.id(key.task)));
        self.disk.put(target, card);
        self.ledger.files[key.task as usize] += 1;
        self.wake_files();
    }

    fn create(&mut self) {
        let empty = |task: &usize| self.ledger.files[*task] == 0;
        let Some(task) = (0..TASKS_MAX).find(empty) else {
            return;
        };
        let task = u8::try_from(task).unwrap_or(0);
        let card = self.draw_card(task);
        let status = Status::ALL[self.rng.index(Status::ALL.len())];
        self.note(|world| format!("somebody writes {} into {status}", world.id(task)));
        self.disk.put(Key::new(task, status, 0), card);
        self.ledger.files[task as usize] = 1;
        self.wake_files();
    }

    fn pause_something(&mut self, key: Key) {
        let agent = self.config.agents.keys().next().cloned();
        let scope = match self.rng.below(3) {
            0 => Scope::Task {
                task: self.id(key.task),
            },
            1 => agent.map_or(Scope::All, |agent| Scope::Agent { agent }),
            _ => Scope::All,
        };
        let fact = if self.rng.chance(500) {
            let why = String::new();
            Fact::Paused { why, scope }
        } else {
            Fact::Resumed { scope }
        };
        self.tell(Actor::Person, fact);
    }

    fn change_config(&mut self) {
        self.note(|_| "somebody changes the configuration".to_owned());
        let agents = self.config.agents.len();
        let any = self.rng.index(agents);
        let name = self.config.agents.keys().nth(any).cloned();
        match self.rng.below(4) {
            0 => self.config.limits.parallel = *self.rng.pick(&[1, 2, 5]).unwrap_or(&1),
            1 => self.trusted = !self.trusted,
            2 => self.config.limits.same_files = !self.config.limits.same_files,
            _ => {
                if let Some(name) = name {
                    self.config.agents.remove(&name);
                }
            }
        }
        self.config_changed();
        self.wake_files();
    }

    fn work_by_hand(&mut self, key: Key) {
        let task = key.task;
        if !self.git.branches[task as usize].tree {
            return;
        }
        self.note(|world| format!("somebody works on the branch of {}", world.id(task)));
        if self.rng.chance(150) {
            let branch = &mut self.git.branches[task as usize];
            (branch.tree, branch.dirty) = (false, false);
        } else {
            self.git.touch(task, self.files_of[task as usize]);
            self.git.commit_all(task);
        }
    }

    // ------------------------------------------------------------------------------------ deciding

    fn decide_something(&mut self, rude: bool) {
        let requests: Vec<_> = self
            .ledger
            .state
            .requests
            .values()
            .filter(|request| rude || request.is_open())
            .map(|request| request.id)
            .collect();
        let Some(id) = self.rng.pick(&requests).copied() else {
            return;
        };
        let Some(request) = self.ledger.state.requests.get(&id).cloned() else {
            return;
        };
        if !rude && !self.is_fresh(&request) {
            return;
        }
        let decision = self.decision(&request);
        self.tell(
            Actor::Person,
            Fact::RequestDecided {
                request: id,
                decision,
            },
        );
    }

    /// What would be merged must still be the branch's tip.
    fn is_fresh(&self, request: &Request) -> bool {
        let (RequestKind::Review {
            commit: Some(commit),
        }
        | RequestKind::Conflict {
            commit: Some(commit),
            ..
        }) = &request.kind
        else {
            return true;
        };
        request.task.as_ref().is_none_or(|task| {
            let branch = &self.git.branches[Self::place_of(task) as usize];
            branch.tree && super::git::commit(branch.tip) == *commit
        })
    }

    fn decision(&mut self, request: &Request) -> Decision {
        let no = self.trouble(Trouble::Rejects);
        let note = || "more".to_owned();
        match &request.kind {
            RequestKind::Review { .. } if no => Decision::Changes { note: note() },
            RequestKind::Review { .. } => Decision::Approve { note: None },
            RequestKind::Permission { .. } if no => Decision::Deny { note: None },
            RequestKind::Permission { .. } => Decision::Allow,
            RequestKind::Question(_) => Decision::Answer { text: note() },
            RequestKind::Escalation { .. } if no => Decision::GiveUp,
            RequestKind::Escalation { .. } => Decision::Retry {
                note: self.rng.chance(300).then(note),
            },
            RequestKind::Conflict { .. } if self.calm || no => {
                if let Some(task) = &request.task {
                    self.git.resolve(Self::place_of(task));
                }
                if self.rng.chance(500) {
                    Decision::Changes { note: note() }
                } else {
                    Decision::Retry { note: None }
                }
            }
            RequestKind::Conflict { .. } => Decision::Retry { note: None },
            RequestKind::Budget { .. } if no => Decision::GiveUp,
            RequestKind::Budget { .. } => {
                let by = MicroUsd(if self.calm { 1_000_000_000 } else { 3_000_000 });
                Decision::Raise { by }
            }
            RequestKind::Clash { options, .. } => {
                // When it is calm, what is recommended first is done.
                let at = if self.calm {
                    0
                } else {
                    self.rng.index(options.len())
                };
                let resolution = options.get(at).cloned().unwrap_or(Resolution::Gone);
                Decision::Resolve { resolution }
            }
        }
    }

    // ------------------------------------------------------------------------------------ taking and ending legs

    fn take_or_give_up(&mut self, key: Key) {
        let task = self.id(key.task);
        match self.rng.below(3) {
            0 => self.take(&task, Holder::Person),
            1 if !key.status().is_over() => {
                let why = "enough".to_owned();
                let told = Fact::Failed {
                    task: task.clone(),
                    why,
                };
                let facts = vec![(Actor::Person, told)];
                let places = (key.status(), Status::Failed);
                self.relocate(key.task, places, &Actor::Person, facts);
            }
            _ if key.status() == Status::Failed => {
                let places = (Status::Failed, Status::Ready);
                self.relocate(key.task, places, &Actor::Person, Vec::new());
            }
            _ => {}
        }
    }

    fn relocate(
        &mut self,
        task: u8,
        places: (Status, Status),
        mover: &Actor,
        facts: Vec<(Actor, Fact)>,
    ) {
        // Somebody else was faster, or the file is in two places: the person is told so, and nothing happens.
        if let Err(trap) = self.move_task(None, task, places, mover, facts, None) {
            self.note(|_| format!("an operation is refused: {trap:?}"));
        }
    }

    /// As the operation `claim` does.
    fn take(&mut self, task: &TaskId, who: Holder) {
        let at = Self::place_of(task);
        let Ok(key) = self.find(at) else { return };
        let Some(leg) = leg_of(key.status()) else {
            return;
        };
        let state = &self.ledger.state;
        let held =
            matches!(state.step(task), Step::Held { leg: now, .. } if *now == Leg::Implement);
        let placed = state
            .tasks
            .get(task)
            .is_some_and(|found| found.place.is_some());
        let rests = *state.step(task) == Step::Idle && state.live_run(task).is_none();
        let asked = state.requests_of(task).next().is_some();
        if asked || !(rests || (held && !placed && leg == Leg::Implement)) {
            return;
        }
        let card = self.disk.files.get(&key).map(|file| file.card.clone());
        let waits = card.is_some_and(|card| {
            let done = |id: &TaskId| {
                let mut files = self.disk.of(Self::place_of(id));
                files
                    .next()
                    .is_some_and(|(key, _)| key.status() == Status::Done)
            };
            card.depends_on.iter().any(|id| *id != *task && !done(id))
        });
        if leg == Leg::Implement && waits {
            return;
        }
        let nobody = self.config.holder(leg, None) == Holder::Nobody;
        if nobody && leg != Leg::Implement {
            return;
        }
        let attempt = self
            .ledger
            .state
            .tasks
            .get(task)
            .map_or(0, |found| found.tries(leg))
            + 1;
        let by = actor(&who);
        let fact = Fact::Claimed {
            task: task.clone(),
            leg,
            holder: who,
            attempt,
            why: None,
        };
        if key.status() == Status::Ready {
            let places = (Status::Ready, Status::InProgress);
            self.relocate(at, places, &Actor::Engine, vec![(by, fact)]);
        } else {
            self.tell(by, fact);
        }
    }

    /// Whoever holds a leg ends it.
    fn finish_legs(&mut self, per_mille: u16) {
        let held: Vec<_> = self
            .ledger
            .state
            .tasks
            .iter()
            .filter_map(|(task, found)| match &found.step {
                Step::Held { leg, holder } => Some((task.clone(), *leg, holder.clone())),
                _ => None,
            })
            .collect();
        for (task, leg, holder) in held {
            if self.rng.chance(per_mille) {
                self.finish_leg(task, leg, &holder);
            }
        }
    }

    /// As the operations `submit` and `complete` do.
    fn finish_leg(&mut self, task: TaskId, leg: Leg, holder: &Holder) {
        let at = Self::place_of(&task);
        let Ok(key) = self.find(at) else { return };
        let present = match key.status() {
            Status::Pending => Leg::Prepare,
            Status::InProgress => Leg::Implement,
            Status::Review => Leg::Review,
            _ => return,
        };
        let state = &self.ledger.state;
        let asked = state.requests_of(&task).next().is_some();
        if present != leg || asked || state.live_run(&task).is_some() {
            return;
        }
        if leg == Leg::Implement {
            let found = state.tasks.get(&task);
            if found.is_none_or(|found| found.place.is_none()) {
                self.take(&task, holder.clone());
                return;
            }
            self.git.touch(at, self.files_of[at as usize]);
            self.git.resolve(at);
        }
        let (note, by) = ("done".to_owned(), actor(holder));
        let fact = if leg == Leg::Review {
            let verdict = if self.trouble(Trouble::Changes) {
                Verdict::Changes
            } else {
                Verdict::Approve
            };
            Fact::Reviewed {
                task,
                verdict,
                note,
                run: None,
            }
        } else {
            let run = None;
            Fact::Submitted {
                task,
                leg,
                note,
                run,
            }
        };
        self.tell(by, fact);
    }

    // ------------------------------------------------------------------------------------ when it is calm

    /// Everything that waits for people is done, and what they had put out of order is put right.
    fn tidy_up(&mut self) {
        self.mend_config();
        self.mend_files();
        let state = &self.ledger.state;
        let mut resumes: Vec<Scope> = Vec::new();
        resumes.extend(state.paused.is_some().then_some(Scope::All));
        let tasks = state.paused_tasks.keys().cloned();
        resumes.extend(tasks.map(|task| Scope::Task { task }));
        let agents = state.paused_agents.keys().cloned();
        resumes.extend(agents.map(|agent| Scope::Agent { agent }));
        for scope in resumes {
            self.tell(Actor::Person, Fact::Resumed { scope });
        }
        let open: Vec<_> = self.ledger.state.open_requests().cloned().collect();
        for request in open {
            if !self.ledger.state.requests[&request.id].is_open() {
                continue;
            }
            let decision = if self.is_fresh(&request) {
                self.decision(&request)
            } else {
                Decision::Changes {
                    note: "the branch was moved".to_owned(),
                }
            };
            let request = request.id;
            self.tell(Actor::Person, Fact::RequestDecided { request, decision });
        }
        self.take_turns();
        self.finish_legs(1000);
    }

    /// People and tools outside take what is theirs; what was given up is tried again.
    fn take_turns(&mut self) {
        let newest = self.log.events.last().map(|event| event.at);
        let since = newest.map_or(0, |newest| self.clock().since(newest));
        let patience = since > PATIENCE_MS;
        let mut all = self.ledger.state.tasks.values();
        let somebody = all.any(|found| matches!(found.step, Step::Held { .. }));
        let keys: Vec<_> = self.disk.files.keys().copied().collect();
        for key in keys {
            let task = self.id(key.task);
            let card = self.disk.files.get(&key).map(|file| file.card.clone());
            let under_way = matches!(key.status(), Status::InProgress | Status::Review);
            let step = self.ledger.state.step(&task);
            let idle = matches!(step, Step::Idle | Step::Held { .. });
            if patience && under_way && idle {
                // For so long only what a person has, or has accepted as it is, may wait; whoever has it gives it back now.
                if !somebody && !self.is_accepted() {
                    let ends = self.open_ends();
                    self.wrong("work waits and nobody was told", ends);
                    return;
                }
                if somebody && !matches!(step, Step::Held { .. }) {
                    continue;
                }
                let places = (key.status(), Status::Ready);
                self.relocate(key.task, places, &Actor::Person, Vec::new());
                continue;
            }
            let (Some(card), Some(leg)) = (card, leg_of(key.status())) else {
                let state = &self.ledger.state;
                let asked = state.requests_of(&task).next().is_some();
                if key.status() == Status::Failed && !asked {
                    let places = (Status::Failed, Status::Ready);
                    self.relocate(key.task, places, &Actor::Person, Vec::new());
                }
                continue;
            };
            match self.config.holder(leg, card.agent.as_ref()) {
                Holder::Person if leg != Leg::Review => self.take(&task, Holder::Person),
                holder @ Holder::Outside(_) => self.take(&task, holder),
                _ => {}
            }
        }
    }

    /// Whether a person said of something that clashes that it is fine as it is.
    fn is_accepted(&self) -> bool {
        let mut conflicts = self.ledger.state.conflicts.values();
        conflicts.any(|found| found.stage == Stage::Accepted)
    }

    fn mend_config(&mut self) {
        let agents = ["ann", "bob", "cid", "dot"].into_iter();
        let missing: Vec<_> = agents
            .filter_map(|text| text.parse().ok())
            .filter(|name| !self.config.agents.contains_key(name))
            .collect();
        // Who refused more money has to write it into the configuration.
        let refused = self.ledger.state.requests.values().any(|request| {
            let decision = request.decided.as_ref().map(|decided| &decided.decision);
            matches!(request.kind, RequestKind::Budget { .. })
                && matches!(decision, Some(Decision::GiveUp))
        });
        let refused = refused && self.config.limits.budget != Budgets::default();
        let ruled = !rules::let_work_end(&self.config.rules);
        if missing.is_empty() && self.trusted && !refused && !ruled {
            return;
        }
        if ruled {
            self.config.rules.clear();
        }
        if refused {
            self.config.limits.budget = Budgets::default();
        }
        for name in missing {
            let agent = super::setting::agent(&name, "x");
            self.config.agents.insert(agent.name.clone(), agent);
        }
        if !self.trusted {
            self.trusted = true;
            let commands = String::new();
            self.tell(Actor::Person, Fact::Trusted { commands });
        }
        self.config_changed();
        self.wake_files();
    }

    /// One file per task, and no circles or dead ends among what tasks depend on.
    fn mend_files(&mut self) {
        let keys: Vec<_> = self.disk.files.keys().copied().collect();
        let mut seen = [false; TASKS_MAX];
        for key in keys {
            if std::mem::replace(&mut seen[key.task as usize], true) {
                self.delete_by_hand(key);
                continue;
            }
            let bad = |id: &TaskId| {
                let other = Self::place_of(id);
                other >= key.task || self.disk.of(other).next().is_none()
            };
            let file = self.disk.files.get(&key);
            if file.is_some_and(|file| file.card.depends_on.iter().any(bad)) {
                self.disk.edit(key, |card| card.depends_on.clear());
                self.wake_files();
            }
        }
    }
}

fn actor(holder: &Holder) -> Actor {
    match holder {
        Holder::Outside(name) => Actor::Outside { name: name.clone() },
        _ => Actor::Person,
    }
}
