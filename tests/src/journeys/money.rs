//! Budgets: what is spent is asked about once, and more is granted on the command line.

use super::{LEG, approve, create, does};
use crate::environment::{Chain, TestEnvironment};

/// A project whose implementer costs a cent a run.
fn shop() -> TestEnvironment {
    let (env, _) = TestEnvironment::with_fast_agents(&Chain::ALONE);
    let agents = env.read(".mcp/agents.yaml");
    let agents = agents.replace(
        "    cli: claude\n",
        "    cli: claude\n    budget_usd: 0.01\n",
    );
    env.write(".mcp/agents.yaml", &agents);
    env
}

/// Writes the project's budget, in whatever words.
fn budget(env: &TestEnvironment, words: &str) {
    let config = env.read(".mcp/config.yaml");
    let (before, _) = config.split_once("limits:").expect("limits");
    let limits =
        format!("limits: {{ parallel: 1, attempts: 3, backoff: 100ms, budget_usd: {words} }}\n");
    env.write(".mcp/config.yaml", &format!("{before}{limits}"));
    does(env, &["trust"]);
}

#[test]
fn a_budget_that_is_used_up_is_asked_about_once_and_more_is_granted() {
    let env = shop();
    budget(&env, "{ project: 0.025 }");
    let tasks: Vec<_> = ["One", "Two", "Three", "Four"]
        .map(|title| create(&env, title))
        .into();
    let engine = env.engine();
    approve(&env, &tasks[0]);
    approve(&env, &tasks[1]);
    let request = env.wait_for_request("budget", LEG);
    assert_eq!(request["title"], "the project's budget is used up");
    assert_eq!(env.json(&["requests"]).as_array().map(Vec::len), Some(1));
    let why = does(&env, &["why", &tasks[2]]);
    assert!(
        why.contains("the project's budget: $0.02 is spent"),
        "{why}"
    );
    let refused = env.orchestron(&["answer", &format!("R-{}", request["id"]), "--raise", "much"]);
    assert_eq!(refused.code, 2, "{refused}");
    let said = does(
        &env,
        &["answer", &format!("R-{}", request["id"]), "--raise", "$5"],
    );
    assert!(said.contains("granted $5.00 more"), "{said}");
    approve(&env, &tasks[2]);
    approve(&env, &tasks[3]);
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn a_budget_that_nobody_understands_keeps_money_from_being_spent() {
    let env = shop();
    budget(&env, "{ project: five }");
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert_eq!(env.status_of(&task), "ready");
    let why = does(&env, &["why", &task]);
    assert!(why.contains("cannot be understood"), "{why}");
    let doctor = env.orchestron(&["doctor"]);
    assert!(
        doctor.code == 7 && doctor.stdout.contains("limits.budget_usd.project"),
        "{doctor}"
    );
    budget(&env, "{ project: 5 }");
    approve(&env, &task);
    engine.stop();
    env.wait_until_quiet();
}
