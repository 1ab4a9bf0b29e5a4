//! Who follows which resource. The store's bell says that something changed; what is followed is then read and compared, so that a
//! client hears only of what really is different, and of many changes at once only once.

use super::{
    Mcp,
    resources::{Address, open_tasks, text},
};
use orchestron_operations::Context;
use rmcp::{
    ErrorData, Peer, RoleServer,
    model::{ResourceUpdatedNotificationParam, SubscriptionFilter},
    service::{RequestContext, SubscriptionContext},
};
use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::{sync::broadcast, time::sleep};

/// Resources that one session follows at most.
const MOST: usize = 64;
/// Changes within this time are told together.
const TOGETHER: Duration = Duration::from_millis(50);

/// What a session of before 2026-07-28 follows: each address with what it was when it was last told.
#[derive(Default)]
pub struct Subscriptions {
    followed: Mutex<Followed>,
}

#[derive(Default)]
struct Followed {
    seen: BTreeMap<String, u64>,
    watching: bool,
}

impl Subscriptions {
    /// Follows an address no longer.
    pub fn forget(&self, uri: &str) {
        self.lock().seen.remove(uri);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers `resources/subscribe`.
pub async fn subscribe(
    mcp: &Mcp,
    uri: String,
    context: &RequestContext<RoleServer>,
) -> Result<(), ErrorData> {
    // What cannot be read cannot be followed either, and is told as the same error.
    super::resources::read(mcp, &uri).await?;
    let fresh = {
        let mut followed = mcp.subscriptions.lock();
        if followed.seen.len() >= MOST && !followed.seen.contains_key(&uri) {
            return Err(ErrorData::invalid_params(
                format!("a session follows at most {MOST} resources; unsubscribe from some first"),
                None,
            ));
        }
        followed.seen.insert(uri.clone(), 0);
        !std::mem::replace(&mut followed.watching, true)
    };
    let mut one = BTreeMap::from([(uri.clone(), 0)]);
    changed(mcp, &mut one).await?;
    if let Some(seen) = mcp.subscriptions.lock().seen.get_mut(&uri) {
        *seen = one.get(&uri).copied().unwrap_or(0);
    }
    if fresh && let Some(bell) = (mcp.shared.bell)() {
        let session = Arc::downgrade(&mcp.subscriptions);
        tokio::spawn(follow(mcp.clone(), session, bell, context.peer.clone()));
    }
    Ok(())
}

/// Tells a session of changes until it is gone.
async fn follow(
    mcp: Mcp,
    session: Weak<Subscriptions>,
    mut bell: broadcast::Receiver<orchestron_operations::wire::Topic>,
    peer: Peer<RoleServer>,
) {
    while rings(&mut bell).await {
        let Some(mut seen) = session.upgrade().map(|session| session.lock().seen.clone()) else {
            return;
        };
        let Ok(told) = changed(&mcp, &mut seen).await else {
            continue;
        };
        let Some(session) = session.upgrade() else {
            return;
        };
        for uri in told {
            // Only what is still followed is told, and only what it is now is remembered.
            match session.lock().seen.get_mut(&uri) {
                Some(known) => *known = seen.get(&uri).copied().unwrap_or(0),
                None => continue,
            }
            let note = ResourceUpdatedNotificationParam::new(uri);
            if peer.notify_resource_updated(note).await.is_err() {
                return;
            }
        }
    }
}

/// What of a wish for a stream of changes can be met.
pub fn accepted(requested: &SubscriptionFilter) -> SubscriptionFilter {
    let mut accepted = SubscriptionFilter::new();
    accepted.resources_list_changed = requested.resources_list_changed;
    accepted.resource_subscriptions = requested.resource_subscriptions.as_ref().map(|uris| {
        let known = uris.iter().filter(|uri| Address::read(uri).is_some());
        known.take(MOST).cloned().collect()
    });
    accepted
}

/// Answers `subscriptions/listen`: tells of changes until the client has heard enough.
pub async fn listen(mcp: &Mcp, context: &SubscriptionContext) -> Result<(), ErrorData> {
    let filter = context.accepted();
    let uris = filter.resource_subscriptions.clone().unwrap_or_default();
    let lists = filter.resources_list_changed == Some(true);
    let Some(mut bell) = (mcp.shared.bell)() else {
        context.cancelled().await;
        return Ok(());
    };
    let mut seen: BTreeMap<String, u64> = uris.into_iter().map(|uri| (uri, 0)).collect();
    changed(mcp, &mut seen).await?;
    let mut tasks = if lists { tasks(mcp).await? } else { 0 };
    loop {
        tokio::select! {
            () = context.cancelled() => return Ok(()),
            more = rings(&mut bell) => if !more {
                context.cancelled().await;
                return Ok(());
            },
        }
        let sink = context.sink();
        for uri in changed(mcp, &mut seen).await? {
            if sink.notify_resource_updated(uri).await.is_err() {
                return Ok(());
            }
        }
        if lists {
            let now = self::tasks(mcp).await?;
            if std::mem::replace(&mut tasks, now) != now
                && sink.notify_resource_list_changed().await.is_err()
            {
                return Ok(());
            }
        }
    }
}

/// Waits for a change, and a moment for those that come with it. False when there will be none any more.
async fn rings(bell: &mut broadcast::Receiver<orchestron_operations::wire::Topic>) -> bool {
    if bell.recv().await == Err(broadcast::error::RecvError::Closed) {
        return false;
    }
    sleep(TOGETHER).await;
    *bell = bell.resubscribe();
    true
}

/// Which of these are different now; what they are now is put in their place.
async fn changed(mcp: &Mcp, seen: &mut BTreeMap<String, u64>) -> Result<Vec<String>, ErrorData> {
    let asked = seen.clone();
    let now = mcp
        .ask(move |cx| {
            let now = |(uri, _): (String, u64)| {
                let digest = digest(cx, &uri);
                (uri, digest)
            };
            asked.into_iter().map(now).collect::<BTreeMap<_, _>>()
        })
        .await?;
    let different = now
        .iter()
        .filter(|(uri, digest)| seen.get(*uri) != Some(*digest));
    let told = different.map(|(uri, _)| uri.clone()).collect();
    *seen = now;
    Ok(told)
}

/// A resource in a number; what cannot be read now is a number as well.
fn digest(cx: &mut Context, uri: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    match Address::read(uri).map(|address| text(cx, &address)) {
        Some(Ok(Some(read))) => read.text.hash(&mut hasher),
        Some(Ok(None)) | None => "nothing".hash(&mut hasher),
        Some(Err(error)) => error.code().hash(&mut hasher),
    }
    hasher.finish()
}

/// Which tasks are not over, in a number: they are what the list of resources shows.
async fn tasks(mcp: &Mcp) -> Result<u64, ErrorData> {
    let ids = mcp
        .ask(|cx| {
            let mut hasher = DefaultHasher::new();
            for card in open_tasks(cx).unwrap_or_default() {
                card.id.hash(&mut hasher);
            }
            hasher.finish()
        })
        .await?;
    Ok(ids)
}
