//! API keys: in through standard input, never out again.

use crate::{
    args::{Common, KeyVerb, Keys},
    failure::Failure,
    here::Here,
    output::{DIM, GREEN, Output, RED, table},
};
use anstyle::Style;
use orchestron_operations::wire::{Done, KeyTestView, KeysView, input};
use std::io::{self, BufRead, IsTerminal, Write};

/// Longest key that is read, in bytes.
const KEY_MAX: u64 = 16 * 1024;

/// `keys`
pub fn keys(common: &Common, args: &Keys, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    match &args.verb {
        None => {
            let found: KeysView = here.ask("keys", &input::Nothing {})?;
            output.answer(&found, |out| write_keys(out, &found))
        }
        Some(KeyVerb::Set { account }) => {
            let key = read_key(account)?;
            let done: Done = here.ask(
                "key-set",
                &input::KeySet {
                    account: account.clone(),
                    key,
                },
            )?;
            output.done(&done)
        }
        Some(KeyVerb::Delete { account }) => {
            let done: Done = here.ask(
                "key-delete",
                &input::KeyDelete {
                    account: account.clone(),
                },
            )?;
            output.done(&done)
        }
        Some(KeyVerb::Test { account }) => {
            let asked = input::KeyTest {
                account: account.clone(),
            };
            let found: KeyTestView = here.ask("key-test", &asked)?;
            output.answer(&found, |out| write_test(out, &found))?;
            if found.good {
                Ok(())
            } else {
                Err(Failure::Told(1))
            }
        }
    }
}

fn write_test(out: &mut dyn Write, found: &KeyTestView) -> io::Result<()> {
    let (style, mark) = if found.good {
        (GREEN, "✓")
    } else {
        (RED, "✗")
    };
    let KeyTestView {
        account,
        said,
        host,
        took,
        ..
    } = found;
    writeln!(
        out,
        "{style}{mark}{style:#} {account}: {said} {DIM}({host}, {} ms){DIM:#}",
        took.0
    )?;
    match &found.cure {
        Some(cure) => writeln!(out, "  {DIM}{cure}{DIM:#}"),
        None => Ok(()),
    }
}

fn write_keys(out: &mut dyn Write, found: &KeysView) -> io::Result<()> {
    let (style, mark) = if found.usable {
        (GREEN, "✓")
    } else {
        (RED, "✗")
    };
    writeln!(out, "{style}{mark}{style:#} {}", found.store)?;
    let rows = found.accounts.iter().map(|account| {
        let source = account
            .source
            .clone()
            .unwrap_or_else(|| "no key (the agent's own login is used)".to_owned());
        vec![
            (Style::new(), account.account.clone()),
            (Style::new(), source),
            (DIM, account.agents.join(", ")),
        ]
    });
    table(out, &rows.collect::<Vec<_>>())
}

/// Reads a key from standard input. At a terminal it would be seen while it is typed, so it has to come through a pipe.
fn read_key(account: &str) -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "the key is read from standard input, so that it is never shown or kept by your shell: `pass show anthropic | orchestron keys set {account}`, or enter it in the window under Settings"
        )));
    }
    let mut line = String::new();
    let mut limited = io::Read::take(io::stdin().lock(), KEY_MAX);
    limited.read_line(&mut line).map_err(|said| Failure::Io {
        doing: "cannot read the key from standard input",
        said,
    })?;
    let key = line.trim();
    if key.is_empty() {
        Err(Failure::Usage("no key came on standard input".to_owned()))
    } else {
        Ok(key.to_owned())
    }
}
