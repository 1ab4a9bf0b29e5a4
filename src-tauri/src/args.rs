//! The few words the desktop app understands on its command line.

use crate::link;
use std::{ffi::OsString, path::PathBuf, process::ExitCode};

const USAGE: &str = "Usage: orchestron-desktop [--project DIR | --demo] [--hidden] [LINK]

  --project DIR  open the project in DIR (the folder that holds .mcp)
  --demo         open a sample project with a scripted model; nothing is sent anywhere
  --hidden       start in the tray, where there is one (what starting at login does)
  LINK           show what it leads to: orchestron://task/TASK-7, orchestron://request/12
Without a project: the one around the current folder, else what was open last, else you are asked.";

/// What to open.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// A project's folder.
    pub project: Option<PathBuf>,
    /// The sample project.
    pub demo: bool,
    /// No window is shown when there is a tray.
    pub hidden: bool,
    /// What to show, as it was given.
    pub link: Option<String>,
}

/// Why the words do not say what to open.
#[derive(Debug, PartialEq, Eq)]
pub enum NotRead {
    /// They ask for the usage.
    Help,
    /// They are wrong, in words.
    Mistake(String),
}

impl Args {
    /// Reads the words.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, NotRead> {
        let mut args = Self::default();
        let mut words = words.into_iter();
        let mistake = |what: &str| Err(NotRead::Mistake(what.to_owned()));
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--demo") => args.demo = true,
                Some("--hidden") => args.hidden = true,
                Some("--project") => match words.next() {
                    Some(folder) => args.project = Some(folder.into()),
                    None => return mistake("--project needs a folder"),
                },
                Some("--help" | "-h") => return Err(NotRead::Help),
                Some(text) if link::is_link(text) && args.link.is_none() => {
                    args.link = Some(text.to_owned());
                }
                _ => {
                    let word: String = word.to_string_lossy().chars().take(80).collect();
                    return mistake(&format!("`{word}` is not understood"));
                }
            }
        }
        if args.demo && args.project.is_some() {
            return mistake("--demo brings its own project");
        }
        Ok(args)
    }

    /// The same; on `--help` or a mistake everything is told already and only the exit code is left.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, ExitCode> {
        Self::read(words).map_err(|not| match not {
            NotRead::Help => {
                println!("{USAGE}");
                ExitCode::SUCCESS
            }
            NotRead::Mistake(what) => {
                eprintln!("error: {what}\n\n{USAGE}");
                ExitCode::from(2)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, NotRead};

    fn read(words: &[&str]) -> Result<Args, NotRead> {
        Args::read(words.iter().map(Into::into))
    }

    #[test]
    fn words_are_understood_or_refused() {
        let args = read(&["--project", "/p", "orchestron://task/TASK-7"]).unwrap();
        assert_eq!(args.project, Some("/p".into()));
        assert_eq!(args.link.as_deref(), Some("orchestron://task/TASK-7"));
        assert!(read(&["--demo"]).unwrap().demo);
        assert!(read(&["--hidden"]).unwrap().hidden);
        assert_eq!(read(&["--help"]), Err(NotRead::Help));
        for wrong in [
            &["--project"][..],
            &["--demo", "--project", "/p"],
            &["-x"],
            &["/p"],
            &["https://example.com"],
            &["orchestron://task/TASK-7", "orchestron://task/TASK-8"],
        ] {
            assert!(matches!(read(wrong), Err(NotRead::Mistake(_))), "{wrong:?}");
        }
    }
}
