//! What whoever goes on with a task would get of what was saved, if it was handed over now, and what is missing.

use crate::{AgentName, RequestKind, State, TaskId, context::Compressed, context::saved, message};

/// A handover as it would be now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Version of what is saved; 0 when nothing is.
    pub version: u64,
    /// What arrives, beside the task's file, its handoffs, its feedback and the worktree.
    pub arrives: Compressed,
    /// What whoever goes on will miss, each in a sentence. Empty when nothing is missing.
    pub lacks: Vec<String>,
}

/// How a handover by `who` would be now.
#[must_use]
pub fn prepared(state: &State, task: &TaskId, who: Option<&AgentName>) -> Prepared {
    let found = saved(state, task);
    let arrives = found.map_or_else(Compressed::default, |found| found.context.clone());
    let context = &arrives.context;
    let mut lacks = Vec::new();
    if found.is_none() {
        lacks.push(
            "nothing is saved: whoever goes on knows the task's file and its worktree only"
                .to_owned(),
        );
    } else {
        if context.now.trim().is_empty() {
            lacks.push("`now` is empty: say what you were at".to_owned());
        }
        if context.next.is_empty() {
            lacks.push("`next` is empty: say what comes next, or that nothing does".to_owned());
        }
        if context.pointers.is_empty() {
            lacks.push("`pointers` is empty: say where to look".to_owned());
        }
    }
    if arrives.left_out > 0 {
        lacks.push(format!(
            "{} entries do not fit into what arrives; they can be fetched (context_load with `whole`)",
            arrives.left_out
        ));
    }
    let questions = state
        .requests_of(task)
        .filter(|request| matches!(request.kind, RequestKind::Question(_)))
        .count();
    if questions > 0 {
        lacks.push(format!(
            "{questions} of your questions are not answered; they end with you"
        ));
    }
    let unread = who.map_or(0, |who| message::inbox(state, who).count());
    if unread > 0 {
        lacks.push(format!("{unread} messages to you are not acknowledged"));
    }
    Prepared {
        version: found.map_or(0, |found| found.version),
        arrives,
        lacks,
    }
}

#[cfg(test)]
mod tests {
    use super::prepared;
    use crate::{Actor, Event, Fact, Seq, State, Time, apply::apply, context::WorkContext};

    #[test]
    fn what_is_missing_is_named_and_nothing_when_all_is_there() {
        let mut state = State::default();
        let task = "TASK-1".parse().unwrap();
        let before = prepared(&state, &task, None);
        assert_eq!((before.version, before.lacks.len()), (0, 1));
        let mut save = |context| {
            let fact = Fact::ContextSaved {
                task: "TASK-1".parse().unwrap(),
                based_on: 0,
                context,
            };
            let event = Event {
                seq: Seq(state.seq.0 + 1),
                at: Time(0),
                by: Actor::Person,
                fact,
            };
            apply(&mut state, &event);
            prepared(&state, &task, None)
        };
        let half = save(WorkContext {
            now: "the limiter".into(),
            ..WorkContext::default()
        });
        assert_eq!((half.version, half.lacks.len()), (1, 2), "{:?}", half.lacks);
        let whole = save(WorkContext {
            now: "the limiter".into(),
            next: vec!["its test".into()],
            pointers: vec!["src/limit.rs:40".into()],
            ..WorkContext::default()
        });
        assert_eq!((whole.version, whole.lacks.len()), (2, 0));
        assert_eq!(whole.arrives.context.now, "the limiter");
    }
}
