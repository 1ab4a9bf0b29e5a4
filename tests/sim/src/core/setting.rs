//! How a world is furnished: agents, accounts, limits, gates, tasks with what they depend on and which files they touch.

use super::{
    World,
    disk::{Key, TASKS_MAX, card},
    git::{FILES, Files, names},
};
use crate::{knobs::Trouble, rng::Rng, rules};
use orchestron_domain::{
    Agent, AgentName, Chain, Gate, MicroUsd, Priority, Status, TaskCard, TaskId,
    config::{Limits, Rate},
};

/// The ids of all tasks a world can have.
pub fn ids() -> Vec<TaskId> {
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(0);
    (0..TASKS_MAX)
        .filter_map(|at| TaskId::new("T", number(at)).ok())
        .collect()
}

fn name(text: &str) -> Option<AgentName> {
    text.parse().ok()
}

/// An agent with everything at its default.
pub fn agent(name: &AgentName, account: &str) -> Agent {
    Agent {
        account: account.to_owned(),
        ..orchestron_testkit::agent(name, Some("claude"))
    }
}

impl World {
    pub(super) fn furnish(&mut self) {
        self.git.there = self.rng.chance(850);
        self.furnish_agents();
        self.furnish_limits();
        if self.knobs.rate(Trouble::Rules) > 0 {
            self.config.rules = rules::draw(&mut Rng::new(self.knobs.seed, 5));
        }
        for at in 0..self.knobs.tasks.min(TASKS_MAX) {
            let task = u8::try_from(at).unwrap_or(0);
            let card = self.draw_card(task);
            let status = if self.rng.chance(150) {
                Status::Ready
            } else {
                Status::Pending
            };
            self.disk.put(Key::new(task, status, 0), card);
            self.ledger.files[at] = 1;
        }
    }

    /// A card of chance for a task.
    pub(super) fn draw_card(&mut self, task: u8) -> TaskCard {
        let files: Files = if self.files_of[task as usize] == 0 {
            (1 << self.rng.index(FILES.len())) | (1 << self.rng.index(FILES.len()))
        } else {
            self.files_of[task as usize]
        };
        self.files_of[task as usize] = files;
        let mut card = card(self.id(task), Status::Pending);
        card.priority = *self
            .rng
            .pick(&[Priority::P0, Priority::P1, Priority::P2])
            .unwrap_or(&Priority::P1);
        for other in 0..task {
            if self.rng.chance(120) {
                card.depends_on.push(self.id(other));
            }
        }
        if self.rng.chance(700) {
            card.files_affected = names(files).into_iter().collect();
        }
        if self.rng.chance(100) {
            card.agent = name("bob");
        }
        if self.rng.chance(100) {
            card.order = Some(self.rng.range(0, 5));
        }
        card
    }

    fn furnish_agents(&mut self) {
        let accounts = 1 + self.rng.index(3);
        for (at, text) in ["ann", "bob", "cid", "dot"].into_iter().enumerate() {
            let Some(name) = name(text) else { continue };
            let mut agent = agent(&name, ["x", "y", "z"][at % accounts]);
            agent.timeout_s = *self.rng.pick(&[60, 3_600]).unwrap_or(&3_600);
            agent.silence_s = *self.rng.pick(&[30, 900]).unwrap_or(&900);
            if self.rng.chance(300) {
                agent.instances = Some(1 + u32::from(self.rng.chance(500)));
            }
            if self.rng.chance(300) {
                agent.retries = Some(1 + u32::from(self.rng.chance(500)));
            }
            if self.rng.chance(500) {
                agent.budget = Some(MicroUsd(1_000_000 * (1 + self.rng.below(3))));
            }
            if self.rng.chance(200) {
                agent.rate = Rate {
                    tokens_per_minute: Some(400),
                    requests_per_minute: None,
                    runs: Some(2),
                };
            }
            self.config.agents.insert(name, agent);
        }
        let draw = |world: &mut Self, all: &[&str]| {
            let text = world.rng.pick(all).copied().unwrap_or("");
            name(text)
        };
        self.config.chain = Chain {
            prepare: draw(self, &["", "", "ann", "person"]),
            implement: draw(self, &["ann", "bob", "cid", "bob", "cursor", "person"]),
            review: draw(self, &["", "dot", "ann", "dot", "person"]),
        };
        for leg in [
            orchestron_domain::Leg::Implement,
            orchestron_domain::Leg::Review,
        ] {
            if self.rng.chance(400) {
                let pool = ["ann", "bob", "cid"].into_iter().filter_map(name);
                self.config.pools.insert(leg, pool.collect());
            }
        }
    }

    fn furnish_limits(&mut self) {
        let mut limits = Limits {
            parallel: *self.rng.pick(&[1, 1, 2, 3, 6]).unwrap_or(&1),
            attempts: 1 + u32::from(self.rng.chance(500)) * 2,
            backoff_ms: *self.rng.pick(&[1, 5_000]).unwrap_or(&5_000),
            same_files: self.rng.chance(300),
            starts: *self.rng.pick(&[1, 4]).unwrap_or(&4),
            aging_s: *self.rng.pick(&[60, 3_600]).unwrap_or(&3_600),
            ..Limits::default()
        };
        if self.rng.chance(250) {
            limits.per_status.insert(Status::InProgress, 2);
        }
        if self.rng.chance(400) {
            // Small ones too: what is believed of an unread bill has to matter within a run or two.
            let mut own = Rng::new(self.knobs.seed, 6);
            let dollars = *own.pick(&[2, 3, 6]).unwrap_or(&6);
            limits.budget.task = Some(MicroUsd(dollars * 1_000_000));
        }
        if self.rng.chance(300) {
            limits.budget.project = Some(MicroUsd(20_000_000));
        }
        if self.rng.chance(200) {
            limits.budget.day = Some(MicroUsd(9_000_000));
        }
        self.config.limits = limits;
        self.config.task_prefix = "T".to_owned();
        for gate in 0..self.rng.index(3) {
            self.config.gates.push(Gate {
                name: format!("g{gate}"),
                run: String::new(),
                timeout_s: 120,
                ..Gate::default()
            });
        }
        if self.rng.chance(200) {
            let rate = Rate {
                runs: Some(2),
                ..Rate::default()
            };
            self.config.accounts.insert("x".to_owned(), rate);
        }
    }
}
