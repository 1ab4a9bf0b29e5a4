//! Reading one line of JSON from an agent, forgivingly.
//!
//! Agents written in JavaScript cut strings in the middle of a surrogate pair and print the half as `\ud83d`, which is no
//! valid text and which a strict reader refuses. A permission ask lost that way would wait for ever (seen with the real
//! Claude CLI), so such halves are read as `�`, and so are bytes that are no UTF-8.

use serde_json::Value;
use std::borrow::Cow;

/// The JSON object on the line; none when there is none.
#[must_use]
pub fn read(line: &[u8]) -> Option<Value> {
    let value = serde_json::from_slice(line).ok().or_else(|| {
        let text = String::from_utf8_lossy(line);
        serde_json::from_str(&mend_surrogates(&text)).ok()
    });
    value.filter(Value::is_object)
}

/// Replaces every `\uD800`–`\uDFFF` escape that is not half of a pair.
fn mend_surrogates(text: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut kept = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(found) = bytes[at..].iter().position(|&b| b == b'\\') {
        let slash = at + found;
        let unit = escaped_unit(bytes, slash);
        at = match unit {
            Some(0xD800..=0xDBFF)
                if matches!(escaped_unit(bytes, slash + 6), Some(0xDC00..=0xDFFF)) =>
            {
                slash + 12
            }
            Some(0xD800..=0xDFFF) => {
                mended.push_str(&text[kept..slash]);
                mended.push_str("\\ufffd");
                kept = slash + 6;
                kept
            }
            // Two bytes further: the escaped character may itself be a backslash.
            _ => (slash + 2).min(bytes.len()),
        };
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(&text[kept..]);
    Cow::Owned(mended)
}

/// The UTF-16 unit of the `\uXXXX` escape that begins at `at`, if one does.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0_u16, |unit, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn halves_of_surrogate_pairs_are_read() {
        for (line, text) in [
            (r#"{"a":"x \ud83d"}"#, "x \u{fffd}"),
            (r#"{"a":"\ud83d\ude00"}"#, "😀"),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, "\u{fffd}😀"),
            (r#"{"a":"\ude00\\ud83d\n"}"#, "\u{fffd}\\ud83d\n"),
            (r#"{"a":"\ud83dx\\"}"#, "\u{fffd}x\\"),
        ] {
            assert_eq!(read(line.as_bytes()), Some(json!({ "a": text })), "{line}");
        }
        assert_eq!(
            read(b"{\"a\":\"\xff\"}"),
            Some(json!({ "a": "\u{fffd}" })),
            "bytes that are no UTF-8"
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for line in [
            "",
            "\n",
            "null",
            "[]",
            "\"a\"",
            "{",
            "{\"a\":}",
            "Warning: x",
            "{\"a\":\"\\",
            "{\"a\":\"\\ud8",
            "{\"a\":\"\\ud800\\",
        ] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
        let deep = "{\"a\":".repeat(100_000);
        assert_eq!(read(deep.as_bytes()), None);
    }
}
