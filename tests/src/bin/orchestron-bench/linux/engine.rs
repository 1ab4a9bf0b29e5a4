//! What a running engine and its keepers cost while agents live: memory, and processor time when nothing happens.

use super::{
    failed::{Doing as _, Measured},
    plan::Plan,
    process,
    report::{Report, Verdict, median},
    world::World,
};
use std::{fs, thread, time::Duration};

/// Agents that live.
const RUNS: usize = 20;

/// Measures with twenty fake agents that think for a long time.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    let size = plan.large();
    let world = World::new()?;
    world.set_up(
        "  prepare: person\n  implement: coder\n",
        "parallel: 20, attempts: 3, backoff: 5s",
    )?;
    world.seed(size)?;
    let home = world.root().join("home/fake-claude");
    fs::create_dir_all(&home).doing("make the fake agents' folder")?;
    fs::write(home.join("pause_ms"), "3600000").doing("write pause_ms")?;
    process::output(&mut world.product(&["status"]))?;
    let ready = world.project().join(".mcp/tasks/ready");
    for number in size + 1..=size + RUNS {
        let text = super::world::fresh(number, "coder");
        fs::write(ready.join(format!("TASK-{number:03}-live.md")), text).doing("write a task")?;
    }
    let engine = world.engine(&[])?;
    let agents = || {
        process::of(world.root())
            .into_iter()
            .filter(|(_, words)| words.contains("stream-json"))
            .count()
    };
    let waited = world.wait("twenty live agents", || (agents() >= RUNS).then_some(()));
    waited.inspect_err(|_| eprintln!("{} live\n{}", agents(), world.engine_said_last()))?;
    thread::sleep(Duration::from_secs(3));
    let pss = process::pss_kb(engine.pid())?;
    let keepers: Vec<f64> = process::of(world.root())
        .into_iter()
        .filter(|(_, words)| words.contains("orchestron keep "))
        .filter_map(|(pid, _)| process::pss_kb(pid).ok())
        .map(|kb| f64::from(u32::try_from(kb).unwrap_or(u32::MAX)))
        .collect();
    let before = process::cpu_ms(engine.pid())?;
    thread::sleep(Duration::from_secs(plan.idle()));
    let used = (process::cpu_ms(engine.pid())? - before) * 60 / plan.idle();
    engine.stop()?;
    let title = format!("{RUNS} live agents, {size} tasks");
    report.judged(
        format!("engine, PSS, {title}"),
        format!("{} MB", pss / 1024),
        "≤ 60 MB",
        Verdict::of(pss <= 60 * 1024),
    );
    let keeper = median(&keepers);
    let figure = format!("{:.1} MB (median of {})", keeper / 1024.0, keepers.len());
    report.judged(
        "keeper, PSS",
        figure,
        "≤ 3 MB",
        Verdict::of(keeper <= 3.0 * 1024.0),
    );
    report.judged(
        format!("engine, idle, {title}"),
        format!("{used} ms CPU a minute"),
        "≤ 10 ms",
        Verdict::of(used <= 10),
    );
    report.section("What the engine costs");
    Ok(())
}
