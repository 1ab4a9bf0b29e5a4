//! `insights`: how well the work goes, as a table with a line for each measure.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, GREEN, Output, YELLOW, ago, dollars, one_line, plain, table},
};
use anstyle::Style;
use clap::Args;
use orchestron_operations::wire::{
    Big, InsightsView, MeasureView, MeasureWord, Money, UnitWord, input,
};
use std::io::{self, Write};

/// Most tasks and agents that are listed.
const MOST: usize = 10;
/// Heights of a column of a small chart.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `insights`
#[derive(Debug, Args)]
pub struct Insights {
    /// How many days, today included
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub days: u32,
}

/// `insights`
pub fn insights(common: &Common, args: &Insights, output: &Output) -> Result<(), Failure> {
    let asked = input::Insights {
        days: Some(args.days),
        zone: None,
    };
    let found: InsightsView = Here::open(common)?.ask("insights", &asked)?;
    output.answer(&found, |out| write(out, &found))
}

fn write(out: &mut dyn Write, view: &InsightsView) -> io::Result<()> {
    let rows: Vec<_> = view.measures.iter().map(row).collect();
    table(out, &rows)?;
    if !view.agents.is_empty() {
        writeln!(out, "\n{BOLD}agents{BOLD:#}")?;
        let rows = view.agents.iter().take(MOST).map(|agent| {
            let used = agent
                .utilisation
                .map(|share| format!("{} busy", percent(share)));
            vec![
                (Style::new(), plain(&agent.name)),
                (Style::new(), dollars(agent.cost)),
                (
                    DIM,
                    format!("{} runs, {} failed", agent.runs.0, agent.failed.0),
                ),
                (DIM, used.unwrap_or_default()),
            ]
        });
        table(out, &rows.collect::<Vec<_>>())?;
    }
    if !view.tasks.is_empty() {
        writeln!(out, "\n{BOLD}tasks{BOLD:#}")?;
        let rows = view.tasks.iter().take(MOST).map(|task| {
            vec![
                (Style::new(), task.task.clone()),
                (Style::new(), dollars(task.cost)),
                (DIM, one_line(task.title.as_deref().unwrap_or("(gone)"), 60)),
            ]
        });
        table(out, &rows.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn row(measure: &MeasureView) -> Vec<(Style, String)> {
    let is_met = measure.value.zip(measure.target).map(|(value, target)| {
        if measure.more_is_better {
            value >= target
        } else {
            value <= target
        }
    });
    let style = match is_met {
        Some(true) => GREEN,
        Some(false) => YELLOW,
        None => Style::new(),
    };
    let value = measure.value.map(|value| number(measure.unit, value));
    let aim = measure.target.map(|target| {
        let bound = if measure.more_is_better { "≥" } else { "≤" };
        format!("aim {bound} {}", number(measure.unit, target))
    });
    vec![
        (Style::new(), name(measure.what).to_owned()),
        (style, value.unwrap_or_else(|| "–".to_owned())),
        (DIM, aim.unwrap_or_default()),
        (DIM, chart(&measure.points)),
    ]
}

const fn name(what: MeasureWord) -> &'static str {
    match what {
        MeasureWord::Throughput => "throughput",
        MeasureWord::CycleTime => "cycle time",
        MeasureWord::HandOver => "hand-over",
        MeasureWord::FirstPass => "first pass",
        MeasureWord::HumanShare => "human share",
        MeasureWord::Utilisation => "utilisation",
        MeasureWord::FailedStarts => "failed starts",
        MeasureWord::CacheHits => "cache hits",
        MeasureWord::Cost => "cost",
    }
}

fn number(unit: UnitWord, value: Big) -> String {
    match unit {
        UnitWord::PerDay => format!("{}.{} a day", value.0 / 1000, value.0 % 1000 / 100),
        UnitWord::Span if value.0 < 10_000 => {
            format!("{}.{} s", value.0 / 1000, value.0 % 1000 / 100)
        }
        UnitWord::Span => ago(i64::try_from(value.0).unwrap_or(i64::MAX)),
        UnitWord::Share => percent(value),
        UnitWord::Money => dollars(Money(value.0)),
    }
}

fn percent(share: Big) -> String {
    match share.0 % 10 {
        0 => format!("{} %", share.0 / 10),
        tenth => format!("{}.{tenth} %", share.0 / 10),
    }
}

/// A column for each step; a dot where nothing is known.
fn chart(points: &[Option<Big>]) -> String {
    let most = points.iter().flatten().map(|point| point.0).max();
    let most = u128::from(most.unwrap_or(0).max(1));
    let bar = |point: &Option<Big>| match point {
        None => '·',
        Some(value) => {
            let height = u128::from(value.0) * 7 / most;
            usize::try_from(height)
                .ok()
                .and_then(|height| BARS.get(height))
                .copied()
                .unwrap_or('█')
        }
    };
    points.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::{chart, number};
    use orchestron_operations::wire::{Big, UnitWord};

    #[test]
    fn numbers_are_told_in_their_units() {
        assert_eq!(number(UnitWord::PerDay, Big(3_450)), "3.4 a day");
        assert_eq!(number(UnitWord::Span, Big(430)), "0.4 s");
        assert_eq!(number(UnitWord::Span, Big(90_000)), "1 min");
        assert_eq!(number(UnitWord::Share, Big(905)), "90.5 %");
        assert_eq!(number(UnitWord::Money, Big(1_230_000)), "$1.23");
        assert_eq!(
            chart(&[None, Some(Big(0)), Some(Big(7)), Some(Big(14))]),
            "·▁▄█"
        );
        assert_eq!(chart(&[Some(Big(0))]), "▁");
    }
}
