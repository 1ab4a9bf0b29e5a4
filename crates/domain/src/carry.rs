//! Carrying commands out, as far as state and command tell it: what has overtaken them, where they move the task's file, what they end
//! in. The engine does it in the real world and the simulator in a world of data; both ask here.

use crate::{
    Actor, Command, Event, Fact, Halt, Holder, Leg, RequestKind, Run, RunEnd, RunId, SendBack,
    SessionId, State, Status, TaskId, budget,
    conflict::Conflict,
    rules,
    run::Work,
    schedule::{free_places, leg_of},
    state::Step,
    step_in,
};

/// Why a command is void when somebody took its task.
const ELSEWHERE: &str = "the task was taken elsewhere";

/// Why a command is not to be carried out any more, in the state as it is now: it was decided before, perhaps by an engine that died
/// since.
#[must_use]
pub fn overtaken(state: &State, command: &Command) -> Option<&'static str> {
    let (void, why) = match command {
        Command::StartRun { run, .. } if state.runs.contains_key(run) => {
            (true, "it was started already")
        }
        // Its file may have been deleted since, also while no engine was there: nobody would ever give the place back.
        Command::Claim { task, .. } if state.status(task).is_none() => (true, "the task is gone"),
        // The limit may have been lowered since, also while no engine was there; the schedule claims it when there is a place.
        Command::Claim {
            holder: Holder::Agent(_),
            ..
        } => (free_places(state) == 0, "there is no place any more"),
        Command::StartRun { task, work, .. } => (!is_wanted(state.step(task), work), ELSEWHERE),
        Command::Say { run, .. }
        | Command::HaltRun { run, .. }
        | Command::AnswerTool { run, .. } => (!is_live(state, run), "the run is over"),
        // What somebody took meanwhile is not committed in another's name.
        Command::CommitWork { task, holder, .. } => {
            let its =
                matches!(state.step(task), Step::Committing { holder: now, .. } if now == holder);
            (!its, ELSEWHERE)
        }
        // Approved is not merged yet: whoever moved the task meanwhile, also while no engine was there, has taken that back.
        Command::Merge { task, .. } => (*state.step(task) != Step::Merging, ELSEWHERE),
        Command::Follow { task, rule, .. } => (!may_follow(state, task, rule), ELSEWHERE),
        Command::Reassign { task, leg, .. } => {
            (is_past(state, task, *leg), "the leg is over or has begun")
        }
        Command::OpenRequest {
            task: Some(task),
            kind,
        } => (!is_open_for(state, task, kind), ELSEWHERE),
        Command::Deliver { message, to, run } => {
            let message = state.messages.get(message);
            let waits = message.is_some_and(|message| message.waits_for(to));
            (
                !waits || !is_live(state, run),
                "nobody is there to hear it, or it was heard already",
            )
        }
        Command::PassOn { letter } => (
            step_in::was_passed_on(state, letter),
            "it was passed on before",
        ),
        _ => (false, ""),
    };
    void.then_some(why)
}

/// What is told in place of a command that was overtaken: a person's words that came too late for a run are passed on to its agent.
#[must_use]
pub fn instead(state: &State, command: &Command) -> Option<Fact> {
    let Command::Say { run, say } = command else {
        return None;
    };
    let letter = step_in::unsaid(state, run, say)?;
    Some(Fact::MessageSent { letter })
}

/// Whether an event that the state does not have yet makes a command void. To be asked under the store's lock, where no other event
/// can come in between; a move of the file needs no such question, for the rename itself decides between two.
#[must_use]
pub fn overtakes(event: &Event, command: &Command) -> bool {
    match command {
        Command::Claim { task, .. } => {
            !matches!(
                event.by,
                Actor::Engine | Actor::Rule { .. } | Actor::Run { .. }
            ) && event.fact.task() == Some(task)
        }
        Command::Merge { task, .. }
        | Command::OpenRequest {
            task: Some(task), ..
        } => {
            event.by != Actor::Engine
                && matches!(&event.fact, Fact::TaskMoved { task: moved, .. } | Fact::TaskRemoved { task: moved, .. } if moved == task)
        }
        _ => false,
    }
}

/// Where carrying a command out moves the task's file; none when the task stays where it is.
#[must_use]
pub fn moves(state: &State, command: &Command) -> Option<(Status, Status)> {
    match command {
        Command::Claim {
            task,
            leg: Leg::Implement,
            ..
        } if state.status(task) == Some(Status::Ready) => Some((Status::Ready, Status::InProgress)),
        Command::HandOff { to, .. } => *to,
        Command::SendBack(SendBack { task, from, .. }) => {
            (state.status(task) != Some(Status::Ready)).then_some((*from, Status::Ready))
        }
        Command::Fail { from, .. } => Some((*from, Status::Failed)),
        Command::Rethink { from, .. } => Some((*from, Status::Pending)),
        Command::Move { from, to, .. } | Command::Follow { from, to, .. } => Some((*from, *to)),
        _ => None,
    }
}

/// In whose name a command is carried out.
#[must_use]
pub fn by(command: &Command) -> Actor {
    match command {
        Command::Follow { rule, .. } => Actor::Rule { name: rule.clone() },
        _ => Actor::Engine,
    }
}

/// What a command ends in when it could be carried out, beyond the move of the task's file. None when the world tells that.
#[must_use]
pub fn ends_in(command: &Command) -> Option<Fact> {
    Some(match command.clone() {
        Command::Claim {
            task,
            leg,
            holder,
            attempt,
            why,
        } => Fact::Claimed {
            task,
            leg,
            holder,
            attempt,
            why,
        },
        Command::HandOff {
            task,
            leg,
            holder,
            note,
            ..
        } => Fact::HandedOff {
            task,
            leg,
            holder,
            note,
        },
        Command::SendBack(back) => Fact::SentBack {
            task: back.task,
            feedback: back.feedback,
            why: back.why,
            counts: back.counts,
        },
        Command::Fail { task, why, .. } => Fact::Failed { task, why },
        Command::Rethink { task, why, .. } => Fact::Rethought { task, why },
        Command::HaltRun { run, halt, end } => Fact::RunHalting { run, end, halt },
        Command::Deliver { message, to, run } => Fact::MessageDelivered {
            message,
            to,
            run: Some(run),
        },
        told => return told.told(),
    })
}

/// That a run was started, with what is reckoned for it. Not what was left for its task: an engine that died may have started it when
/// that was more.
#[must_use]
pub fn started(
    state: &State,
    (run, task): (&RunId, &TaskId),
    work: &Work,
    session: Option<SessionId>,
    resumed: bool,
) -> Fact {
    let cap = match work {
        Work::Leg { agent, .. } => Some(budget::most(state, agent)),
        Work::Gate { .. } => None,
    };
    Fact::RunStarted {
        run: run.clone(),
        task: task.clone(),
        work: work.clone(),
        session,
        resumed,
        cap,
    }
}

/// That a run was started, by an engine that died before it could tell, and is stopped because its start is void or refused by now. It is
/// the run it is: what it cost counts, its end is told, and a person is asked what becomes of its task if that still waits for it.
#[must_use]
pub fn stopped_at_start(
    state: &State,
    (run, task): (&RunId, &TaskId),
    work: &Work,
    session: Option<SessionId>,
    why: &str,
) -> [Fact; 2] {
    let resumed = session
        .as_ref()
        .is_some_and(|session| state.sessions.contains_key(session));
    let why = format!("it had been started when the engine died, and was not to go on: {why}");
    [
        started(state, (run, task), work, session, resumed),
        Fact::RunHalting {
            run: run.clone(),
            end: RunEnd::Stopped { why },
            halt: Halt::Kill,
        },
    ]
}

/// Whether that is asked already: the same question is never asked twice at a time.
#[must_use]
pub fn is_asked(state: &State, task: Option<&TaskId>, kind: &RequestKind) -> bool {
    let mut open = state.open_requests();
    open.any(|request| request.task.as_ref() == task && request.kind.asks_the_same(kind))
}

/// Whether a rule still is to move a task: it may have been taken out of the configuration, or the task taken elsewhere.
fn may_follow(state: &State, task: &TaskId, rule: &str) -> bool {
    let rule = state.config.rules.iter().find(|known| known.name == rule);
    let card = state.cards.get(task);
    card.zip(rule)
        .is_some_and(|(card, rule)| rules::is_armed(state, card, rule))
}

fn is_live(state: &State, run: &RunId) -> bool {
    state.runs.get(run).is_some_and(Run::is_live)
}

/// Whether the task still waits for this run.
fn is_wanted(step: &Step, work: &Work) -> bool {
    match work {
        Work::Leg { leg, .. } => matches!(step, Step::Starting { leg: now, .. } if now == leg),
        Work::Gate { .. } => matches!(step, Step::Gating { .. }),
    }
}

/// Whether a leg is no longer to be given to anybody: the task stands elsewhere, or somebody took it meanwhile.
fn is_past(state: &State, task: &TaskId, leg: Leg) -> bool {
    state.status(task).and_then(leg_of) != Some(leg) || *state.step(task) != Step::Idle
}

/// Whether the task is still where a request of this kind comes from. Whoever moves a task by hand leaves it idle or held.
fn is_open_for(state: &State, task: &TaskId, kind: &RequestKind) -> bool {
    match kind {
        RequestKind::Review { .. } => state.status(task) == Some(Status::Review),
        other if !other.holds_up() => match other {
            // Those about a clash are for as long as there is one.
            RequestKind::Clash { conflict, .. } => {
                let found = state.conflicts.get(conflict);
                found.is_some_and(Conflict::is_there)
            }
            _ => true,
        },
        _ => !matches!(state.step(task), Step::Idle | Step::Held { .. }),
    }
}

impl Command {
    /// Whether it works with the task's file, or with what follows from its place.
    #[must_use]
    pub const fn needs_files(&self) -> bool {
        self.is_a_step() || matches!(self, Self::RemoveWorktree { .. })
    }

    /// Whether an agent's program begins to run by it.
    #[must_use]
    pub const fn starts_agent(&self) -> bool {
        matches!(
            self,
            Self::StartRun {
                work: Work::Leg { .. },
                ..
            }
        )
    }
}

impl Fact {
    /// Whether files or configuration look different after it: they are to be looked at before anything is decided from it.
    #[must_use]
    pub const fn touches_files(&self) -> bool {
        matches!(
            self,
            Self::TaskCreated { .. }
                | Self::TaskMoved { .. }
                | Self::TaskRemoved { .. }
                | Self::TaskEdited { .. }
                | Self::HandedOff { .. }
                | Self::Trusted { .. }
        )
    }
}

impl RequestKind {
    /// Whether two requests ask the same. How much money is spent by now makes no other question.
    #[must_use]
    pub fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Budget { scope, .. }, Self::Budget { scope: asked, .. }) => scope == asked,
            _ => self == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ends_in, is_asked, moves, overtaken, overtakes};
    use crate::{
        Actor, Command, Event, Fact, Holder, Leg, MicroUsd, RequestKind, Seq, State, Status,
        TaskId, Time, apply::apply, budget::BudgetScope, run::Work,
    };

    fn task() -> TaskId {
        "TASK-1".parse().unwrap()
    }

    fn event(by: Actor, fact: Fact) -> Event {
        let (seq, at) = (Seq(1), Time(0));
        Event { seq, at, by, fact }
    }

    fn moved(from: Status, to: Status) -> Fact {
        let task = task();
        Fact::TaskMoved { task, from, to }
    }

    /// A task that an agent has claimed, and whose place is there.
    fn claimed() -> State {
        let mut state = State::default();
        let agent = || "coder".parse().unwrap();
        let place = Fact::WorktreeReady {
            task: task(),
            path: "/w".into(),
            branch: None,
            base: None,
        };
        let claim = Command::Claim {
            task: task(),
            leg: Leg::Implement,
            holder: Holder::Agent(agent()),
            attempt: 1,
            why: None,
        };
        let created = Fact::TaskCreated {
            task: task(),
            title: String::new(),
            status: Status::Ready,
        };
        let facts = [
            created,
            ends_in(&claim).unwrap(),
            moved(Status::Ready, Status::InProgress),
            place,
        ];
        for fact in facts {
            apply(&mut state, &event(Actor::Engine, fact));
        }
        state
    }

    fn start() -> Command {
        Command::StartRun {
            run: "TASK-1-implement-1".parse().unwrap(),
            task: task(),
            work: Work::Leg {
                leg: Leg::Implement,
                agent: "coder".parse().unwrap(),
                attempt: 1,
            },
            resume: None,
        }
    }

    #[test]
    fn a_run_is_started_while_its_task_waits_for_it_and_not_after_a_person_took_the_task() {
        let mut state = claimed();
        assert_eq!(overtaken(&state, &start()), None);
        let back = moved(Status::InProgress, Status::Pending);
        apply(&mut state, &event(Actor::Person, back));
        assert!(overtaken(&state, &start()).is_some());
    }

    #[test]
    fn a_claim_for_which_there_is_no_place_any_more_is_void() {
        let mut state = claimed();
        let task: TaskId = "TASK-2".parse().unwrap();
        let claim = Command::Claim {
            task: task.clone(),
            leg: Leg::Implement,
            holder: Holder::Agent("coder".parse().unwrap()),
            attempt: 1,
            why: None,
        };
        state.config.limits.parallel = 2;
        assert_eq!(overtaken(&state, &claim), Some("the task is gone"));
        let created = Fact::TaskCreated {
            task,
            title: String::new(),
            status: Status::Ready,
        };
        apply(&mut state, &event(Actor::Unknown, created));
        assert_eq!(overtaken(&state, &claim), None);
        state.config.limits.parallel = 1;
        assert!(overtaken(&state, &claim).is_some());
    }

    #[test]
    fn what_others_do_overtakes_a_claim_and_what_the_engine_does_not() {
        let claim = Command::Claim {
            task: task(),
            leg: Leg::Review,
            holder: Holder::Person,
            attempt: 1,
            why: None,
        };
        let edited = || Fact::TaskEdited {
            task: task(),
            what: String::new(),
        };
        assert!(overtakes(&event(Actor::Person, edited()), &claim));
        assert!(!overtakes(&event(Actor::Engine, edited()), &claim));
        let merge = Command::Merge {
            task: task(),
            commit: None,
            note: None,
        };
        assert!(!overtakes(&event(Actor::Person, edited()), &merge));
        let back = moved(Status::Review, Status::Ready);
        assert!(overtakes(&event(Actor::Unknown, back), &merge));
    }

    #[test]
    fn feedback_for_a_task_that_is_ready_moves_nothing() {
        let mut state = claimed();
        let back = Command::SendBack(crate::SendBack {
            task: task(),
            from: Status::InProgress,
            feedback: 1,
            why: String::new(),
            source: String::new(),
            body: String::new(),
            gate_run: None,
            commit: None,
            at: Time(0),
            counts: true,
        });
        assert_eq!(
            moves(&state, &back),
            Some((Status::InProgress, Status::Ready))
        );
        let ready = moved(Status::InProgress, Status::Ready);
        apply(&mut state, &event(Actor::Person, ready));
        assert_eq!(moves(&state, &back), None);
    }

    #[test]
    fn a_question_about_money_is_the_same_however_much_is_spent_by_now() {
        let kind = |spent| RequestKind::Budget {
            scope: BudgetScope::Project,
            spent: MicroUsd(spent),
            limit: MicroUsd(9),
        };
        let mut state = State::default();
        let asked = Fact::RequestOpened {
            task: None,
            kind: kind(1),
        };
        apply(&mut state, &event(Actor::Engine, asked));
        assert!(is_asked(&state, None, &kind(2)));
        assert!(!is_asked(&state, Some(&task()), &kind(2)));
    }

    #[test]
    fn nobody_is_asked_about_a_clash_that_is_over() {
        let ask = Command::OpenRequest {
            task: Some(task()),
            kind: RequestKind::Clash {
                conflict: Seq(7),
                evidence: String::new(),
                options: Vec::new(),
            },
        };
        assert!(overtaken(&claimed(), &ask).is_some());
    }
}
