//! Making text that agents wrote fit for one line on a person's screen.

/// One line of at most `max` characters. Line ends become ` ⏎ `, other white space one blank, and characters that could make
/// a line read otherwise than it is (control characters, writing direction overrides) become `�`: what a person is asked to
/// allow must not be able to hide anything.
#[must_use]
pub fn one_line(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut gap = "";
    for c in text.trim().chars() {
        if c == '\n' {
            gap = " ⏎ ";
        } else if c.is_whitespace() {
            if gap.is_empty() {
                gap = " ";
            }
        } else {
            length += gap.chars().count() + 1;
            if length > max {
                line.push('…');
                return line;
            }
            line.push_str(gap);
            gap = "";
            line.push(if is_misleading(c) { '\u{fffd}' } else { c });
        }
    }
    line
}

/// Characters that show nothing or turn the writing direction.
fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text, cut at `max` bytes (at a character's edge) with a word on how much is missing.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = (0..=max)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    format!("{}\n… ({} bytes more)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::{cut, one_line};

    #[test]
    fn becomes_one_honest_line() {
        for (text, line) in [
            ("  git  status \n", "git status"),
            ("a\n\n  b", "a ⏎ b"),
            ("rm x\r\n#\tok", "rm x ⏎ # ok"),
            ("a\u{202e}b\u{7}c\u{200b}d", "a\u{fffd}b\u{fffd}c\u{fffd}d"),
            ("", ""),
            (" \n ", ""),
        ] {
            assert_eq!(one_line(text, 100), line, "{text:?}");
        }
        assert_eq!(one_line("abcdef", 3), "abc…");
        assert_eq!(one_line("abc", 3), "abc");
        assert_eq!(one_line("äöü ß", 4), "äöü…");
    }

    #[test]
    fn is_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("aäb", 2), "a\n… (3 bytes more)");
    }
}
