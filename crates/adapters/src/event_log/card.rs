//! A card as the text of a column. Thousands of them are read for one look at the board, so nothing in it is searched for: eight
//! lines, each a field or a list whose entries begin with a tab.
//!
//! A field that is added to cards goes to the end, and reads as nothing where it is missing.

use orchestron_domain::{AgentName, Leg, Priority, Status, TaskCard, TaskId, task::Ticks};
use std::{borrow::Cow, fmt::Write as _};

/// Writes a card; its id is a column of its own.
pub(super) fn write(card: &TaskCard) -> String {
    // All fields by name: whoever adds one is asked here where it goes.
    let TaskCard {
        id: _,
        title,
        status,
        priority,
        agent,
        depends_on,
        files_affected,
        order,
        needs,
        criteria,
        ready_boxes,
        created,
        handoffs,
        last_leg,
        tests,
    } = card;
    let mut text = String::with_capacity(128);
    escape(&mut text, title);
    // Writing to a string does not fail.
    write!(
        text,
        "\n{} {} {} {} {} {} {handoffs} {}",
        *status as u8,
        *priority as u8,
        criteria.done,
        criteria.all,
        ready_boxes.done,
        ready_boxes.all,
        last_leg.map_or("-", leg_word),
    )
    .unwrap_or_default();
    if let Some(order) = order {
        write!(text, " {order}").unwrap_or_default();
    }
    text.push('\n');
    text.push_str(agent.as_ref().map_or("", |agent| agent.as_str()));
    text.push('\n');
    for id in depends_on {
        write!(text, "\t{id}").unwrap_or_default();
    }
    for list in [files_affected, needs] {
        text.push('\n');
        for entry in list {
            text.push('\t');
            escape(&mut text, entry);
        }
    }
    text.push('\n');
    if let Some(created) = created {
        text.push('\t');
        escape(&mut text, created);
    }
    text.push('\n');
    for entry in tests {
        text.push('\t');
        escape(&mut text, entry);
    }
    text
}

/// What stands at the beginning of a card that [`write`] wrote.
pub(super) struct Start<'a> {
    pub(super) title: Cow<'a, str>,
    pub(super) status: Status,
    pub(super) priority: Priority,
    pub(super) agent: Option<&'a str>,
    /// The line that [`entries`] reads.
    pub(super) needs: &'a str,
}

/// Reads no more than that.
pub(super) fn start(text: &str) -> Option<Start<'_>> {
    let mut rest = text;
    let title = unescape(part(&mut rest, b'\n')?);
    let mut numbers = part(&mut rest, b'\n')?;
    let status = status(part(&mut numbers, b' ')?)?;
    let priority = priority(part(&mut numbers, b' ')?);
    let agent = part(&mut rest, b'\n').filter(|agent| !agent.is_empty());
    let needs = part(&mut rest, b'\n').unwrap_or_default();
    Some(Start {
        title,
        status,
        priority,
        agent,
        needs,
    })
}

/// What a card that [`write`] wrote depends on.
pub(super) fn needs(text: &str) -> impl Iterator<Item = &str> {
    entries(text.split('\n').nth(3).unwrap_or_default())
}

/// What the text of a card holds when it names this agent, and never else: every other line behind the first has a tab or a space.
pub(super) fn line_of(agent: &AgentName) -> String {
    format!("\n{agent}\n")
}

/// What stands before the next separator, or all that is left; none when nothing is.
fn part<'a>(rest: &mut &'a str, separator: u8) -> Option<&'a str> {
    // Parts are short: looking at each byte is faster than preparing to look at many.
    let bytes = rest.as_bytes();
    let Some(end) = bytes.iter().position(|byte| *byte == separator) else {
        return Some(std::mem::take(rest)).filter(|last| !last.is_empty());
    };
    let (before, after) = (rest.get(..end)?, rest.get(end + 1..)?);
    *rest = after;
    Some(before)
}

fn priority(word: &str) -> Priority {
    match word {
        "0" => Priority::P0,
        "1" => Priority::P1,
        _ => Priority::P2,
    }
}

fn status(number: &str) -> Option<Status> {
    let number = number.parse::<usize>().ok()?;
    Status::ALL.into_iter().find(|one| *one as usize == number)
}

/// Reads what [`write`] wrote; none when it is something else. Not `whole`: without what only those look at who work on it.
pub(super) fn read(text: &str, id: TaskId, whole: bool) -> Option<TaskCard> {
    let mut rest = text;
    let mut line = || part(&mut rest, b'\n').unwrap_or_default();
    let mut card = TaskCard::only_where(id, Status::Pending);
    card.title = unescape(line()).into_owned();
    let mut numbers = line();
    card.status = status(part(&mut numbers, b' ')?)?;
    card.priority = priority(part(&mut numbers, b' ')?);
    let mut number = || part(&mut numbers, b' ')?.parse::<u32>().ok();
    card.criteria = ticks(number()?, number()?);
    card.ready_boxes = ticks(number()?, number()?);
    card.handoffs = number()?;
    card.last_leg = leg_of(part(&mut numbers, b' ')?);
    card.order = part(&mut numbers, b' ').map(str::parse).transpose().ok()?;
    card.agent = match line() {
        "" => None,
        name => Some(name.parse().ok()?),
    };
    for id in entries(line()) {
        card.depends_on.push(id.parse().ok()?);
    }
    // Thousands of cards are kept.
    card.depends_on.shrink_to_fit();
    if !whole {
        return Some(card);
    }
    card.files_affected = texts(line());
    card.needs = texts(line());
    card.created = texts(line()).into_iter().next();
    card.tests = texts(line());
    Some(card)
}

fn texts(line: &str) -> Vec<String> {
    let mut texts: Vec<String> = entries(line)
        .map(|entry| unescape(entry).into_owned())
        .collect();
    texts.shrink_to_fit();
    texts
}

const fn ticks(done: u32, all: u32) -> Ticks {
    Ticks { done, all }
}

const fn leg_word(leg: Leg) -> &'static str {
    match leg {
        Leg::Prepare => "p",
        Leg::Implement => "i",
        Leg::Review => "r",
        Leg::Approve => "a",
    }
}

fn leg_of(word: &str) -> Option<Leg> {
    Leg::ALL.into_iter().find(|leg| leg_word(*leg) == word)
}

/// Entries of a list, each after a tab.
pub(super) fn entries(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line.strip_prefix('\t');
    std::iter::from_fn(move || {
        let left = rest.take()?;
        let end = left.bytes().position(|byte| byte == b'\t');
        rest = end.and_then(|end| left.get(end + 1..));
        left.get(..end.unwrap_or(left.len()))
    })
}

fn escape(text: &mut String, said: &str) {
    for letter in said.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'\\') {
        return Cow::Borrowed(text);
    }
    let mut said = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => said.extend(letters.next().map(|letter| match letter {
                'n' => '\n',
                't' => '\t',
                other => other,
            })),
            other => said.push(other),
        }
    }
    Cow::Owned(said)
}

#[cfg(test)]
mod tests {
    use super::{entries, read, start, write};
    use orchestron_domain::{Leg, Priority, Status, TaskCard, task::Ticks};
    use proptest::prelude::*;

    fn texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(any::<String>(), 0..4)
    }

    prop_compose! {
        fn cards()(
            title in any::<String>(), status in 0..6_usize, priority in 0..3_usize,
            agent in prop::option::of("[a-z][a-z0-9-]{0,10}"),
            depends_on in prop::collection::vec("[A-Z]{1,16}-[0-9]{1,9}", 0..4),
            files_affected in texts(), needs in texts(), tests in texts(), created in prop::option::of(any::<String>()),
            order in any::<Option<i64>>(), numbers in any::<[u32; 5]>(), leg in 0..5_usize,
        ) -> TaskCard {
            let [done, all, ready, of, handoffs] = numbers;
            TaskCard {
                id: "TASK-7".parse().unwrap(),
                title,
                status: Status::ALL[status],
                priority: [Priority::P0, Priority::P1, Priority::P2][priority],
                agent: agent.map(|name| name.parse().unwrap()),
                depends_on: depends_on.iter().map(|id| id.parse().unwrap()).collect(),
                files_affected,
                order,
                needs,
                criteria: Ticks { done, all },
                ready_boxes: Ticks { done: ready, all: of },
                created,
                handoffs,
                last_leg: Leg::ALL.get(leg).copied(),
                tests,
            }
        }
    }

    proptest! {
        #[test]
        fn a_card_is_read_as_it_was_written(card in cards()) {
            let text = write(&card);
            let begins = start(&text).unwrap();
            prop_assert_eq!(begins.title, card.title.as_str());
            prop_assert_eq!((begins.status, begins.priority), (card.status, card.priority));
            prop_assert_eq!(begins.agent, card.agent.as_ref().map(|agent| agent.as_str()));
            let needs: Vec<_> = card.depends_on.iter().map(ToString::to_string).collect();
            prop_assert_eq!(entries(begins.needs).collect::<Vec<_>>(), needs);
            prop_assert_eq!(read(&text, card.id.clone(), true), Some(card.clone()));
            let brief = TaskCard { files_affected: vec![], needs: vec![], tests: vec![], created: None, ..card.clone() };
            prop_assert_eq!(read(&text, card.id, false), Some(brief));
        }

        #[test]
        fn any_text_can_be_looked_at(text in any::<String>()) {
            read(&text, "TASK-7".parse().unwrap(), true);
            start(&text);
        }
    }
}
