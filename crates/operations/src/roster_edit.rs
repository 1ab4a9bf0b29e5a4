//! `agent-add`, `agent-set` and `agent-remove`: the agents of the project, changed while everything runs. The engine reads the file
//! again by itself; what an agent has under way goes on to its end.

use crate::{
    Context, OpError,
    agents_text::{self, TextError},
    view::word,
    who::only_person,
    wire::{Done, input},
    writing::done,
};
use orchestron_domain::{Actor, AgentName, Config, Fact, Holder, Leg, State, ids::IdError};
use orchestron_engine::{
    ports::{PortErrorKind, Problem},
    trust::{KEY, commands, is_trusted},
};

/// The agents' file, below `.mcp/`.
const FILE: &str = "agents.yaml";
/// Keys whose value is a list.
const LISTS: [&str; 4] = [
    "capabilities",
    "tools_allowed",
    "tools_restricted",
    "directories",
];

/// Adds an agent.
///
/// # Errors
/// When there is one of that name, a key or value is wrong, or the file cannot be written.
pub fn add(cx: &mut Context, input: &input::AgentAdd) -> Result<Done, OpError> {
    only_person(cx, "change agents")?;
    let agent = name(&input.name)?;
    let mut keys = Vec::new();
    for key in &input.keys {
        keys.push((key_name(&key.key)?, value(&key.key, &key.values)?));
    }
    let config = change(cx, &agent, |text| {
        agents_text::add(text, agent.as_str(), &keys)
    })?;
    let mut told = told(cx, &config, format!("added {agent} to .mcp/agents.yaml"))?;
    if !legs_of(&config, &agent).is_empty() {
        return Ok(told);
    }
    told.next.push(format!(
        "name it in the chain of .mcp/config.yaml, or give it a task: `orchestron reassign TASK {agent}`"
    ));
    Ok(told)
}

/// Changes one key of an agent; without values it is taken out.
///
/// # Errors
/// When there is no such agent, the key or value is wrong, or the file cannot be written.
pub fn set(cx: &mut Context, input: &input::AgentSet) -> Result<Done, OpError> {
    only_person(cx, "change agents")?;
    let agent = name(&input.name)?;
    let key = key_name(&input.key)?;
    let new = match input.values.is_empty() {
        true => None,
        false => Some(value(&key, &input.values)?),
    };
    let edit = |text: &str| agents_text::set(text, agent.as_str(), &key, new.as_deref());
    let config = change(cx, &agent, edit)?;
    let did = match &new {
        Some(new) => format!("{key} of {agent} is {new} now"),
        None => format!("{agent} has no {key} of its own now"),
    };
    told(cx, &config, did)
}

/// Writes one more rule of what an agent may do without asking. When everything else was accepted on this machine, so is this rule:
/// whoever asks has seen exactly it.
///
/// # Errors
/// When the file cannot be written, or does not say so in a way that we edit.
pub(crate) fn allow(cx: &mut Context, agent: &AgentName, rule: &str) -> Result<(), OpError> {
    let (before, _) = cx.store.files().config()?;
    let accepted = cx.store.log().setting(KEY)?;
    let was_trusted = is_trusted(&before, accepted.as_deref());
    let mut expected = before;
    let known = expected.agents.get_mut(agent);
    let known = known.ok_or_else(|| refused("it does not name that agent"))?;
    known.tools_allowed.push(rule.to_owned());
    let new = value("tools_allowed", &known.tools_allowed)?;
    let edit = |text: &str| agents_text::set(text, agent.as_str(), "tools_allowed", Some(&new));
    let config = change(cx, agent, edit)?;
    let (wanted, seen) = (commands(&config), commands(&expected));
    if was_trusted && wanted == seen {
        cx.store.set_setting(KEY, &wanted)?;
        let fact = Fact::Trusted { commands: wanted };
        cx.store.append(&Actor::Person, vec![fact])?;
    }
    Ok(())
}

/// Takes an agent out. Its run goes on to its end; it gets no other.
///
/// # Errors
/// When there is no such agent, or the file cannot be written.
pub fn remove(cx: &mut Context, input: &input::AgentRemove) -> Result<Done, OpError> {
    only_person(cx, "change agents")?;
    let agent = name(&input.name)?;
    let config = change(cx, &agent, |text| agents_text::remove(text, agent.as_str()))?;
    let state = cx.state()?;
    let live = state
        .live_runs()
        .filter(|run| run.agent() == Some(&agent))
        .count();
    let mut told = told(cx, &config, format!("took {agent} out of .mcp/agents.yaml"))?;
    if live > 0 {
        told.not_done.push(format!(
            "{} of it at work: what runs goes on to its end",
            word::count(live, "run")
        ));
    }
    told.not_done.extend(still_named(&state, &config, &agent));
    Ok(told)
}

/// Who is named, but nobody any more.
fn still_named(state: &State, config: &Config, agent: &AgentName) -> Option<String> {
    let legs = legs_of(config, agent);
    let tasks: Vec<_> = state
        .cards
        .values()
        .filter(|card| card.agent.as_ref() == Some(agent) && !card.status.is_over())
        .map(|card| card.id.to_string())
        .collect();
    let mut named = Vec::new();
    if !legs.is_empty() {
        named.push(format!(
            "the chain of .mcp/config.yaml ({})",
            legs.join(", ")
        ));
    }
    if !tasks.is_empty() {
        named.push(tasks.join(", "));
    }
    (!named.is_empty()).then(|| {
        format!(
            "{} still names it, so it counts as a holder outside there and nothing is launched",
            named.join(" and ")
        )
    })
}

fn legs_of(config: &Config, agent: &AgentName) -> Vec<String> {
    let has = |leg: &Leg| {
        let holder = config.holder(*leg, None);
        let named = matches!(&holder, Holder::Agent(name) | Holder::Outside(name) if name == agent);
        named
            || config
                .pools
                .get(leg)
                .is_some_and(|pool| pool.contains(agent))
    };
    Leg::ALL
        .into_iter()
        .filter(has)
        .map(|leg| leg.to_string())
        .collect()
}

fn name(text: &str) -> Result<AgentName, OpError> {
    let wrong = |what| OpError::Input {
        field: "name",
        what,
    };
    let name: AgentName = text
        .trim()
        .parse()
        .map_err(|error: IdError| wrong(error.to_string()))?;
    if name.as_str() == "person" {
        return Err(wrong(
            "`person` is you; no agent can be called that".to_owned(),
        ));
    }
    Ok(name)
}

fn key_name(text: &str) -> Result<String, OpError> {
    let key = text.trim().replace('-', "_");
    if !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        return Ok(key);
    }
    Err(OpError::Input {
        field: "key",
        what: format!("`{text}` is no key of an agent: .mcp/agents.yaml lists them at its top"),
    })
}

/// Several values that were typed as one, the way the file has them: `[backend, tests]`. Commas in brackets or quotes are no ends.
fn as_typed(values: &[String]) -> Option<Vec<String>> {
    let [one] = values else { return None };
    let inner = one.trim().strip_prefix('[')?.strip_suffix(']')?;
    let (mut parts, mut depth, mut quote) = (vec![String::new()], 0_u32, None);
    for c in inner.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (',', None) if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            ('(', None) => depth += 1,
            (')', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let bare = |part: &String| part.trim().trim_matches(['"', '\'']).to_owned();
    Some(
        parts
            .iter()
            .map(bare)
            .filter(|part| !part.is_empty())
            .collect(),
    )
}

fn value(key: &str, values: &[String]) -> Result<String, OpError> {
    let list = LISTS.contains(&key.replace('-', "_").as_str());
    let typed = if list { as_typed(values) } else { None };
    let values = typed.as_deref().unwrap_or(values);
    if values.len() != 1 && !list {
        return Err(OpError::Input {
            field: "values",
            what: format!("`{key}` has one value"),
        });
    }
    if values
        .iter()
        .any(|value| value.chars().any(char::is_control))
    {
        return Err(OpError::Input {
            field: "values",
            what: "a value is one line".to_owned(),
        });
    }
    Ok(agents_text::yaml(values, list))
}

/// Changes the file's text, when what comes out is good and says the same of everybody else.
fn change(
    cx: &Context,
    agent: &AgentName,
    edit: impl Fn(&str) -> Result<String, TextError>,
) -> Result<Config, OpError> {
    let files = cx.store.files();
    let before = match files.read_side(FILE) {
        Ok(text) => text.bytes,
        Err(error) if error.kind == PortErrorKind::Missing => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8(before.clone()).map_err(|_| refused("the text is not UTF-8"))?;
    let new = edit(&text).map_err(|error| OpError::Input {
        field: "name",
        what: error.to_string(),
    })?;
    let (old, known) = files.config_with(&before)?;
    let (config, problems) = files.config_with(new.as_bytes())?;
    let same = |problem: &Problem| known.iter().any(|other| other.what == problem.what);
    if let Some(problem) = problems.iter().find(|problem| !same(problem)) {
        return Err(refused(&format!("{} ({})", problem.what, problem.cure)));
    }
    let others = |config: &Config| {
        let mut agents = config.agents.clone();
        agents.remove(agent);
        agents
    };
    if others(&old) != others(&config) {
        return Err(refused("it is written in a way that only a person edits"));
    }
    // Nobody else's change is written over.
    let now = match files.read_side(FILE) {
        Ok(text) => text.bytes,
        Err(error) if error.kind == PortErrorKind::Missing => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if now != before {
        return Err(refused(
            "somebody changed it at this very moment; try again",
        ));
    }
    files.write_side(FILE, new.as_bytes(), true)?;
    cx.store.locks().ring();
    Ok(config)
}

fn refused(why: &str) -> OpError {
    OpError::Input {
        field: "agents",
        what: format!(".mcp/agents.yaml was not changed: {why}"),
    }
}

/// What was done, and whether its commands have to be accepted again.
fn told(cx: &Context, config: &Config, did: String) -> Result<Done, OpError> {
    let mut told = done(None, None, did);
    let accepted = cx.store.log().setting(KEY)?;
    if !is_trusted(config, accepted.as_deref()) {
        told.not_done.push(
            "what agents run has changed, so nothing is started until `orchestron trust` accepts it"
                .to_owned(),
        );
    }
    told.next.push("a running engine reads it by itself".into());
    Ok(told)
}
