//! Verbs that only look.

use crate::{
    args::{Common, List, Log, Next, Show},
    failure::Failure,
    here::Here,
    lines::{Lines, mark},
    output::{
        BLUE, BOLD, DIM, GREEN, Output, RED, YELLOW, dollars, one_line, plain, since,
        status as look, table,
    },
};
use anstyle::Style;
use orchestron_operations::{
    board, lines, next as operation,
    wire::{
        Big, CardView, DiffView, DoctorView, EventsView, HolderKind, HolderView, NextView,
        ProblemView, RequestView, StatusView, StatusWord, StopState, TaskView, UrgentView, input,
    },
};
use std::io::{self, Write};

/// Longest title in a table, in characters.
const TITLE: usize = 60;

/// `status`: the columns, what waits for the person, what is under way, what is wrong.
pub fn status(common: &Common, output: &Output) -> Result<(), Failure> {
    let status = board::status(&mut Here::open(common)?.context, &input::Nothing {})?;
    output.answer(&status, |out| write_status(out, &status))
}

fn write_status(out: &mut dyn Write, project: &StatusView) -> io::Result<()> {
    let engine = match (&project.engine.running, &project.engine.paused) {
        (_, Some(why)) => format!("{YELLOW}paused{YELLOW:#}: {}", one_line(why, 100)),
        (true, None) => format!("{GREEN}engine running{GREEN:#}"),
        (false, None) => format!("{DIM}no engine running{DIM:#} (start one: orchestron run)"),
    };
    writeln!(out, "{BOLD}{}{BOLD:#}  {engine}", plain(&project.name))?;
    if !project.engine.trusted {
        writeln!(
            out,
            "{YELLOW}!{YELLOW:#} its commands are not trusted on this machine yet: orchestron trust"
        )?;
    }
    writeln!(out)?;
    let cells = project.counts.iter().map(|column| {
        let (style, word) = look(column.status);
        let style = if column.count == 0 { DIM } else { style };
        (style, format!("{word} {}", column.count))
    });
    table(out, &[cells.collect()])?;
    let moving: Vec<_> = project.cards.iter().collect();
    if !moving.is_empty() {
        writeln!(out)?;
        table(out, &moving.into_iter().map(row).collect::<Vec<_>>())?;
    }
    if project.needs_you > 0 {
        writeln!(
            out,
            "\n{YELLOW}{} waiting for you{YELLOW:#}: orchestron requests",
            project.needs_you
        )?;
        for one in &project.urgent {
            write_urgent(out, one)?;
        }
    }
    write_problems(out, &project.problems)
}

fn write_urgent(out: &mut dyn Write, one: &UrgentView) -> io::Result<()> {
    let Big(id) = one.id;
    let kind = format!("{:?}", one.kind).to_lowercase();
    let task = one.task.as_deref().unwrap_or("the project");
    let title = one_line(&one.title, TITLE);
    writeln!(out, "  {BOLD}R-{id}{BOLD:#} {kind} {task} · {title}")
}

fn row(card: &CardView) -> Vec<(Style, String)> {
    let (style, word) = look(card.status);
    let line = card
        .line
        .as_deref()
        .map(|line| one_line(line, 50))
        .unwrap_or_default();
    vec![
        (BOLD, card.id.clone()),
        (
            if card.priority == "P0" { RED } else { DIM },
            card.priority.clone(),
        ),
        (style, word.to_owned()),
        (Style::new(), strip(card)),
        (Style::new(), one_line(&card.title, TITLE)),
        (if card.request.is_some() { YELLOW } else { DIM }, line),
    ]
}

/// The chain in one word for each stop: done, under way, waiting, failed, to come.
fn strip(card: &CardView) -> String {
    card.chain.iter().map(|stop| mark(stop.state)).collect()
}

/// `list`
pub fn list(common: &Common, args: &List, output: &Output) -> Result<(), Failure> {
    let status = match args.status.as_deref() {
        None => None,
        Some(word) => Some(serde_json::from_value(word.into()).map_err(|_| {
            Failure::Usage(format!("`{word}` is no status; it is one of pending, ready, in-progress, review, done, failed"))
        })?),
    };
    let wanted = input::List {
        status,
        agent: args.agent.clone(),
    };
    // Thousands of cards: not by way of JSON, and only the lines of them are kept.
    let mut context = Here::open(common)?.context;
    if output.is_json() {
        return output.json_list(|print: &mut dyn FnMut(&CardView)| {
            board::each(&mut context, &wanted, &mut |card| print(&card))
                .map(drop)
                .map_err(Failure::from)
        });
    }
    let mut rows = Lines::default();
    let problems = lines::each(&mut context, &wanted, &mut |line| rows.add(line))?;
    output.text(rows.to_text(output.is_styled()))?;
    output.answer(&(), |out| {
        if rows.is_empty() && (args.status.is_some() || args.agent.is_some()) {
            writeln!(out, "No task is like that. `orchestron list` shows all.")?;
        } else if rows.is_empty() && problems.is_empty() {
            writeln!(
                out,
                "No tasks here. Write one: orchestron create \"What is to be done\""
            )?;
        }
        write_problems(out, &problems)
    })
}

/// Files that cannot be understood, with how to mend them.
fn write_problems(out: &mut dyn Write, problems: &[ProblemView]) -> io::Result<()> {
    for problem in problems {
        let line = problem
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        writeln!(
            out,
            "{RED}problem{RED:#} {}{line}: {}\n  {DIM}cure:{DIM:#} {}",
            plain(&problem.path),
            plain(&problem.what),
            plain(&problem.cure)
        )?;
    }
    Ok(())
}

/// `show`
pub fn show(common: &Common, args: &Show, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let on = input::OnTask {
        task: args.task.clone(),
    };
    let task: TaskView = here.ask("task", &on)?;
    if args.raw && !output.is_json() {
        return output.answer(&task, |out| write!(out, "{}", plain(&task.text)));
    }
    let diff: Option<DiffView> = if args.diff {
        Some(here.ask("diff", &on)?)
    } else {
        None
    };
    if output.is_json() {
        return output.answer(&serde_json::json!({"task": task, "diff": diff}), |_| Ok(()));
    }
    output.answer(&task, |out| {
        write_task(out, &task)?;
        diff.as_ref().map_or(Ok(()), |diff| write_diff(out, diff))
    })
}

fn write_task(out: &mut dyn Write, task: &TaskView) -> io::Result<()> {
    let card = &task.card;
    let (style, word) = look(card.status);
    writeln!(out, "{BOLD}{} {}{BOLD:#}", card.id, plain(&card.title))?;
    writeln!(
        out,
        "{style}{word}{style:#} · {} · {} · {DIM}{}{DIM:#}",
        card.priority,
        dollars(card.cost),
        plain(&task.path)
    )?;
    if let Some(line) = &card.line {
        writeln!(out, "{YELLOW}{}{YELLOW:#}", plain(line))?;
    }
    write_problems(out, &task.problems)?;
    heading(out, "Chain")?;
    let stops = card.chain.iter().map(|stop| {
        let (style, word) = match stop.state {
            StopState::Done => (GREEN, "done"),
            StopState::Current => (BLUE, "now"),
            StopState::Waiting => (YELLOW, "waiting"),
            StopState::Failed if card.status == StatusWord::Failed || card.request.is_some() => {
                (RED, "failed")
            }
            StopState::Failed => (RED, "sent back"),
            StopState::Next => (DIM, "to come"),
        };
        let tries = if stop.attempt > 1 {
            format!("try {}", stop.attempt)
        } else {
            String::new()
        };
        vec![
            (style, word.to_owned()),
            (Style::new(), format!("{:?}", stop.leg).to_lowercase()),
            (Style::new(), holder(&stop.holder)),
            (DIM, tries),
        ]
    });
    table(out, &stops.collect::<Vec<_>>())?;
    if !task.goal.is_empty() {
        heading(out, "Goal")?;
        writeln!(out, "{}", plain(&task.goal))?;
    }
    if !task.criteria.is_empty() {
        heading(out, "Acceptance criteria")?;
        for criterion in &task.criteria {
            let (style, mark) = if criterion.done {
                (GREEN, "✓")
            } else {
                (DIM, "○")
            };
            writeln!(out, "{style}{mark}{style:#} {}", plain(&criterion.text))?;
        }
    }
    write_handoffs(out, task)
}

fn write_handoffs(out: &mut dyn Write, task: &TaskView) -> io::Result<()> {
    for handoff in &task.handoffs {
        heading(
            out,
            &format!("{:?} by {}", handoff.leg, plain(&handoff.who)),
        )?;
        writeln!(
            out,
            "{DIM}{}{DIM:#}\n{}",
            plain(&handoff.at),
            plain(&handoff.note)
        )?;
    }
    for feedback in &task.feedback {
        heading(out, &format!("Feedback {} ({})", feedback.n, feedback.path))?;
        writeln!(out, "{}", plain(&feedback.text))?;
    }
    if let (Some(branch), Some(tree)) = (&task.branch, &task.worktree) {
        heading(out, "Git")?;
        writeln!(out, "branch {} in {}", plain(branch), plain(tree))?;
    }
    for request in task.requests.iter().filter(|request| request.open) {
        heading(out, "Waits for you")?;
        write_request(out, request)?;
    }
    Ok(())
}

fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{text}{BOLD:#}")
}

fn holder(view: &HolderView) -> String {
    match view.kind {
        HolderKind::Person => "you".to_owned(),
        HolderKind::Nobody => "nobody".to_owned(),
        HolderKind::Agent | HolderKind::Outside => plain(&view.name),
    }
}

fn write_diff(out: &mut dyn Write, diff: &DiffView) -> io::Result<()> {
    if let Some(none) = &diff.none {
        return writeln!(out, "\n{DIM}{none}{DIM:#}");
    }
    for file in &diff.files {
        heading(out, &plain(&file.path))?;
        for line in plain(&file.patch).lines() {
            let style = match line.as_bytes().first() {
                Some(b'+') => GREEN,
                Some(b'-') => RED,
                Some(b'@') => BLUE,
                _ => Style::new(),
            };
            writeln!(out, "{style}{line}{style:#}")?;
        }
    }
    Ok(())
}

/// `next`
pub fn next(common: &Common, args: &Next, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let mut wanted = input::Next {
        agent: args.agent.clone(),
        claim: args.claim,
    };
    let mut found: NextView = operation::next(&mut here.context, &wanted)?;
    if args.claim && found.task.is_some() && here.settle()? {
        // The worktree is there now: the document names it.
        wanted.claim = false;
        found = operation::next(&mut here.context, &wanted)?;
    }
    output.answer(&found, |out| match &found.none {
        Some(why) => writeln!(out, "{why}"),
        None => writeln!(out, "{}", plain(&found.document)),
    })?;
    if found.task.is_none() {
        Err(Failure::Told(6))
    } else {
        Ok(())
    }
}

/// `log`
pub fn log(common: &Common, args: &Log, output: &Output) -> Result<(), Failure> {
    let input = input::Events {
        task: args.task.clone(),
        before: None,
        limit: Some(args.lines),
        ..input::Events::default()
    };
    let page: EventsView = Here::open(common)?.ask("events", &input)?;
    output.answer(&page, |out| {
        if page.events.is_empty() {
            return writeln!(out, "Nothing has happened here yet.");
        }
        let rows = page.events.iter().map(|event| {
            vec![
                (DIM, format!("{} ago", since(event.at))),
                (BLUE, one_line(&event.by, 30)),
                (Style::new(), one_line(&event.text, 200)),
            ]
        });
        table(out, &rows.collect::<Vec<_>>())
    })
}

/// `requests`
pub fn requests(common: &Common, output: &Output) -> Result<(), Failure> {
    let mut requests: Vec<RequestView> = Here::open(common)?.ask("requests", &input::Nothing {})?;
    // The operation also tells what was decided lately.
    requests.retain(|request| request.open);
    output.answer(&requests, |out| {
        if requests.is_empty() {
            return writeln!(out, "Nothing waits for you.");
        }
        requests
            .iter()
            .try_for_each(|request| write_request(out, request))
    })
}

fn write_request(out: &mut dyn Write, request: &RequestView) -> io::Result<()> {
    let Big(id) = request.id;
    let task = request.task.as_deref().unwrap_or("the project");
    writeln!(
        out,
        "{YELLOW}{}{YELLOW:#} {BOLD}R-{id}{BOLD:#} {task} · {} · waiting {}",
        word(request),
        plain(&request.title),
        since(request.since)
    )?;
    if let Some(why) = &request.urgency_why {
        writeln!(out, "  {YELLOW}{}{YELLOW:#}", plain(why))?;
    }
    // The detail of a question of one line is its options.
    let mut options = request.options.iter();
    let listed = !request.options.is_empty() && options.all(|one| request.detail.contains(one));
    if !request.detail.is_empty() && !listed {
        writeln!(out, "  {}", plain(&request.detail))?;
    }
    for (at, option) in request.options.iter().enumerate() {
        let recommended = if at == 0 && request.clash.is_none() {
            " (recommended)"
        } else {
            ""
        };
        writeln!(out, "  - {}{DIM}{recommended}{DIM:#}", plain(option))?;
    }
    writeln!(out, "  {DIM}{}{DIM:#}", how(request))
}

fn word(request: &RequestView) -> String {
    format!("{:?}", request.kind).to_lowercase()
}

fn how(request: &RequestView) -> String {
    use orchestron_operations::wire::RequestWord::{
        Budget, Conflict, Escalation, Permission, Question, Review,
    };
    let (Big(id), task) = (request.id, request.task.as_deref().unwrap_or(""));
    match request.kind {
        Review => format!(
            "orchestron show {task} --diff, then: orchestron approve {task} | orchestron reject {task} -m \"…\""
        ),
        Permission => {
            let always = request.rule.as_deref().map(|rule| {
                let rule = plain(rule).replace('\'', r"'\''");
                format!(" | --allow-always '{rule}'")
            });
            let always = always.unwrap_or_default();
            format!(
                "orchestron answer R-{id} --allow | --allow-alike (for the whole task){always} | --deny -m \"…\""
            )
        }
        Conflict if request.clash.is_some() => {
            let conflict = request.clash.as_ref().map_or(0, |conflict| conflict.0);
            format!("orchestron conflicts, then: orchestron resolve C-{conflict} …")
        }
        Question => format!("orchestron answer R-{id} --text \"…\""),
        Escalation => format!("orchestron answer R-{id} --retry -m \"…\" | --give-up"),
        Conflict => format!("orchestron answer R-{id} --retry | --changes -m \"…\""),
        Budget => format!("orchestron answer R-{id} --raise DOLLARS | --give-up"),
    }
}

/// `doctor`
pub fn doctor(common: &Common, output: &Output) -> Result<(), Failure> {
    let found: DoctorView = Here::open(common)?.ask("doctor", &input::Nothing {})?;
    output.answer(&found, |out| {
        let widths = found.findings.iter().map(|one| one.about.chars().count());
        let width = widths.max().unwrap_or(0);
        for finding in &found.findings {
            let (style, mark) = match (finding.good, &finding.cure) {
                (false, _) => (RED, "✗"),
                (true, None) => (GREEN, "✓"),
                // No fault, but something to know.
                (true, Some(_)) => (DIM, "·"),
            };
            writeln!(
                out,
                "{style}{mark}{style:#} {BOLD}{:width$}{BOLD:#}  {}",
                plain(&finding.about),
                plain(finding.what.lines().next().unwrap_or_default())
            )?;
            if let Some(cure) = &finding.cure {
                let word = if finding.good { "note" } else { "cure" };
                writeln!(out, "  {DIM}{word}:{DIM:#} {}", plain(cure))?;
            }
        }
        Ok(())
    })?;
    if found.healthy {
        Ok(())
    } else {
        Err(Failure::Told(7))
    }
}
