//! When an ask is the same as one that a person allowed for the whole task: the same tool with the same input, but for what only
//! explains it. Nothing is matched by a pattern: whatever else differs is asked again.

/// Words of the agent about its call; they change nothing of what is done.
const EXPLAINS: [&str; 1] = ["description"];

/// What two asks must have in common; none when the input is not one that can be compared.
#[must_use]
pub fn of(tool: &str, input: &str) -> Option<String> {
    let mut fields = fields(input)?;
    fields.retain(|(name, _)| !EXPLAINS.iter().any(|word| *name == format!("\"{word}\"")));
    fields.sort_unstable();
    let same: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    Some(format!("{tool} {{{}}}", same.join(",")))
}

/// The fields of a JSON object as they are written; none when it is none, or when a name stands in it twice.
fn fields(input: &str) -> Option<Vec<(&str, &str)>> {
    let body = input.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut found: Vec<(&str, &str)> = Vec::new();
    if body.trim().is_empty() {
        return Some(found);
    }
    for part in split(body, b',')? {
        let mut halves = split(part, b':')?.into_iter();
        let name = halves.next()?.trim();
        let value = part
            .get(part.find(name)? + name.len()..)?
            .trim_start()
            .strip_prefix(':')?
            .trim();
        if !name.starts_with('"') || found.iter().any(|(other, _)| *other == name) {
            return None;
        }
        found.push((name, value));
    }
    Some(found)
}

/// Cuts at a sign that stands in no string and no list or object; none when they do not end.
fn split(text: &str, at: u8) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    let (mut quoted, mut escaped) = (false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ if byte == at && depth == 0 => {
                parts.push(text.get(start..index)?);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!quoted && depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn only_what_explains_a_call_may_differ() {
        let asked = of(
            "Bash",
            r#"{"command":"npm i, \"x\"","description":"Get it","timeout":5}"#,
        );
        assert!(asked.is_some());
        for same in [
            r#"{"command":"npm i, \"x\"","timeout":5}"#,
            r#"{ "timeout": 5, "command": "npm i, \"x\"", "description": "Again: \"now\", {please}" }"#,
        ] {
            assert_eq!(of("Bash", same), asked, "{same}");
        }
        for other in [
            r#"{"command":"npm i","timeout":5}"#,
            r#"{"command":"npm i, \"x\""}"#,
            r#"{"command":"npm i, \"x\"","timeout":5,"dangerouslyDisableSandbox":true}"#,
            r#"{"command":"rm -rf /","description":"\",\"command\":\"npm i, \\\"x\\\"","timeout":5}"#,
            r#"{"x":{"command":"npm i, \"x\"","timeout":5},"command":"rm"}"#,
        ] {
            assert_ne!(of("Bash", other), asked, "{other}");
        }
        assert_ne!(
            of("Shell", r#"{"command":"npm i, \"x\"","timeout":5}"#),
            asked
        );
    }

    #[test]
    fn what_cannot_be_compared_is_like_nothing() {
        for broken in [
            "",
            "[]",
            "{",
            r#"{"a":1,"a":2}"#,
            r#"{"a":"b}"#,
            r#"{"a":[1}"#,
            "{a:1}",
        ] {
            assert_eq!(of("Bash", broken), None, "{broken}");
        }
        assert_eq!(of("Bash", "{}").as_deref(), Some("Bash {}"));
    }
}
