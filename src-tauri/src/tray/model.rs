//! What the tray shows: a pure function of what the open projects look like.

use crate::attention::{Deed, Entry, entries, entry_title, title, visible};
use orchestron_operations::wire::RequestView;
use std::path::PathBuf;

/// Requests that are listed; the rest is behind one entry.
const LISTED: usize = 8;

/// One open project, as far as the tray is concerned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Its folder.
    pub root: PathBuf,
    /// What it is called.
    pub name: String,
    /// Open requests, most urgent first.
    pub waiting: Vec<RequestView>,
    /// Agents at work.
    pub at_work: usize,
    /// Nothing new is started.
    pub paused: bool,
    /// Something is wrong with it, in words.
    pub trouble: Option<String>,
}

/// What the icon says at a glance, the most pressing last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Glance {
    /// Nothing is under way.
    #[default]
    Idle,
    /// Agents are at work.
    Working,
    /// Nothing new is started.
    Paused,
    /// Something is wrong.
    Trouble,
    /// Somebody waits for the person.
    Waiting,
}

/// What pressing an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Press {
    /// Something about a request.
    Deed(Deed),
    /// Show this project, or the app.
    Show(Option<PathBuf>),
    /// Show everything that waits in a project.
    NeedsYou(PathBuf),
    /// Start nothing new, in any project.
    PauseAll,
    /// Go on, in all.
    ResumeAll,
    /// End the app.
    Quit,
}

/// An entry of the menu.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// Words.
    Words(String),
    /// Something to press.
    Press(String, Press),
    /// Entries behind an entry.
    Group(String, Vec<Line>),
    /// A line between others.
    Separator,
}

/// Everything the tray shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// What the icon says.
    pub glance: Glance,
    /// How much waits.
    pub count: usize,
    /// What is said when the pointer rests on it.
    pub tooltip: String,
    /// Its menu.
    pub lines: Vec<Line>,
}

/// What the tray shows for these projects.
pub fn model(projects: &[Seen]) -> Model {
    let count = projects.iter().map(|project| project.waiting.len()).sum();
    let at_work: usize = projects.iter().map(|project| project.at_work).sum();
    let all_paused = !projects.is_empty() && projects.iter().all(|project| project.paused);
    let glance = [
        (count > 0, Glance::Waiting),
        (
            projects.iter().any(|project| project.trouble.is_some()),
            Glance::Trouble,
        ),
        (all_paused, Glance::Paused),
        (at_work > 0, Glance::Working),
    ];
    let glance = glance
        .into_iter()
        .find(|(holds, _)| *holds)
        .map_or(Glance::Idle, |(_, glance)| glance);
    let said = said(count, at_work, all_paused, projects);
    let mut lines = vec![Line::Words(said.clone())];
    for project in projects {
        lines.push(Line::Separator);
        if projects.len() > 1 {
            lines.push(Line::Press(
                visible(&project.name),
                Press::Show(Some(project.root.clone())),
            ));
        }
        if let Some(trouble) = &project.trouble {
            lines.push(Line::Words(visible(trouble)));
        }
        lines.extend(
            project
                .waiting
                .iter()
                .take(LISTED)
                .map(|request| of_request(project, request)),
        );
        let more = project.waiting.len().saturating_sub(LISTED);
        if more > 0 {
            lines.push(Line::Press(
                format!("{more} more…"),
                Press::NeedsYou(project.root.clone()),
            ));
        }
    }
    lines.push(Line::Separator);
    lines.push(Line::Press("Open Orchestron".to_owned(), Press::Show(None)));
    if all_paused {
        lines.push(Line::Press("Go on".to_owned(), Press::ResumeAll));
    } else if !projects.is_empty() {
        lines.push(Line::Press("Pause all".to_owned(), Press::PauseAll));
    }
    lines.push(Line::Press("Quit".to_owned(), Press::Quit));
    Model {
        glance,
        count,
        tooltip: said,
        lines,
    }
}

fn said(count: usize, at_work: usize, paused: bool, projects: &[Seen]) -> String {
    if projects.is_empty() {
        return "No project is open".to_owned();
    }
    let waits = match count {
        0 => "Nothing waits for you".to_owned(),
        1 => "1 waits for you".to_owned(),
        _ => format!("{count} wait for you"),
    };
    let work = match at_work {
        0 => String::new(),
        1 => ", 1 agent at work".to_owned(),
        _ => format!(", {at_work} agents at work"),
    };
    let paused = if paused { ", paused" } else { "" };
    match projects {
        [one] => format!("{}: {waits}{work}{paused}", visible(&one.name)),
        _ => format!("{waits}{work}{paused}"),
    }
}

fn of_request(project: &Seen, request: &RequestView) -> Line {
    let about = title(request);
    let deed = |what| {
        Press::Deed(Deed {
            project: project.root.clone(),
            request: request.id.0,
            commit: request.commit.clone(),
            what,
            about: about.clone(),
        })
    };
    let mut lines = Vec::new();
    if !request.detail.is_empty() {
        let detail: String = request.detail.chars().take(100).collect();
        lines.push(Line::Words(visible(&detail)));
    }
    fn lines_of(entries: Vec<Entry>, deed: &dyn Fn(crate::attention::What) -> Press) -> Vec<Line> {
        let line = |entry| match entry {
            Entry::Act { label, what } => Line::Press(visible(&label), deed(what)),
            Entry::Group { label, entries } => Line::Group(label, lines_of(entries, deed)),
        };
        entries.into_iter().map(line).collect()
    }
    lines.extend(lines_of(entries(request), &deed));
    Line::Group(entry_title(request), lines)
}

#[cfg(test)]
mod tests {
    use super::{Glance, Line, Press, Seen, model};
    use crate::attention::What;
    use orchestron_operations::wire::{DecisionInput, RequestView};

    fn review(id: u64) -> RequestView {
        let view = serde_json::json!({
            "id": id, "kind": "review", "task": "TASK-001", "title": "Rate-limit & more", "detail": "by cursor", "since": 0,
            "commit": "abc", "options": [], "files": [], "open": true, "urgency": 1,
        });
        serde_json::from_value(view).unwrap()
    }

    fn seen(name: &str, waiting: usize) -> Seen {
        Seen {
            root: format!("/{name}").into(),
            name: name.to_owned(),
            waiting: (0..waiting).map(|id| review(id as u64)).collect(),
            ..Seen::default()
        }
    }

    fn presses(lines: &[Line]) -> Vec<(String, Press)> {
        let of = |line: &Line| match line {
            Line::Press(label, press) => vec![(label.clone(), press.clone())],
            Line::Group(_, lines) => presses(lines),
            Line::Words(_) | Line::Separator => Vec::new(),
        };
        lines.iter().flat_map(of).collect()
    }

    #[test]
    fn what_waits_can_be_decided_as_it_was_shown() {
        let model = model(&[seen("shop", 1)]);
        assert_eq!((model.count, model.glance), (1, Glance::Waiting));
        assert_eq!(model.tooltip, "shop: 1 waits for you");
        let presses = presses(&model.lines);
        let Press::Deed(deed) = &presses[0].1 else {
            panic!("{presses:?}")
        };
        assert_eq!(presses[0].0, "Approve");
        assert_eq!(
            deed.what,
            What::Decide(DecisionInput::Approve { note: None })
        );
        assert_eq!((deed.request, deed.commit.as_deref()), (0, Some("abc")));
        let labels: Vec<_> = presses.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(
            labels[4..],
            [
                "In your words…",
                "Open",
                "Open Orchestron",
                "Pause all",
                "Quit"
            ][..]
        );
    }

    #[test]
    fn the_icon_tells_the_most_pressing() {
        let working = Seen {
            at_work: 2,
            ..seen("a", 0)
        };
        let paused = Seen {
            paused: true,
            ..working.clone()
        };
        let trouble = Seen {
            trouble: Some("no room".to_owned()),
            ..paused.clone()
        };
        for (projects, glance) in [
            (vec![], Glance::Idle),
            (vec![seen("a", 0)], Glance::Idle),
            (vec![working.clone()], Glance::Working),
            (vec![paused.clone()], Glance::Paused),
            (vec![paused.clone(), working], Glance::Working),
            (vec![trouble, seen("b", 0)], Glance::Trouble),
            (vec![paused, seen("b", 3)], Glance::Waiting),
        ] {
            assert_eq!(model(&projects).glance, glance, "{projects:?}");
        }
    }

    #[test]
    fn a_long_list_is_cut_and_the_rest_is_one_press_away() {
        let model = model(&[seen("a", 20), seen("b", 0)]);
        let groups = model
            .lines
            .iter()
            .filter(|line| matches!(line, Line::Group(..)));
        assert_eq!((groups.count(), model.count), (8, 20));
        assert!(
            presses(&model.lines).contains(&("12 more…".to_owned(), Press::NeedsYou("/a".into())))
        );
        assert!(presses(&model.lines).contains(&("b".to_owned(), Press::Show(Some("/b".into())))));
    }

    #[test]
    fn what_is_paused_can_go_on() {
        let paused = Seen {
            paused: true,
            ..seen("a", 0)
        };
        let presses = presses(&model(&[paused]).lines);
        assert!(
            presses.contains(&("Go on".to_owned(), Press::ResumeAll)),
            "{presses:?}"
        );
        assert!(!presses.iter().any(|(_, press)| *press == Press::PauseAll));
    }
}
