//! `key-test`: asks an account's API whether its key is good, with the cheapest question there is. The key is never shown.

use crate::{
    Context, OpError,
    who::only_person,
    wire::{Big, KeyTestView, input},
};
use orchestron_domain::{Agent, Config};
use orchestron_engine::{
    ports::KeyProbe,
    trust::{KEY, is_trusted},
};

/// Tests an account's key.
///
/// # Errors
/// When no agent uses the account, it has no key, or its API cannot be reached.
pub fn test(cx: &mut Context, input: &input::KeyTest) -> Result<KeyTestView, OpError> {
    only_person(cx, "test keys")?;
    let (config, _) = cx.store.files().config()?;
    let users = config
        .agents
        .values()
        .filter(|agent| agent.cli.is_some() && agent.account == input.account);
    let Some(agent) = users.into_iter().next() else {
        return Err(wrong(format!(
            "no agent uses the account `{}`",
            input.account
        )));
    };
    if agent.base_url.is_some() {
        must_be_trusted(cx, &config)?;
    }
    let Some(probe) = probe(agent) else {
        let cli = agent.cli.as_deref().unwrap_or_default();
        return Err(wrong(format!(
            "it is not known how a key of `{cli}` is tested"
        )));
    };
    let began = cx.store.now();
    let status = cx.keys.probe(&input.account, &probe)?;
    let took = cx.store.now().since(began);
    let (good, said, cure) = meaning(status);
    Ok(KeyTestView {
        account: input.account.clone(),
        good,
        said: said.to_owned(),
        cure: cure.map(str::to_owned),
        host: host(&probe.url),
        took: Big(u64::try_from(took).unwrap_or(0)),
    })
}

fn wrong(what: String) -> OpError {
    OpError::Input {
        field: "account",
        what,
    }
}

/// An address of the repository's own gets a key only after the person has seen and accepted it.
fn must_be_trusted(cx: &Context, config: &Config) -> Result<(), OpError> {
    let accepted = cx.store.log().setting(KEY)?;
    if is_trusted(config, accepted.as_deref()) {
        return Ok(());
    }
    Err(wrong(
        "the project names an address of its own for this account, and nobody has accepted that yet: look at it with `orchestron trust`, then test again".to_owned(),
    ))
}

/// The question that costs nothing: which models there are.
fn probe(agent: &Agent) -> Option<KeyProbe> {
    let (base, path, header, prefix, also) = match agent.cli.as_deref()? {
        "claude" => (
            "https://api.anthropic.com",
            "/v1/models?limit=1",
            "x-api-key",
            "",
            Some(("anthropic-version", "2023-06-01")),
        ),
        "codex" => (
            "https://api.openai.com/v1",
            "/models",
            "Authorization",
            "Bearer ",
            None,
        ),
        "gemini" => (
            "https://generativelanguage.googleapis.com",
            "/v1beta/models?pageSize=1",
            "x-goog-api-key",
            "",
            None,
        ),
        _ => return None,
    };
    let base = agent.base_url.as_deref().unwrap_or(base);
    Some(KeyProbe {
        url: format!("{}{path}", base.trim_end_matches('/')),
        header,
        prefix,
        also,
    })
}

const fn meaning(status: u16) -> (bool, &'static str, Option<&'static str>) {
    match status {
        200..=299 => (true, "the key is good", None),
        401 => (
            false,
            "the key is not accepted",
            Some("copy it again, whole and by itself, or make a new one in the provider's console"),
        ),
        403 => (
            false,
            "the key is known, but it may not do this",
            Some("give it the right to use models in the provider's console"),
        ),
        429 => (
            true,
            "the key is good, but its limit is reached for now",
            Some("wait a while, or raise the limit in the provider's console"),
        ),
        404 => (
            false,
            "that address has no such API",
            Some("look at the agent's base_url in .mcp/agents.yaml"),
        ),
        500..=599 => (
            false,
            "the provider has trouble of its own, so nothing is known of the key",
            Some("test again in a while"),
        ),
        _ => (
            false,
            "the answer was none that was expected",
            Some("look at the agent's base_url in .mcp/agents.yaml"),
        ),
    }
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}
