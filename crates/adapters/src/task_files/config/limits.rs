//! `limits` and `accounts` of `.mcp/config.yaml`, and the rates of agents.

use super::fields::{Fields, Findings};
use orchestron_domain::{
    Status,
    config::{Budgets, Keep, Limits, Rate},
};
use std::collections::BTreeMap;

/// Keys of `limits`.
const KEYS: [&str; 15] = [
    "parallel",
    "attempts",
    "backoff",
    "backoff_max",
    "park",
    "starts",
    "per_status",
    "aging",
    "stalled",
    "same_files",
    "budget_usd",
    "reserve_usd",
    "breaker",
    "breaker_rest",
    "unchanged",
];

/// Keys of a rate.
pub(super) const RATE_KEYS: [&str; 3] = ["tokens_per_minute", "requests_per_minute", "runs"];

/// Limits and patience of the project.
pub(super) fn limits(findings: &mut Findings, fields: &Fields<'_>) -> Limits {
    let usual = Limits::default();
    let before = findings.serious;
    let Some(group) = findings.group(fields, "limits") else {
        // Limits that are no group of keys may have said what may be spent.
        return Limits {
            parallel: super::machine::parallel(),
            starts: super::machine::starts(),
            unread: findings.serious > before,
            ..usual
        };
    };
    let misspelt = findings.serious;
    findings.known(&group, &KEYS, &["budget_usd", "reserve_usd"]);
    let misspelt = findings.serious > misspelt;
    let backoff_ms = findings
        .millis(&group, "backoff")
        .unwrap_or(usual.backoff_ms);
    // A limit of money that cannot be understood is not left out: nothing that costs money is started.
    let before = findings.serious;
    let budget = budgets(findings, &group);
    let reserve = findings
        .dollars(&group, "reserve_usd")
        .unwrap_or(usual.reserve);
    let unread = misspelt || findings.serious > before;
    // The machine is asked only for what nobody has said.
    let starts = findings.number(&group, "starts", (1, 64));
    let starts = starts.unwrap_or_else(super::machine::starts);
    let mut number = |key, range, default| findings.number(&group, key, range).unwrap_or(default);
    let attempts = number("attempts", (1, 100), usual.attempts);
    let breaker = number("breaker", (1, 100), usual.breaker);
    let unchanged = number("unchanged", (1, 100), usual.unchanged);
    Limits {
        parallel: parallel(findings, &group).unwrap_or_else(super::machine::parallel),
        attempts,
        backoff_ms,
        backoff_max_ms: findings
            .millis(&group, "backoff_max")
            .unwrap_or(usual.backoff_max_ms)
            .max(backoff_ms),
        park_s: findings.seconds(&group, "park").unwrap_or(usual.park_s),
        starts,
        per_status: per_status(findings, &group),
        aging_s: findings.seconds(&group, "aging").unwrap_or(usual.aging_s),
        stalled_s: findings
            .seconds(&group, "stalled")
            .unwrap_or(usual.stalled_s),
        same_files: findings
            .truth(&group, "same_files")
            .unwrap_or(usual.same_files),
        budget,
        reserve,
        breaker,
        breaker_s: findings
            .seconds(&group, "breaker_rest")
            .unwrap_or(usual.breaker_s),
        unchanged,
        unread,
    }
}

/// `keep: {days: 30, megabytes: 2000}`: what this machine keeps of the runs of finished tasks.
pub(super) fn keep(findings: &mut Findings, fields: &Fields<'_>) -> Keep {
    let usual = Keep::default();
    let Some(group) = findings.group(fields, "keep") else {
        return usual;
    };
    findings.known(&group, &["days", "megabytes"], &[]);
    let mut number = |key, range, default| findings.number(&group, key, range).unwrap_or(default);
    Keep {
        days: number("days", (0, 36_500), usual.days),
        megabytes: number("megabytes", (0, 100_000_000), usual.megabytes),
    }
}

/// `parallel: 3`, or `parallel: auto` for what this machine can bear.
fn parallel(findings: &mut Findings, group: &Fields<'_>) -> Option<u32> {
    if group.is_word("parallel", "auto") {
        return None;
    }
    findings.number(group, "parallel", (1, 64))
}

/// `per_status: {in-progress: 3, review: 1}`.
fn per_status(findings: &mut Findings, group: &Fields<'_>) -> BTreeMap<Status, u32> {
    let words = [Status::Pending, Status::InProgress, Status::Review];
    let Some(group) = findings.group(group, "per_status") else {
        return BTreeMap::new();
    };
    let known: Vec<_> = words.iter().map(|status| status.folder()).collect();
    findings.known(&group, &known, &[]);
    let limit = |status: &Status| {
        let number = findings.number(&group, status.folder(), (1, 64))?;
        Some((*status, number))
    };
    words.iter().filter_map(limit).collect()
}

/// `budget_usd: {task: 5, day: 40, project: 500}`.
fn budgets(findings: &mut Findings, group: &Fields<'_>) -> Budgets {
    let Some(group) = findings.group(group, "budget_usd") else {
        return Budgets::default();
    };
    let keys = ["task", "day", "project"];
    // Whatever else stands here was meant as a limit of money, too.
    for (key, line, _) in group.iter().filter(|(key, ..)| !keys.contains(key)) {
        findings.serious(
            Some(line),
            format!("`{}` is no budget that orchestron knows", group.name(key)),
            "The budgets are task, day and project.",
        );
    }
    Budgets {
        task: findings.dollars(&group, "task"),
        day: findings.dollars(&group, "day"),
        project: findings.dollars(&group, "project"),
    }
}

/// `accounts: {anthropic: {tokens_per_minute: 400000, requests_per_minute: 50}}`.
pub(super) fn accounts(findings: &mut Findings, fields: &Fields<'_>) -> BTreeMap<String, Rate> {
    let mut accounts = BTreeMap::new();
    let Some(group) = findings.group(fields, "accounts") else {
        return accounts;
    };
    for (name, _, node) in group.iter() {
        let Some(entry) = findings.fields(&group.name(name), node) else {
            continue;
        };
        findings.known(&entry, &RATE_KEYS, &RATE_KEYS);
        accounts.insert(name.to_owned(), rate(findings, &entry));
    }
    accounts
}

/// How fast something may be used.
pub(super) fn rate(findings: &mut Findings, fields: &Fields<'_>) -> Rate {
    let mut number = |key| findings.number(fields, key, (1, 1_000_000_000));
    Rate {
        tokens_per_minute: number("tokens_per_minute").map(u64::from),
        requests_per_minute: number("requests_per_minute").map(u64::from),
        runs: number("runs"),
    }
}
