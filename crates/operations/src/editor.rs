//! `open`, `editor`, `editor-set`: a file of a task in the person's own editor.
//!
//! Which program that is, is a setting of this machine and never of the repository; what is started is an argument list and never a
//! shell's line; and only the window and the command line may ask (`Operation::local`): whoever got hold of the address of a served UI
//! can look and decide, but starts no program on the person's screen.

use crate::{
    Context, OpError,
    diff::tree,
    who::only_person,
    wire::{Done, EditorView, input},
    writing::{card, done, id, must_be_clear},
};

/// The setting that names the editor: its argument list as JSON.
const KEY: &str = "editor";
/// Editors that open a file at a line by themselves, the first that is there is taken.
const KNOWN: &[(&str, &[&str])] = &[
    ("code", &["-g", "{file}:{line}"]),
    ("cursor", &["-g", "{file}:{line}"]),
    ("windsurf", &["-g", "{file}:{line}"]),
    ("codium", &["-g", "{file}:{line}"]),
    ("zed", &["{file}:{line}"]),
    ("subl", &["{file}:{line}"]),
    ("idea", &["--line", "{line}", "{file}"]),
    ("webstorm", &["--line", "{line}", "{file}"]),
    ("rustrover", &["--line", "{line}", "{file}"]),
    ("pycharm", &["--line", "{line}", "{file}"]),
    ("goland", &["--line", "{line}", "{file}"]),
    ("gvim", &["+{line}", "{file}"]),
    ("kate", &["--line", "{line}", "{file}"]),
    ("gnome-text-editor", &["{file}", "+{line}"]),
    ("gedit", &["+{line}", "{file}"]),
];
/// Longest argument list that is kept.
const MOST_ARGS: usize = 32;

/// Which editor is used.
///
/// # Errors
/// When the setting cannot be read.
pub fn editor(cx: &mut Context, _input: &input::Nothing) -> Result<EditorView, OpError> {
    let set = chosen(cx)?;
    let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
    let found = cx.programs.among(&names)?;
    let command = match &set {
        Some(set) => Some(set.clone()),
        None => found.first().and_then(|name| template(name)),
    };
    Ok(EditorView {
        is_set: set.is_some(),
        command,
        found,
    })
}

/// Says which editor is used: its program and arguments; `{file}` and `{line}` stand for what is opened. None = the first that is there.
///
/// # Errors
/// When somebody else asks, or the arguments name no file.
pub fn set(cx: &mut Context, input: &input::EditorSet) -> Result<Done, OpError> {
    only_person(cx, "choose the editor")?;
    let wrong = |what: &str| OpError::Input {
        field: "command",
        what: what.to_owned(),
    };
    let mut command = input.command.clone();
    if command.is_empty() {
        cx.store.set_setting(KEY, "")?;
        return Ok(done(
            None,
            None,
            "the first editor that is found is used".to_owned(),
        ));
    }
    if command.len() > MOST_ARGS {
        return Err(wrong("these are too many arguments"));
    }
    if command.len() == 1 {
        command = command
            .first()
            .and_then(|name| template(name))
            .ok_or_else(|| wrong("say where the file goes, such as: code -g {file}:{line}"))?;
    }
    if !command.iter().skip(1).any(|arg| arg.contains("{file}")) {
        return Err(wrong(
            "no argument has {file}: write it like code -g {file}:{line}",
        ));
    }
    let text = serde_json::to_string(&command).map_err(|error| OpError::Answer {
        operation: "editor-set",
        what: error.to_string(),
    })?;
    cx.store.set_setting(KEY, &text)?;
    Ok(done(
        None,
        None,
        format!("files are opened with {}", command.join(" ")),
    ))
}

/// Opens a file of a task's worktree, or the worktree itself, in the person's editor.
///
/// # Errors
/// When there is no worktree, the path leaves it, or no editor is there.
pub fn open(cx: &mut Context, input: &input::Open) -> Result<Done, OpError> {
    only_person(cx, "open your editor")?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let status = card(&state, &task)?.status;
    let tree = tree(cx, &state, &task)?.ok_or_else(|| OpError::NotNow {
        task: task.clone(),
        done: "opened",
        why: "its worktree is not there".into(),
        cure: "it is made when somebody takes the task".into(),
    })?;
    let command = editor(cx, &input::Nothing {})?
        .command
        .ok_or_else(|| OpError::Input {
            field: "command",
            what: "no editor is known: say which with `orchestron editor code -g {file}:{line}`"
                .to_owned(),
        })?;
    let path = input.path.as_deref().unwrap_or_default();
    if !stays_inside(path) {
        return Err(OpError::Input {
            field: "path",
            what: format!("`{path}` is no file of the worktree"),
        });
    }
    let file = if path.is_empty() {
        tree.path.clone()
    } else {
        format!("{}/{path}", tree.path.trim_end_matches(['/', '\\']))
    };
    let argv = filled(&command, &file, input.line.filter(|_| !path.is_empty()));
    cx.programs.open(&argv, &tree.path)?;
    let what = if path.is_empty() {
        "its worktree"
    } else {
        path
    };
    let program = command.first().cloned().unwrap_or_default();
    Ok(done(
        Some(&task),
        Some(status),
        format!("opened {what} in {program}"),
    ))
}

fn chosen(cx: &Context) -> Result<Option<Vec<String>>, OpError> {
    let text = cx.store.log().setting(KEY)?.unwrap_or_default();
    Ok(serde_json::from_str::<Vec<String>>(&text)
        .ok()
        .filter(|command| !command.is_empty()))
}

/// How an editor we know is called.
fn template(name: &str) -> Option<Vec<String>> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (_, args) = KNOWN.iter().find(|(known, _)| *known == file)?;
    let args = args.iter().map(|arg| (*arg).to_owned());
    Some(std::iter::once(name.to_owned()).chain(args).collect())
}

/// Whether a path stays below where it begins, on every system.
fn stays_inside(path: &str) -> bool {
    let mut parts = path.split(['/', '\\']);
    let is_whole = path.starts_with(['/', '\\']) || path.get(1..2) == Some(":");
    !is_whole && !parts.any(|part| part == "..") && !path.chars().any(char::is_control)
}

/// The argument list for a file. Without a line its place is taken out, with what only a line needs.
fn filled(command: &[String], file: &str, line: Option<u32>) -> Vec<String> {
    let line = line.unwrap_or(1).to_string();
    let (program, args) = command.split_at(1.min(command.len()));
    // Each argument on its own, and the file last, so that no name is read as a place again.
    let args = args.iter().map(|arg| {
        let parts: Vec<String> = arg
            .split("{file}")
            .map(|part| part.replace("{line}", &line))
            .collect();
        parts.join(file)
    });
    program.iter().cloned().chain(args).collect()
}

#[cfg(test)]
mod tests {
    use super::{filled, stays_inside, template};

    fn args(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_file_s_name_is_one_argument_whatever_it_says() {
        let command = args(&["code", "-g", "{file}:{line}"]);
        assert_eq!(
            filled(&command, "/wt/a {line} {file}; rm -rf ~", Some(7)),
            args(&["code", "-g", "/wt/a {line} {file}; rm -rf ~:7"])
        );
        assert_eq!(
            filled(&command, "/wt", None),
            args(&["code", "-g", "/wt:1"])
        );
        assert_eq!(
            template("/opt/idea/bin/idea"),
            Some(args(&["/opt/idea/bin/idea", "--line", "{line}", "{file}"]))
        );
    }

    #[test]
    fn a_path_that_leaves_the_worktree_is_none() {
        for path in ["src/a.rs", "", "a..b/c", ".hidden", "-dash"] {
            assert!(stays_inside(path), "{path}");
        }
        for path in [
            "/etc/passwd",
            "../x",
            "a/../../x",
            "C:/x",
            "\\\\host\\x",
            "a\\..\\..\\x",
            "a\nb",
        ] {
            assert!(!stays_inside(path), "{path}");
        }
    }
}
