//! `why`, `impact` and `agents`: who may start, who may not, and who works how well.

use crate::{
    args::{AgentVerb, Agents, Common, OnTask},
    failure::Failure,
    here::Here,
    output::{
        BLUE, BOLD, DIM, GREEN, Output, RED, YELLOW, ago, dollars, now, one_line, plain, since,
        status as look, table,
    },
};
use anstyle::Style;
use orchestron_operations::wire::{
    AgentWord, HolderKind, HolderView, ImpactView, Millis, RegisteredView, StartView, WaitWord,
    WhyView, input,
};
use std::io::{self, Write};

/// Longest title in a line, in characters.
const TITLE: usize = 60;

/// `why`
pub fn why(common: &Common, args: OnTask, output: &Output) -> Result<(), Failure> {
    let view: WhyView = Here::open(common)?.ask("why", &input::OnTask { task: args.task })?;
    output.answer(&view, |out| write_why(out, &view))
}

fn write_why(out: &mut dyn Write, view: &WhyView) -> io::Result<()> {
    let (style, word) = look(view.status);
    let title = one_line(&view.title, TITLE);
    writeln!(out, "{BOLD}{} {title}{BOLD:#}", view.task)?;
    let mut facts = vec![format!("{style}{word}{style:#}"), urgency(view)];
    if let Some(leg) = view.leg {
        let leg = format!("{leg:?}").to_lowercase();
        facts.push(format!("{leg}: {}", holder(&view.turn)));
    }
    if let Some(order) = view.order {
        facts.push(format!("order {order}"));
    }
    writeln!(out, "{}", facts.join(" · "))?;
    for reason in &view.reasons {
        let (style, mark) = match reason.kind {
            WaitWord::Next | WaitWord::UnderWay => (GREEN, "▶"),
            WaitWord::Request | WaitWord::Turn => (YELLOW, "◆"),
            WaitWord::Circle | WaitWord::Unfit | WaitWord::Unclear | WaitWord::Breaker => {
                (RED, "✗")
            }
            _ => (BLUE, "◌"),
        };
        let left = reason.until.map_or_else(String::new, until);
        writeln!(
            out,
            "\n{style}{mark}{style:#} {}{DIM}{left}{DIM:#}",
            plain(&reason.evidence)
        )?;
        writeln!(out, "  {DIM}change:{DIM:#} {}", plain(&reason.change))?;
    }
    write_route(out, view)?;
    for told in &view.rules {
        let (rule, text) = (plain(&told.rule), plain(&told.text));
        writeln!(out, "\n{BLUE}⇢{BLUE:#} rule {BOLD}{rule}{BOLD:#} {text}")?;
    }
    Ok(())
}

fn write_route(out: &mut dyn Write, view: &WhyView) -> io::Result<()> {
    let Some(route) = &view.route else {
        return Ok(());
    };
    let told = view
        .reasons
        .iter()
        .any(|one| one.evidence.contains(&route.why));
    if route.to.is_some() && !told {
        writeln!(out, "\n{DIM}taken by{DIM:#} {}", plain(&route.why))?;
    }
    for passed in &route.passed {
        let line = format!("{} {}", passed.agent, passed.why);
        let told = |text: &String| text.contains(&passed.why) && text.contains(&passed.agent);
        let told = view.reasons.iter().any(|one| told(&one.evidence)) || told(&route.why);
        if !told {
            writeln!(out, "{DIM}not by{DIM:#} {}", plain(&line))?;
        }
    }
    Ok(())
}

fn urgency(view: &WhyView) -> String {
    let waited = view
        .waiting_since
        .map(|at| format!("waiting {}", since(at)));
    let counts = (view.counts_as != view.priority).then(|| format!("counts as {}", view.counts_as));
    let more: Vec<_> = counts.into_iter().chain(waited).collect();
    match more.is_empty() {
        true => view.priority.clone(),
        false => format!("{} ({})", view.priority, more.join(", ")),
    }
}

fn until(at: Millis) -> String {
    format!(" (in {})", ago(at.0 - now()))
}

fn holder(view: &HolderView) -> String {
    match view.kind {
        HolderKind::Person => "you".to_owned(),
        HolderKind::Nobody => "nobody".to_owned(),
        HolderKind::Agent | HolderKind::Outside => plain(&view.name),
    }
}

/// `impact`
pub fn impact(common: &Common, args: OnTask, output: &Output) -> Result<(), Failure> {
    let view: ImpactView = Here::open(common)?.ask("impact", &input::OnTask { task: args.task })?;
    output.answer(&view, |out| write_impact(out, &view))
}

fn write_impact(out: &mut dyn Write, view: &ImpactView) -> io::Result<()> {
    let title = one_line(&view.title, TITLE);
    writeln!(out, "{BOLD}{} {title}{BOLD:#}", view.task)?;
    if view.all.is_empty() {
        return writeln!(out, "Nothing waits for it.");
    }
    if view.starts.is_empty() {
        writeln!(out, "Its approval alone starts nothing.")?;
    }
    for start in &view.starts {
        write_start(out, start)?;
    }
    for waits in &view.still_waits {
        writeln!(
            out,
            "{DIM}◌{DIM:#} {} {} {DIM}still waits for {}{DIM:#}",
            waits.task,
            one_line(&waits.title, TITLE),
            waits.waits_for.join(", ")
        )?;
    }
    let direct = view.starts.len() + view.still_waits.len();
    let behind = view.all.len().saturating_sub(direct);
    if behind > 0 {
        writeln!(out, "{DIM}{behind} more wait for those{DIM:#}")?;
    }
    Ok(())
}

fn write_start(out: &mut dyn Write, start: &StartView) -> io::Result<()> {
    let who = holder(&start.who);
    let when = match (start.at_once, start.position) {
        (true, _) => format!("{who} starts on it at once"),
        (false, Some(at)) => format!("{who} takes it as number {at} in line"),
        (false, None) => match start.who.kind {
            HolderKind::Person => "it is your turn then".to_owned(),
            HolderKind::Outside => format!("it is {who}'s turn then"),
            HolderKind::Nobody => "nobody is named for it".to_owned(),
            HolderKind::Agent => format!("{who} would take it, but {}", plain(&start.why)),
        },
    };
    let (style, mark) = if start.at_once {
        (GREEN, "▶")
    } else {
        (BLUE, "◌")
    };
    let title = one_line(&start.title, TITLE);
    writeln!(
        out,
        "{style}{mark}{style:#} {} {title}\n  {}",
        start.task,
        plain(&when)
    )
}

/// Whether `agents` only looks.
pub const fn only_lists(args: &Agents) -> bool {
    matches!(args.verb, None | Some(AgentVerb::List))
}

/// `agents`
pub fn agents(common: &Common, output: &Output) -> Result<(), Failure> {
    let agents: Vec<RegisteredView> = Here::open(common)?.ask("registry", &input::Nothing {})?;
    output.answer(&agents, |out| {
        if agents.is_empty() {
            return writeln!(
                out,
                "Nobody works here. Add one: orchestron agents add NAME cli=claude"
            );
        }
        let heads = [
            "",
            "AGENT",
            "LEGS",
            "RUNS",
            "DONE",
            "AVERAGE",
            "ERRORS",
            "FIRST PASS",
            "COST",
            "EACH",
            "HEARD",
            "",
        ];
        let heads = heads.iter().map(|head| (DIM, (*head).to_owned())).collect();
        let rows = agents.iter().map(agent_row);
        table(out, &std::iter::once(heads).chain(rows).collect::<Vec<_>>())
    })
}

fn agent_row(one: &RegisteredView) -> Vec<(Style, String)> {
    let (style, word) = match one.status {
        AgentWord::Available => (GREEN, "available"),
        AgentWord::Busy => (BLUE, "busy"),
        AgentWord::Error => (RED, "error"),
        AgentWord::Offline => (DIM, "offline"),
    };
    let cell = |text: String| (Style::new(), text);
    let percent = |share: Option<u32>| share.map_or_else(|| "–".to_owned(), |p| format!("{p} %"));
    let legs = one
        .agent
        .legs
        .iter()
        .map(|leg| format!("{leg:?}").to_lowercase());
    let runs = match one.instances {
        Some(of) => format!("{}/{of}", one.runs),
        None => one.runs.to_string(),
    };
    let now_at = one.tasks.join(", ");
    let note = match (&one.why, now_at.is_empty()) {
        (Some(why), _) => one_line(why, 80),
        (None, false) => now_at,
        (None, true) => String::new(),
    };
    vec![
        (style, word.to_owned()),
        (BOLD, one.agent.name.clone()),
        cell(legs.collect::<Vec<_>>().join(", ")),
        cell(runs),
        cell(one.completed.0.to_string()),
        cell(one.average.map_or_else(
            || "–".to_owned(),
            |ms| ago(i64::try_from(ms.0).unwrap_or(i64::MAX)),
        )),
        cell(percent(one.error_rate)),
        cell(percent(one.first_pass)),
        cell(dollars(one.cost)),
        cell(
            one.cost_per_approved
                .map_or_else(|| "–".to_owned(), dollars),
        ),
        cell(
            one.heard
                .map_or_else(|| "–".to_owned(), |at| format!("{} ago", since(at))),
        ),
        (DIM, note),
    ]
}
