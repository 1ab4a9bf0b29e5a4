//! `keys`, `key-set`, `key-delete`: API keys by account. A key goes in and is never shown again.

use crate::{
    Context, OpError,
    who::only_person,
    wire::{Done, KeyView, KeysView, input},
    writing::{done, some_text},
};
use std::collections::BTreeMap;

/// Longest key, in bytes.
const MAX_KEY: usize = 4096;

/// Which accounts have a key, and where it comes from.
///
/// # Errors
/// When the configuration cannot be read.
pub fn keys(cx: &mut Context, _input: &input::Nothing) -> Result<KeysView, OpError> {
    let (store, usable) = match cx.keys.store() {
        Ok(store) => (store, true),
        Err(error) => (error.to_string(), false),
    };
    let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for agent in cx
        .store
        .files()
        .config()?
        .0
        .agents
        .values()
        .filter(|agent| agent.cli.is_some())
    {
        accounts
            .entry(agent.account.clone())
            .or_default()
            .push(agent.name.to_string());
    }
    let view = |(account, agents): (String, Vec<String>)| KeyView {
        // Where a broken keyring cannot be asked, there is no key as far as anybody can tell; `store` says why.
        source: cx.keys.source(&account).ok().flatten(),
        account,
        agents,
    };
    Ok(KeysView {
        store,
        usable,
        accounts: accounts.into_iter().map(view).collect(),
    })
}

fn account(text: &str) -> Result<String, OpError> {
    let account = some_text("account", Some(text), "name an account of .mcp/agents.yaml")?;
    if account.len() > 100 || account.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let what = "an account's name has at most 100 characters and no spaces".to_owned();
        return Err(OpError::Input {
            field: "account",
            what,
        });
    }
    Ok(account)
}

/// Keeps a key in the operating system's keyring, and nowhere else.
///
/// # Errors
/// When the key is none, or there is no keyring.
pub fn set(cx: &mut Context, input: &input::KeySet) -> Result<Done, OpError> {
    only_person(cx, "keep keys")?;
    let account = account(&input.account)?;
    let key = input.key.trim();
    let good =
        !key.is_empty() && key.len() <= MAX_KEY && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !good {
        // Never the key itself, not even a part of it.
        let what = "that is no key: it is empty, too long, or has spaces or other characters a key never has".to_owned();
        return Err(OpError::Input { field: "key", what });
    }
    cx.keys.set(&account, key)?;
    let mut told = done(None, None, format!("kept the key of {account}"));
    told.next.push("it is used from the next agent that starts; `orchestron retry` tries what failed for want of it".into());
    Ok(told)
}

/// Forgets a key.
///
/// # Errors
/// When the keyring cannot be asked.
pub fn delete(cx: &mut Context, input: &input::KeyDelete) -> Result<Done, OpError> {
    only_person(cx, "delete keys")?;
    let account = account(&input.account)?;
    let was = cx.keys.delete(&account)?;
    let did = if was {
        format!("deleted the key of {account}")
    } else {
        format!("there was no key of {account} in the keyring")
    };
    let mut told = done(None, None, did);
    if let Some(source) = cx.keys.source(&account)? {
        told.not_done
            .push(format!("{account} still has a key from the {source}"));
    }
    Ok(told)
}
