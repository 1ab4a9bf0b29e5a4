//! `logs`: what the agent at work on a task says and does, readable in a terminal. Tool calls are folded to a line each; what an agent
//! wrote cannot move the cursor or colour anything.

use crate::{
    args::{Common, Logs},
    failure::Failure,
    here::{self, Here},
    output::{BLUE, BOLD, DIM, GREEN, Output, RED, YELLOW, one_line, plain, since},
};
use orchestron_adapters::project::Project;
use orchestron_domain::{RunId, TaskId};
use orchestron_operations::wire::{
    Big, RunView, RunWord, StatusWord, TaskView, TranscriptItemView, TranscriptView, input,
};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

/// How long to wait for a change before looking again anyway.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lines shown of what an agent was told and of what it thinks, when they are folded.
const FOLDED: usize = 3;
/// Longest line of a folded tool call, in characters.
const LINE: usize = 140;
/// The same in front of a result that does not stand below its call.
const CALL: usize = 60;

/// `logs`
pub fn logs(common: &Common, args: &Logs, output: &Output) -> Result<(), Failure> {
    let project = Arc::new(Project::open(&here::root(common)?)?);
    // Before anything is read, so that nothing said in between is missed.
    let mut changes = if args.follow {
        Some(project.changes()?)
    } else {
        None
    };
    let mut reader = Reader {
        here: Here::open(common)?,
        verbose: args.verbose,
        calls: Calls::default(),
    };
    let named = args.what.trim();
    let is_run = named.parse::<TaskId>().is_err() && named.parse::<RunId>().is_ok();
    let mut runs = Runs::of(&mut reader, named, is_run, args.all)?;
    if runs.waiting.is_empty() && !args.follow {
        return output.answer(&Vec::<RunView>::new(), |out| {
            writeln!(out, "No agent has worked on {} yet.", plain(named))
        });
    }
    let mut at = 0;
    loop {
        let Some(run) = runs.waiting.first().cloned() else {
            let Some(changes) = &mut changes else {
                return Ok(());
            };
            if is_run || reader.is_over(named)? {
                return Ok(());
            }
            changes.recv_timeout(PATIENCE);
            runs.look(&mut reader, named)?;
            continue;
        };
        let (mut next, mut live) = reader.print(&run, at, output)?;
        if let (Some(changes), true) = (&mut changes, live) {
            let id: Option<RunId> = run.parse().ok();
            changes.listen(id.as_slice());
            // What came between reading and listening is read at once.
            (next, live) = reader.print(&run, next, output)?;
            if live {
                at = next;
                changes.recv_timeout(PATIENCE);
                continue;
            }
        }
        runs.waiting.remove(0);
        runs.seen.push(run);
        at = 0;
    }
}

/// Which runs are shown.
struct Runs {
    waiting: Vec<String>,
    seen: Vec<String>,
}

impl Runs {
    fn of(reader: &mut Reader, named: &str, is_run: bool, all: bool) -> Result<Self, Failure> {
        let mut found = Self {
            waiting: Vec::new(),
            seen: Vec::new(),
        };
        if is_run {
            found.waiting.push(named.to_owned());
            return Ok(found);
        }
        found.look(reader, named)?;
        if !all {
            let newest = found.waiting.pop();
            found.seen.append(&mut found.waiting);
            found.waiting.extend(newest);
        }
        Ok(found)
    }

    /// Runs of the task that were not there before, oldest first; gates are no conversation.
    fn look(&mut self, reader: &mut Reader, task: &str) -> Result<(), Failure> {
        let view = reader.task(task)?;
        let mut runs: Vec<_> = view.runs.iter().filter(|run| run.leg.is_some()).collect();
        runs.sort_by_key(|run| run.since);
        let new = runs.into_iter().map(|run| run.id.clone());
        let new: Vec<_> = new.filter(|run| !self.seen.contains(run)).collect();
        self.waiting = new;
        Ok(())
    }
}

/// Tool calls that have no result yet.
#[derive(Default)]
struct Calls {
    /// What each does, by its id.
    open: BTreeMap<String, String>,
    /// The one that was shown last, when nothing was shown since.
    last: Option<String>,
}

/// Reads transcripts and prints them.
struct Reader {
    here: Here,
    verbose: bool,
    calls: Calls,
}

impl Reader {
    fn task(&mut self, task: &str) -> Result<TaskView, Failure> {
        let on = input::OnTask { task: task.into() };
        self.here.ask("task", &on)
    }

    /// Whether nothing will be said about a task any more.
    fn is_over(&mut self, task: &str) -> Result<bool, Failure> {
        let status = self.task(task)?.card.status;
        Ok(matches!(status, StatusWord::Done | StatusWord::Failed))
    }

    /// Prints what a run said from this byte on. Where to go on, and whether it lives.
    fn print(&mut self, run: &str, from: u64, output: &Output) -> Result<(u64, bool), Failure> {
        let mut at = from;
        loop {
            let wanted = input::Transcript {
                run: run.to_owned(),
                from: Big(at),
                limit: None,
            };
            let page: TranscriptView = self.here.ask("transcript", &wanted)?;
            let more = page.next.0 > at;
            at = page.next.0;
            if output.is_json() {
                if more || from == 0 {
                    output.line(&page)?;
                }
            } else {
                self.write(&page, wanted.from.0 == 0, output)?;
            }
            if !more {
                if !page.live && !output.is_json() {
                    let end = ending(&page.run);
                    output.answer(&(), |out| writeln!(out, "{end}"))?;
                }
                return Ok((at, page.live));
            }
        }
    }

    fn write(
        &mut self,
        page: &TranscriptView,
        first: bool,
        output: &Output,
    ) -> Result<(), Failure> {
        let Self { calls, verbose, .. } = self;
        output.answer(&(), |out| {
            if first
                && page
                    .items
                    .iter()
                    .any(|item| matches!(item, TranscriptItemView::Told { .. }))
            {
                head(out, &page.run)?;
            }
            page.items
                .iter()
                .try_for_each(|item| write_item(out, item, calls, *verbose))
        })
    }
}

fn head(out: &mut dyn Write, run: &RunView) -> io::Result<()> {
    let leg = run
        .leg
        .map_or_else(String::new, |leg| format!("{leg:?}").to_lowercase());
    let agent = plain(run.agent.as_deref().unwrap_or_default());
    writeln!(
        out,
        "{BOLD}{}{BOLD:#} {agent} {DIM}{leg} · {} ago{DIM:#}",
        plain(&run.id),
        since(run.since)
    )
}

fn ending(run: &RunView) -> String {
    let (style, words) = match (&run.end, run.state) {
        (Some(end), RunWord::Completed) => (GREEN, end.clone()),
        (Some(end), _) => (YELLOW, end.clone()),
        (None, _) => (DIM, "over".to_owned()),
    };
    format!("{style}■{style:#} {}", plain(&words))
}

fn write_item(
    out: &mut dyn Write,
    item: &TranscriptItemView,
    calls: &mut Calls,
    verbose: bool,
) -> io::Result<()> {
    let last = calls.last.take();
    match item {
        TranscriptItemView::Told { text } => folded(out, "│ ", text, verbose),
        TranscriptItemView::Thinks { text } => folded(out, "… ", text, verbose),
        TranscriptItemView::Says { text } => writeln!(out, "{}", plain(text.trim_end())),
        TranscriptItemView::Note { text } if text.trim().is_empty() => Ok(()),
        TranscriptItemView::Note { text } => {
            writeln!(out, "{YELLOW}·{YELLOW:#} {}", plain(text.trim_end()))
        }
        TranscriptItemView::Uses {
            id,
            tool,
            summary,
            input,
        } => {
            let call = one_line(&format!("{tool} {summary}"), LINE);
            writeln!(out, "{BLUE}▸{BLUE:#} {call}")?;
            calls.open.insert(id.clone(), call);
            calls.last = Some(id.clone());
            if verbose {
                writeln!(out, "{DIM}{}{DIM:#}", indented(input))?;
            }
            Ok(())
        }
        TranscriptItemView::Got {
            id, failed, text, ..
        } => {
            // A result that stands right below its call needs no name.
            let call = calls.open.remove(id);
            let call = call.filter(|_| last.as_ref() != Some(id));
            write_result(out, call.as_deref(), *failed, text, verbose)
        }
    }
}

/// What came back: one line of it, unless all of it is wanted.
fn write_result(
    out: &mut dyn Write,
    call: Option<&str>,
    failed: bool,
    text: &str,
    verbose: bool,
) -> io::Result<()> {
    let (style, mark) = if failed { (RED, "✗") } else { (DIM, "✓") };
    let lines = text.trim().lines().count();
    let call = call.map_or_else(String::new, |call| format!(" {}:", one_line(call, CALL)));
    if verbose && lines > 0 {
        let text = indented(text.trim());
        return writeln!(out, "  {style}{mark}{call}{style:#}\n{DIM}{text}{DIM:#}");
    }
    let first = text.trim().lines().find(|line| !line.trim().is_empty());
    let first = one_line(first.unwrap_or_default().trim(), LINE);
    let more = match lines {
        0 | 1 => String::new(),
        lines => format!(" (+{} lines)", lines - 1),
    };
    writeln!(out, "  {style}{mark}{call} {first}{more}{style:#}")
}

/// A long text that is rarely read: its first lines.
fn folded(out: &mut dyn Write, mark: &str, text: &str, verbose: bool) -> io::Result<()> {
    let lines: Vec<&str> = text.trim().lines().collect();
    let shown = if verbose { lines.len() } else { FOLDED };
    for line in lines.iter().take(shown) {
        writeln!(out, "{DIM}{mark}{}{DIM:#}", plain(line))?;
    }
    let more = lines.len().saturating_sub(shown);
    if more > 0 {
        writeln!(
            out,
            "{DIM}{mark}({more} more lines; --verbose shows them){DIM:#}"
        )?;
    }
    Ok(())
}

fn indented(text: &str) -> String {
    let lines = plain(text);
    let lines = lines.lines().map(|line| format!("    {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Calls, write_item};
    use orchestron_operations::wire::TranscriptItemView as Item;

    fn shown(items: &[Item], verbose: bool) -> String {
        let (mut out, mut calls) = (Vec::new(), Calls::default());
        for item in items {
            write_item(&mut out, item, &mut calls, verbose).unwrap();
        }
        let bare = anstream::adapter::strip_bytes(&out).into_vec();
        String::from_utf8(bare).unwrap()
    }

    fn uses(id: &str) -> Item {
        Item::Uses {
            id: id.into(),
            tool: "Bash".into(),
            summary: "npm test".into(),
            input: r#"{"command":"npm test"}"#.into(),
        }
    }

    fn got(id: &str, failed: bool, text: &str) -> Item {
        Item::Got {
            id: id.into(),
            failed,
            text: text.into(),
            images: Vec::new(),
        }
    }

    #[test]
    fn tool_calls_are_folded_to_a_line_each() {
        let items = [
            uses("1"),
            got("1", false, "ok 1\nok 2\nok 3\n"),
            uses("2"),
            got("2", true, "denied"),
        ];
        assert_eq!(
            shown(&items, false),
            "▸ Bash npm test\n  ✓ ok 1 (+2 lines)\n▸ Bash npm test\n  ✗ denied\n"
        );
        let together = [uses("1"), uses("2"), got("1", false, "ok")];
        let together = shown(&together, false);
        assert!(
            together.ends_with("▸ Bash npm test\n  ✓ Bash npm test: ok\n"),
            "{together}"
        );
        let all = shown(&items, true);
        assert!(
            all.contains("    {\"command\"") && all.contains("    ok 3"),
            "{all}"
        );
    }

    #[test]
    fn what_an_agent_was_told_is_folded() {
        let text = (1..=9).map(|n| format!("line {n}\n")).collect();
        let told = shown(&[Item::Told { text }], false);
        assert!(
            told.ends_with("│ line 3\n│ (6 more lines; --verbose shows them)\n"),
            "{told}"
        );
    }

    #[test]
    fn control_characters_move_nothing() {
        let text = "\u{1b}[2J\u{1b}]0;owned\u{7}gone\r\u{202e}txt".to_owned();
        for item in [
            Item::Says { text: text.clone() },
            Item::Note { text: text.clone() },
            Item::Thinks { text: text.clone() },
            Item::Told { text: text.clone() },
            got("1", true, &text),
        ] {
            let (mut out, mut calls) = (Vec::new(), Calls::default());
            write_item(&mut out, &item, &mut calls, true).unwrap();
            let out = String::from_utf8(out).unwrap();
            let own = ["\u{1b}[2m", "\u{1b}[0m", "\u{1b}[31m", "\u{1b}[33m"];
            let rest = own.iter().fold(out, |rest, code| rest.replace(code, ""));
            let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!rest.contains(bad), "{rest:?}");
        }
    }
}
