//! What can be done about a request without looking at it in the window: the same for the tray's menu and for notifications.
//! Pure, so that what is offered for what can be tested.

use orchestron_operations::wire::{DecisionInput, RequestView, RequestWord};
use serde_json::Value;
use std::path::PathBuf;

/// Longest command that may be allowed without the window: all of it must have been seen.
const COMMAND_CHARS: usize = 120;
/// Longest title of an entry.
const TITLE_CHARS: usize = 70;
/// Suggested answers that are offered.
const ANSWERS: usize = 4;

/// What to do when an entry is pressed.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Exactly this decision.
    Decide(DecisionInput),
    /// Show the request.
    Open,
    /// Show it, with the words for asking for changes.
    Words,
}

impl What {
    /// Sends work back with these words.
    pub fn sent_back(note: &str) -> Self {
        let note = note.to_owned();
        Self::Decide(DecisionInput::Changes {
            note,
            comments: Vec::new(),
            hunks: Vec::new(),
        })
    }
}

/// What a person pressed, bound to what it was shown for.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// The project.
    pub project: PathBuf,
    /// The request.
    pub request: u64,
    /// The commit that was shown, when the decision is about one.
    pub commit: Option<String>,
    /// What to do.
    pub what: What,
    /// What it is about, to tell the outcome.
    pub about: String,
}

/// An entry of a menu.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Something to press.
    Act {
        /// What it says.
        label: String,
        /// What it does.
        what: What,
    },
    /// Entries behind an entry.
    Group {
        /// What it says.
        label: String,
        /// Those behind it.
        entries: Vec<Entry>,
    },
}

/// Words with which work is sent back without opening the window; whoever wants to say more opens it.
const REASONS: [(&str, &str); 3] = [
    (
        "It does not do what was asked",
        "This does not do what the task asks for. Read its goal and criteria again and compare each with what you changed.",
    ),
    (
        "Tests are missing",
        "Tests are missing. Add tests that would fail without this change, and run them.",
    ),
    (
        "It does too much",
        "This changes more than the task asks for. Take out everything that is not needed for it.",
    ),
];

fn act(label: impl Into<String>, what: What) -> Entry {
    Entry::Act {
        label: label.into(),
        what,
    }
}

/// Everything that is offered for a request, the most likely first.
pub fn entries(request: &RequestView) -> Vec<Entry> {
    let mut entries = Vec::new();
    match request.kind {
        RequestWord::Review => {
            if request.commit.is_some() {
                entries.push(act(
                    "Approve",
                    What::Decide(DecisionInput::Approve { note: None }),
                ));
            }
            let reasons = REASONS
                .iter()
                .map(|(label, note)| act(*label, What::sent_back(note)));
            entries.push(Entry::Group {
                label: "Request changes".to_owned(),
                entries: reasons
                    .chain([act("In your words…", What::Words)])
                    .collect(),
            });
        }
        RequestWord::Permission => {
            if whole_command(request).is_some() {
                entries.push(act("Allow once", What::Decide(DecisionInput::Allow)));
            }
            entries.push(act(
                "Deny",
                What::Decide(DecisionInput::Deny { note: None }),
            ));
        }
        RequestWord::Question => {
            for option in request
                .options
                .iter()
                .take(ANSWERS)
                .filter(|text| is_plain(text))
            {
                let text = option.clone();
                entries.push(act(
                    shortened(option),
                    What::Decide(DecisionInput::Answer { text }),
                ));
            }
        }
        RequestWord::Escalation => {
            entries.push(act(
                "Try again",
                What::Decide(DecisionInput::Retry { note: None }),
            ));
            entries.push(act("Leave it failed", What::Decide(DecisionInput::GiveUp)));
        }
        RequestWord::Conflict if request.clash.is_none() => {
            entries.push(act(
                "Try the merge again",
                What::Decide(DecisionInput::Retry { note: None }),
            ));
        }
        // How much more, or which way out, is chosen where all of it is seen.
        RequestWord::Conflict | RequestWord::Budget => {}
    }
    entries.push(act("Open", What::Open));
    entries
}

/// The buttons of a notification: the plain entries of the menu; asking for changes needs words.
pub fn buttons(request: &RequestView) -> Vec<(String, What)> {
    let buttons = entries(request).into_iter().map(|entry| match entry {
        Entry::Act { label, what } => (label, what),
        Entry::Group { label, .. } => (label, What::Words),
    });
    buttons
        .filter(|(_, what)| *what != What::Open)
        .take(3)
        .collect()
}

/// The whole of what a permission is asked for, when it is short and plain enough to be seen at once.
pub fn whole_command(request: &RequestView) -> Option<String> {
    let input: Value = serde_json::from_str(request.input.as_deref()?).ok()?;
    let whole = match (request.tool.as_deref(), input.get("command")) {
        (Some("Bash"), Some(Value::String(command))) => command.clone(),
        (Some(tool), _) => format!("{tool} {input}"),
        (None, _) => return None,
    };
    (is_plain(&whole) && whole.chars().count() <= COMMAND_CHARS).then_some(whole)
}

/// No line ends, nothing invisible, nothing that turns the direction of writing round.
fn is_plain(text: &str) -> bool {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    !text.trim().is_empty() && !text.chars().any(odd)
}

/// The request in a line.
pub fn title(request: &RequestView) -> String {
    let kind = match request.kind {
        RequestWord::Review => "Review",
        RequestWord::Permission => "Permission",
        RequestWord::Question => "Question",
        RequestWord::Escalation => "Stuck",
        RequestWord::Conflict => "Conflict",
        RequestWord::Budget => "Budget",
    };
    let what = match request.kind {
        RequestWord::Permission => whole_command(request).unwrap_or_else(|| request.title.clone()),
        _ => request.title.clone(),
    };
    match &request.task {
        Some(task) => format!("{kind} · {task} · {}", visible(&what)),
        None => format!("{kind} · {}", visible(&what)),
    }
}

/// The same, no longer than a menu's entry; a permission that can be given there is shown whole.
pub fn entry_title(request: &RequestView) -> String {
    if request.kind == RequestWord::Permission && whole_command(request).is_some() {
        title(request)
    } else {
        shortened(&title(request))
    }
}

/// Without line ends and invisible characters.
pub fn visible(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// A character, or what stands for one that would not be seen.
pub fn shown(c: char) -> char {
    if is_plain(&format!("x{c}")) {
        c
    } else {
        '\u{fffd}'
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TITLE_CHARS {
        return text.to_owned();
    }
    let start: String = text.chars().take(TITLE_CHARS - 1).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests;
