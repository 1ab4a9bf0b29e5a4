//! `.mcp/config.yaml` as text: one setting is set or taken out, without touching anything else. Comments, order and the way other
//! settings are written stay as they are.
//!
//! Keys on lines of their own are edited, and groups on one line (`keep: { days: 30 }`). What is written in another way is refused,
//! never guessed at.

use crate::agents_text::{TextError, comment_at, indent_of, is_content, key_of};

/// How far a new key is indented below its group.
const INDENT: usize = 2;

/// What is written for a setting, and in which line (from 1).
#[must_use]
pub fn get(text: &str, path: &[&str]) -> Option<(String, usize)> {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (mut from, mut to, mut indent) = (0, lines.len(), 0);
    for (depth, key) in path.iter().enumerate() {
        let at = find(&lines, (from, to), indent, key)?;
        let value = inline(&lines[at]);
        let end = block_end(&lines, at, to);
        let rest = path.get(depth + 1..)?;
        if rest.is_empty() {
            let below = lines.get(at + 1..end)?.join("\n");
            let value = if value.is_empty() { below } else { value };
            return Some((value, at + 1));
        }
        if !value.is_empty() {
            return Some((in_group(&value, rest)?, at + 1));
        }
        (from, to) = (at + 1, end);
        indent = child_indent(&lines, from, to)?;
    }
    None
}

/// The text with a setting set to a value written as YAML on one line; none takes it out.
///
/// # Errors
/// When its place is written in a way that is not edited.
pub fn set(text: &str, path: &[&str], value: Option<&str>) -> Result<String, TextError> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    edit(&mut lines, path, value)?;
    let mut text = lines.join(line_end);
    if !text.is_empty() {
        text.push_str(line_end);
    }
    Ok(text)
}

fn edit(lines: &mut Vec<String>, path: &[&str], value: Option<&str>) -> Result<(), TextError> {
    let (mut from, mut to, mut indent) = (0, lines.len(), 0);
    for (depth, key) in path.iter().enumerate() {
        let rest = path.get(depth + 1..).unwrap_or_default();
        let Some(at) = find(lines, (from, to), indent, key) else {
            if let Some(value) = value {
                insert(lines, (from, to), indent, (key, rest), value);
            }
            return Ok(());
        };
        let end = block_end(lines, at, to);
        let written = inline(&lines[at]);
        if rest.is_empty() {
            // A text or a group that goes on in the next lines is replaced by nobody but a person.
            let goes_on = (at + 1..end).any(|at| is_content(&lines[at]));
            if goes_on && !written.is_empty() && value.is_some() {
                return Err(style(lines, at));
            }
            replace(lines, (at, end), &written, value);
            return Ok(());
        }
        if !written.is_empty() {
            let group = read_group(&written).ok_or_else(|| style(lines, at))?;
            let new = write_group(set_in(group, rest, value).ok_or_else(|| style(lines, at))?);
            replace(lines, (at, end), &written, Some(&new));
            return Ok(());
        }
        (from, to) = (at + 1, end);
        let Some(inner) = child_indent(lines, from, to).filter(|inner| *inner > indent) else {
            // A group that says nothing yet, or one that is a list.
            if (from..to).any(|at| is_content(&lines[at])) {
                return Err(style(lines, at));
            }
            let Some(value) = value else {
                return Ok(());
            };
            let (first, others) = rest.split_first().ok_or_else(|| style(lines, at))?;
            insert(lines, (from, from), indent + INDENT, (first, others), value);
            return Ok(());
        };
        indent = inner;
    }
    Ok(())
}

fn style(lines: &[String], at: usize) -> TextError {
    let text = lines.get(at).map(|line| line.trim().to_owned());
    TextError::Style {
        line: at + 1,
        text: text.unwrap_or_default(),
    }
}

/// Puts a new key behind the last line of its group that says something.
fn insert(
    lines: &mut Vec<String>,
    (from, to): (usize, usize),
    indent: usize,
    (key, rest): (&str, &[&str]),
    value: &str,
) {
    let last = (from..to).rev().find(|at| !lines[*at].trim().is_empty());
    let is_top = indent == 0;
    // At the top level what stands at the end, comments too, belongs to what is before it.
    let last = if is_top {
        last
    } else {
        (from..to).rev().find(|at| is_content(&lines[*at])).or(last)
    };
    let mut at = last.map_or(from, |last| last + 1);
    let mut new = Vec::new();
    if is_top && at > 0 {
        new.push(String::new());
    }
    let mut depth = indent;
    new.push(format!("{}{key}:", " ".repeat(depth)));
    for key in rest {
        depth += INDENT;
        new.push(format!("{}{key}:", " ".repeat(depth)));
    }
    if let Some(line) = new.last_mut() {
        line.push(' ');
        line.push_str(value);
    }
    at = at.min(lines.len());
    lines.splice(at..at, new);
}

/// Writes a value in the place of another, or takes the key out.
fn replace(lines: &mut Vec<String>, (at, end): (usize, usize), old: &str, new: Option<&str>) {
    let Some(new) = new else {
        lines.drain(at..end);
        empty_group_above(lines, at);
        return;
    };
    let line = lines[at].clone();
    let head = line
        .find(':')
        .map_or(line.as_str(), |colon| &line[..=colon]);
    let comment = comment_at(&line).map(|from| &line[from..]);
    // The comments of several lines stand where they stood.
    let comment = comment.map_or_else(String::new, |comment| {
        let before = line.len() - comment.len();
        let column = before.saturating_sub(line[..before].trim_end().len());
        format!("{}{comment}", " ".repeat(column.max(1)))
    });
    let kept = if old.is_empty() {
        lines[at + 1..end]
            .iter()
            .filter(|line| !is_content(line))
            .cloned()
            .collect()
    } else {
        lines[at + 1..end].to_vec()
    };
    let mut replaced = vec![format!("{head} {new}{comment}")];
    replaced.extend(kept);
    lines.splice(at..end, replaced);
}

/// A group that has lost its last key says so, else it would say nothing at all.
fn empty_group_above(lines: &mut [String], at: usize) {
    let Some(above) = (0..at).rev().find(|at| is_content(&lines[*at])) else {
        return;
    };
    let depth = indent_of(&lines[above]);
    let below = lines[above + 1..].iter().find(|line| is_content(line));
    let has_children = below.is_some_and(|line| {
        indent_of(line) > depth || (indent_of(line) == depth && line.trim_start().starts_with("- "))
    });
    if inline(&lines[above]).is_empty() && !has_children && key_of(&lines[above]).is_some() {
        let colon = lines[above].find(':').unwrap_or(0);
        lines[above].insert_str(colon + 1, " {}");
    }
}

/// The line of a key among those of one indent.
fn find(lines: &[String], (from, to): (usize, usize), indent: usize, key: &str) -> Option<usize> {
    (from..to).find(|at| {
        let line = &lines[*at];
        is_content(line) && indent_of(line) == indent && key_of(line) == Some(key)
    })
}

/// Behind the last line that belongs to the key in line `at`.
fn block_end(lines: &[String], at: usize, to: usize) -> usize {
    let indent = indent_of(&lines[at]);
    let mut end = at + 1;
    for (below, line) in lines.iter().enumerate().take(to).skip(at + 1) {
        if line.trim().is_empty() {
            continue;
        }
        let is_item = indent_of(line) == indent && line.trim_start().starts_with("- ");
        if indent_of(line) <= indent && !is_item {
            break;
        }
        end = below + 1;
    }
    end
}

fn child_indent(lines: &[String], from: usize, to: usize) -> Option<usize> {
    let first = lines.get(from..to)?.iter().find(|line| is_content(line))?;
    (!first.trim_start().starts_with("- ")).then(|| indent_of(first))
}

/// What stands behind a line's key, without the comment.
fn inline(line: &str) -> String {
    let end = comment_at(line).unwrap_or(line.len());
    let text = line.get(..end).unwrap_or(line);
    let value = text.split_once(':').map_or("", |(_, value)| value);
    value.trim().to_owned()
}

/// The keys of `{ days: 30, megabytes: 2000 }`, with their values as they are written.
type Group = Vec<(String, String)>;

fn read_group(text: &str) -> Option<Group> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut parts = vec![String::new()];
    let (mut depth, mut quote) = (0_u32, None);
    for c in inner.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.checked_sub(1)?,
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut()?.push(c);
    }
    if depth > 0 || quote.is_some() {
        return None;
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once(':')?;
            let key = key.trim().trim_matches(['"', '\'']);
            Some((key.to_owned(), value.trim().to_owned()))
        })
        .collect()
}

fn write_group(group: Group) -> String {
    if group.is_empty() {
        return "{}".to_owned();
    }
    let keys: Vec<_> = group
        .into_iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    format!("{{ {} }}", keys.join(", "))
}

fn in_group(text: &str, path: &[&str]) -> Option<String> {
    let (first, rest) = path.split_first()?;
    let group = read_group(text)?;
    let (_, value) = group.into_iter().find(|(key, _)| key == first)?;
    if rest.is_empty() {
        return Some(value);
    }
    in_group(&value, rest)
}

fn set_in(mut group: Group, path: &[&str], value: Option<&str>) -> Option<Group> {
    let (first, rest) = path.split_first()?;
    let at = group.iter().position(|(key, _)| key == first);
    let new = match (rest.is_empty(), value) {
        (true, value) => value.map(str::to_owned),
        (false, value) => {
            let inner = at.map_or(Some(Group::new()), |at| read_group(&group[at].1))?;
            Some(write_group(set_in(inner, rest, value)?)).filter(|text| text != "{}")
        }
    };
    match (at, new) {
        (Some(at), Some(new)) => group[at].1 = new,
        (Some(at), None) => {
            group.remove(at);
        }
        (None, Some(new)) => group.push(((*first).to_owned(), new)),
        (None, None) => {}
    }
    Some(group)
}

#[cfg(test)]
mod tests {
    use super::{TextError, get, set};

    const FILE: &str = "\
# How we work.
project: storefront

chain:
  implement: claude-impl   # does the work
  approve: person

gates:
- name: tests   # all of them
  run: npm test
limits:
  parallel: auto # agents at once
  # Money.
  budget_usd: { day: 40, task: 5 }   # dollars
keep: { days: 30, megabytes: 2000 }

# worktrees: ../elsewhere
";

    fn value(path: &[&str]) -> Option<String> {
        get(FILE, path).map(|(value, _)| value)
    }

    #[test]
    fn what_is_written_is_found_wherever_it_stands() {
        assert_eq!(get(FILE, &["project"]), Some(("storefront".into(), 2)));
        assert_eq!(
            get(FILE, &["chain", "implement"]),
            Some(("claude-impl".into(), 5))
        );
        assert_eq!(value(&["limits", "parallel"]).as_deref(), Some("auto"));
        assert_eq!(
            value(&["limits", "budget_usd", "day"]).as_deref(),
            Some("40")
        );
        assert_eq!(value(&["keep", "megabytes"]).as_deref(), Some("2000"));
        let gates = value(&["gates"]).unwrap();
        assert_eq!(gates, "- name: tests   # all of them\n  run: npm test");
        for path in [
            &["worktrees"][..],
            &["limits", "x"],
            &["keep", "x"],
            &["gates", "x"],
        ] {
            assert_eq!(value(path), None, "{path:?}");
        }
    }

    #[test]
    fn a_value_is_replaced_and_its_comment_stays() {
        let text = set(FILE, &["limits", "parallel"], Some("3")).unwrap();
        assert_eq!(text, FILE.replace("parallel: auto #", "parallel: 3 #"));
        let text = set(FILE, &["chain", "implement"], Some("[a, b]")).unwrap();
        assert_eq!(text, FILE.replace("claude-impl   #", "[a, b]   #"));
        let text = set(FILE, &["limits", "budget_usd", "day"], Some("12.5")).unwrap();
        assert_eq!(text, FILE.replace("day: 40", "day: 12.5"));
        let text = set(FILE, &["keep", "days"], Some("7")).unwrap();
        assert_eq!(text, FILE.replace("days: 30", "days: 7"));
    }

    #[test]
    fn a_new_key_stands_behind_its_group() {
        let text = set(FILE, &["limits", "attempts"], Some("5")).unwrap();
        assert_eq!(
            text,
            FILE.replace("# dollars\n", "# dollars\n  attempts: 5\n")
        );
        let text = set(FILE, &["limits", "budget_usd", "project"], Some("500")).unwrap();
        assert_eq!(text, FILE.replace("task: 5 }", "task: 5, project: 500 }"));
        let text = set(FILE, &["limits", "per_status", "review"], Some("2")).unwrap();
        let new = "# dollars\n  per_status:\n    review: 2\n";
        assert_eq!(text, FILE.replace("# dollars\n", new));
        let text = set(FILE, &["notify", "sound"], Some("false")).unwrap();
        assert_eq!(text, format!("{FILE}\nnotify:\n  sound: false\n"));
        let text = set(FILE, &["base_branch"], Some("main")).unwrap();
        assert_eq!(text, format!("{FILE}\nbase_branch: main\n"));
        assert_eq!(set("", &["a", "b"], Some("1")).unwrap(), "a:\n  b: 1\n");
        assert_eq!(set("a:\n", &["a", "b"], Some("1")).unwrap(), "a:\n  b: 1\n");
        let windows = set("a:\r\n  b: 1\r\n", &["a", "c"], Some("2")).unwrap();
        assert_eq!(windows, "a:\r\n  b: 1\r\n  c: 2\r\n");
    }

    #[test]
    fn a_key_is_taken_out_and_an_empty_group_says_so() {
        let text = set(FILE, &["limits", "parallel"], None).unwrap();
        assert_eq!(
            text,
            FILE.replace("  parallel: auto # agents at once\n", "")
        );
        let text = set(FILE, &["keep", "days"], None).unwrap();
        assert_eq!(text, FILE.replace("days: 30, ", ""));
        let text = set("a:\n  b: 1\nc: 2\n", &["a", "b"], None).unwrap();
        assert_eq!(text, "a: {}\nc: 2\n");
        assert_eq!(
            set(&text, &["a", "d"], Some("1")).unwrap(),
            "a: { d: 1 }\nc: 2\n"
        );
        assert_eq!(set(FILE, &["x", "y"], None).unwrap(), FILE);
    }

    #[test]
    fn what_is_written_in_another_way_is_left_to_a_person() {
        let style = |text: &str, path: &[&str]| match set(text, path, Some("1")) {
            Err(TextError::Style { line, .. }) => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(style("a:\n- b\n", &["a", "c"]), 1);
        assert_eq!(
            style(
                "x: 1\nkeep: {days: 1,\n  megabytes: 2}\n",
                &["keep", "days"]
            ),
            2
        );
        assert_eq!(style("keep: *anchor\n", &["keep", "days"]), 1);
        assert_eq!(style("b: 1\na: |\n  one\n", &["a"]), 2);
    }

    #[test]
    fn a_text_of_several_lines_is_replaced_as_a_whole() {
        let text = "a: |\n  one\n  two\nb: 1\n";
        assert_eq!(
            set(text, &["b"], Some("2")).unwrap(),
            "a: |\n  one\n  two\nb: 2\n"
        );
        let list = "b:\n  - x\n  # why\n  - y\nc: 1\n";
        assert_eq!(
            set(list, &["b"], Some("[z]")).unwrap(),
            "b: [z]\n  # why\nc: 1\n"
        );
    }
}
