//! `events`: what happened, newest first.

use crate::{
    Context, OpError, view,
    wire::{Big, EventView, EventsView, input},
    writing::{id, must_be_clear},
};
use orchestron_domain::{Seq, TaskId};
use orchestron_engine::{Trail, ports::EventFilter};

/// Events of a page when nobody says how many.
const PAGE: u32 = 100;
/// Events of a page at most.
const MOST: u32 = 1_000;
/// Pages of the log that are looked through at once for what is wanted; who wants more asks on.
const MOST_PAGES: u32 = 50;

/// A page of the activity log.
///
/// # Errors
/// When the log cannot be read, or there is no such task and never was one.
pub fn events(cx: &mut Context, input: &input::Events) -> Result<EventsView, OpError> {
    let task = input.task.as_deref().map(id).transpose()?;
    let state = cx.state()?;
    let limit = input.limit.unwrap_or(PAGE).clamp(1, MOST);
    let mut before = input.before.map(|before| Seq(before.0));
    let mut events = Vec::new();
    let wanted = |view: &EventView| {
        let by = input.by.as_ref().is_none_or(|by| view.by == *by);
        by && (input.kinds.is_empty() || input.kinds.contains(&view.kind))
    };
    // Bookkeeping is left out, so that one page of the log may not fill one page here.
    for _ in 0..MOST_PAGES {
        let filter = EventFilter {
            task: task.clone(),
            before,
            limit,
        };
        let page = cx.store.log().recent(&filter)?;
        for event in &page {
            before = Some(event.seq);
            events.extend(view::event(&state, event).filter(wanted));
            if events.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                let more = before.filter(|seq| seq.0 > 1);
                return Ok(EventsView {
                    events,
                    before: more.map(|seq| Big(seq.0)),
                });
            }
        }
        if page.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
            if let Some(task) = task.as_ref().filter(|_| before.is_none()) {
                // Nothing was ever written of it: a new task, one with a broken file, or a slip of the pen.
                must_be_clear(cx, &state, task)?;
            }
            return Ok(EventsView {
                events,
                before: None,
            });
        }
    }
    Ok(EventsView {
        events,
        before: before.map(|seq| Big(seq.0)),
    })
}

/// The log from some moment on: each event once, in order, none left out. Looks at nothing but the log.
pub struct Following {
    trail: Trail,
    task: Option<TaskId>,
}

impl Following {
    /// Begins with what comes after now, perhaps of one task alone.
    ///
    /// # Errors
    /// When the log cannot be read, or there is no such task and never was one.
    pub fn from_now(cx: &mut Context, task: Option<&str>) -> Result<Self, OpError> {
        if let Some(task) = task {
            let one = input::Events {
                task: Some(task.to_owned()),
                before: None,
                limit: Some(1),
                ..input::Events::default()
            };
            events(cx, &one)?;
        }
        Ok(Self {
            trail: Trail::from_now(&cx.store)?,
            task: task.map(id).transpose()?,
        })
    }

    /// What is new, a page of it; nothing when all was told. A page may have no sentence in it and still not be the last.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn page(&mut self, cx: &Context) -> Result<Option<Vec<EventView>>, OpError> {
        let task = self.task.as_ref().map(ToString::to_string);
        let mut told = Vec::new();
        let more = self.trail.follow(&cx.store, |state, event| {
            let view = view::event(state, event);
            told.extend(view.filter(|view| task.is_none() || view.task == task));
        })?;
        Ok(more.then_some(told))
    }
}
