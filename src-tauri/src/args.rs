//! The few words the desktop app understands on its command line.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

const USAGE: &str = "Usage: orchestron-desktop [--project DIR | --demo]

  --project DIR  open the project in DIR (the folder that holds .mcp)
  --demo         open a sample project with a scripted model; nothing is sent anywhere
Without either: the project around the current folder, else the demo.";

/// What to open.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// A project's folder.
    pub project: Option<PathBuf>,
    /// The sample project.
    pub demo: bool,
}

impl Args {
    /// Reads the words; on `--help` or a mistake everything is told already and only the exit code is left.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, ExitCode> {
        let mut args = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--demo") => args.demo = true,
                Some("--project") => {
                    args.project = Some(
                        words
                            .next()
                            .ok_or_else(|| mistake("--project needs a folder"))?
                            .into(),
                    )
                }
                Some("--help" | "-h") => {
                    println!("{USAGE}");
                    return Err(ExitCode::SUCCESS);
                }
                _ => {
                    return Err(mistake(&format!(
                        "`{}` is not understood",
                        word.to_string_lossy()
                    )));
                }
            }
        }
        if args.demo && args.project.is_some() {
            return Err(mistake("--demo brings its own project"));
        }
        Ok(args)
    }
}

fn mistake(what: &str) -> ExitCode {
    eprintln!("error: {what}\n\n{USAGE}");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::Args;

    fn parse(words: &[&str]) -> Option<Args> {
        Args::parse(words.iter().map(Into::into)).ok()
    }

    #[test]
    fn words_are_understood_or_refused() {
        assert_eq!(
            parse(&["--project", "/p"]).and_then(|args| args.project),
            Some("/p".into())
        );
        assert!(parse(&["--demo"]).is_some_and(|args| args.demo));
        for wrong in [
            &["--project"][..],
            &["--demo", "--project", "/p"],
            &["-x"],
            &["/p"],
        ] {
            assert!(parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
