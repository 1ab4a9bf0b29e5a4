//! `attach`: take an agent's conversation over in a terminal. What runs is ended in good order first and the task rests, so that nobody
//! else speaks in that conversation; `resume` gives it back, and the agent goes on in it, with all that was said meanwhile.

use crate::{
    Context, OpError,
    who::only_person,
    wire::{AttachView, VariableView, input},
    writing::{card, id, must_be_clear, write},
};
use orchestron_domain::{Actor, Fact, Halt, Run, RunEnd, State, TaskId, event::Scope, state::Step};

/// Why a task rests that somebody has taken over.
const WHY: &str = "you have its conversation in a terminal";

/// Tells how to take a task's conversation over and, unless it is only to be told, makes it free.
///
/// # Errors
/// When the task has no conversation, or nothing is kept of it.
pub fn attach(cx: &mut Context, input: &input::Attach) -> Result<AttachView, OpError> {
    only_person(cx, "take a conversation over")?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    card(&state, &task)?;
    let none = |why: &str| OpError::NotNow {
        task: task.clone(),
        done: "taken over",
        why: why.to_owned(),
        cure: format!(
            "`orchestron show {task}` tells how far it is; a conversation begins with an agent's first run"
        ),
    };
    let run = last_run(&state, &task).ok_or_else(|| none("no agent has worked on it yet"))?;
    let (run, live) = (run.id.clone(), run.is_live());
    let found = cx.logs.take_over(&run)?;
    let found = found.ok_or_else(|| none("nothing is kept of its conversation"))?;
    if !input.only_show {
        let waits = |found: &&Run| found.task == task && found.leg().is_some();
        write(cx, [&task], |state| {
            let paused = Fact::Paused {
                why: WHY.to_owned(),
                scope: Scope::Task { task: task.clone() },
            };
            let halts = state.live_runs().filter(waits).map(|run| Fact::RunHalting {
                run: run.id.clone(),
                end: RunEnd::Paused {
                    why: WHY.to_owned(),
                },
                halt: Halt::Interrupt,
            });
            let facts = std::iter::once(paused).chain(halts);
            Ok((facts.map(|fact| (Actor::Person, fact)).collect(), ()))
        })?;
    }
    let back = if *state.step(&task) == Step::Asking {
        format!("orchestron resume {task}, then decide: orchestron requests")
    } else {
        format!("orchestron resume {task}")
    };
    Ok(AttachView {
        task: task.to_string(),
        run: run.to_string(),
        ending: live && !input.only_show,
        shell: shell(&found),
        program: found.program,
        args: found.args,
        dir: found.dir,
        env: found
            .env
            .into_iter()
            .map(|(name, value)| VariableView { name, value })
            .collect(),
        back,
    })
}

/// The newest run of an agent on this task: the one at work, else the one that ended last.
fn last_run<'s>(state: &'s State, task: &TaskId) -> Option<&'s Run> {
    let of_task = |run: &&Run| run.task == *task && run.leg().is_some();
    let runs = state.runs.values().filter(of_task);
    runs.max_by_key(|run| (run.is_live(), run.since))
}

/// The whole command for a shell.
fn shell(found: &orchestron_engine::ports::TakeOver) -> String {
    let mut words = vec!["cd".to_owned(), quoted(&found.dir), "&&".to_owned()];
    let env = found.env.iter();
    words.extend(env.map(|(name, value)| format!("{name}={}", quoted(value))));
    words.push(quoted(&found.program));
    words.extend(found.args.iter().map(|arg| quoted(arg)));
    words.join(" ")
}

/// A word as a POSIX shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_takes_each_word_for_one() {
        for (word, shown) in [
            ("claude", "claude"),
            ("/home/me/my shop", "'/home/me/my shop'"),
            ("it's", r"'it'\''s'"),
            ("$(rm -rf ~)", "'$(rm -rf ~)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
