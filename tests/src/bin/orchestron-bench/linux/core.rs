//! How fast the core decides, in the simulator's worlds: every check is on, and each world is played twice.

use super::{
    failed::Measured,
    plan::Plan,
    report::{Report, Verdict},
};
use orchestron_sim::{
    Level,
    runner::{Range, run},
};

/// Steps a second and core.
const GOAL: u64 = 1_000_000;

/// Plays both levels.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    for (level, seeds) in [
        (Level::Core, plan.worlds()),
        (Level::Engine, plan.worlds() / 10),
    ] {
        let range = Range {
            from: 0,
            seeds,
            until: None,
        };
        let tally = run(level, range);
        let word = level.word();
        if tally.violations > 0 {
            let what = format!("{} violations; see ./dev sim", tally.violations);
            report.line(
                format!("the simulator, {word}"),
                [what, String::new(), String::new(), "0".to_owned()],
                Verdict::Lost,
            );
        }
        let (steps, each) = (tally.speed(), tally.each());
        let figure = format!("{steps} a second and core");
        if level == Level::Core {
            let met = Verdict::of(steps >= GOAL);
            report.judged("steps of the core", figure, &GOAL.to_string(), met);
        } else {
            report.told("steps of the real engine and store", figure);
        }
        report.told(
            format!("simulated worlds, {word}, each played twice"),
            format!("{each} a second and core"),
        );
    }
    report.section(
        "The core (a step: an event applied and decided, a round of the schedule, or a command carried out)",
    );
    Ok(())
}
