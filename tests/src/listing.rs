//! What a list and `next` say of a board of every kind, over the real database: there, most rows are read no further than a line of a
//! list goes, and their cards never. The fakes read everything anyway.

use orchestron_adapters::event_log::SqliteLog;
use orchestron_domain::{Actor, Seq, Status};
use orchestron_engine::{Engine, Mode, Ports, Store, trust};
use orchestron_operations::{
    Context, Project, board, claim, lines, next,
    wire::{CardView, StopState, input},
};
use orchestron_testkit::World;
use serde_json::json;
use std::borrow::Cow;
use tempfile::TempDir;

const TASKS: u32 = 240;

/// A world with its log in a real database.
struct Board {
    world: World,
    folder: TempDir,
}

/// Everything is listed.
const fn all() -> input::List {
    input::List {
        status: None,
        agent: None,
    }
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn of(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.of(of.len())]
    }
}

impl Board {
    fn new(implementer: &str, prefixes: &[&str]) -> Self {
        let board = Self {
            world: World::new(),
            folder: tempfile::tempdir().unwrap(),
        };
        board.world.outside("cursor");
        let (prepare, review) = (Some("person"), None);
        board.world.chain(prepare, Some(implementer), review);
        board.write(prefixes);
        let mut store = board.store();
        let accepted = trust::commands(&store.configured().unwrap().config);
        store.set_setting(trust::KEY, &accepted).unwrap();
        board
    }

    /// Tasks in every folder, urgent or not, for everybody, waiting for what is done, open, blocked, missing or itself; ids in two
    /// files, files that cannot be read, and titles that a column has to escape.
    fn write(&self, prefixes: &[&str]) {
        let mut dice = Dice(7);
        for number in 1..=TASKS {
            let prefix = dice.one(prefixes);
            let folder = dice.one(&[
                "pending",
                "ready",
                "ready",
                "ready",
                "done",
                "done",
                "in-progress",
                "review",
                "failed",
            ]);
            let title = dice.one(&[
                "Pay by card",
                r"C:\new\table",
                "Größe · ünïcode",
                "`code` and more",
            ]);
            let mut text = format!(
                "# Task: {prefix}-{number:03} - {title}\n\n## Status: {folder}\n\n## Priority: P{}\n\n",
                dice.of(3)
            );
            let agent = dice.one(&[
                "cursor",
                "cursor",
                "unassigned",
                "zed",
                "claude-impl",
                "person",
            ]);
            text += &format!("## Agent: {agent}\n\n## Goal\nDo it well.\n\n## Depends On\n");
            for _ in 0..[0, 0, 1, 2][dice.of(4)] {
                text += &format!(
                    "- {}-{:03}\n",
                    dice.one(&["TASK", "TASK", "BUG"]),
                    1 + dice.of(260)
                );
            }
            if dice.of(5) == 0 {
                text += "\n## Files Affected\n- src/pay.rs\n";
            }
            self.world
                .write(&format!("tasks/{folder}/{prefix}-{number:03}-it.md"), &text);
        }
        let plain = |id: &str| {
            format!("# Task: {id} - Twice\n\n## Agent: cursor\n\n## Goal\nDo it well.\n")
        };
        let twice = [
            ("TASK-901", ["done", "ready"]),
            ("TASK-902", ["pending", "ready"]),
            ("TASK-903", ["in-progress", "ready"]),
        ];
        for (id, folders) in twice {
            for folder in folders {
                self.world
                    .write(&format!("tasks/{folder}/{id}-{folder}.md"), &plain(id));
            }
        }
        self.world
            .write("tasks/ready/TASK-910-other.md", &plain("TASK-911"));
        self.world.write(
            "tasks/ready/TASK-912-waits.md",
            &(plain("TASK-912") + "\n## Depends On\n- TASK-901\n- TASK-910\n"),
        );
        self.world.write(
            "tasks/ready/TASK-913-circle.md",
            &(plain("TASK-913") + "\n## Depends On\n- TASK-914\n"),
        );
        self.world.write(
            "tasks/ready/TASK-914-circle.md",
            &(plain("TASK-914") + "\n## Depends On\n- TASK-913\n"),
        );
    }

    fn store(&self) -> Store {
        let log = SqliteLog::open(&self.folder.path().join("log.db")).unwrap();
        self.world.store_over(Box::new(log))
    }

    fn cx(&self) -> Context {
        let mut store = self.store();
        store.keep_no_copy();
        Context {
            store,
            git: self.world.git(),
            logs: self.world.logs(),
            keys: self.world.keys(),
            programs: self.world.programs(),
            project: Project::default(),
            actor: Actor::Person.into(),
        }
    }

    fn settle(&self) {
        let ports = Ports {
            store: self.store(),
            ..self.world.ports()
        };
        Engine::start(ports, Mode::Settle)
            .unwrap()
            .settle()
            .unwrap();
    }

    /// Of what rests, nothing but its row is read from now on.
    fn checkpoint(&self) {
        let mut store = self.store();
        let mut state = store.state().unwrap();
        store.checkpoint(&mut state, &mut Seq(0)).unwrap();
        assert_eq!(store.log().checkpoint().unwrap().unwrap().0, state.seq);
    }

    fn cards(&self, input: &input::List) -> Vec<CardView> {
        board::list(&mut self.cx(), input).unwrap()
    }

    /// Each list says in lines what its cards say, and tells the same problems.
    fn lines_agree(&self) {
        let inputs = [
            json!({}),
            json!({"agent": "cursor"}),
            json!({"agent": "zed"}),
            json!({"agent": "person"}),
            json!({"agent": "claude-impl"}),
            json!({"status": "ready"}),
            json!({"status": "done", "agent": "cursor"}),
            json!({"status": "pending"}),
        ];
        for input in inputs {
            let asked: input::List = serde_json::from_value(input.clone()).unwrap();
            let mut of_cards = Vec::new();
            let problems = board::each(&mut self.cx(), &asked, &mut |card| {
                let stops: Vec<StopState> = card.chain.iter().map(|stop| stop.state).collect();
                let asks = card.request.is_some();
                of_cards.push((card.id, card.title, card.priority, stops, card.line, asks));
            });
            let mut of_lines = Vec::new();
            let same_problems = lines::each(&mut self.cx(), &asked, &mut |line| {
                let (id, title) = (line.id.to_string(), line.title.to_owned());
                let said = line.line.map(Cow::into_owned);
                let stops = line.stops.into_owned();
                of_lines.push((id, title, line.priority.to_string(), stops, said, line.asks));
            });
            assert_eq!(of_lines, of_cards, "{input}");
            assert!(!of_cards.is_empty(), "{input}");
            assert_eq!(same_problems.unwrap(), problems.unwrap(), "{input}");
        }
    }
}

#[test]
fn lines_from_columns_say_what_decoded_cards_say() {
    for implementer in ["cursor", "claude-impl", "person"] {
        let board = Board::new(implementer, &["TASK", "TASK", "TASK", "BUG"]);
        // Nobody has written a checkpoint, and all that happened is folded.
        board.lines_agree();
        board.settle();
        board.checkpoint();
        board.lines_agree();
        // What happens afterwards is known, too.
        board.world.remove("tasks/ready/TASK-902-ready.md");
        board.world.task_with(
            950,
            Status::Ready,
            "New",
            "## Agent: cursor\n\n## Depends On\n- TASK-902",
        );
        board
            .world
            .task_with(951, Status::Done, "New and done", "## Agent: cursor");
        board.lines_agree();
        board.settle();
        board.lines_agree();
    }
}

#[test]
fn most_lines_take_no_card() {
    let board = Board::new("cursor", &["TASK"]);
    board.settle();
    board.checkpoint();
    let listed = board.store().listed(3).unwrap();
    let (done, resting) = (listed.done.len(), listed.resting.len());
    assert!(done > 40 && resting > 40, "{done} done, {resting} rest");
    let decoded = listed.state.cards.values();
    let decoded = decoded.filter(|card| card.status == Status::Done && !card.title.is_empty());
    assert!(decoded.count() <= 4, "three, and one that is in two files");
    let cards = listed.state.cards.values();
    let open = cards.filter(|card| card.status != Status::Done);
    assert_eq!(open.count() + done + resting, board.cards(&all()).len());
}

/// What is next is what a list shows as the caller's turn: furthest along, most urgent, oldest.
#[test]
fn what_is_next_is_found_without_looking_at_the_rest() {
    let board = Board::new("cursor", &["TASK"]);
    board.settle();
    board.checkpoint();
    let rank = |card: &CardView| {
        let (prefix, number) = card.id.split_once('-').unwrap();
        let number: u32 = number.parse().unwrap();
        (
            std::cmp::Reverse(card.status as u8),
            card.priority.clone(),
            prefix.to_owned(),
            number,
        )
    };
    let mut met = 0;
    loop {
        let mut turns = board.cards(&all());
        turns.retain(|card| card.line.as_deref() == Some("cursor's turn"));
        turns.sort_by_key(rank);
        let asked = input::Next {
            agent: Some("cursor".into()),
            claim: false,
        };
        let found = next::next(&mut board.cx(), &asked).unwrap();
        let Some(first) = turns.first() else {
            assert!(found.none.is_some(), "{:?}", found.task);
            break;
        };
        let card = found.task.expect("there is a next one");
        assert_eq!(card.id, first.id);
        // What is said of it is what the list says, but for its place in the column.
        let (mut said, mut expected) = (card, first.clone());
        (said.order, expected.order) = (0, 0);
        assert_eq!(json!(said), json!(expected));
        met += 1;
        let folder = first.id.clone();
        let paths = board.world.paths();
        let path = paths.iter().find(|path| path.contains(&folder)).unwrap();
        board.world.remove(path);
        board.cx().look().unwrap();
        board.checkpoint();
    }
    assert!(met > 30, "{met}");
}

/// What the caller holds comes first, and is shown with what it waits for.
#[test]
fn what_is_held_is_next() {
    let board = Board::new("cursor", &["TASK"]);
    board.world.task(960, Status::Done, "Was before");
    board.world.task_with(
        961,
        Status::Ready,
        "Held",
        "## Agent: cursor\n\n## Priority: P2\n\n## Depends On\n- TASK-960",
    );
    board.settle();
    let claim = input::Claim {
        task: "TASK-961".into(),
        agent: Some("cursor".into()),
    };
    claim::claim(&mut board.cx(), &claim).unwrap();
    board.settle();
    board.checkpoint();
    let asked = input::Next {
        agent: Some("cursor".into()),
        claim: false,
    };
    let found = next::next(&mut board.cx(), &asked).unwrap();
    let mut said = found.task.expect("what is held");
    let cards = board.cards(&all());
    let mut expected = cards
        .into_iter()
        .find(|card| card.id == "TASK-961")
        .unwrap();
    (said.order, expected.order) = (0, 0);
    assert_eq!(json!(said), json!(expected));
    assert!(found.worktree.is_some(), "its place was made");
}
