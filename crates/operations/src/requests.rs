//! `requests`: what waits for a person, and what was decided lately.

use crate::{
    Context, OpError, project,
    view::{self, Sight},
    wire::{RequestView, input},
};
use orchestron_domain::Request;

/// Closed requests that are shown.
const CLOSED: usize = 50;

/// Open requests, most urgent first; then the newest closed ones.
///
/// # Errors
/// When the project cannot be read.
pub fn requests(cx: &mut Context, _input: &input::Nothing) -> Result<Vec<RequestView>, OpError> {
    let state = cx.state()?;
    let sight = Sight::new(cx, &state)?;
    let base = project::base(cx, &state)?;
    let mut open: Vec<&Request> = state.open_requests().collect();
    open.sort_by_key(|request| (std::cmp::Reverse(sight.urgency(request)), request.id));
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
