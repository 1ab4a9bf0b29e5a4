//! `transcript`: what a run said and did.

use crate::{
    Context, OpError,
    view::{Sight, run as run_view},
    wire::{Big, ImageView, TranscriptItemView, TranscriptView, input},
};
use orchestron_domain::{Run, RunId, State, apply::apply, run::Work, transcript::TranscriptItem};

/// Items of a page when nobody says how many.
const LIMIT: u32 = 500;
/// The end of a gate's output that is shown, in bytes.
const GATE_TAIL: u32 = 64 * 1024;

/// Part of a run's transcript, from where the caller has read to.
///
/// # Errors
/// When there is no such run, or its output cannot be read.
pub fn transcript(cx: &mut Context, input: &input::Transcript) -> Result<TranscriptView, OpError> {
    let unknown = || OpError::NoRun {
        run: input.run.clone(),
    };
    let id: RunId = input.run.trim().parse().map_err(|_| unknown())?;
    let state = cx.story()?;
    let sight = Sight::new(cx, &state)?;
    let run = match state.runs.get(&id) {
        Some(run) => run.clone(),
        None => from_log(cx, &id)?.ok_or_else(unknown)?,
    };
    let (mut items, next) = match run.work {
        Work::Leg { .. } => {
            let limit = input.limit.unwrap_or(LIMIT).clamp(1, LIMIT);
            cx.logs.transcript(&id, input.from.0, limit)?
        }
        Work::Gate { .. } => gate_output(cx, &run, input.from.0)?,
    };
    if input.from.0 == 0 && said_nothing(&items) && !run.is_live() && !is_kept(cx, &id)? {
        let text = "What this run said is not kept any more.".to_owned();
        items = vec![TranscriptItem::Note { text }];
    }
    Ok(TranscriptView {
        run: run_view(&sight, &run),
        items: items.into_iter().map(item).collect(),
        next: Big(next),
        live: run.is_live(),
    })
}

/// Whether there is nothing to be seen: a gate without output, an agent without a word.
fn said_nothing(items: &[TranscriptItem]) -> bool {
    items
        .iter()
        .all(|item| matches!(item, TranscriptItem::Note { text } if text.is_empty()))
}

/// Whether its output is there still.
fn is_kept(cx: &Context, run: &RunId) -> Result<bool, OpError> {
    Ok(cx.logs.kept()?.iter().any(|kept| kept.run == *run))
}

/// A gate has no conversation: the end of its output, once it is over.
fn gate_output(cx: &Context, run: &Run, from: u64) -> Result<(Vec<TranscriptItem>, u64), OpError> {
    if run.is_live() || from > 0 {
        return Ok((Vec::new(), from));
    }
    let text = cx.logs.output_tail(&run.id, GATE_TAIL)?;
    Ok((vec![TranscriptItem::Note { text }], 1))
}

/// A run so old that the state has forgotten it, from the events about it.
fn from_log(cx: &Context, id: &RunId) -> Result<Option<Run>, OpError> {
    let Some(task) = id.task() else {
        return Ok(None);
    };
    let mut events = Vec::new();
    cx.back_through(&task, |event| {
        events.extend(Some(event).filter(|event| event.fact.run() == Some(id)));
    })?;
    let mut state = State::default();
    for event in events.iter().rev() {
        apply(&mut state, event);
    }
    Ok(state.runs.remove(id))
}

fn item(item: TranscriptItem) -> TranscriptItemView {
    match item {
        TranscriptItem::Told { text } => TranscriptItemView::Told { text },
        TranscriptItem::Says { text } => TranscriptItemView::Says { text },
        TranscriptItem::Thinks { text } => TranscriptItemView::Thinks { text },
        TranscriptItem::Uses {
            id,
            tool,
            summary,
            input,
        } => TranscriptItemView::Uses {
            id,
            tool,
            summary,
            input,
        },
        TranscriptItem::Got {
            id,
            failed,
            text,
            images,
        } => TranscriptItemView::Got {
            id,
            failed,
            text,
            images: images
                .into_iter()
                .map(|image| ImageView {
                    media: image.media,
                    data: image.data,
                })
                .collect(),
        },
        TranscriptItem::Note { text } => TranscriptItemView::Note { text },
    }
}
