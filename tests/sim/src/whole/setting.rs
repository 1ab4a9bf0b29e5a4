//! How a world of the engine is furnished.

use super::{PRICE, Play, TASKS_MAX};
use crate::{knobs::Trouble, rng::Rng, rules};
use orchestron_domain::{MicroUsd, Status, task_file::TaskFile};

impl Play {
    pub(super) fn furnish(&mut self) {
        let prepare = *self.rng.pick(&[None, Some("architect")]).unwrap_or(&None);
        let implement = *self
            .rng
            .pick(&[Some("ann"), Some("ann"), Some("person")])
            .unwrap_or(&None);
        let review = *self.rng.pick(&[None, Some("dot")]).unwrap_or(&None);
        self.world.chain(prepare, implement, review);
        let parallel = *self.rng.pick(&[1, 2, 3]).unwrap_or(&1);
        let gates = self.rng.chance(600);
        let money = self.rng.chance(300);
        let alone = self.rng.chance(400);
        let ruled = self.knobs.rate(Trouble::Rules) > 0;
        let rules = ruled.then(|| rules::draw(&mut Rng::new(self.knobs.seed, 5)));
        let known = &mut self.state.config;
        self.world.configure(|config| {
            config.limits.parallel = parallel;
            if money {
                config.limits.reserve = PRICE;
                config.limits.budget.task = Some(MicroUsd(2 * PRICE.0));
                config.limits.budget.project = Some(MicroUsd(9 * PRICE.0));
            }
            if !gates {
                config.gates.clear();
            }
            if alone {
                for agent in config.agents.values_mut() {
                    agent.instances = Some(1);
                }
            }
            config.rules = rules.unwrap_or_default();
            known.clone_from(config);
        });
        self.world.trust();
        (self.state.trusted, self.state.git) = (true, true);
        for number in 1..=self.knobs.tasks.min(TASKS_MAX) {
            let number = u32::try_from(number).unwrap_or(1);
            let file = ["src/a.rs", "src/b.rs", "src/c.rs"][self.rng.index(3)];
            let mut more = format!("## Files Affected\n- {file}\n");
            if number > 1 && self.rng.chance(200) {
                more.push_str(&format!("\n## Depends On\n- TASK-{:03}\n", number - 1));
            }
            self.world
                .task_with(number, Status::Pending, "Do it", &more);
            let task = format!("TASK-{number:03}");
            let text = self.path_of(&task).and_then(|path| self.world.text(&path));
            if let Some(Ok(file)) = text.map(|text| TaskFile::parse(text.as_bytes())) {
                let card = file.card(Status::Pending);
                self.state.cards.insert(card.id.clone(), card);
            }
            self.tasks.insert(task);
        }
    }
}
