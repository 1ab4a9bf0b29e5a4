//! Answers that stay true: what two commits have in common and in which files they differ follows from their names, so git is asked
//! once, and a hand-over asks the same four times. What can change such an answer all the same is looked at each time: replaced
//! objects, grafts, the edge of a shallow clone, and the configuration.

use super::{error::GitResult, layout::Repo};
use crate::looks::Looks;
use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// So many answers are kept. Tasks that are under way ask for a handful each.
const MOST: usize = 128;
/// A longer answer is asked for again.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// Files of the common git folder that can change what is known about two commits.
const DECISIVE: [&str; 5] = [
    "shallow",
    "info/grafts",
    "info/attributes",
    "refs/replace",
    "config",
];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    common: PathBuf,
    what: &'static str,
    one: String,
    other: String,
}

struct Answer {
    question: Question,
    looks: Vec<Option<Looks>>,
    said: Vec<u8>,
}

/// The newest last.
static ANSWERS: Mutex<VecDeque<Answer>> = Mutex::new(VecDeque::new());

/// Git's answer to a question about two commits, by their full names.
pub(super) fn about_commits(
    repo: &Repo,
    what: &'static str,
    (one, other): (&str, &str),
    ask: impl FnOnce() -> GitResult<Vec<u8>>,
) -> GitResult<Vec<u8>> {
    let common = &repo.common;
    let decisive = DECISIVE.map(|name| common.join(name));
    // Where refs are kept in another way, nothing here shows that an object was replaced.
    if !are_full_names(one, other) || common.join("reftable").exists() {
        return ask();
    }
    remembered(common, what, (one, other), &decisive, ask)
}

/// What is known about a commit and some other one: the other one's name, and git's answer, newest first.
pub(super) fn known_about(repo: &Repo, what: &'static str, one: &str) -> Vec<(String, Vec<u8>)> {
    if !cfg!(unix) {
        return Vec::new();
    }
    let looks = looks_of(&DECISIVE.map(|name| repo.common.join(name)));
    let answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |answer: &&Answer| {
        let question = &answer.question;
        question.common == repo.common
            && question.what == what
            && question.other == one
            && answer.looks == looks
    };
    let found = answers.iter().rev().filter(fits);
    found
        .map(|answer| (answer.question.one.clone(), answer.said.clone()))
        .collect()
}

/// What the repository's own configuration says, as long as its two files look the same. `ask` tells also whether that is all of it: it
/// may include other files.
pub(super) fn about_config(
    repo: &Repo,
    what: &'static str,
    ask: impl FnOnce() -> GitResult<(Vec<u8>, bool)>,
) -> GitResult<Vec<u8>> {
    let files = [
        repo.common.join("config"),
        repo.git_dir.join("config.worktree"),
    ];
    let root = repo.root.to_string_lossy().into_owned();
    let question = question(&repo.common, what, (&root, ""));
    let looks = looks_of(&files);
    if let Some(said) = known(&question, &looks) {
        return Ok(said);
    }
    let (said, is_all) = ask()?;
    if is_all {
        keep(question, looks, &said);
    }
    Ok(said)
}

fn remembered(
    common: &Path,
    what: &'static str,
    about: (&str, &str),
    decisive: &[PathBuf],
    ask: impl FnOnce() -> GitResult<Vec<u8>>,
) -> GitResult<Vec<u8>> {
    let question = question(common, what, about);
    // Looked at before it is asked: what changes meanwhile is seen the next time.
    let looks = looks_of(decisive);
    if let Some(said) = known(&question, &looks) {
        return Ok(said);
    }
    let said = ask()?;
    keep(question, looks, &said);
    Ok(said)
}

fn question(common: &Path, what: &'static str, (one, other): (&str, &str)) -> Question {
    Question {
        common: common.to_owned(),
        what,
        one: one.to_owned(),
        other: other.to_owned(),
    }
}

fn known(question: &Question, looks: &[Option<Looks>]) -> Option<Vec<u8>> {
    if !cfg!(unix) {
        return None; // files cannot be told apart well enough
    }
    let answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |answer: &&Answer| answer.question == *question && answer.looks == looks;
    answers
        .iter()
        .rev()
        .find(fits)
        .map(|answer| answer.said.clone())
}

fn keep(question: Question, looks: Vec<Option<Looks>>, said: &[u8]) {
    if said.len() > MAX_BYTES {
        return;
    }
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    answers.retain(|answer| answer.question != question);
    answers.push_back(Answer {
        question,
        looks,
        said: said.to_vec(),
    });
    if answers.len() > MOST {
        answers.pop_front();
    }
}

/// Whether both are full names of objects: anything shorter, or the name of a ref, may mean something else tomorrow.
fn are_full_names(one: &str, other: &str) -> bool {
    let is = |id: &str| matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    is(one) && is(other)
}

fn looks_of(paths: &[PathBuf]) -> Vec<Option<Looks>> {
    let look = |path: &PathBuf| Some(Looks::of(&fs::metadata(path).ok()?));
    paths.iter().map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::{MOST, are_full_names, remembered};
    use std::{cell::Cell, fs};

    #[test]
    fn an_answer_is_asked_for_once_until_something_decisive_looks_different() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shallow");
        let asked = Cell::new(0);
        let ask = |about: (&str, &str)| {
            remembered(
                dir.path(),
                "test",
                about,
                std::slice::from_ref(&file),
                || {
                    asked.set(asked.get() + 1);
                    Ok(format!("{about:?} {}", asked.get()).into_bytes())
                },
            )
            .unwrap()
        };
        let first = ask(("a", "b"));
        assert_eq!(ask(("a", "b")), first);
        assert_ne!(ask(("b", "a")), first);
        assert_eq!(asked.get(), 2);
        fs::write(&file, "1").unwrap();
        assert_ne!(ask(("a", "b")), first, "it came");
        fs::write(dir.path().join("new"), "2").unwrap();
        fs::rename(dir.path().join("new"), &file).unwrap();
        ask(("a", "b"));
        assert_eq!(asked.get(), 4, "another one took its place");
        for n in 0..2 * MOST {
            ask(("a", &n.to_string()));
        }
        let before = asked.get();
        ask(("a", "b"));
        assert_eq!(asked.get(), before + 1, "not everything is kept for ever");
    }

    #[test]
    fn only_full_names_mean_the_same_for_ever() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        assert!(are_full_names(id, id));
        for name in ["", "HEAD", "0123456", "refs/heads/main"] {
            assert!(!are_full_names(id, name) && !are_full_names(name, id));
        }
    }
}
