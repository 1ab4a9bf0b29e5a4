//! `config`, `config-set` and `config-write`: `.mcp/config.yaml`, looked at and changed while everything runs. What is wrong is refused
//! before anything is written, with the line; the engine reads the file again by itself.

use crate::{
    Context, OpError, agents_text, config_text,
    view::word,
    who::only_person,
    wire::{ConfigView, Done, RuleView, SettingView, input},
    writing::done,
};
use orchestron_domain::{
    Config, Leg, MicroUsd,
    notice::{NoticeKind, Quiet},
    rules::CHAIN,
};
use orchestron_engine::{
    ports::{FileText, PortErrorKind, Problem},
    trust::{KEY, is_trusted},
};

/// The project's file, below `.mcp/`.
const FILE: &str = "config.yaml";
/// Longest text that is written, in bytes.
const MOST_BYTES: usize = 512 * 1024;
/// Settings whose value is a list, even of one.
const LISTS: [&str; 1] = ["notify.quiet.except"];
/// Settings that are true or false.
const TRUTHS: [&str; 2] = ["limits.same_files", "notify.sound"];
/// Settings whose value is a text, even when it looks like a number.
const TEXTS: [&str; 6] = [
    "project",
    "base_branch",
    "task_prefix",
    "worktrees",
    "notify.digest",
    "notify.zone",
];

/// Every setting there is. Groups that are written as lists (`gates`) or have names of their own (`accounts`) are edited in the text.
const SETTINGS: [&str; 46] = [
    "project",
    "base_branch",
    "task_prefix",
    "worktrees",
    "chain.prepare",
    "chain.implement",
    "chain.review",
    "gates",
    "limits.parallel",
    "limits.attempts",
    "limits.backoff",
    "limits.backoff_max",
    "limits.park",
    "limits.starts",
    "limits.per_status.pending",
    "limits.per_status.in-progress",
    "limits.per_status.review",
    "limits.aging",
    "limits.stalled",
    "limits.same_files",
    "limits.budget_usd.task",
    "limits.budget_usd.day",
    "limits.budget_usd.project",
    "limits.reserve_usd",
    "limits.breaker",
    "limits.breaker_rest",
    "limits.unchanged",
    "accounts",
    "keep.days",
    "keep.megabytes",
    "notify.review",
    "notify.permission",
    "notify.question",
    "notify.escalation",
    "notify.conflict",
    "notify.budget",
    "notify.message",
    "notify.done",
    "notify.together",
    "notify.apart",
    "notify.quiet.from",
    "notify.quiet.to",
    "notify.quiet.except",
    "notify.digest",
    "notify.zone",
    "notify.sound",
];

/// What the file says, what holds, and what is wrong with it.
///
/// # Errors
/// When it cannot be read.
pub fn config(cx: &mut Context, _input: &input::Nothing) -> Result<ConfigView, OpError> {
    let found = read(cx)?;
    let text = text_of(&found)?;
    let (config, problems) = cx.store.files().config()?;
    let setting = |key: &&str| {
        let path: Vec<&str> = key.split('.').collect();
        let written = config_text::get(&text, &path);
        let line = written
            .as_ref()
            .and_then(|(_, line)| u32::try_from(*line).ok());
        SettingView {
            key: (*key).to_owned(),
            written: written.map(|(value, _)| value),
            line,
            holds: holds(&config, key),
        }
    };
    let of_this_file = |problem: &Problem| problem.path.ends_with(FILE);
    Ok(ConfigView {
        path: format!(".mcp/{FILE}"),
        settings: SETTINGS.iter().map(setting).collect(),
        hash: found.hash,
        problems: problems
            .into_iter()
            .filter(of_this_file)
            .map(word::problem)
            .collect(),
        rules: rules(&config),
        text,
    })
}

/// When tasks move by themselves: by the chain, and by the project's own rules.
fn rules(config: &Config) -> Vec<RuleView> {
    let chain = CHAIN.iter().map(|own| RuleView {
        name: None,
        from: own.from.map(word::status),
        to: word::status(own.to),
        when: format!("{}: {}", own.when, own.by),
    });
    let written = config.rules.iter().map(|rule| RuleView {
        name: Some(rule.name.clone()),
        from: Some(word::status(rule.from)),
        to: word::status(rule.to),
        when: rule.asks(),
    });
    chain.chain(written).collect()
}

/// Changes settings.
///
/// # Errors
/// When there is no such setting, its value is wrong, or the file has changed or cannot be written.
pub fn set(cx: &mut Context, input: &input::ConfigSet) -> Result<Done, OpError> {
    only_person(cx, "change the configuration")?;
    let before = read(cx)?;
    must_be_seen(&before, input.hash.as_deref())?;
    let mut text = text_of(&before)?;
    let mut did = Vec::new();
    for change in &input.changes {
        let key = change.key.as_str();
        if !SETTINGS.contains(&key) || matches!(key, "gates" | "accounts") {
            return Err(refused(format!(
                "`{key}` is no setting that is changed alone"
            )));
        }
        let value = (!change.values.is_empty()).then(|| value(key, &change.values));
        let path: Vec<&str> = key.split('.').collect();
        text = config_text::set(&text, &path, value.as_deref())
            .map_err(|error| refused(error.to_string()))?;
        did.push(match value {
            Some(value) => format!("{key} is {value} now"),
            None => format!("{key} is as usual now"),
        });
    }
    write(cx, &before, &text)?;
    told(cx, did.join("; "))
}

/// Writes the whole text.
///
/// # Errors
/// When something is wrong with it that was not wrong before, or the file has changed or cannot be written.
pub fn write_text(cx: &mut Context, input: &input::ConfigWrite) -> Result<Done, OpError> {
    only_person(cx, "change the configuration")?;
    if input.text.len() > MOST_BYTES {
        return Err(refused("the text is too long".to_owned()));
    }
    let before = read(cx)?;
    must_be_seen(&before, input.hash.as_deref())?;
    write(cx, &before, &input.text)?;
    told(cx, format!("wrote .mcp/{FILE}"))
}

fn read(cx: &Context) -> Result<FileText, OpError> {
    match cx.store.files().read_side(FILE) {
        Ok(text) => Ok(text),
        Err(error) if error.kind == PortErrorKind::Missing => Ok(FileText {
            bytes: Vec::new(),
            hash: String::new(),
        }),
        Err(error) => Err(error.into()),
    }
}

fn text_of(found: &FileText) -> Result<String, OpError> {
    let text = String::from_utf8(found.bytes.clone());
    text.map_err(|_| refused("the text that is there is not UTF-8".to_owned()))
}

fn must_be_seen(found: &FileText, hash: Option<&str>) -> Result<(), OpError> {
    if hash.is_none_or(|hash| hash == found.hash) {
        return Ok(());
    }
    Err(refused(
        "somebody else has changed it since you looked at it; look again".to_owned(),
    ))
}

/// Checks the new text, then writes it. A problem that was there before keeps nobody from mending another one.
fn write(cx: &Context, before: &FileText, text: &str) -> Result<(), OpError> {
    let files = cx.store.files();
    let (_, known) = files.config_as(&before.bytes)?;
    let (_, problems) = files.config_as(text.as_bytes())?;
    let is_old = |problem: &Problem| known.iter().any(|other| other.what == problem.what);
    if let Some(problem) = problems.iter().find(|problem| !is_old(problem)) {
        let place = problem
            .line
            .map_or_else(String::new, |line| format!("line {line}: "));
        return Err(refused(format!(
            "{place}{} ({})",
            problem.what, problem.cure
        )));
    }
    // Nobody else's change is written over.
    if read(cx)?.hash != before.hash {
        return Err(refused(
            "somebody changed it at this very moment; try again".to_owned(),
        ));
    }
    files.write_side(FILE, text.as_bytes(), true)?;
    cx.store.locks().ring();
    Ok(())
}

fn refused(why: String) -> OpError {
    OpError::Input {
        field: "config",
        what: format!(".mcp/{FILE} was not changed: {why}"),
    }
}

/// What was done, and whether its commands have to be accepted again.
fn told(cx: &Context, did: String) -> Result<Done, OpError> {
    let mut told = done(None, None, did);
    let (config, _) = cx.store.files().config()?;
    let accepted = cx.store.log().setting(KEY)?;
    if !is_trusted(&config, accepted.as_deref()) {
        told.not_done.push(
            "what the project runs has changed, so nothing is started until `orchestron trust` accepts it"
                .to_owned(),
        );
    }
    told.next.push("a running engine reads it by itself".into());
    Ok(told)
}

/// Values as YAML on one line.
fn value(key: &str, values: &[String]) -> String {
    let one = values.first().map(|value| value.trim()).unwrap_or_default();
    if TRUTHS.contains(&key) && matches!(one, "true" | "false") {
        return one.to_owned();
    }
    let looks_like_none = one.starts_with(|c: char| c.is_ascii_alphabetic());
    if TEXTS.contains(&key) && !looks_like_none {
        return serde_json::Value::from(one).to_string();
    }
    let values: Vec<_> = values.iter().map(|value| value.trim().to_owned()).collect();
    agents_text::yaml(&values, LISTS.contains(&key))
}

/// What holds, as one would write it.
fn holds(config: &Config, key: &str) -> String {
    let limits = &config.limits;
    let truth = |is: bool| is.to_string();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match key {
        "project" => config.project.clone(),
        "base_branch" => text(&config.base_branch),
        "task_prefix" => config.task_prefix.clone(),
        "worktrees" => text(&config.worktrees),
        "chain.prepare" => chain(config, Leg::Prepare),
        "chain.implement" => chain(config, Leg::Implement),
        "chain.review" => chain(config, Leg::Review),
        "gates" => config.gates.len().to_string(),
        "accounts" => config.accounts.len().to_string(),
        "limits.parallel" => limits.parallel.to_string(),
        "limits.attempts" => limits.attempts.to_string(),
        "limits.backoff" => span(limits.backoff_ms),
        "limits.backoff_max" => span(limits.backoff_max_ms),
        "limits.park" => span(limits.park_s * 1000),
        "limits.starts" => limits.starts.to_string(),
        "limits.aging" => span(limits.aging_s * 1000),
        "limits.stalled" => span(limits.stalled_s * 1000),
        "limits.same_files" => truth(limits.same_files),
        "limits.budget_usd.task" => money(limits.budget.task),
        "limits.budget_usd.day" => money(limits.budget.day),
        "limits.budget_usd.project" => money(limits.budget.project),
        "limits.reserve_usd" => money(Some(limits.reserve)),
        "limits.breaker" => limits.breaker.to_string(),
        "limits.breaker_rest" => span(limits.breaker_s * 1000),
        "limits.unchanged" => limits.unchanged.to_string(),
        "keep.days" => config.keep.days.to_string(),
        "keep.megabytes" => config.keep.megabytes.to_string(),
        _ => per_status(config, key)
            .or_else(|| notify(config, key))
            .unwrap_or_default(),
    }
}

fn per_status(config: &Config, key: &str) -> Option<String> {
    let status = key.strip_prefix("limits.per_status.")?;
    let status = orchestron_domain::Status::from_folder(status)?;
    let limit = config.limits.per_status.get(&status)?;
    Some(limit.to_string())
}

/// Who has a leg, and who may take it beside them.
fn chain(config: &Config, leg: Leg) -> String {
    let named = match leg {
        Leg::Prepare => &config.chain.prepare,
        Leg::Implement => &config.chain.implement,
        Leg::Review | Leg::Approve => &config.chain.review,
    };
    let pool = config.pools.get(&leg).into_iter().flatten();
    let mut names: Vec<_> = named.iter().chain(pool).map(ToString::to_string).collect();
    names.dedup();
    names.join(", ")
}

fn notify(config: &Config, key: &str) -> Option<String> {
    let key = key.strip_prefix("notify.")?;
    let notify = &config.notify;
    if let Some(kind) = NoticeKind::from_word(key) {
        return Some(notify.manner(kind).word().to_owned());
    }
    let quiet = |part: fn(&Quiet) -> String| notify.quiet.as_ref().map(part);
    match key {
        "together" => Some(span(notify.together_s * 1000)),
        "apart" => Some(span(notify.apart_s * 1000)),
        "sound" => Some(notify.sound.to_string()),
        "zone" => notify.zone.clone(),
        "digest" => notify.digest.map(time_of_day),
        "quiet.from" => quiet(|quiet| time_of_day(quiet.from)),
        "quiet.to" => quiet(|quiet| time_of_day(quiet.to)),
        "quiet.except" => quiet(|quiet| {
            let kinds = quiet.except.iter().map(|kind| kind.word());
            let urgent = quiet.except_p0.then_some("P0");
            kinds.chain(urgent).collect::<Vec<_>>().join(", ")
        }),
        _ => None,
    }
}

fn time_of_day(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn money(amount: Option<MicroUsd>) -> String {
    let Some(MicroUsd(amount)) = amount else {
        return String::new();
    };
    // Less than a cent is said, too: it would be a limit of nothing otherwise.
    if !amount.is_multiple_of(10_000) {
        let all = format!("{}.{:06}", amount / 1_000_000, amount % 1_000_000);
        return all.trim_end_matches('0').to_owned();
    }
    let cents = amount / 10_000;
    match cents % 100 {
        0 => (cents / 100).to_string(),
        rest => format!("{}.{rest:02}", cents / 100),
    }
}

/// `90s`, `5m`, `1h`, `1h30m`, `500ms`.
fn span(ms: u64) -> String {
    if !ms.is_multiple_of(1000) {
        return format!("{ms}ms");
    }
    let seconds = ms / 1000;
    let parts = [
        (seconds / 3600, "h"),
        (seconds % 3600 / 60, "m"),
        (seconds % 60, "s"),
    ];
    let told: String = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if told.is_empty() {
        "0s".to_owned()
    } else {
        told
    }
}

#[cfg(test)]
mod tests {
    use super::{holds, money, span, value};
    use orchestron_domain::{Config, MicroUsd};

    #[test]
    fn values_are_written_as_yaml_reads_them() {
        let one = |key: &str, text: &str| value(key, &[text.to_owned()]);
        assert_eq!(one("limits.same_files", "true"), "true");
        assert_eq!(one("limits.backoff", "5s"), "5s");
        assert_eq!(one("notify.quiet.from", "22:00"), "\"22:00\"");
        assert_eq!(one("notify.review", "off"), "\"off\"");
        assert_eq!(one("project", "42"), "\"42\"");
        assert_eq!(one("project", "a: b # c\nd"), "\"a: b # c\\nd\"");
        assert_eq!(one("notify.quiet.except", "P0"), "[P0]");
        let several = ["a".to_owned(), "b".to_owned()];
        assert_eq!(value("chain.implement", &several), "[a, b]");
    }

    #[test]
    fn what_holds_is_told_as_one_would_write_it() {
        let config = Config::default();
        assert_eq!(holds(&config, "limits.backoff"), "5s");
        assert_eq!(holds(&config, "limits.aging"), "1h");
        assert_eq!(holds(&config, "limits.reserve_usd"), "2");
        assert_eq!(holds(&config, "limits.budget_usd.day"), "");
        assert_eq!(holds(&config, "notify.together"), "2m");
        assert_eq!(holds(&config, "notify.quiet.from"), "");
        assert_eq!(
            (span(5_400_000), span(500)),
            ("1h30m".into(), "500ms".into())
        );
        assert_eq!(money(Some(MicroUsd(2_500_000))), "2.50");
        assert_eq!(money(Some(MicroUsd(5_000))), "0.005");
        assert_eq!(money(Some(MicroUsd(1_020_500))), "1.0205");
    }
}
