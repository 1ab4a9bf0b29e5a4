//! `insights`: how well the work goes, over some days.

use crate::{
    Context, OpError,
    wire::{
        AgentInsightView, Big, InsightsView, MeasureView, MeasureWord, Millis, Money, TaskCostView,
        UnitWord, input,
    },
};
use orchestron_domain::{
    Seq, State, Time,
    insight::{Insights, Measure, Period, Report, Spent, Unit, What},
    state::DAY_MS,
};

/// Days when nobody says how many.
const DAYS: u32 = 14;
/// Days at most.
const MOST_DAYS: u32 = 366;
/// From so many days on a step is a week.
const WEEKS_FROM: u32 = 120;
/// Events read at once.
const PAGE: u32 = 2_000;
/// Tasks that are told.
const MOST_TASKS: usize = 50;
/// No clock is further from UTC than this, in minutes.
const FARTHEST_ZONE: i32 = 14 * 60;

/// Measures over the last days.
///
/// # Errors
/// When the log cannot be read.
pub fn insights(cx: &mut Context, input: &input::Insights) -> Result<InsightsView, OpError> {
    let days = input.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
    let zone = input.zone.unwrap_or(0).clamp(-FARTHEST_ZONE, FARTHEST_ZONE);
    let period = period(cx.store.now(), days, zone);
    let mut fold = Insights::new(period);
    let mut seq = Seq(0);
    loop {
        let page = cx.store.log().after(seq, PAGE)?;
        for event in &page {
            fold.take(event);
            seq = event.seq;
        }
        if page.is_empty() {
            break;
        }
    }
    let mut report = fold.report();
    let more = report.tasks.len().saturating_sub(MOST_TASKS);
    report.tasks.truncate(MOST_TASKS);
    let state = cx.about(report.tasks.iter().map(|spent| &spent.task))?;
    Ok(view(&state, report, more))
}

/// So many days, or as many weeks, up to now; days begin at midnight where the person is.
fn period(now: Time, days: u32, zone: i32) -> Period {
    let ahead = i64::from(zone) * 60_000;
    let today = Time((now.0 + ahead).div_euclid(DAY_MS) * DAY_MS - ahead);
    let (step_ms, days) = if days > WEEKS_FROM {
        (7 * DAY_MS, i64::from(days.div_ceil(7)) * 7)
    } else {
        (DAY_MS, i64::from(days))
    };
    Period {
        from: today.plus_millis(-(days - 1) * DAY_MS),
        // What happens in this very moment is in it.
        to: now.plus_millis(1),
        step_ms,
    }
}

fn view(state: &State, report: Report, more: usize) -> InsightsView {
    let cost = report.measures.iter().find(|one| one.what == What::Cost);
    InsightsView {
        from: Millis(report.period.from.0),
        to: Millis(report.period.to.0),
        step: Big(u64::try_from(report.period.step_ms).unwrap_or(0)),
        cost: Money(cost.and_then(|one| one.value).unwrap_or(0)),
        measures: report.measures.iter().map(measure).collect(),
        agents: report
            .agents
            .iter()
            .map(|agent| AgentInsightView {
                name: agent.name.to_string(),
                runs: Big(agent.runs),
                failed: Big(agent.failed),
                busy: Big(agent.busy_ms),
                utilisation: agent.utilisation.map(Big),
                cost: Money(agent.cost.0),
                cache_hits: agent.cache_hits.map(Big),
            })
            .collect(),
        tasks: report.tasks.iter().map(|one| spent(state, one)).collect(),
        more_tasks: u32::try_from(more).unwrap_or(u32::MAX),
    }
}

fn spent(state: &State, spent: &Spent) -> TaskCostView {
    TaskCostView {
        task: spent.task.to_string(),
        title: state.cards.get(&spent.task).map(|card| card.title.clone()),
        cost: Money(spent.cost.0),
        runs: Big(spent.runs),
        done: spent.done,
    }
}

fn measure(measure: &Measure) -> MeasureView {
    let what = measure.what;
    MeasureView {
        what: match what {
            What::Throughput => MeasureWord::Throughput,
            What::CycleTime => MeasureWord::CycleTime,
            What::HandOver => MeasureWord::HandOver,
            What::FirstPass => MeasureWord::FirstPass,
            What::HumanShare => MeasureWord::HumanShare,
            What::Utilisation => MeasureWord::Utilisation,
            What::FailedStarts => MeasureWord::FailedStarts,
            What::CacheHits => MeasureWord::CacheHits,
            What::Cost => MeasureWord::Cost,
        },
        unit: match what.unit() {
            Unit::PerDay => UnitWord::PerDay,
            Unit::Span => UnitWord::Span,
            Unit::Share => UnitWord::Share,
            Unit::Money => UnitWord::Money,
        },
        value: measure.value.map(Big),
        target: what.target().map(Big),
        more_is_better: what.more_is_better(),
        samples: Big(measure.samples),
        points: measure.points.iter().map(|point| point.map(Big)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::period;
    use orchestron_domain::{Time, state::DAY_MS};

    #[test]
    fn days_begin_at_midnight_where_the_person_is() {
        let now = Time(10 * DAY_MS + 23 * 3_600_000);
        let utc = period(now, 7, 0);
        assert_eq!((utc.from, utc.steps()), (Time(4 * DAY_MS), 7));
        // In Vienna it is tomorrow already.
        let vienna = period(now, 1, 120);
        assert_eq!(vienna.from, Time(11 * DAY_MS - 2 * 3_600_000));
        assert_eq!(vienna.steps(), 1);
        let weeks = period(now, 366, 0);
        assert_eq!((weeks.step_ms, weeks.steps()), (7 * DAY_MS, 53));
    }
}
