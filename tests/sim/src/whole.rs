//! Level B: the real engine and store over the testkit's ports in memory. It is killed at any write of the log and at any system call on
//! a task file, loses its power, is overtaken by another engine in the middle of a start, and starts again; people edit, move and delete
//! files, and decide in between.

use crate::{
    core::differs,
    knobs::{Knobs, Shrunk, Trouble},
    outcome::{Outcome, Violation},
    rng::{Rng, mix, mix_bytes},
};
use orchestron_domain::{
    Actor, AskId, CallId, Decision, Fact, Holder, Leg, MicroUsd, Request, RequestKind, RunEnd,
    State, Status, apply::apply, budget::BudgetScope, config::Limits, conflict::Resolution,
    schedule::leg_of, signal::Signal, state::Step,
};
use orchestron_engine::{Engine, EngineError, Mode, ports::Over};
use orchestron_testkit::{Act, Script, World, quiet_end};
use std::collections::{BTreeMap, BTreeSet};

/// Rounds in which things go wrong.
const ROUNDS: u32 = 10;
/// Rounds until everything must be done once it is calm.
const CALM_ROUNDS: u32 = 60;
/// What a run costs: as much as it may.
const PRICE: MicroUsd = MicroUsd(1_000_000);
/// So often an engine may write until it comes to rest.
const WRITES_MAX: u32 = 3_000;
/// Tasks at most.
const TASKS_MAX: usize = 5;

struct Play {
    rng: Rng,
    knobs: Knobs,
    world: World,
    calm: bool,
    marks: BTreeMap<String, u32>,
    tasks: BTreeSet<String>,
    /// Tasks that somebody deleted.
    deleted: BTreeSet<String>,
    approved: BTreeSet<(String, String)>,
    /// Another engine comes, or came, while the first one is at work.
    overtaken: bool,
    /// What the log tells.
    state: State,
    limits: Limits,
    steps: u64,
    hash: u64,
    told: usize,
    trace: Option<Vec<String>>,
    violation: Option<Violation>,
}

/// Plays a seed's world to its end.
#[must_use]
pub fn play(seed: u64, shrunk: &Shrunk, traced: bool) -> Outcome {
    let mut play = Play::new(seed, shrunk, traced);
    let begin = play.world.now();
    for _ in 0..ROUNDS.min(1 + play.knobs.acts) {
        if play.violation.is_some() {
            break;
        }
        play.people();
        play.scripts();
        play.round();
    }
    play.grow_calm();
    Outcome {
        steps: play.steps,
        hash: play.hash,
        virtual_ms: play.world.now().since(begin),
        violation: play.violation,
        trace: play.trace.unwrap_or_default(),
        end: Some(Box::new(play.state)),
    }
}

impl Play {
    fn new(seed: u64, shrunk: &Shrunk, traced: bool) -> Self {
        let knobs = Knobs::new(seed, shrunk);
        let mut play = Self {
            rng: Rng::new(seed, 3),
            world: World::new(),
            calm: false,
            marks: BTreeMap::new(),
            tasks: BTreeSet::new(),
            deleted: BTreeSet::new(),
            approved: BTreeSet::new(),
            overtaken: false,
            state: State::default(),
            limits: Limits::default(),
            steps: 0,
            hash: mix(1, seed),
            told: 0,
            trace: traced.then(Vec::new),
            violation: None,
            knobs,
        };
        play.furnish();
        play
    }

    fn furnish(&mut self) {
        let prepare = *self.rng.pick(&[None, Some("architect")]).unwrap_or(&None);
        let implement = *self
            .rng
            .pick(&[Some("ann"), Some("ann"), Some("person")])
            .unwrap_or(&None);
        let review = *self.rng.pick(&[None, Some("dot")]).unwrap_or(&None);
        self.world.chain(prepare, implement, review);
        let parallel = *self.rng.pick(&[1, 2, 3]).unwrap_or(&1);
        let gates = self.rng.chance(600);
        let money = self.rng.chance(300);
        let limits = &mut self.limits;
        self.world.configure(|config| {
            config.limits.parallel = parallel;
            if money {
                config.limits.reserve = PRICE;
                config.limits.budget.task = Some(MicroUsd(2 * PRICE.0));
                config.limits.budget.project = Some(MicroUsd(9 * PRICE.0));
            }
            if !gates {
                config.gates.clear();
            }
            limits.clone_from(&config.limits);
        });
        self.world.trust();
        for number in 1..=self.knobs.tasks.min(TASKS_MAX) {
            let number = u32::try_from(number).unwrap_or(1);
            let file = ["src/a.rs", "src/b.rs", "src/c.rs"][self.rng.index(3)];
            let mut more = format!("## Files Affected\n- {file}\n");
            if number > 1 && self.rng.chance(200) {
                more.push_str(&format!("\n## Depends On\n- TASK-{:03}\n", number - 1));
            }
            self.world
                .task_with(number, Status::Pending, "Do it", &more);
            self.tasks.insert(format!("TASK-{number:03}"));
        }
    }

    fn trouble(&mut self, trouble: Trouble) -> bool {
        !self.calm && self.rng.chance(self.knobs.rate(trouble))
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(line());
        }
    }

    fn wrong(&mut self, what: &'static str, detail: String) {
        if self.violation.is_none() {
            self.note(|| format!("VIOLATION {what}: {detail}"));
            let step = self.steps;
            self.violation = Some(Violation { what, detail, step });
        }
    }

    // ------------------------------------------------------------------------------------ the engine

    /// One life of an engine: until nothing is to be done, or until it dies.
    fn round(&mut self) {
        let often = |rate: u16| rate.saturating_mul(20).min(700);
        let crash = often(self.knobs.rate(Trouble::Crash));
        if !self.calm && self.rng.chance(crash) {
            let writes = u32::try_from(self.rng.below(40)).unwrap_or(0);
            self.note(|| format!("the engine will be killed at write {writes}"));
            self.world.die_after(writes);
        }
        let midway = often(self.knobs.rate(Trouble::CrashMidway));
        if !self.calm && self.rng.chance(midway) {
            let calls = u32::try_from(self.rng.below(60)).unwrap_or(0);
            self.note(|| format!("the engine will be killed at system call {calls}"));
            self.world.die_at(calls);
        }
        // What goes round in circles would do so for ever.
        let fuse = !self.world.is_about_to_die();
        if fuse {
            self.world.die_after(WRITES_MAX);
        }
        self.let_another_in();
        let ended = match Engine::start(self.world.ports(), Mode::Run) {
            Ok(mut engine) => {
                let ended = engine.run();
                if ended.is_ok() {
                    self.compare(&engine);
                }
                ended
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &ended {
            self.note(|| format!("the engine ends: {error}"));
        }
        if self.trouble(Trouble::CrashMidway) {
            let kept = self.rng.index(3);
            self.note(|| format!("the power goes; {kept} unsynced names are kept"));
            self.world.power_cut(kept);
        }
        let down = self.world.revive();
        let lost = ended.as_ref().is_err_and(EngineError::is_held) && self.overtaken;
        self.overtaken &= !lost;
        if down && fuse {
            let what = format!("an engine wrote {WRITES_MAX} times and had not come to rest");
            self.wrong("it goes round in circles", what);
        }
        if let (Err(error), false) = (&ended, down || lost) {
            let what = error.to_string();
            self.wrong("the engine gives up although nothing is wrong", what);
        }
        self.hear();
        self.check();
    }

    /// While the engine starts a run, its lease is lost and another engine comes, does all that is to be done, and goes. What the first one
    /// was at must come to nothing.
    fn let_another_in(&mut self) {
        let often = self.knobs.rate(Trouble::Stale).saturating_mul(20).min(500);
        if self.calm || !self.rng.chance(often) {
            return;
        }
        self.overtaken = true;
        self.note(|| "another engine comes in the middle of the next start".to_owned());
        self.world.while_starting("implement", |world| {
            world.lose_lease();
            // It may be killed, too.
            if let Ok(mut second) = Engine::start(world.ports(), Mode::Run) {
                second.run().ok();
            }
        });
    }

    /// Takes new events into the hash and the story.
    fn hear(&mut self) {
        let events = self.world.events();
        for event in events.iter().skip(self.told) {
            self.steps += 1;
            self.hash = mix(self.hash, event.seq.0 ^ event.at.0.cast_unsigned());
            apply(&mut self.state, event);
            self.judge();
            if self.trace.is_some() {
                let line = format!("log {} {:?}: {:?}", event.seq.0, event.by, event.fact);
                self.note(|| line);
            }
        }
        self.told = events.len();
    }

    /// The log alone must tell the engine's state.
    fn compare(&mut self, engine: &Engine) {
        self.hear();
        let mut told = self.state.clone();
        let mut state = engine.state().clone();
        if let Some(what) = differs(&mut state, &mut told) {
            self.wrong("the log does not tell the state", what);
        }
    }

    // ------------------------------------------------------------------------------------ what must be

    /// What must be after every single event.
    fn judge(&mut self) {
        let live = self.state.live_runs().filter(|run| run.leg().is_some());
        let (live, most) = (live.count(), self.limits.parallel as usize);
        if live > most {
            self.wrong("more at once than allowed", format!("{live}; {most} may"));
        }
        let budget = self.limits.budget;
        let raised = |scope: &BudgetScope| self.state.raised.get(scope).map_or(0, |by| by.0);
        let limit = |scope: &BudgetScope, of: Option<MicroUsd>| of.map(|of| of.0 + raised(scope));
        let costs = self.state.tasks.iter().map(|(task, found)| {
            let scope = BudgetScope::Task(task.clone());
            (found.cost.0, limit(&scope, budget.task))
        });
        let spent = self.state.spent.values().map(|cost| cost.0).sum();
        let all = (spent, limit(&BudgetScope::Project, budget.project));
        let over = costs
            .chain([all])
            .find(|(cost, limit)| limit.is_some_and(|limit| *cost > limit));
        if let Some((cost, limit)) = over {
            let what = format!("{cost} of {limit:?}");
            self.wrong("a budget is exceeded", what);
        }
    }

    fn check(&mut self) {
        let paths = self.world.paths();
        let back = self
            .deleted
            .iter()
            .find(|task| self.path_of(task).is_some());
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
        let twice = self
            .world
            .started()
            .into_iter()
            .find(|(_, times)| *times != 1);
        if let Some((run, times)) = twice {
            self.wrong(
                "a program was started twice",
                format!("{run}: {times} times"),
            );
        }
        let merges = self.world.merges();
        let merged = merges
            .into_iter()
            .find(|merge| !self.approved.contains(merge));
        if let Some(merge) = merged {
            self.wrong(
                "something is merged that nobody approved",
                format!("{merge:?}"),
            );
        }
    }

    fn path_of(&self, task: &str) -> Option<String> {
        let mut paths = self.world.paths().into_iter();
        paths.find(|path| {
            let name = path.rsplit('/').next().unwrap_or("");
            path.starts_with("tasks/") && name.starts_with(task)
        })
    }

    // ------------------------------------------------------------------------------------ agents

    /// What the next runs do, when it is not their job.
    fn scripts(&mut self) {
        for kind in ["prepare", "implement", "review"] {
            let script = if self.trouble(Trouble::Fails) {
                turn(RunEnd::AgentError {
                    message: "no".into(),
                })
            } else if self.trouble(Trouble::Dies) {
                vec![
                    started(),
                    Act::Ends(Over {
                        code: Some(1),
                        ..quiet_end()
                    }),
                ]
            } else if self.trouble(Trouble::Hangs) {
                vec![
                    started(),
                    Act::AwaitsReply(CallId("never".into())),
                    Act::Ends(quiet_end()),
                ]
            } else if self.trouble(Trouble::Keeper) {
                let end = Some(RunEnd::Lost);
                vec![
                    started(),
                    Act::Ends(Over {
                        code: None,
                        end,
                        ..quiet_end()
                    }),
                ]
            } else if self.trouble(Trouble::Lies) {
                turn(RunEnd::Completed)
            } else if kind == "review" && self.trouble(Trouble::Changes) {
                job(
                    "review_decide",
                    r#"{"verdict":"changes","note":"make it better"}"#,
                    false,
                )
            } else if kind == "implement" && self.trouble(Trouble::Asks) {
                job("task_submit", r#"{"note":"it is done"}"#, true)
            } else if kind == "implement" && self.limits.budget.task.is_some() {
                job("task_submit", r#"{"note":"it is done"}"#, false)
            } else {
                continue;
            };
            self.world.script(kind, script);
        }
        if self.trouble(Trouble::Gates) {
            let over = Over {
                code: Some(1),
                ..quiet_end()
            };
            self.world.script("gate-test", vec![Act::Ends(over)]);
        }
        if self.trouble(Trouble::Edits) {
            let task = self.any_task();
            if let Some((path, text)) = self.marked(&task) {
                // In the middle of the engine's work.
                self.world.while_starting("implement", move |world| {
                    if let Some(now) = world.text(&path) {
                        world.write(&path, &format!("{now}{text}"));
                    }
                });
                self.marks
                    .entry(task.clone())
                    .and_modify(|count| *count -= 1);
            }
        }
    }

    fn any_task(&mut self) -> String {
        let at = self.rng.index(self.tasks.len());
        self.tasks.iter().nth(at).cloned().unwrap_or_default()
    }

    /// Where a task's file is, and a line that must never be lost again.
    fn marked(&mut self, task: &str) -> Option<(String, String)> {
        let path = self.path_of(task)?;
        let mark = self.marks.entry(task.to_owned()).or_default();
        *mark += 1;
        let text = format!("\nmark {mark} of {task}.\n");
        Some((path, text))
    }

    // ------------------------------------------------------------------------------------ people

    fn people(&mut self) {
        self.steps += 1;
        if self.trouble(Trouble::Edits) {
            let task = self.any_task();
            if let Some((path, text)) = self.marked(&task)
                && let Some(now) = self.world.text(&path)
            {
                self.note(|| format!("somebody edits {path}"));
                self.world.write(&path, &format!("{now}{text}"));
            }
        }
        if self.trouble(Trouble::Moves) {
            let task = self.any_task();
            let to = Status::ALL[self.rng.index(Status::ALL.len())];
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
        let often = if self.calm { 1000 } else { 600 };
        self.decide(often);
        self.take_turns(often);
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
            let request = request.id;
            self.tell(Fact::RequestDecided { request, decision });
        }
    }

    fn tell(&mut self, fact: Fact) {
        if let Err(error) = self.world.store().append(&Actor::Person, vec![fact]) {
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

    fn claim(&mut self, state: &State, task: &orchestron_domain::TaskId, leg: Leg) {
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
        task: &orchestron_domain::TaskId,
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

    // ------------------------------------------------------------------------------------ calm

    fn grow_calm(&mut self) {
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

    /// Nothing is left to be done when all is done.
    fn rests(&mut self) {
        let store = self.world.store();
        let open = store.log().open_commands().map(|open| open.len());
        let intents = store.log().open_intents().map(|open| open.len());
        if open != Ok(0) || intents != Ok(0) {
            self.wrong(
                "something is left open at the end",
                format!("{open:?} {intents:?}"),
            );
        }
        for task in &self.tasks {
            let status = self.world.status(task).map_or(9, |status| status as u64);
            self.hash = mix_bytes(mix(self.hash, status), task.as_bytes());
        }
    }
}

fn started() -> Act {
    Act::Says(Signal::Started {
        session: None,
        version: "2.1.0".into(),
        model: "scripted".into(),
    })
}

/// A turn that ends like this.
fn turn(end: RunEnd) -> Script {
    let words = "that is all".to_owned();
    let ended = Signal::TurnEnded {
        end,
        words,
        denials: 0,
    };
    vec![
        started(),
        Act::Says(ended),
        Act::AwaitsHalt,
        Act::Ends(quiet_end()),
    ]
}

/// The job, with one call, perhaps after a permission.
fn job(tool: &str, arguments: &str, asks: bool) -> Script {
    let call = CallId("1".into());
    let called = Signal::ToolCalled {
        call: call.clone(),
        tool: tool.into(),
        arguments: arguments.into(),
    };
    let mut script = vec![started()];
    if asks {
        let ask = AskId("a1".into());
        script.push(Act::Says(Signal::Asked {
            ask: ask.clone(),
            tool: "Bash".into(),
            input: "{}".into(),
            summary: "npm test".into(),
            reason: None,
        }));
        script.push(Act::AwaitsPermit(ask));
    }
    script.push(Act::Says(Signal::Cost {
        session_total: PRICE,
        input_tokens: 900,
        cached_tokens: 0,
        output_tokens: 100,
        requests: 1,
    }));
    script.extend([Act::Edits, Act::Says(called), Act::AwaitsReply(call)]);
    script.extend(turn(RunEnd::Completed).into_iter().skip(1));
    script
}
