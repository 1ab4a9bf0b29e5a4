//! A process that creates, moves and edits is killed at random moments: afterwards every task is whole and in one place, and what
//! was reported done is done.

use super::{Random, World, folder_in, rounds, task};
use crate::{task_files::reading::hash, test_child};
use orchestron_domain::Status;
use orchestron_engine::ports::{Exchange, TaskFiles};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    thread,
    time::Duration,
};

/// How often the child is killed.
const KILLS: u32 = 40;
const TASKS: u32 = 40;

/// A text that shows by itself whether it is whole: its first and last line carry the same number.
fn text(number: u32, edition: u64) -> String {
    format!(
        "{}edition {edition}\n{}\nend {edition}\n",
        task(number),
        "filler\n".repeat(200)
    )
}

fn edition(text: &str) -> Option<u64> {
    let begin = text
        .lines()
        .find_map(|line| line.strip_prefix("edition "))?;
    let end = text.lines().last()?.strip_prefix("end ")?;
    (begin == end && text.ends_with('\n')).then(|| begin.parse().ok())?
}

/// Works at random until it is killed, saying what is done.
fn work(dir: &Path, seed: u64) {
    let folder = folder_in(dir);
    let mut random = Random(seed);
    let mut places = BTreeMap::new();
    for file in folder.scan(&BTreeMap::new()).unwrap().changed {
        let card = file.card.unwrap_or_else(|| panic!("{:?}", file.problem));
        places.insert(card.id.number(), file.path);
    }
    println!("\nready");
    loop {
        let number = u32::try_from(random.below(u64::from(TASKS))).unwrap() + 1;
        let to = Status::ALL[usize::try_from(random.below(6)).unwrap()];
        match places.get(&number).cloned() {
            None => {
                let name = format!("TASK-{number:03}-a.md");
                let row = folder
                    .create(to, &name, text(number, 1).as_bytes())
                    .unwrap();
                println!("\n{number} {} 1", row.path);
                places.insert(number, row.path);
            }
            Some(path) if random.below(2) == 0 => {
                let row = folder.rename(&path, to, None).unwrap();
                println!("\n{number} {} 0", row.path);
                places.insert(number, row.path);
            }
            Some(path) => {
                let now = folder.read(&path).unwrap();
                let next = edition(std::str::from_utf8(&now.bytes).unwrap()).unwrap() + 1;
                let outcome = folder
                    .exchange(&path, &now.hash, text(number, next).as_bytes())
                    .unwrap();
                assert!(matches!(outcome, Exchange::Replaced(_)));
                println!("\n{number} {path} {next}");
            }
        }
    }
}

#[test]
fn a_killed_writer_leaves_every_task_whole_and_in_one_place() {
    if let Some(orders) = test_child::orders() {
        let (seed, dir) = orders.split_once(' ').unwrap();
        work(Path::new(dir), seed.parse().unwrap());
    }
    let mut world = World::new();
    let mut random = Random(2026);
    let (mut done, mut leftovers) = (0, 0);
    // What the child said it did: edition by task.
    let mut promised: BTreeMap<u32, u64> = BTreeMap::new();
    let kills = rounds(KILLS);
    for round in 0..kills {
        let orders = format!("{round} {}", world.dir.path().display());
        let mut child = test_child::start(
            "task_files::tests::crash::a_killed_writer_leaves_every_task_whole_and_in_one_place",
            &orders,
        );
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = out.lines().map_while(Result::ok);
        assert!(
            lines.any(|line| line == "ready"),
            "round {round}: the child did not start"
        );
        thread::sleep(Duration::from_micros(random.below(60_000)));
        child.kill().unwrap();
        let mut places = BTreeMap::new();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            // The last line may be cut off by the kill; such a one counts only when it reads as whole.
            if let [number, path, edition] = words.as_slice()
                && let (Ok(number), Ok(edition)) = (number.parse(), edition.parse::<u64>())
            {
                done += 1;
                places.insert(number, (*path).to_owned());
                let newest = promised.entry(number).or_default();
                *newest = edition.max(*newest);
            }
        }
        child.wait().unwrap();
        leftovers += world.leftovers().len();
        check(&mut world, round, &promised, &places);
    }
    println!(
        "{kills} kills: {done} operations promised and kept, {leftovers} leftovers cleared away"
    );
    assert!(
        done > 20,
        "the child was killed too early to prove anything"
    );
}

fn check(
    world: &mut World,
    round: u32,
    promised: &BTreeMap<u32, u64>,
    places: &BTreeMap<u32, String>,
) {
    world.known.clear();
    world.scan();
    let mut found = BTreeMap::new();
    for (path, file) in &world.known {
        let card = file
            .card
            .as_ref()
            .unwrap_or_else(|| panic!("round {round}: {:?}", file.problem));
        let text = world.read(path);
        assert_eq!(hash(text.as_bytes()), file.hash);
        let edition = edition(&text).unwrap_or_else(|| panic!("round {round}: {path} is torn"));
        assert!(
            found.insert(card.id.number(), edition).is_none(),
            "round {round}: {} twice",
            card.id
        );
    }
    for (number, edition) in promised {
        assert!(
            found.get(number).is_some_and(|found| found >= edition),
            "round {round}: {number} lost"
        );
    }
    // Each task is where the last promise said, or one unpromised step further.
    let moved = places
        .iter()
        .filter(|(_, path)| !world.known.contains_key(*path))
        .count();
    assert!(
        moved <= 1,
        "round {round}: {moved} tasks are not where they were said to be"
    );
    assert_eq!(world.leftovers(), [""; 0], "round {round}");
    for entry in fs::read_dir(world.dir.path().join("trash")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}
