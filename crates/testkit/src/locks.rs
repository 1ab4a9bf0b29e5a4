//! Locks in memory. A thread that takes the store lock twice is told so at once instead of waiting for itself.

use crate::world::{World, refused};
use orchestron_engine::ports::{Guard, Locks, PortErrorKind, PortResult, Wake};
use std::{
    sync::PoisonError,
    thread::{self, ThreadId},
    time::Duration,
};

/// How long a thread waits for the store.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who holds what.
#[derive(Default)]
pub struct Held {
    store: Option<ThreadId>,
    pub lease: bool,
    pub fence: u64,
    pub rings: u64,
}

pub struct MemoryLocks(pub World);

struct StoreGuard(World);
/// With its fence: whose lock file was deleted frees nobody else's.
struct LeaseGuard(World, u64);

impl Guard for StoreGuard {}
impl Guard for LeaseGuard {}

impl Drop for StoreGuard {
    fn drop(&mut self) {
        self.0.things().locks.store = None;
        self.0.changed().notify_all();
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        let mut things = self.0.things();
        if things.locks.fence == self.1 {
            things.locks.lease = false;
        }
    }
}

impl Locks for MemoryLocks {
    fn store(&self) -> PortResult<Box<dyn Guard>> {
        let me = thread::current().id();
        let held = |said: &str| refused(PortErrorKind::Held, "cannot lock", "the store", said);
        let things = self.0.up()?;
        if things.locks.store == Some(me) {
            return Err(held("this thread has it already"));
        }
        let (mut things, timeout) = self
            .0
            .changed()
            .wait_timeout_while(things, PATIENCE, |things| things.locks.store.is_some())
            .unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return Err(held("another thread has it"));
        }
        things.locks.store = Some(me);
        drop(things);
        Ok(Box::new(StoreGuard(self.0.clone())))
    }

    fn lease(&self) -> PortResult<(Box<dyn Guard>, u64)> {
        let mut things = self.0.up()?;
        if things.locks.lease {
            return Err(refused(
                PortErrorKind::Held,
                "cannot take",
                "the lease",
                "process 4711 has it",
            ));
        }
        things.locks.lease = true;
        things.locks.fence += 1;
        let fence = things.locks.fence;
        drop(things);
        Ok((Box::new(LeaseGuard(self.0.clone(), fence)), fence))
    }

    fn lease_is_held(&self) -> PortResult<bool> {
        Ok(self.0.up()?.locks.lease)
    }

    fn tell_trouble(&self, why: Option<&str>) {
        let mut things = self.0.things();
        things.trouble = why.map(str::to_owned);
        things.troubles.extend(why.map(str::to_owned));
    }

    fn trouble(&self) -> Option<String> {
        self.0.things().trouble.clone()
    }

    fn ring(&self) {
        let mut things = self.0.things();
        things.locks.rings += 1;
        if !things.wakes.contains(&Wake::Doorbell) {
            things.wakes.push(Wake::Doorbell);
        }
    }
}
