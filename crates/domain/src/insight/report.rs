//! What the fold knows, as measures: a value for the whole period, one for each step, and the aim.

use super::{Insights, Period, Span, Step};
use crate::{AgentName, MicroUsd, TaskId};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// The whole of a share.
const WHOLE: u64 = 1_000;

/// Something that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Tasks finished a day.
    Throughput,
    /// From when a task is first taken until it is done; the median.
    CycleTime,
    /// From one holder's end to the next agent's beginning; the median.
    HandOver,
    /// Finished tasks that never came back.
    FirstPass,
    /// Finished tasks for which a person did more than approve them.
    HumanShare,
    /// How much of the time in which anybody worked each agent worked; the mean over the agents.
    Utilisation,
    /// Runs that could not be started.
    FailedStarts,
    /// Input tokens that came from the provider's cache.
    CacheHits,
    /// Money, at list price.
    Cost,
}

/// What the numbers of a measure are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Thousandths of tasks a day.
    PerDay,
    /// Milliseconds.
    Span,
    /// Thousandths of the whole.
    Share,
    /// Millionths of a US dollar.
    Money,
}

impl What {
    /// All, in the order they are told.
    pub const ALL: [Self; 9] = [
        Self::Throughput,
        Self::CycleTime,
        Self::HandOver,
        Self::FirstPass,
        Self::HumanShare,
        Self::Utilisation,
        Self::FailedStarts,
        Self::CacheHits,
        Self::Cost,
    ];

    /// What its numbers are.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Throughput => Unit::PerDay,
            Self::CycleTime | Self::HandOver => Unit::Span,
            Self::Cost => Unit::Money,
            _ => Unit::Share,
        }
    }

    /// What was aimed at when the product was thought out: 100 tasks a day, hand-overs below 30 seconds, nine of ten hand-overs
    /// smooth, a person needed for less than a tenth, agents busy for four fifths, starts that fail below one in a hundred, and
    /// four fifths of the input from the cache. For the others no aim was written down.
    #[must_use]
    pub const fn target(self) -> Option<u64> {
        match self {
            Self::Throughput => Some(100 * WHOLE),
            Self::HandOver => Some(30_000),
            Self::FirstPass => Some(900),
            Self::HumanShare => Some(100),
            Self::Utilisation | Self::CacheHits => Some(800),
            Self::FailedStarts => Some(10),
            Self::CycleTime | Self::Cost => None,
        }
    }

    /// Whether more of it is better.
    #[must_use]
    pub const fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::Throughput | Self::FirstPass | Self::Utilisation | Self::CacheHits
        )
    }
}

/// A measure over the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Of what.
    pub what: What,
    /// Over the whole period; none when nothing tells it.
    pub value: Option<u64>,
    /// Of how many it was made.
    pub samples: u64,
    /// The same for each step.
    pub points: Vec<Option<u64>>,
}

/// An agent's part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Who.
    pub name: AgentName,
    /// Runs that ended.
    pub runs: u64,
    /// Of those, runs that failed.
    pub failed: u64,
    /// Milliseconds in which it worked; waiting for people not counted.
    pub busy_ms: u64,
    /// The same as thousandths of the time in which anybody worked.
    pub utilisation: Option<u64>,
    /// What it cost.
    pub cost: MicroUsd,
    /// Thousandths of its input tokens that came from the cache.
    pub cache_hits: Option<u64>,
}

/// What was spent on a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Which.
    pub task: TaskId,
    /// What.
    pub cost: MicroUsd,
    /// Runs of agents.
    pub runs: u64,
    /// It stands finished.
    pub done: bool,
}

/// Everything that is known of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The period.
    pub period: Period,
    /// One for each of [`What::ALL`].
    pub measures: Vec<Measure>,
    /// Agents that worked, those that cost most first.
    pub agents: Vec<Agent>,
    /// Tasks that cost something, those that cost most first.
    pub tasks: Vec<Spent>,
}

impl Insights {
    /// What was found.
    #[must_use]
    pub fn report(mut self) -> Report {
        let now = self.period.to;
        for (_, mut live) in std::mem::take(&mut self.live) {
            live.stops_waiting(now);
            self.worked(&live, now);
        }
        self.count_finished();
        let busy: Vec<Vec<Span>> = self
            .agents
            .values_mut()
            .map(|sum| {
                sum.busy = union(std::mem::take(&mut sum.busy));
                sum.busy.clone()
            })
            .collect();
        let active = union(busy.iter().flatten().copied().collect());
        let measures = What::ALL.map(|what| self.measure(what, &busy, &active));
        Report {
            period: self.period,
            measures: measures.into(),
            agents: self.agents(&active),
            tasks: self.spent(),
        }
    }

    fn count_finished(&mut self) {
        let finished: Vec<_> = self
            .tasks
            .values()
            .filter_map(|life| life.finished)
            .collect();
        for one in finished {
            let Some(step) = self.step(one.at) else {
                continue;
            };
            step.done += 1;
            step.first_pass += u64::from(one.first_pass);
            step.helped += u64::from(one.helped);
            step.cycles_ms.extend(one.cycle_ms);
        }
    }

    fn measure(&self, what: What, busy: &[Vec<Span>], active: &[Span]) -> Measure {
        let whole = (
            self.period.from.max(self.began.unwrap_or_default()),
            self.period.to,
        );
        let all = self.steps.iter().fold(Step::default(), Step::and);
        let of = |step: &Step, span: Span| -> Option<u64> {
            match what {
                Throughput => Some(per_day(step.done, span)),
                CycleTime => median(&step.cycles_ms),
                HandOver => median(&step.handovers_ms),
                FirstPass => share(step.first_pass, step.done),
                HumanShare => share(step.helped, step.done),
                Utilisation => utilisation(busy, active, span),
                FailedStarts => share(step.unstarted, step.ended),
                CacheHits => share(step.cached, step.input),
                Cost => Some(step.cost.0),
            }
        };
        use What::{
            CacheHits, Cost, CycleTime, FailedStarts, FirstPass, HandOver, HumanShare, Throughput,
            Utilisation,
        };
        let samples = match what {
            Throughput | FirstPass | HumanShare => all.done,
            CycleTime => count(&all.cycles_ms),
            HandOver => count(&all.handovers_ms),
            FailedStarts | Cost => all.ended,
            CacheHits => all.input,
            Utilisation => u64::try_from(busy.len()).unwrap_or(0),
        };
        let steps = self.steps.iter().enumerate();
        let points = steps.map(|(at, step)| {
            let span = self.period.bounds(at);
            // Before the log began there is nothing to be told, not even that it was nothing.
            (span.1 > whole.0).then(|| of(step, span)).flatten()
        });
        Measure {
            what,
            value: of(&all, whole).filter(|_| samples > 0 || matches!(what, Throughput | Cost)),
            samples,
            points: points.collect(),
        }
    }

    fn agents(&self, active: &[Span]) -> Vec<Agent> {
        let worked = length(active);
        let mut agents: Vec<Agent> = self
            .agents
            .iter()
            .map(|(name, sum)| Agent {
                name: name.clone(),
                runs: sum.runs,
                failed: sum.failed,
                busy_ms: length(&sum.busy),
                utilisation: share(length(&sum.busy), worked),
                cost: sum.cost,
                cache_hits: share(sum.cached, sum.input),
            })
            .collect();
        agents.sort_by(|one, other| (other.cost, &one.name).cmp(&(one.cost, &other.name)));
        agents
    }

    fn spent(&self) -> Vec<Spent> {
        let paid = self.tasks.iter().filter(|(_, life)| life.cost.0 > 0);
        let mut spent: Vec<Spent> = paid
            .map(|(task, life)| Spent {
                task: task.clone(),
                cost: life.cost,
                runs: life.runs,
                done: life.finished.is_some(),
            })
            .collect();
        spent.sort_by(|one, other| (other.cost, &one.task).cmp(&(one.cost, &other.task)));
        spent
    }
}

impl Step {
    /// Both together.
    fn and(mut self, other: &Self) -> Self {
        self.done += other.done;
        self.first_pass += other.first_pass;
        self.helped += other.helped;
        self.cycles_ms.extend(&other.cycles_ms);
        self.handovers_ms.extend(&other.handovers_ms);
        self.ended += other.ended;
        self.unstarted += other.unstarted;
        self.cost = self.cost.plus(other.cost);
        self.input += other.input;
        self.cached += other.cached;
        self
    }
}

fn count(values: &[u64]) -> u64 {
    u64::try_from(values.len()).unwrap_or(u64::MAX)
}

/// Thousandths of tasks a day.
fn per_day(done: u64, (from, to): Span) -> u64 {
    let ms = u64::try_from(to.since(from)).unwrap_or(0).max(1);
    // A project that is an hour old has not finished twenty-four times what it finished.
    let ms = u128::from(ms.max(DAY_MS));
    let rate = u128::from(done) * u128::from(WHOLE) * u128::from(DAY_MS) / ms;
    u64::try_from(rate).unwrap_or(u64::MAX)
}

/// A part of all in thousandths, rounded.
fn share(part: u64, all: u64) -> Option<u64> {
    let (part, all) = (u128::from(part), u128::from(all));
    let share = (part * u128::from(WHOLE) + all / 2).checked_div(all)?;
    u64::try_from(share).ok()
}

/// The middle one; of an even number the mean of the two in the middle.
fn median(values: &[u64]) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}

/// What two stretches have in common.
pub(super) fn common(one: Span, other: Span) -> Option<Span> {
    let span = (one.0.max(other.0), one.1.min(other.1));
    (span.0 < span.1).then_some(span)
}

/// The same time without doublings, in order.
fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
            _ => merged.push(span),
        }
    }
    merged
}

fn length(spans: &[Span]) -> u64 {
    let lengths = spans.iter().map(|(from, to)| to.since(*from));
    u64::try_from(lengths.fold(0_i64, i64::saturating_add)).unwrap_or(0)
}

/// The mean share of the time in which anybody worked that each agent worked.
fn utilisation(busy: &[Vec<Span>], active: &[Span], within: Span) -> Option<u64> {
    let inside = |spans: &[Span]| {
        let spans = spans.iter().filter_map(|span| common(*span, within));
        length(&spans.collect::<Vec<_>>())
    };
    let agents = u64::try_from(busy.len()).ok()?;
    let worked: u64 = busy.iter().map(|spans| inside(spans)).sum();
    share(worked, inside(active).saturating_mul(agents))
}
