//! `attach`: an agent's conversation, taken over in this terminal.

use crate::{
    args::{Attach, Common},
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, GREEN, Output, plain},
};
use orchestron_domain::RunId;
use orchestron_operations::wire::{AttachView, input};
use std::{
    io::{self, IsTerminal, Write},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// How long a run may take to end: the whole stop ladder.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// `attach`
pub fn attach(common: &Common, args: &Attach, output: &Output) -> Result<(), Failure> {
    let only_show = args.print || output.is_json();
    if !only_show && !io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "a conversation is taken over in a terminal, and this is none; `--print` prints the command".to_owned(),
        ));
    }
    let mut here = Here::open(common)?;
    let asked = input::Attach {
        task: args.task.clone(),
        only_show,
    };
    let view: AttachView = here.ask("attach", &asked)?;
    if only_show {
        return output.answer(&view, |out| writeln!(out, "{}", plain(&view.shell)));
    }
    here.settle()?;
    wait_until_over(&here, &view)?;
    output.answer(&view, |out| {
        writeln!(
            out,
            "{GREEN}✓{GREEN:#} {} rests, its conversation is yours. {DIM}{}{DIM:#}",
            view.task,
            plain(&view.shell)
        )
    })?;
    let started = take_over(&view);
    output.answer(&view, |out| give_back(out, &view))?;
    started
}

fn give_back(out: &mut dyn Write, view: &AttachView) -> io::Result<()> {
    writeln!(
        out,
        "{} still rests. Give it back with {BOLD}{}{BOLD:#}: its agent goes on in the same conversation.",
        view.task, view.back
    )
}

/// Two who speak in one conversation would not know of each other.
fn wait_until_over(here: &Here, view: &AttachView) -> Result<(), Failure> {
    let run: RunId = view
        .run
        .parse()
        .map_err(orchestron_operations::OpError::Id)?;
    let give_up = Instant::now() + PATIENCE;
    loop {
        let story = here.context.store.story()?;
        let live = story
            .runs
            .get(&run)
            .is_some_and(orchestron_domain::Run::is_live);
        if !live {
            return Ok(());
        }
        if Instant::now() > give_up {
            return Err(Failure::Missing {
                what: format!("{run} does not end"),
                cure: format!(
                    "`orchestron stop {run}`, then try again; `{}` lets it go on instead",
                    view.back
                ),
            });
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// Runs the agent's program here until the person leaves it. Ctrl-C is for the program.
fn take_over(view: &AttachView) -> Result<(), Failure> {
    let failed = |doing| move |said| Failure::Io { doing, said };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed("cannot listen for Ctrl-C"))?;
    let status = runtime.block_on(async {
        #[cfg(unix)]
        let _ours = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
            .map_err(failed("cannot listen for Ctrl-C"))?;
        Command::new(&view.program)
            .args(&view.args)
            .current_dir(&view.dir)
            .envs(view.env.iter().map(|one| (&one.name, &one.value)))
            .status()
            .map_err(failed("cannot start the agent's program"))
    })?;
    match status.code() {
        Some(0) | None => Ok(()),
        Some(code) => Err(Failure::Missing {
            what: format!("the agent's program ended with exit code {code}"),
            cure: format!("try it yourself: {}", view.shell),
        }),
    }
}
