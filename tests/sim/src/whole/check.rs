//! What must be after every event that the log tells, and whenever an engine has ended.

use super::Play;
use crate::{
    judge::{self, Turn},
    knobs::Trouble,
    rng::{mix, mix_bytes},
};
use orchestron_domain::{
    Actor, Event, Fact, Holder, Leg, MicroUsd, apply::apply, budget::BudgetScope, decide::decide,
};

impl Play {
    /// Takes an event in, and looks whether it may be.
    pub(super) fn judge(&mut self, event: &Event) {
        if let Fact::EngineStarted { .. } = event.fact {
            self.redoes = false;
            self.up = event.at;
        }
        self.starts.hear(&self.state, event);
        let broken = self.promises.hear(&self.state, event);
        let awake = (&self.world.slept(), self.up);
        let hasty = judge::hasty_stop(&self.state, event, awake);
        self.wrong_if(broken.or(hasty));
        self.judge_fact(event);
        let turn = Turn::before(&self.state, event);
        apply(&mut self.state, event);
        self.follow(event);
        if let Fact::RunEnded { .. } = event.fact {
            let follows = decide(&self.state, event, event.at);
            self.wrong_if(turn.unanswered(&self.state, event, &follows));
        }
        self.judge_state();
        self.strange = matches!(event.by, Actor::Unknown | Actor::Person);
    }

    fn judge_fact(&mut self, event: &Event) {
        match &event.fact {
            Fact::Claimed {
                task,
                leg,
                holder: Holder::Agent(agent),
                ..
            } => {
                let config = &self.state.config;
                let tried = self.starts.judge(agent, &config.limits, event.at);
                let wrong = tried.or_else(|| judge::too_many(&self.state, config, task, agent));
                self.wrong_if(wrong);
                // What an engine decided that died since was right when it was decided; so was what was decided a moment before
                // somebody came in between.
                let between = self.strange && self.knobs.rate(Trouble::Meddles) > 0;
                if *leg == Leg::Implement && !self.redoes && !between {
                    self.wrong_if(judge::out_of_turn(&self.state, task));
                }
            }
            Fact::RequestDecided { .. } if event.by != Actor::Person => {
                let who = format!("{:?}", event.by);
                self.wrong("somebody else than a person decided", who);
            }
            _ => {}
        }
    }

    /// The cards stand where the log says.
    fn follow(&mut self, event: &Event) {
        match &event.fact {
            Fact::TaskMoved {
                task, to: status, ..
            }
            | Fact::TaskCreated { task, status, .. } => {
                if let Some(card) = self.state.cards.get_mut(task) {
                    card.status = *status;
                }
            }
            Fact::TaskRemoved { task, .. } => {
                self.state.cards.remove(task);
            }
            _ => {}
        }
    }

    /// What must be after every single event.
    fn judge_state(&mut self) {
        let live = self.state.live_runs().filter(|run| run.leg().is_some());
        let live: Vec<_> = live.collect();
        let most = self.state.config.limits.parallel as usize;
        if live.len() > most {
            let what = format!("{}; {most} may", live.len());
            self.wrong("more at once than allowed", what);
            return;
        }
        let at_work = |run: &orchestron_domain::Run| run.halting.is_none() && !run.turn_over;
        let twice = live.iter().enumerate().find_map(|(n, run)| {
            let mut others = live.iter().skip(n + 1);
            let other =
                others.find(|other| other.task == run.task && at_work(other) && at_work(run))?;
            Some(format!("{} and {}", run.id, other.id))
        });
        if let Some(what) = twice {
            self.wrong("a task has two holders", what);
            return;
        }
        let booked = |task: &orchestron_domain::TaskId| {
            let found = self.state.tasks.get(task);
            found.map_or(MicroUsd(0), |found| found.cost)
        };
        let all = self.state.spent.values().map(|cost| cost.0).sum();
        let over = self.judge_money(booked, MicroUsd(all));
        self.wrong_if(over);
    }

    /// No budget is exceeded by this.
    fn judge_money(
        &self,
        of_task: impl Fn(&orchestron_domain::TaskId) -> MicroUsd,
        all: MicroUsd,
    ) -> Option<judge::Wrong> {
        let budget = self.state.config.limits.budget;
        let raised = |scope: &BudgetScope| self.state.raised.get(scope).map_or(0, |by| by.0);
        let limit = |scope: &BudgetScope, of: Option<MicroUsd>| of.map(|of| of.0 + raised(scope));
        let costs = self.state.tasks.keys().map(|task| {
            let scope = BudgetScope::Task(task.clone());
            (of_task(task).0, limit(&scope, budget.task))
        });
        let all = (all.0, limit(&BudgetScope::Project, budget.project));
        let over = |(cost, limit): &(u64, Option<u64>)| limit.is_some_and(|limit| *cost > limit);
        let (cost, limit) = costs.chain([all]).find(over)?;
        Some(("a budget is exceeded", format!("{cost} of {limit:?}")))
    }

    /// What must be when an engine has ended.
    pub(super) fn check(&mut self) {
        self.check_files();
        let started = self.world.started().into_iter();
        if let Some((run, times)) = started.into_iter().find(|(_, times)| *times != 1) {
            let what = format!("{run}: {times} times");
            self.wrong("a program was started twice", what);
        }
        let merges = self.world.merges().into_iter();
        let mut unasked = merges.filter(|merge| !self.approved.contains(merge));
        if let Some(merge) = unasked.next() {
            let what = format!("{merge:?}");
            self.wrong("something is merged that nobody approved", what);
        }
        let stale = self.world.stale_writes();
        if stale > 0 {
            let what = format!("{stale} writes");
            self.wrong("an engine that was overtaken goes on", what);
        }
        let billed = self.world.billed_in_all();
        let over = self.judge_money(|task| self.world.billed(task), billed);
        self.wrong_if(over);
        let too_much = self.state.tasks.iter().find_map(|(task, found)| {
            let billed = self.world.billed(task);
            let what = || format!("{task}: {} of {}", found.cost.0, billed.0);
            (found.cost > billed).then(what)
        });
        if let Some(what) = too_much {
            self.wrong("more is booked than was spent", what);
        }
    }

    fn check_files(&mut self) {
        let paths = self.world.paths();
        let mut deleted = self.deleted.iter();
        let back = deleted.find(|task| self.path_of(task).is_some());
        if let Some(task) = back.cloned() {
            self.wrong("a deleted task comes back", task);
            return;
        }
        for task in self.tasks.clone() {
            let here = |path: &&String| {
                let name = path.rsplit('/').next().unwrap_or("");
                path.starts_with("tasks/") && name.starts_with(&task)
            };
            let found: Vec<_> = paths.iter().filter(here).collect();
            if found.len() != 1 {
                let what = format!("{task} lies in {found:?}");
                self.wrong("a task is lost or doubled", what);
                return;
            }
            let text = self.world.text(found[0]).unwrap_or_default();
            let lost = (1..=self.marks.get(&task).copied().unwrap_or(0))
                .find(|mark| !text.contains(&format!("mark {mark} of {task}.")));
            if let Some(mark) = lost {
                let what = format!("mark {mark} of {task} is gone:\n{text}");
                self.wrong("a person's edit is overwritten", what);
            }
        }
    }

    /// Nothing is left to be done when all is done, and nobody's words are lost.
    pub(super) fn rests(&mut self) {
        let store = self.world.store();
        let open = store.log().open_commands().map(|open| open.len());
        let intents = store.log().open_intents().map(|open| open.len());
        if open != Ok(0) || intents != Ok(0) {
            let what = format!("{open:?} {intents:?}");
            self.wrong("something is left open at the end", what);
        }
        let lost = self.promises.unheard(|id| self.world.was_heard(id));
        self.wrong_if(lost);
        for task in &self.tasks {
            let status = self.world.status(task).map_or(9, |status| status as u64);
            self.hash = mix_bytes(mix(self.hash, status), task.as_bytes());
        }
    }
}
