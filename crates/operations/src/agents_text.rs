//! `.mcp/agents.yaml` as text: an entry is added, one key of it set, or it is taken out, without touching anything else. Comments,
//! order and the way other entries are written stay as they are.
//!
//! Only block style is edited (`name:` and its keys on lines of their own), as `init` writes it and people do. What is written in
//! another way is refused, never guessed at.

use thiserror::Error;

/// Why the text cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TextError {
    /// There is such an entry already.
    #[error("there is an agent `{0}` already")]
    Exists(String),
    /// There is no such entry.
    #[error("there is no agent `{0}`")]
    Missing(String),
    /// It is written in a way that is not edited.
    #[error("line {line} is written in a way that only a person edits: `{text}`")]
    Style {
        /// The line, from 1.
        line: usize,
        /// What it says.
        text: String,
    },
}

/// The text with a new entry at the end of `agents:`. `keys` are names with their values as YAML.
///
/// # Errors
/// When there is such an entry, or `agents:` is not written as a block.
pub fn add(text: &str, name: &str, keys: &[(String, String)]) -> Result<String, TextError> {
    let mut file = Lines::read(text)?;
    if file.entry(name)?.is_some() {
        return Err(TextError::Exists(name.to_owned()));
    }
    let (outer, inner) = (" ".repeat(file.indent), " ".repeat(file.indent * 2));
    let mut new = Vec::new();
    if file.group.is_none() {
        if file.lines.iter().any(|line| !line.trim().is_empty()) {
            new.push(String::new());
        }
        new.push("agents:".to_owned());
    } else if file.entries_apart() {
        new.push(String::new());
    }
    if keys.is_empty() {
        new.push(format!("{outer}{name}: {{}}"));
    } else {
        new.push(format!("{outer}{name}:"));
        new.extend(
            keys.iter()
                .map(|(key, value)| format!("{inner}{key}: {value}")),
        );
    }
    let at = file.end();
    file.lines.splice(at..at, new);
    Ok(file.text())
}

/// The text with one key of an entry set to a value; none takes the key out.
///
/// # Errors
/// When there is no such entry, or it is not written as a block.
pub fn set(text: &str, name: &str, key: &str, value: Option<&str>) -> Result<String, TextError> {
    let mut file = Lines::read(text)?;
    let Some((start, end)) = file.entry(name)? else {
        return Err(TextError::Missing(name.to_owned()));
    };
    let head = file.lines.get(start).cloned().unwrap_or_default();
    let after = value_of(&head).unwrap_or_default();
    if !after.is_empty() && after != "{}" {
        return Err(file.style(start));
    }
    let inner = file
        .child_indent(start, end)
        .unwrap_or(file.indent + file.indent.max(2));
    let found = (start + 1..end).find(|at| {
        let line = &file.lines[*at];
        is_content(line) && indent_of(line) == inner && key_of(line) == Some(key)
    });
    match (found, value) {
        (None, None) => {}
        (None, Some(value)) => {
            if after == "{}" {
                file.lines[start] = head.replacen(" {}", "", 1);
            }
            let line = format!("{}{key}: {value}", " ".repeat(inner));
            file.lines.insert(end, line);
        }
        (Some(at), value) => {
            let last = file.last_of(at, end, inner);
            let note = if last == at {
                comment_of(&file.lines[at])
            } else {
                None
            };
            let note = note.map_or_else(String::new, |note| format!("  {note}"));
            let new = value.map(|value| format!("{}{key}: {value}{note}", " ".repeat(inner)));
            file.lines.splice(at..=last, new);
            if file
                .child_indent(start, end.saturating_sub(1 + last - at))
                .is_none()
                && value.is_none()
            {
                file.lines[start] = format!("{head} {{}}");
            }
        }
    }
    Ok(file.text())
}

/// The text without an entry; comments above it stay.
///
/// # Errors
/// When there is no such entry, or it is not written as a block.
pub fn remove(text: &str, name: &str) -> Result<String, TextError> {
    let mut file = Lines::read(text)?;
    let Some((start, mut end)) = file.entry(name)? else {
        return Err(TextError::Missing(name.to_owned()));
    };
    let blank = |at: Option<&String>| at.is_none_or(|line| line.trim().is_empty());
    if blank(file.lines.get(end)) && end < file.lines.len() {
        end += 1;
    }
    file.lines.drain(start..end);
    if let Some(group) = file.group
        && file.first_entry().is_none()
    {
        // An empty group is written as one, else it would say nothing at all.
        let line = file.lines[group].replacen("agents:", "agents: {}", 1);
        file.lines[group] = line;
    }
    Ok(file.text())
}

/// The file, line by line.
struct Lines {
    lines: Vec<String>,
    /// What every line ends with.
    line_end: &'static str,
    /// The line of `agents:`.
    group: Option<usize>,
    /// How far entries are indented.
    indent: usize,
}

impl Lines {
    fn read(text: &str) -> Result<Self, TextError> {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let group = lines.iter().position(|line| {
            indent_of(line) == 0 && is_content(line) && key_of(line) == Some("agents")
        });
        let mut file = Self {
            lines,
            line_end,
            group,
            indent: 2,
        };
        if let Some(at) = group {
            match value_of(&file.lines[at]).unwrap_or_default() {
                "" => {}
                "{}" => {
                    // Nobody yet: a block from now on.
                    file.lines[at] = file.lines[at].replacen(" {}", "", 1);
                }
                _ => return Err(file.style(at)),
            }
        }
        if let Some(first) = file.first_entry() {
            file.indent = indent_of(&file.lines[first]);
            if file.indent == 0 {
                return Err(file.style(first));
            }
        }
        Ok(file)
    }

    fn style(&self, at: usize) -> TextError {
        TextError::Style {
            line: at + 1,
            text: self
                .lines
                .get(at)
                .map(|line| line.trim().to_owned())
                .unwrap_or_default(),
        }
    }

    /// The first line below `agents:` that says something, when it is indented.
    fn first_entry(&self) -> Option<usize> {
        let from = self.group? + 1;
        let first = (from..self.lines.len()).find(|at| is_content(&self.lines[*at]))?;
        (indent_of(&self.lines[first]) > 0).then_some(first)
    }

    /// Behind the last line of the group that says something.
    fn end(&self) -> usize {
        let Some(group) = self.group else {
            return self.lines.len();
        };
        let mut end = group + 1;
        for (at, line) in self.lines.iter().enumerate().skip(group + 1) {
            if !is_content(line) && indent_of(line) < self.indent {
                continue;
            }
            if is_content(line) && indent_of(line) == 0 {
                break;
            }
            if !line.trim().is_empty() {
                end = at + 1;
            }
        }
        end
    }

    /// Whether entries stand apart from each other by blank lines.
    fn entries_apart(&self) -> bool {
        let Some(first) = self.first_entry() else {
            return false;
        };
        let lines = self.lines.get(first..self.end()).unwrap_or_default();
        let several = lines
            .iter()
            .filter(|line| is_content(line) && indent_of(line) == self.indent)
            .count();
        several < 2 || lines.iter().any(|line| line.trim().is_empty())
    }

    /// The lines of an entry: from its name to behind its last line that says something.
    fn entry(&self, name: &str) -> Result<Option<(usize, usize)>, TextError> {
        let Some(group) = self.group else {
            return Ok(None);
        };
        let is_entry = |at: &usize| {
            let line = &self.lines[*at];
            is_content(line) && indent_of(line) == self.indent && key_of(line) == Some(name)
        };
        let Some(start) = (group + 1..self.end()).find(is_entry) else {
            return Ok(None);
        };
        let last = self.last_of(start, self.lines.len(), self.indent);
        Ok(Some((start, last + 1)))
    }

    /// The last line that belongs to the key in line `at`, whose indent is `indent`: what follows and is indented further.
    fn last_of(&self, at: usize, end: usize, indent: usize) -> usize {
        let mut last = at;
        for (below, line) in self.lines.iter().enumerate().take(end).skip(at + 1) {
            if line.trim().is_empty() {
                continue;
            }
            if indent_of(line) <= indent {
                break;
            }
            last = below;
        }
        last
    }

    /// How far the keys of an entry are indented.
    fn child_indent(&self, start: usize, end: usize) -> Option<usize> {
        let lines = self.lines.get(start + 1..end)?;
        let first = lines.iter().find(|line| is_content(line))?;
        Some(indent_of(first))
    }

    fn text(&self) -> String {
        let mut text = self.lines.join(self.line_end);
        text.push_str(self.line_end);
        text
    }
}

pub(crate) fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line says something: it is neither blank nor a comment.
pub(crate) fn is_content(line: &str) -> bool {
    let text = line.trim();
    !text.is_empty() && !text.starts_with('#')
}

/// The key of a line, without quotes around it.
pub(crate) fn key_of(line: &str) -> Option<&str> {
    let (key, rest) = line.trim().split_once(':')?;
    let apart = rest.is_empty() || rest.starts_with([' ', '\t']);
    let key = key.trim().trim_matches(['"', '\'']);
    apart.then_some(key)
}

/// What stands behind the key of a line, without a comment.
fn value_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(':')?;
    let rest = match comment_at(rest) {
        Some(at) => rest.get(..at)?,
        None => rest,
    };
    Some(rest.trim())
}

/// The comment at the end of a line.
fn comment_of(line: &str) -> Option<String> {
    let at = comment_at(line)?;
    Some(line.get(at..)?.trim().to_owned())
}

/// Where a comment begins: at a `#` behind a space and outside of quotes.
pub(crate) fn comment_at(line: &str) -> Option<usize> {
    let (mut quote, mut before, mut escaped) = (None, ' ', false);
    for (at, c) in line.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '#' && before.is_whitespace() && at > 0 => return Some(at),
            // An apostrophe within a word opens nothing.
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => quote = Some(c),
            None => {}
        }
        before = c;
    }
    None
}

/// A value as YAML: a number or a plain word as it is, other texts in quotes, several as a list.
#[must_use]
pub fn yaml(values: &[String], list: bool) -> String {
    if list || values.len() > 1 {
        let items: Vec<_> = values.iter().map(|value| scalar(value)).collect();
        return format!("[{}]", items.join(", "));
    }
    values
        .first()
        .map(|value| scalar(value))
        .unwrap_or_default()
}

fn scalar(value: &str) -> String {
    let plain = value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if plain && !words.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        return value.to_owned();
    }
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::{TextError, add, remove, set, yaml};

    const FILE: &str = "\
# Ours.
agents:
  # The one who plans.
  architect:
    cli: claude   # the real one
    tools_allowed: [Read, Glob]

  impl:
    cli: claude
    persona: |
      Be brief.

      # not a comment
    timeout: 1h
    # at the end of impl

  # The reader.
  review: {cli: claude}
other: 1
";

    #[test]
    fn an_entry_is_added_behind_the_last_one_and_nothing_else_changes() {
        let keys = [("cli".to_owned(), "claude".to_owned())];
        let text = add(FILE, "impl-2", &keys).unwrap();
        let new = "  review: {cli: claude}\n\n  impl-2:\n    cli: claude\nother: 1\n";
        assert!(text.ends_with(new), "{text}");
        assert_eq!(text.replace("\n  impl-2:\n    cli: claude\n", ""), FILE);
        assert_eq!(
            add(FILE, "impl", &keys),
            Err(TextError::Exists("impl".into()))
        );
        assert_eq!(
            add("", "a", &keys).unwrap(),
            "agents:\n  a:\n    cli: claude\n"
        );
        assert_eq!(add("agents: {}\n", "a", &[]).unwrap(), "agents:\n  a: {}\n");
        let windows = add("agents:\r\n  a:\r\n    cli: claude\r\n", "b", &keys).unwrap();
        assert_eq!(
            windows,
            "agents:\r\n  a:\r\n    cli: claude\r\n\r\n  b:\r\n    cli: claude\r\n"
        );
    }

    #[test]
    fn one_key_is_set_and_its_comment_stays() {
        let text = set(FILE, "architect", "cli", Some("codex")).unwrap();
        assert_eq!(
            text,
            FILE.replace("claude   # the real one", "codex  # the real one")
        );
        let text = set(FILE, "architect", "model", Some("opus")).unwrap();
        assert_eq!(text, FILE.replace("Glob]\n", "Glob]\n    model: opus\n"));
        let text = set(FILE, "impl", "persona", Some("Short.")).unwrap();
        assert!(
            text.contains("    cli: claude\n    persona: Short.\n    timeout: 1h\n"),
            "{text}"
        );
        let text = set(FILE, "impl", "persona", None).unwrap();
        assert!(
            text.contains("    cli: claude\n    timeout: 1h\n"),
            "{text}"
        );
        assert_eq!(set(FILE, "impl", "model", None).unwrap(), FILE);
        let flow = set(FILE, "review", "model", Some("opus"));
        assert!(
            matches!(flow, Err(TextError::Style { line: 18, .. })),
            "{flow:?}"
        );
        assert_eq!(
            set(FILE, "nobody", "cli", None),
            Err(TextError::Missing("nobody".into()))
        );
        let last = set("agents:\n  a:\n    cli: claude\n", "a", "cli", None).unwrap();
        assert_eq!(last, "agents:\n  a: {}\n");
        assert_eq!(
            set(&last, "a", "cli", Some("x")).unwrap(),
            "agents:\n  a:\n    cli: x\n"
        );
    }

    #[test]
    fn an_entry_is_taken_out_and_comments_above_the_others_stay() {
        let text = remove(FILE, "impl").unwrap();
        assert!(
            text.contains("Glob]\n\n  # The reader.\n  review:"),
            "{text}"
        );
        assert!(
            !text.contains("brief") && !text.contains("  impl:"),
            "{text}"
        );
        assert!(
            remove(FILE, "review")
                .unwrap()
                .ends_with("  # The reader.\nother: 1\n")
        );
        assert_eq!(
            remove("agents:\n  a:\n    cli: x\n", "a").unwrap(),
            "agents: {}\n"
        );
    }

    #[test]
    fn values_are_written_so_that_they_are_read_back_as_they_are() {
        let value = |text: &str| yaml(&[text.to_owned()], false);
        assert_eq!(value("claude-opus-4.5"), "claude-opus-4.5");
        assert_eq!(value("Bash(npm test)"), "\"Bash(npm test)\"");
        assert_eq!(value("yes"), "\"yes\"");
        assert_eq!(value("say: \"no\""), "\"say: \\\"no\\\"\"");
        assert_eq!(yaml(&["a".into(), "b c".into()], true), "[a, \"b c\"]");
        assert_eq!(yaml(&[], true), "[]");
    }
}
