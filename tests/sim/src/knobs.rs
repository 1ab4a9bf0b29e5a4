//! What one seed's world is like: how many tasks and agents, and which troubles come how often. Each trouble is on in about half of
//! the seeds only, so that one does not hide what another would show.

use crate::rng::Rng;
use std::{collections::BTreeSet, fmt, str::FromStr};

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident = $word:literal / $most:literal),+ $(,)?) => {
        /// Something that can go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Trouble { $($(#[$doc])* $name),+ }

        impl Trouble {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its word on the command line.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// How often it comes at most, in thousandths of the chances it has.
            const fn most(self) -> u64 {
                match self { $(Self::$name => $most),+ }
            }
        }
    };
}

troubles! {
    /// The engine is killed between two of its steps.
    Crash = "crash" / 12,
    /// The engine is killed between an effect and its outcome.
    CrashMidway = "crash-midway" / 60,
    /// A second engine takes over while the first still believes in its lease.
    Stale = "stale" / 250,
    /// The clock jumps.
    Clock = "clock" / 200,
    /// The engine is slow: the world goes on between its steps.
    Slow = "slow" / 500,
    /// The watcher misses a change.
    Unseen = "unseen" / 300,
    /// An agent ends with an error.
    Fails = "fails" / 400,
    /// An agent's process ends before its turn.
    Dies = "dies" / 300,
    /// An agent says nothing any more.
    Hangs = "hangs" / 200,
    /// An agent says it is done and changed nothing.
    Lies = "lies" / 200,
    /// An agent says far too much.
    Floods = "floods" / 200,
    /// An agent does not stop when it is told to.
    Deaf = "deaf" / 400,
    /// An agent asks for a permission.
    Asks = "asks" / 400,
    /// An agent asks a question.
    Questions = "questions" / 300,
    /// A keeper dies, its agent lives on.
    Keeper = "keeper" / 200,
    /// The provider refuses.
    Limit = "limit" / 300,
    /// No login, no program, no conversation.
    Cannot = "cannot" / 150,
    /// A reviewer wants changes.
    Changes = "changes" / 500,
    /// A gate fails.
    Gates = "gates" / 400,
    /// The last bill of a run never arrives.
    Bill = "bill" / 400,
    /// Somebody moves a task file.
    Moves = "moves" / 1000,
    /// Somebody edits a task file.
    Edits = "edits" / 1000,
    /// Somebody deletes a task file.
    Deletes = "deletes" / 500,
    /// Somebody copies a task file.
    Doubles = "doubles" / 500,
    /// Somebody writes a new task file.
    Creates = "creates" / 500,
    /// Somebody decides what is decided already, or about what is gone.
    Rude = "rude" / 600,
    /// Somebody outside takes a task, gives it up, or lets it be tried again.
    Takes = "takes" / 800,
    /// Somebody pauses and resumes.
    Pauses = "pauses" / 500,
    /// Somebody changes the configuration.
    Config = "config" / 500,
    /// Somebody works on a task's branch by hand.
    Git = "git" / 600,
    /// Reviews and escalations are answered with no.
    Rejects = "rejects" / 500,
    /// Somebody speaks to an agent at work, interrupts it, or lets its task rest.
    StepsIn = "steps-in" / 500,
    /// The configuration has status rules.
    Rules = "rules" / 500,
    /// The machine is suspended.
    Sleeps = "sleeps" / 300,
    /// An editor saves, or somebody moves a file, between two system calls of the engine.
    Meddles = "meddles" / 700,
}

/// So many troubles are drawn first; the others, thought of later, have a stream of their own, so that the worlds of old seeds that are
/// without them stay as they were.
const FIRST: usize = Trouble::Rejects as usize + 1;

/// What is left out of a seed's world; how a failing seed is made small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shrunk {
    /// Troubles that do not come.
    pub without: BTreeSet<Trouble>,
    /// At most so many tasks.
    pub tasks: Option<usize>,
    /// At most so many acts of people.
    pub acts: Option<u32>,
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.tasks.map(|tasks| format!("tasks={tasks}"));
        let acts = self.acts.map(|acts| format!("acts={acts}"));
        let without = self
            .without
            .iter()
            .map(|trouble| format!("no-{}", trouble.word()));
        let words: Vec<_> = tasks.into_iter().chain(acts).chain(without).collect();
        f.write_str(&words.join(","))
    }
}

impl FromStr for Shrunk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut shrunk = Self::default();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            let bad = || format!("`{word}` is none of tasks=N, acts=N, no-TROUBLE");
            if let Some(count) = word.strip_prefix("tasks=") {
                shrunk.tasks = Some(count.parse().map_err(|_| bad())?);
            } else if let Some(count) = word.strip_prefix("acts=") {
                shrunk.acts = Some(count.parse().map_err(|_| bad())?);
            } else {
                let name = word.strip_prefix("no-").ok_or_else(bad)?;
                let trouble = Trouble::ALL.iter().find(|trouble| trouble.word() == name);
                shrunk.without.insert(*trouble.ok_or_else(bad)?);
            }
        }
        Ok(shrunk)
    }
}

/// How a world is.
#[derive(Clone, Debug)]
pub struct Knobs {
    /// The seed they are drawn from.
    pub seed: u64,
    rates: [u16; Trouble::ALL.len()],
    /// Tasks at the beginning.
    pub tasks: usize,
    /// Acts of people before it gets calm.
    pub acts: u32,
    /// Milliseconds between two acts of people, at most.
    pub gap_ms: i64,
    /// Milliseconds an agent takes for one thing it does, at most.
    pub pace_ms: i64,
    /// Events between two checkpoints.
    pub checkpoint_every: u64,
    /// Milliseconds until somebody starts a dead engine again, at most.
    pub restart_ms: i64,
}

impl Knobs {
    /// The knobs of a seed.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // far below 2^16
    pub fn new(seed: u64, shrunk: &Shrunk) -> Self {
        let mut rng = Rng::new(seed, 1);
        let mut later = Rng::new(seed, 4);
        let mut rates = [0; Trouble::ALL.len()];
        let quiet = rng.chance(50); // a world where everything goes well must go well, too
        for (at, (rate, trouble)) in rates.iter_mut().zip(Trouble::ALL).enumerate() {
            let from = if at < FIRST { &mut rng } else { &mut later };
            let on = from.chance(450);
            let drawn = 1 + from.below(trouble.most()) as u16;
            if on && !quiet && !shrunk.without.contains(trouble) {
                *rate = drawn;
            }
        }
        let tasks = 2 + rng.index(9);
        let acts = if quiet { 0 } else { rng.below(48) as u32 };
        Self {
            seed,
            rates,
            tasks: shrunk.tasks.map_or(tasks, |most| tasks.min(most)),
            acts: shrunk.acts.map_or(acts, |most| acts.min(most)),
            gap_ms: *rng.pick(&[200, 5_000, 120_000]).unwrap_or(&5_000),
            pace_ms: *rng.pick(&[20, 3_000, 200_000]).unwrap_or(&3_000),
            checkpoint_every: *rng.pick(&[60, 250, 1_000]).unwrap_or(&250),
            restart_ms: *rng.pick(&[1, 1_000, 600_000]).unwrap_or(&1_000),
        }
    }

    /// How often a trouble comes, in thousandths of its chances.
    #[must_use]
    pub const fn rate(&self, trouble: Trouble) -> u16 {
        self.rates[trouble as usize]
    }
}
