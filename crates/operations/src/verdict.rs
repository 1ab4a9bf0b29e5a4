//! `verdict`: what a reviewer, or the person who decides, says about work in review.

use crate::{
    Context, OpError, end_leg, on_review,
    view::is_for_the_person,
    wire::{Done, VerdictWord, input},
    writing::{card, id, must_be_clear},
};
use orchestron_domain::Status;

/// Gives a verdict: the reviewer's own while it is the reviewer's turn, else the person's decision.
///
/// # Errors
/// When the task is not in review, or the verdict is not the caller's to give.
pub fn verdict(cx: &mut Context, input: &input::Verdict) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let found = card(&state, &task)?;
    if found.status != Status::Review {
        return Err(OpError::WrongStatus {
            task,
            found: found.status,
            done: "decided about",
            wanted: "in review",
        });
    }
    let on_review = input::OnReview {
        task: input.task.clone(),
        note: input.note.clone(),
        commit: input.commit.clone(),
        agent: input.agent.clone(),
        follow_up: false,
    };
    match input.verdict {
        VerdictWord::Changes => on_review::reject(
            cx,
            &input::Reject {
                task: input.task.clone(),
                note: input.note.clone(),
                commit: input.commit.clone(),
                comments: Vec::new(),
                hunks: Vec::new(),
                agent: input.agent.clone(),
            },
        ),
        VerdictWord::Approve if is_for_the_person(&state, found) => {
            on_review::approve(cx, &on_review)
        }
        VerdictWord::Approve => end_leg::complete(
            cx,
            &input::EndLeg {
                task: input.task.clone(),
                note: input.note.clone(),
                agent: input.agent.clone(),
            },
        ),
    }
}
