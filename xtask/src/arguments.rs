//! What was typed after `cargo xtask`, as a value.

use std::path::PathBuf;

use crate::failure::Failure;

/// The text of `help`.
pub const HELP: &str = "\
./dev (or: cargo xtask) builds, runs and tests Orchestron.

  ./dev run                      build, then start the product on a sample project with a scripted model
  ./dev run --project DIR        the same on your own project, with your own agents
  ./dev run --no-window          serve the UI on loopback even if there is a display
  ./dev run … -- ARGS            hand ARGS on to the product
  ./dev test                     run every test of every kind
  ./dev test FILTER…             only tests whose name contains a FILTER (no format or lint checks)
  ./dev bench [ARGS…]            measure speed on a release build
  ./dev sim [--seeds N] [ARGS…]  simulate N seeds' worlds, each twice; --seed S, --minutes N, --faults, --help
  ./dev fuzz [--seconds N]       fuzz each target for N seconds (60)
  ./dev dist                     packages for this kind of machine, in target/dist: .deb, .rpm and a tarball on Linux;
                                 signed, with a list for the updater, when TAURI_SIGNING_PRIVATE_KEY is set
  ./dev setup                    only install and build
  ./dev help                     this text

Steps that have nothing to do are skipped. The output of quiet steps is kept in target/xtask/.
Exit codes: 0 everything went well, 1 a step or a test failed, 2 the command line was not understood.";

/// How `run` starts the product.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// The user's project as typed; `None` is the sample project.
    pub project: Option<PathBuf>,
    /// Serve the UI on loopback even where a window could be opened.
    pub no_window: bool,
    /// Handed on to the product untouched.
    pub passed_on: Vec<String>,
}

/// A command line that was understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Print the help text.
    Help,
    /// Install and build.
    Setup,
    /// Install, build and start.
    Run(RunOptions),
    /// Run tests; with filters only those whose name contains one of them.
    Test(Vec<String>),
    /// Make packages.
    Dist,
    /// Measure; the arguments go to the benchmark program.
    Bench(Vec<String>),
    /// Simulate; the arguments go to the simulator.
    Sim(Vec<String>),
    /// Fuzz every target.
    Fuzz {
        /// How long each target runs.
        seconds: u32,
    },
}

/// Reads a command line without the program's name.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, Failure> {
    let mut arguments = arguments.into_iter();
    let Some(verb) = arguments.next() else {
        return Ok(Request::Help);
    };
    let rest: Vec<String> = arguments.collect();
    let asks_for_help = rest
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--help" || word == "-h");
    match verb.as_str() {
        "help" | "--help" | "-h" => Ok(Request::Help),
        "bench" => Ok(Request::Bench(rest)),
        "sim" => Ok(Request::Sim(rest)),
        _ if asks_for_help => Ok(Request::Help),
        "setup" if rest.is_empty() => Ok(Request::Setup),
        "setup" => Err(Failure::Usage {
            problem: format!("setup takes no arguments, but got \"{}\"", rest.join(" ")),
        }),
        "dist" if rest.is_empty() => Ok(Request::Dist),
        "dist" => Err(Failure::Usage {
            problem: format!("dist takes no arguments, but got \"{}\"", rest.join(" ")),
        }),
        "run" => parse_run(rest).map(Request::Run),
        "test" => parse_test(rest),
        "fuzz" => parse_fuzz(&rest),
        other => Err(Failure::Usage {
            problem: format!("there is no verb \"{other}\""),
        }),
    }
}

fn parse_run(words: Vec<String>) -> Result<RunOptions, Failure> {
    let mut options = RunOptions::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if let Some(value) = word.strip_prefix("--project=") {
            options.project = Some(PathBuf::from(value));
        } else if word == "--project" {
            let value = words.next().ok_or_else(|| Failure::Usage {
                problem: "--project needs a folder".to_owned(),
            })?;
            options.project = Some(PathBuf::from(value));
        } else if word == "--no-window" {
            options.no_window = true;
        } else if word == "--" {
            options.passed_on.extend(words);
            break;
        } else {
            options.passed_on.push(word);
        }
    }
    Ok(options)
}

fn parse_test(filters: Vec<String>) -> Result<Request, Failure> {
    match filters.iter().find(|filter| filter.starts_with('-')) {
        Some(flag) => Err(Failure::Usage {
            problem: format!("test takes parts of test names, not the flag \"{flag}\""),
        }),
        None => Ok(Request::Test(filters)),
    }
}

fn parse_fuzz(words: &[String]) -> Result<Request, Failure> {
    let seconds = match words {
        [] => "60",
        [flag, value] if flag == "--seconds" => value,
        [word] if word.starts_with("--seconds=") => &word["--seconds=".len()..],
        _ => {
            return Err(Failure::Usage {
                problem: format!("fuzz does not understand \"{}\"", words.join(" ")),
            });
        }
    };
    match seconds.parse() {
        Ok(seconds) if seconds > 0 => Ok(Request::Fuzz { seconds }),
        _ => Err(Failure::Usage {
            problem: format!("--seconds needs a whole number above 0, not \"{seconds}\""),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Request, Failure> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn nothing_and_help_flags_ask_for_help() {
        for line in ["", "help", "--help", "-h", "run --help", "test -h"] {
            assert_eq!(check(line).unwrap(), Request::Help, "{line}");
        }
    }

    #[test]
    fn run_keeps_its_own_flags_and_hands_on_the_rest() {
        let expected = RunOptions {
            project: Some("a".into()),
            no_window: true,
            passed_on: words("--port 80"),
        };
        assert_eq!(
            check("run --project a --port --no-window 80").unwrap(),
            Request::Run(expected)
        );
        let expected = RunOptions {
            project: Some("b".into()),
            no_window: false,
            passed_on: words("--no-window --help"),
        };
        assert_eq!(
            check("run --project=b -- --no-window --help").unwrap(),
            Request::Run(expected)
        );
    }

    #[test]
    fn fuzz_takes_seconds_in_both_spellings() {
        assert_eq!(check("fuzz").unwrap(), Request::Fuzz { seconds: 60 });
        assert_eq!(
            check("fuzz --seconds 5").unwrap(),
            Request::Fuzz { seconds: 5 }
        );
        assert_eq!(
            check("fuzz --seconds=7").unwrap(),
            Request::Fuzz { seconds: 7 }
        );
    }

    #[test]
    fn test_and_bench_take_words() {
        assert_eq!(check("test a b").unwrap(), Request::Test(words("a b")));
        assert_eq!(
            check("sim --seeds 100 --seed 7").unwrap(),
            Request::Sim(words("--seeds 100 --seed 7"))
        );
        assert_eq!(
            check("bench --tasks 100 --help").unwrap(),
            Request::Bench(words("--tasks 100 --help"))
        );
    }

    #[test]
    fn what_is_not_understood_is_a_usage_failure_with_exit_code_2() {
        for line in [
            "tset",
            "run --project",
            "test --nocapture",
            "fuzz --seconds 0",
            "fuzz --seconds x",
            "fuzz x",
            "setup x",
        ] {
            assert_eq!(check(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
