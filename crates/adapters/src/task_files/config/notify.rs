//! `notify` of `.mcp/config.yaml`: what the person is told when.

use super::fields::{Fields, Findings};
use crate::zones;
use orchestron_domain::notice::{Manner, NoticeKind, Notify, Quiet};

/// Keys of `notify` beside the kinds of notices.
const KEYS: [&str; 6] = ["together", "apart", "quiet", "digest", "zone", "sound"];
/// The word that lets tasks of P0 through in quiet hours.
const P0: &str = "P0";

/// `notify: {review: together, permission: now, quiet: {from: "22:00", to: "07:00"}, zone: Europe/Berlin}`.
pub(super) fn notify(findings: &mut Findings, fields: &Fields<'_>) -> Notify {
    let usual = Notify::default();
    let Some(group) = findings.group(fields, "notify") else {
        return usual;
    };
    let kinds = NoticeKind::ALL.map(NoticeKind::word);
    let known: Vec<_> = kinds.into_iter().chain(KEYS).collect();
    findings.known(&group, &known, &[]);
    let manners = NoticeKind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, manner(findings, &group, kind)?)));
    Notify {
        manners: manners.collect(),
        together_s: findings
            .seconds(&group, "together")
            .unwrap_or(usual.together_s),
        apart_s: findings.seconds(&group, "apart").unwrap_or(usual.apart_s),
        quiet: quiet(findings, &group),
        digest: time_of_day(findings, &group, "digest"),
        zone: zone(findings, &group),
        sound: findings.truth(&group, "sound").unwrap_or(usual.sound),
    }
}

fn manner(findings: &mut Findings, group: &Fields<'_>, kind: NoticeKind) -> Option<Manner> {
    // YAML of old reads `off` as a truth value; so do people.
    let word = match findings.text(group, kind.word())?.as_str() {
        "false" | "no" => "off".to_owned(),
        word => word.to_owned(),
    };
    let found = Manner::from_word(&word);
    if found.is_none() {
        findings.slight(
            Some(group.line_of(kind.word())),
            format!("`{}` cannot be `{word}`", group.name(kind.word())),
            "Write now, together, digest or off.",
        );
    }
    found
}

/// `quiet: {from: "22:00", to: "07:00", except: [permission, P0]}`.
fn quiet(findings: &mut Findings, group: &Fields<'_>) -> Option<Quiet> {
    let group = findings.group(group, "quiet")?;
    findings.known(&group, &["from", "to", "except"], &[]);
    let from = time_of_day(findings, &group, "from");
    let to = time_of_day(findings, &group, "to");
    let mut quiet = Quiet::default();
    for (word, line) in findings.texts(&group, "except") {
        match NoticeKind::from_word(&word) {
            Some(kind) => {
                quiet.except.insert(kind);
            }
            None if word.eq_ignore_ascii_case(P0) => quiet.except_p0 = true,
            None => findings.slight(
                Some(line),
                format!("`{word}` is no kind of notice"),
                format!(
                    "Write P0, or of {}.",
                    NoticeKind::ALL.map(NoticeKind::word).join(", ")
                ),
            ),
        }
    }
    let (Some(from), Some(to)) = (from, to) else {
        findings.slight(
            Some(group.line),
            format!("`{}` does not say from when to when", group.name("from")),
            "Write both, such as `quiet: {from: \"22:00\", to: \"07:00\"}`, or leave quiet out.",
        );
        return None;
    };
    if from == to {
        findings.slight(
            Some(group.line),
            "the quiet hours end when they begin, so there are none",
            "Give them another end; to be told nothing at all, set each kind to off.",
        );
        return None;
    }
    Some(Quiet { from, to, ..quiet })
}

/// `17:00`, as the minute of the day.
fn time_of_day(findings: &mut Findings, group: &Fields<'_>, key: &str) -> Option<u16> {
    let text = findings.text(group, key)?;
    let minute = minute_of_day(&text);
    if minute.is_none() {
        findings.slight(
            Some(group.line_of(key)),
            format!("`{}` is no time of day: `{text}`", group.name(key)),
            "Write hours and minutes, such as \"07:00\" or \"22:30\".",
        );
    }
    minute
}

fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, below: u16| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse::<u16>().ok().filter(|_| digits)?;
        (number < below).then_some(number)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60).filter(|_| minutes.len() == 2)?)
}

fn zone(findings: &mut Findings, group: &Fields<'_>) -> Option<String> {
    let name = findings
        .text(group, "zone")
        .filter(|name| name != "local")?;
    if zones::is_known(&name) {
        return Some(name);
    }
    findings.slight(
        Some(group.line_of("zone")),
        format!(
            "there is no time zone `{name}`, so hours are meant as this machine's clock shows them"
        ),
        "Write a name such as Europe/Berlin, an offset such as +05:30, UTC, or local.",
    );
    None
}

#[cfg(test)]
mod tests {
    use super::minute_of_day;

    #[test]
    fn times_of_day() {
        for (text, minute) in [
            ("00:00", Some(0)),
            ("7:05", Some(425)),
            ("23:59", Some(1439)),
            ("24:00", None),
            ("12:60", None),
            ("12:5", None),
            ("12", None),
            ("-1:00", None),
            ("noon", None),
        ] {
            assert_eq!(minute_of_day(text), minute, "{text}");
        }
    }
}
