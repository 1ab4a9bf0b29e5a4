//! The `orchestron` command: arguments, printing, exit codes. What is done is done by operations.

mod args;
mod attach;
mod config;
mod conflicts;
mod demo;
mod editor;
mod failure;
mod follow;
mod guard;
mod help;
mod here;
mod hook;
mod hooks;
mod init;
mod insights;
mod keys;
mod lines;
mod logs;
mod mcp;
mod messages;
mod notices;
mod output;
mod recovery;
mod run;
mod scheduling;
mod sessions;
mod trust;
mod views;
mod workflows;
mod writes;

use args::{Cli, Verb};
use clap::CommandFactory;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = small_program() {
        return code;
    }
    let cli = match help::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(told) => return misunderstood(&told),
    };
    let output = Output::new(&cli.common);
    match dispatch(cli, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Help and version are printed; what cannot be understood is told, to programs that want JSON as JSON.
fn misunderstood(told: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|word| word == "--json");
    if wants_json && told.use_stderr() {
        let text = told.to_string();
        let lines = text.lines().map(str::trim);
        let what: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        let what = what.join(" ").trim_start_matches("error: ").to_owned();
        let failure = Failure::Usage(what);
        Output::json().failure(&failure);
        return ExitCode::from(failure.exit_code());
    }
    told.exit()
}

/// The keeper and the key helper are small programs of their own: nothing of the rest is loaded for them, not even the
/// definition of the arguments, which alone would take more memory than a keeper has.
fn small_program() -> Option<ExitCode> {
    use orchestron_adapters::process::keeper;
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let (verb, rest) = args.split_first()?;
    match verb.to_str()? {
        "keep" => Some(keeper::keep_verb(rest)),
        "key-helper" => Some(keeper::key_helper_verb(rest)),
        "hook" => Some(hook::run(rest)),
        "guard" => Some(guard::run(rest)),
        _ => None,
    }
}

fn dispatch(cli: Cli, output: &Output) -> Result<(), Failure> {
    let common = cli.common;
    match cli.verb {
        Verb::Init(args) => init::init(&common, &args, output),
        Verb::Completions(args) => {
            // Into memory first: clap_complete panics when the reader of a pipe has seen enough.
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "orchestron", &mut script);
            output::raw(&script)
        }
        Verb::Demo(args) => demo::demo(&args, output),
        Verb::Mcp(args) => mcp::mcp(&common, &args, output),
        Verb::Run(args) => run::run(&common, &args, output),
        Verb::Status => views::status(&common, output),
        Verb::List(args) => views::list(&common, &args, output),
        Verb::Show(args) => views::show(&common, &args, output),
        Verb::Why(args) => scheduling::why(&common, args, output),
        Verb::Impact(args) => scheduling::impact(&common, args, output),
        Verb::Agents(args) if scheduling::only_lists(&args) => scheduling::agents(&common, output),
        Verb::Conflicts(args) => conflicts::conflicts(&common, &args, output),
        Verb::Next(args) => views::next(&common, &args, output),
        Verb::Log(args) => views::log(&common, &args, output),
        Verb::Insights(args) => insights::insights(&common, &args, output),
        Verb::Config(args) => config::config(&common, args, output),
        Verb::Requests => views::requests(&common, output),
        Verb::Notices => notices::notices(&common, output),
        Verb::Doctor(args) if args.fix => recovery::fix(&common, output),
        Verb::Doctor(_) => views::doctor(&common, output),
        Verb::Undo(args) => recovery::undo(&common, &args, output),
        Verb::Watch(args) => follow::watch(&common, &args, output),
        Verb::Logs(args) => logs::logs(&common, &args, output),
        Verb::Attach(args) => attach::attach(&common, &args, output),
        Verb::Messages(args) => messages::messages(&common, &args, output),
        Verb::Send(args) => messages::send(&common, &args, output),
        Verb::Ack(args) => messages::ack(&common, &args, output),
        Verb::Session(args) => sessions::session(&common, &args, output),
        Verb::Start(args) => sessions::start(&common, &args, output),
        Verb::Release(args) => sessions::release(&common, &args, output),
        Verb::Ask(args) => sessions::ask(&common, &args, output),
        Verb::Progress(args) => sessions::progress(&common, &args, output),
        Verb::Checkpoint(args) => sessions::checkpoint(&common, &args, output),
        Verb::Context(args) => sessions::context(&common, &args, output),
        Verb::Hooks(args) => hooks::hooks(&common, &args, output),
        Verb::Workflow(args) => workflows::workflow(&common, &args, output),
        Verb::Keys(args) => keys::keys(&common, &args, output),
        Verb::Open(args) => editor::open(&common, &args, output),
        Verb::Editor(args) => editor::editor(&common, &args, output),
        Verb::Trust => trust::trust(&common, output),
        verb => writes::write(&common, verb, output),
    }
}
