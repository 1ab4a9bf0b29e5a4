//! Clearing away, at the engine's start and once a day: what the runs of finished tasks said, and texts that were replaced long ago.

use crate::{
    engine::{Engine, EngineError},
    ports::{KeptRun, PortErrorKind},
};
use orchestron_domain::{Actor, Fact, RunId, State, Status, Time, config::Keep, state::DAY_MS};

/// Runs that are cleared away in one go: whoever waits for the engine meanwhile does not wait for long.
const AT_ONCE: usize = 20;
/// The next ones follow after so many milliseconds.
const SOON_MS: i64 = 500;
/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_000_000;

/// What was cleared away so far in this round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cleared {
    runs: u32,
    bytes: u64,
}

impl Engine {
    /// Clears away when it is time to. What cannot be cleared away is told, and tried again the next day: it keeps nobody from working.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn clear_when_due(&mut self) -> Result<(), EngineError> {
        let now = self.ports.clock.now();
        // While the files are out of sight nobody knows which tasks are done.
        if now < self.clear_at || self.ports.store.held_why().is_some() {
            return Ok(());
        }
        let told = match self.clear(now) {
            Ok(told) => told,
            Err(error) => {
                self.clear_at = now.plus_millis(DAY_MS);
                Some(format!("old runs could not be cleared away: {error}"))
            }
        };
        if let Some(what) = told {
            let fact = Fact::Noted { what };
            self.ports.store.append(&Actor::Engine, vec![fact])?;
        }
        Ok(())
    }

    /// When the rest of a round is to follow. The beginning of one needs nobody to be woken: somebody always is within a day.
    pub(crate) fn rest_of_clearing(&self) -> Option<Time> {
        (self.cleared != Cleared::default()).then_some(self.clear_at)
    }

    /// One go; what was done in the round is told when the round is over.
    fn clear(&mut self, now: Time) -> Result<Option<String>, EngineError> {
        let kept = self.ports.logs.kept()?;
        let going = to_clear(&kept, &self.state, now);
        for run in going.iter().take(AT_ONCE) {
            match self.ports.runs.forget(&run.run) {
                Ok(()) => {}
                // A keeper that came to life again, as it seems: not today.
                Err(error) if error.kind == PortErrorKind::Held => continue,
                Err(error) => return Err(error.into()),
            }
            self.cleared.runs += 1;
            self.cleared.bytes = self.cleared.bytes.saturating_add(run.bytes);
        }
        if going.len() > AT_ONCE {
            self.clear_at = now.plus_millis(SOON_MS);
            return Ok(None);
        }
        self.clear_at = now.plus_millis(DAY_MS);
        let texts = self.ports.store.files().clear_replaced()?;
        self.ports.git.forget_old(now.plus_millis(-30 * DAY_MS))?;
        Ok(words(std::mem::take(&mut self.cleared), texts))
    }
}

/// What was cleared away, in words; none when it was nothing.
fn words(cleared: Cleared, texts: u32) -> Option<String> {
    let count = |number: u32, one: &str| {
        let many = if number == 1 { "" } else { "s" };
        format!("{number} {one}{many}")
    };
    let megabytes = cleared.bytes.div_ceil(MEGABYTE);
    let runs = (cleared.runs > 0).then(|| {
        format!(
            "what {} of finished tasks said ({megabytes} MB)",
            count(cleared.runs, "run")
        )
    });
    let texts = (texts > 0).then(|| count(texts, "earlier version") + " of task files");
    let parts: Vec<_> = runs.into_iter().chain(texts).collect();
    (!parts.is_empty()).then(|| format!("cleared away: {}", parts.join("; ")))
}

/// Runs to clear away, the oldest first: of tasks that are done or gone, when they ended too long ago or when there is too much of
/// them. Never one that lives, by its keeper or by the log.
fn to_clear<'k>(kept: &'k [KeptRun], state: &State, now: Time) -> Vec<&'k KeptRun> {
    let keep: Keep = state.config.keep;
    let mut over: Vec<_> = kept
        .iter()
        .filter(|kept| !kept.lives && is_over(state, &kept.run))
        .collect();
    over.sort_by_key(|kept| (kept.ended, &kept.run));
    let most_bytes = u64::from(keep.megabytes).saturating_mul(MEGABYTE);
    let mut bytes = over
        .iter()
        .fold(0_u64, |sum, kept| sum.saturating_add(kept.bytes));
    let is_too_old = |kept: &KeptRun| now.since(kept.ended) > i64::from(keep.days) * DAY_MS;
    over.into_iter()
        .take_while(|kept| {
            let goes = is_too_old(kept) || bytes > most_bytes;
            bytes = bytes.saturating_sub(kept.bytes);
            goes
        })
        .collect()
}

/// Whether a run and its task are over, so that nobody goes on from what it said.
fn is_over(state: &State, run: &RunId) -> bool {
    if state.runs.get(run).is_some_and(|run| run.is_live()) {
        return false;
    }
    let Some(task) = state
        .runs
        .get(run)
        .map(|run| run.task.clone())
        .or_else(|| run.task())
    else {
        return false;
    };
    match state.cards.get(&task) {
        Some(card) => card.status == Status::Done,
        // Gone; but when no task at all is to be seen, it is rather the folder that is out of sight.
        None => !state.cards.is_empty() && !state.unclear.contains(&task),
    }
}
