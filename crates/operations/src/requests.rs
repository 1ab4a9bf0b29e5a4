//! `requests`: what waits for a person, and what was decided lately.

use crate::{
    Context, OpError, project,
    view::{self, Sight},
    wire::{RequestView, input},
};
use orchestron_domain::{Request, RequestKind, State};

/// Closed requests that are shown.
const CLOSED: usize = 50;

/// Open requests, most urgent first; then the newest closed ones.
///
/// # Errors
/// When the project cannot be read.
pub fn requests(cx: &mut Context, _input: &input::Nothing) -> Result<Vec<RequestView>, OpError> {
    let state = cx.state()?;
    let sight = Sight::new(cx, &state)?;
    let base = base_for(cx, &state, state.open_requests())?;
    let mut open: Vec<&Request> = state.open_requests().collect();
    open.sort_by_cached_key(|request| {
        (std::cmp::Reverse(sight.urgency(request).score), request.id)
    });
    let closed = state
        .requests
        .values()
        .rev()
        .filter(|request| !request.is_open())
        .take(CLOSED);
    let all = open.into_iter().chain(closed);
    Ok(all
        .map(|request| view::request(&sight, request, base.as_deref()))
        .collect())
}

/// The branch that requests speak of; git is asked only when one of them does.
pub(crate) fn base_for<'r>(
    cx: &Context,
    state: &State,
    mut open: impl Iterator<Item = &'r Request>,
) -> Result<Option<String>, OpError> {
    let merges = |request: &Request| {
        matches!(
            request.kind,
            RequestKind::Review { .. } | RequestKind::Conflict { .. }
        )
    };
    if open.any(merges) {
        project::base(cx, state)
    } else {
        Ok(None)
    }
}
