//! What git's hooks cost a commit that they have nothing to do for, beside a commit without hooks.

use super::{
    commands::{BY_HAND, LIMITS},
    failed::{Doing as _, Measured},
    plan::Plan,
    process,
    report::{Report, Verdict, median, ms, paired, times},
    world::World,
};
use std::{fs, path::Path, process::Command};

/// What hooks may add to a commit, in milliseconds.
const ADDED_MS: f64 = 50.0;

/// Measures it with two repositories in turn.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    let (plain, hooked) = (World::new()?, World::new()?);
    for world in [&plain, &hooked] {
        world.set_up(BY_HAND, LIMITS)?;
        let config = world.project().join(".mcp/config.yaml");
        let mut text = fs::read_to_string(&config).doing("read config.yaml")?;
        text.push_str("gates: [{ name: docs, run: \"false\", files: [\"docs/**\"] }]\n");
        fs::write(&config, text).doing("write config.yaml")?;
        super::chain::repository(world)?;
    }
    process::output(&mut hooked.product(&["trust"])).map(drop)?;
    process::output(&mut hooked.product(&["hooks", "install"])).map(drop)?;
    let cases: [(&str, bool); 2] = [
        ("a commit of nothing", false),
        ("a commit of a file no gate is about", true),
    ];
    for (name, file) in cases {
        let (mut ours, mut floors) = (Vec::new(), Vec::new());
        for round in 0..=plan.rounds() * 2 {
            let mut pair = [0.0; 2];
            for (world, time) in [&plain, &hooked].into_iter().zip(&mut pair) {
                if file {
                    fs::write(world.project().join("a.txt"), round.to_string())
                        .doing("write a.txt")?;
                    process::output(&mut git(world, &["add", "a.txt"])).map(drop)?;
                }
                *time = process::time(&mut git(
                    world,
                    &["commit", "--quiet", "--allow-empty", "-m", "Round"],
                ))?;
            }
            // The first is for warming up.
            if round > 0 {
                floors.push(pair[0]);
                ours.push(pair[1]);
            }
        }
        let added = median(&ours) - median(&floors);
        let goal = format!("+{ADDED_MS:.0} ms");
        let cells = [
            ms(median(&ours)),
            format!("{} git commit", ms(median(&floors))),
            times(paired(&ours, &floors)),
            goal,
        ];
        report.line(
            format!("{name}, with hooks"),
            cells,
            Verdict::of(added <= ADDED_MS),
        );
    }
    report.section("Git's hooks that have nothing to do");
    Ok(())
}

fn git(world: &World, words: &[&str]) -> Command {
    let mut command = world.command(Path::new("git"));
    command.args(words);
    command
}
