//! Status rules of chance, as a project's configuration could have them.

use crate::rng::Rng;
use orchestron_domain::{
    Priority, Status,
    rules::{Condition, Rule, circle, refusal},
};

/// Rules that may be in a configuration together.
const MOST: usize = 3;

/// A few rules that the configuration would accept: none that may not be, none that go round in a circle.
#[must_use]
pub fn draw(rng: &mut Rng) -> Vec<Rule> {
    let mut rules = Vec::new();
    for at in 0..=rng.index(MOST) {
        let Some((from, to, when)) = rng.pick(&all()).cloned() else {
            continue;
        };
        rules.push(Rule {
            name: format!("r{at}"),
            from,
            to,
            when: vec![when],
        });
        let refused = refusal(from, to).is_some();
        if refused || circle(&rules, rules.len() - 1).is_some() {
            rules.pop();
        }
    }
    rules
}

/// Whether work goes on under these rules once nobody interferes: they take nothing away that somebody is to work on.
#[must_use]
pub fn let_work_end(rules: &[Rule]) -> bool {
    let forward = |rule: &Rule| (rule.from, rule.to) == (Status::Pending, Status::Ready);
    rules.iter().all(forward)
}

fn all() -> Vec<(Status, Status, Condition)> {
    use Status::{Failed, InProgress, Pending, Ready, Review};
    vec![
        (Pending, Ready, Condition::DependenciesDone),
        (Pending, Ready, Condition::Priority(Priority::P0)),
        (Pending, Ready, Condition::Agent(None)),
        (Pending, Failed, Condition::Stands(86_400)),
        (Ready, Pending, Condition::Feedback(1)),
        (Ready, Pending, Condition::Stands(600)),
        (InProgress, Ready, Condition::Idle(7_200)),
        (InProgress, Failed, Condition::Feedback(2)),
        (InProgress, Pending, Condition::Attempts(2)),
        (Review, Ready, Condition::Idle(3_600)),
        (Review, Pending, Condition::Stands(86_400)),
        (Failed, Ready, Condition::Stands(3_600)),
        (Failed, Pending, Condition::Attempts(1)),
    ]
}
