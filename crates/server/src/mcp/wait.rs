//! Tools that wait: `task_next` until there is something to do, `request_help` until there is an answer; or until the time is over, or
//! the client no longer wants it.
//!
//! A client that hears nothing for long takes a call for dead, so a sign of life is sent while it waits.

use super::{
    Mcp,
    call::{Call, run},
    tools::WAIT,
};
use orchestron_operations::OpError;
use rmcp::{ErrorData, RoleServer, model::ProgressNotificationParam, service::RequestContext};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::{
    sync::broadcast,
    time::{Instant, sleep_until},
};

/// Between two signs of life.
const SIGN: Duration = Duration::from_secs(10);

/// How long an answer of the person is waited for when nobody says how long, in seconds. Clients give calls up after some minutes.
const FOR_AN_ANSWER: u64 = 100;

/// What is not there yet, in words; none when it is.
fn lacks(operation: &str, answer: &Value) -> Option<&'static str> {
    match operation {
        "next" => answer["none"].is_string().then_some("nothing to do yet"),
        _ => (answer["open"] == Value::Bool(true)).then_some("not answered yet"),
    }
}

/// The answer of an operation that may be worth waiting for, perhaps after a while.
pub async fn until_there(
    mcp: &Mcp,
    call: &Call,
    given: &Map<String, Value>,
    context: &RequestContext<RoleServer>,
) -> Result<Result<Value, OpError>, ErrorData> {
    let operation = call.tool.operation;
    let unsaid = if operation == "next" {
        0
    } else {
        FOR_AN_ANSWER
    };
    let seconds = given.get(WAIT).and_then(Value::as_u64).unwrap_or(unsaid);
    let mut call = call.clone();
    // Listening begins before looking, so that nothing falls in between.
    let mut bell = if seconds > 0 {
        (mcp.shared.bell)()
    } else {
        None
    };
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    loop {
        let answer = run(mcp, &call, context).await?;
        let lacking = answer
            .as_ref()
            .ok()
            .and_then(|found| lacks(operation, found));
        let Some(says) = lacking.filter(|_| Instant::now() < until) else {
            return Ok(answer);
        };
        // What was asked is asked once; from then on it is looked at.
        if let Some(request) = answer.as_ref().ok().and_then(|found| found.get("request")) {
            call.input = Map::from_iter([("request".to_owned(), request.clone())]);
        }
        let mut woken = false;
        while !woken && Instant::now() < until {
            let sign = Instant::now() + SIGN;
            tokio::select! {
                () = context.ct.cancelled() => return Ok(answer),
                () = heard(&mut bell) => woken = true,
                () = sleep_until(sign.min(until)) => {
                    sign_of_life(context, begun, Some(seconds), says).await;
                    // A deadline may have passed, which rings no bell.
                    woken = operation != "next";
                }
            }
        }
    }
}

/// A change of the store. Without a bell there is none, and the end of the time is waited for.
async fn heard(bell: &mut Option<broadcast::Receiver<orchestron_operations::wire::Topic>>) {
    use orchestron_operations::wire::Topic;
    let Some(listener) = bell else {
        return std::future::pending().await;
    };
    loop {
        match listener.recv().await {
            Ok(Topic::Runs) => {}
            Ok(Topic::Store) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => break,
        }
    }
    *bell = None;
    std::future::pending().await
}

/// Waits for work that may take long, with signs of life; none when the client no longer wants its outcome. The work goes on then.
pub async fn with_signs<T>(
    context: &RequestContext<RoleServer>,
    says: &str,
    work: impl Future<Output = T>,
) -> Option<T> {
    let begun = Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            () = context.ct.cancelled() => return None,
            () = sleep_until(Instant::now() + SIGN) => sign_of_life(context, begun, None, says).await,
        }
    }
}

async fn sign_of_life(
    context: &RequestContext<RoleServer>,
    begun: Instant,
    of: Option<u64>,
    says: &str,
) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let mut sign = ProgressNotificationParam::new(token, begun.elapsed().as_secs_f64());
    #[allow(clippy::cast_precision_loss)] // at most 600
    let total = of.map(|seconds| seconds as f64);
    sign.total = total;
    sign.message = Some(says.to_owned());
    if context.peer.notify_progress(sign).await.is_err() {
        // The client has gone: the call is cancelled by that.
    }
}
