//! The port [`RunLogs`]: what runs have said, for people.

use super::{
    folder::{FolderError, RunFolder, Spec, read_json},
    live::Talk,
    output::{end_of_file, plain, useful_end},
    tail::{Line, LineTail},
};
use orchestron_agents::{Driver, driver};
use orchestron_domain::{RunId, transcript::TranscriptItem};
use orchestron_engine::ports::{KeptRun, PortResult, RunLogs, Strays, TakeOver};
use std::path::PathBuf;

/// How much of the end of a run's output is looked at to tell what it does.
const DOING_BYTES: u64 = 128 * 1024;
/// How much of it, when there is nothing to tell in that.
const DOING_MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Longest line on what a run does, in characters.
const DOING_CHARS: usize = 120;

/// Reads the folders of runs; needs no lease and disturbs nobody.
#[derive(Clone, Debug)]
pub struct RunLogReader {
    runs: PathBuf,
}

/// An agent's language and place.
struct Reader {
    driver: &'static dyn Driver,
    worktree: String,
}

impl RunLogReader {
    /// Reads the runs whose folders lie in `runs`.
    #[must_use]
    pub const fn new(runs: PathBuf) -> Self {
        Self { runs }
    }

    fn folder(&self, run: &RunId) -> RunFolder {
        RunFolder::new(self.runs.join(run.as_str()))
    }

    /// None for gates, which have no conversation.
    fn reader(folder: &RunFolder) -> Result<Option<Reader>, FolderError> {
        Ok(Talk::of(folder)?.and_then(|talk| {
            Some(Reader {
                driver: driver(&talk.cli)?,
                worktree: talk.opening.worktree,
            })
        }))
    }
}

impl RunLogs for RunLogReader {
    fn strays(&self) -> PortResult<Vec<Strays>> {
        super::strays::find(&self.runs)
    }

    fn end_strays(&self, run: &RunId) -> PortResult<(u32, u32)> {
        super::strays::end(&self.runs, run)
    }

    fn kept(&self) -> PortResult<Vec<KeptRun>> {
        super::kept::kept(&self.runs)
    }

    /// A page: whole lines until there are `limit` items or the output ends. The last line may bring a few more.
    fn transcript(
        &self,
        run: &RunId,
        from: u64,
        limit: u32,
    ) -> PortResult<(Vec<TranscriptItem>, u64)> {
        let folder = self.folder(run);
        let Some(reader) = Self::reader(&folder)? else {
            return Ok((Vec::new(), from));
        };
        let mut items = Vec::new();
        if limit == 0 {
            return Ok((items, from));
        }
        let mut tail = LineTail::new(&folder.out(), from);
        let read = tail.read(|line, _| {
            items.extend(reader.items(&line));
            items.len() < limit as usize
        });
        read.map_err(FolderError::io("cannot read", &folder.out()))?;
        Ok((items, tail.offset()))
    }

    fn output_tail(&self, run: &RunId, max_bytes: u32) -> PortResult<String> {
        let folder = self.folder(run);
        Ok(useful_end(&folder.out(), max_bytes as usize)?)
    }

    fn doing(&self, run: &RunId) -> PortResult<Option<String>> {
        let folder = self.folder(run);
        let reader = Self::reader(&folder)?;
        for window in [DOING_BYTES, DOING_MOST_BYTES] {
            let end = end_of_file(&folder.out(), window)?;
            let doing = match &reader {
                Some(reader) => reader.doing(&end),
                None => last_line(&end),
            };
            if doing.is_some() || (end.len() as u64) < window {
                return Ok(doing);
            }
        }
        Ok(None)
    }

    fn take_over(&self, run: &RunId) -> PortResult<Option<TakeOver>> {
        let folder = self.folder(run);
        let (Some(talk), Some(spec)) = (Talk::of(&folder)?, read_json::<Spec>(&folder.spec())?)
        else {
            return Ok(None);
        };
        let Some(driver) = driver(&talk.cli) else {
            return Ok(None);
        };
        let (args, variables) = driver.take_over(&talk.opening.session);
        let value = |name: &&str| Some(((*name).to_owned(), spec.env.get(*name)?.clone()));
        Ok(spec.argv.first().map(|program| TakeOver {
            program: program.clone(),
            args,
            dir: spec.cwd.clone(),
            env: variables.iter().filter_map(value).collect(),
        }))
    }
}

impl Reader {
    fn items(&self, line: &Line<'_>) -> Vec<TranscriptItem> {
        match line {
            Line::Whole(bytes) => self.driver.transcript(&self.worktree, bytes),
            Line::TooLong(bytes) => vec![TranscriptItem::Note {
                text: format!("A message of {} MiB is left out.", bytes >> 20),
            }],
        }
    }

    /// From the last thing that was done or said.
    fn doing(&self, end: &[u8]) -> Option<String> {
        end.rsplit(|b| *b == b'\n').find_map(|line| {
            let items = self.driver.transcript(&self.worktree, line);
            items.iter().rev().find_map(doing)
        })
    }
}

fn doing(item: &TranscriptItem) -> Option<String> {
    let said = match item {
        TranscriptItem::Uses { tool, summary, .. } => format!("{tool} {summary}"),
        TranscriptItem::Says { text } | TranscriptItem::Note { text } => {
            text.trim().lines().next_back()?.to_owned()
        }
        TranscriptItem::Thinks { .. } => "thinks".to_owned(),
        TranscriptItem::Told { .. } => "reads what it was told".to_owned(),
        TranscriptItem::Got { .. } => return None,
    };
    Some(shortened(&said)).filter(|said| !said.is_empty())
}

fn last_line(end: &[u8]) -> Option<String> {
    let text = plain(&String::from_utf8_lossy(end));
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(shortened(line))
}

fn shortened(line: &str) -> String {
    orchestron_agents::text::one_line(line, DOING_CHARS)
}
