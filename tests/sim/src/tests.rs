//! A first look at every `cargo nextest run`; `./dev test` plays 10,000 seeds on a fast build.

use crate::{
    Level,
    knobs::{Shrunk, Trouble},
    play_twice,
};

fn seeds(level: Level, count: u64) {
    for seed in 0..count {
        let outcome = play_twice(level, seed, &Shrunk::default());
        assert!(
            outcome.violation.is_none(),
            "repeat it with `./dev sim --level {} --seed {seed} --seeds 1`: {:?}",
            level.word(),
            outcome.violation
        );
    }
}

#[test]
fn two_hundred_worlds_of_the_core_hold() {
    seeds(Level::Core, 200);
}

#[test]
fn a_hundred_worlds_of_the_engine_hold() {
    seeds(Level::Engine, 100);
}

#[test]
fn what_is_shrunk_is_written_as_it_is_read() {
    let shrunk = Shrunk {
        without: [Trouble::Crash, Trouble::Bill].into(),
        tasks: Some(3),
        acts: Some(7),
    };
    let text = shrunk.to_string();
    assert_eq!(text, "tasks=3,acts=7,no-crash,no-bill");
    assert_eq!(text.parse(), Ok(shrunk));
    assert!("no-such".parse::<Shrunk>().is_err());
}
