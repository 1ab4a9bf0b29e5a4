//! The table: each figure beside its floor, its goal and the verdict.

use std::fmt::Write as _;

/// Whether a figure reached its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    Met,
    /// It did not.
    Missed,
    /// There is no goal for it; it explains others.
    Told,
    /// It could not be measured here.
    Absent,
    /// Something was lost or done twice: the only figure that fails the run.
    Lost,
}

impl Verdict {
    /// Met or missed.
    pub const fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Told => "",
            Self::Absent => "not measured",
            Self::Lost => "DATA LOST",
        }
    }
}

/// One line.
#[derive(Debug)]
pub struct Line {
    name: String,
    cells: [String; 4],
    verdict: Verdict,
}

/// The whole report; each section is printed when it is complete.
#[derive(Debug, Default)]
pub struct Report {
    all: Vec<(Verdict, String)>,
    section: Vec<Line>,
}

/// Names of the columns between a line's name and its verdict.
const HEAD: [&str; 4] = ["Orchestron", "floor", "ratio", "goal"];

impl Report {
    /// Adds a line: figure, floor, ratio, goal.
    pub fn line(&mut self, name: impl Into<String>, cells: [String; 4], verdict: Verdict) {
        let name = name.into();
        self.all.push((verdict, name.clone()));
        self.section.push(Line {
            name,
            cells,
            verdict,
        });
    }

    /// Adds a line that has only a figure.
    pub fn told(&mut self, name: impl Into<String>, figure: String) {
        let empty = String::new;
        self.line(name, [figure, empty(), empty(), empty()], Verdict::Told);
    }

    /// Adds a line with a figure and a goal, but no floor.
    pub fn judged(
        &mut self,
        name: impl Into<String>,
        figure: String,
        goal: &str,
        verdict: Verdict,
    ) {
        let cells = [figure, String::new(), String::new(), goal.to_owned()];
        self.line(name, cells, verdict);
    }

    /// Adds a line for what could not be measured.
    pub fn absent(&mut self, name: impl Into<String>, why: &str) {
        let empty = String::new;
        self.line(
            name,
            [why.to_owned(), empty(), empty(), empty()],
            Verdict::Absent,
        );
    }

    /// Prints what was added since the last section.
    pub fn section(&mut self, title: &str) {
        let lines = std::mem::take(&mut self.section);
        let width = |text: &str| text.chars().count();
        let first = lines
            .iter()
            .map(|line| width(&line.name))
            .max()
            .unwrap_or(0);
        let columns: Vec<usize> = (0..HEAD.len())
            .map(|at| {
                let cells = lines.iter().map(|line| width(&line.cells[at]));
                cells.chain([width(HEAD[at])]).max().unwrap_or(0)
            })
            .collect();
        let row = |name: &str, cells: [&str; 4], verdict: &str| {
            let mut text = format!("  {name:<first$}");
            for (cell, width) in cells.iter().zip(&columns) {
                text.push_str(&format!("  {cell:>width$}"));
            }
            format!("{text}  {verdict}").trim_end().to_owned()
        };
        println!("\n{title}\n{}", row("", HEAD, ""));
        for line in &lines {
            let cells = [0, 1, 2, 3].map(|at| line.cells[at].as_str());
            println!("{}", row(&line.name, cells, line.verdict.word()));
        }
    }

    /// How many goals were met, and which were not.
    pub fn summary(&self) -> String {
        let of = |wanted| self.all.iter().filter(move |(found, _)| *found == wanted);
        let (met, missed) = (of(Verdict::Met).count(), of(Verdict::Missed).count());
        let mut text = format!("\n{met} goals met, {missed} missed.");
        for (_, name) in of(Verdict::Missed) {
            // Writing to a string does not fail.
            write!(text, "\n  missed: {name}").unwrap_or_default();
        }
        for (_, name) in of(Verdict::Absent) {
            write!(text, "\n  not measured: {name}").unwrap_or_default();
        }
        text
    }

    /// Whether something was lost.
    pub fn has_lost(&self) -> bool {
        self.all
            .iter()
            .any(|(verdict, _)| *verdict == Verdict::Lost)
    }
}

/// The value at `share` (0.5 is the median) of unsorted values.
pub fn at(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    // Few values: positions are small.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    let place = (last as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// The median.
pub fn median(values: &[f64]) -> f64 {
    at(values, 0.5)
}

/// The median of pairwise ratios.
pub fn paired(ours: &[f64], floor: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(floor).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// Milliseconds for people.
pub fn ms(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2} ms"),
        v if v < 100.0 => format!("{v:.1} ms"),
        v => format!("{v:.0} ms"),
    }
}

/// A ratio for people.
pub fn times(value: f64) -> String {
    if value < 10.0 {
        format!("×{value:.2}")
    } else {
        format!("×{value:.0}")
    }
}
