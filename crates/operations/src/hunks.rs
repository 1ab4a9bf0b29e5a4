//! A file's patch as hunks: which lines each shows, what they say, and where a line of the older side is on the newer one.

/// One hunk of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'p> {
    /// `@@ -14,9 +14,31 @@ impl Limiter`
    pub head: &'p str,
    /// First line and count before the change.
    pub before: (u32, u32),
    /// First line and count after it.
    pub after: (u32, u32),
    /// Its lines, each with its mark.
    pub lines: Vec<&'p str>,
}

/// Which side of a change a line is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// As it was.
    Before,
    /// As it is after the change.
    After,
}

/// Where lines of the older side went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// They are the same, the first of them here.
    To(u32),
    /// At least one of them was changed or is gone; the change is here.
    Changed(u32),
}

/// The hunks of a patch.
#[must_use]
pub fn hunks(patch: &str) -> Vec<Hunk<'_>> {
    let mut found: Vec<Hunk<'_>> = Vec::new();
    for line in patch.lines() {
        if let Some((before, after)) = head(line) {
            found.push(Hunk {
                head: line,
                before,
                after,
                lines: Vec::new(),
            });
        } else if let Some(hunk) = found.last_mut() {
            hunk.lines.push(line);
        }
    }
    found
}

/// `@@ -14,9 +14,31 @@ …`
fn head(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (before, after) = ranges.split_once(" +")?;
    Some((range(before)?, range(after)?))
}

fn range(text: &str) -> Option<(u32, u32)> {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((start.parse().ok()?, count.parse().ok()?))
}

impl Hunk<'_> {
    /// Whether it shows this line of the file after the change. One that leaves nothing shows the line it begins at.
    #[must_use]
    pub const fn shows(&self, line: u32) -> bool {
        let (start, count) = self.after;
        line >= start && (line - start < count || (count == 0 && line == start))
    }

    /// Its first and last line after the change.
    #[must_use]
    pub const fn span(&self) -> (u32, u32) {
        let (start, count) = self.after;
        (start, start + count.saturating_sub(1))
    }

    /// Its lines with their numbers on both sides.
    fn numbered(&self) -> impl Iterator<Item = (Option<u32>, Option<u32>, &str)> {
        let (mut before, mut after) = (self.before.0, self.after.0);
        self.lines.iter().filter_map(move |line| {
            let mark = line.as_bytes().first().copied().unwrap_or(b' ');
            let numbers = match mark {
                b'\\' => return None,
                b'+' => (None, Some(after)),
                b'-' => (Some(before), None),
                _ => (Some(before), Some(after)),
            };
            before += u32::from(numbers.0.is_some());
            after += u32::from(numbers.1.is_some());
            Some((numbers.0, numbers.1, line.get(1..).unwrap_or_default()))
        })
    }

    /// The whole hunk as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from(self.head);
        for line in &self.lines {
            text.push('\n');
            text.push_str(line);
        }
        text
    }
}

/// What these lines say, when the patch shows all of them.
#[must_use]
pub fn quoted(patch: &[Hunk<'_>], side: Side, from: u32, to: u32) -> Option<String> {
    let of = |(before, after, text)| {
        let number: Option<u32> = match side {
            Side::Before => before,
            Side::After => after,
        };
        number
            .filter(|number| (from..=to).contains(number))
            .map(|_| text)
    };
    let lines: Vec<&str> = patch
        .iter()
        .flat_map(Hunk::numbered)
        .filter_map(of)
        .collect();
    let wanted = usize::try_from(to.checked_sub(from)?)
        .ok()?
        .checked_add(1)?;
    (lines.len() == wanted).then(|| lines.join("\n"))
}

/// Where the lines `from..=to` of the older side went.
#[must_use]
pub fn follow(patch: &[Hunk<'_>], from: u32, to: u32) -> Went {
    let mut shift: i64 = 0;
    for hunk in patch {
        // A hunk that only adds says after which line of the older side it does so.
        let first = hunk.before.0 + u32::from(hunk.before.1 == 0);
        if first > to {
            break;
        }
        let (mut passed, mut next) = (first.saturating_sub(1), hunk.after.0);
        for (before, after, _) in hunk.numbered() {
            next = after.unwrap_or(next);
            match (before, after) {
                (Some(line), None) if (from..=to).contains(&line) => {
                    return Went::Changed(next.max(1));
                }
                (Some(line), None) if line < from => shift -= 1,
                // Put between the lines, or before them.
                (None, Some(added)) if passed >= from && passed < to => {
                    return Went::Changed(added);
                }
                (None, Some(_)) if passed < from => shift += 1,
                _ => {}
            }
            passed = before.unwrap_or(passed);
            next += u32::from(after.is_some());
        }
    }
    Went::To(u32::try_from(i64::from(from) + shift).unwrap_or(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::{Side, Went, follow, hunks, quoted};

    const PATCH: &str = "@@ -3,4 +3,5 @@ fn x\n three\n-four\n+vier\n+viereinhalb\n five\n six\n@@ -20,2 +21,1 @@\n twenty\n-gone\n\\ No newline at end of file\n";

    #[test]
    fn a_patch_is_cut_into_hunks_that_know_their_lines() {
        let found = hunks(PATCH);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].before, found[0].after), ((3, 4), (3, 5)));
        assert!(found[0].shows(7) && !found[0].shows(8) && found[1].shows(21));
        assert_eq!(found[0].span(), (3, 7));
        assert!(found[1].text().starts_with("@@ -20,2 +21,1 @@\n twenty"));
        assert!(hunks("").is_empty() && hunks("Binary files differ\n").is_empty());
    }

    #[test]
    fn code_is_quoted_only_when_all_of_it_is_shown() {
        let found = hunks(PATCH);
        let of = |side, from, to| quoted(&found, side, from, to);
        assert_eq!(of(Side::After, 4, 5).as_deref(), Some("vier\nviereinhalb"));
        assert_eq!(of(Side::Before, 4, 4).as_deref(), Some("four"));
        assert_eq!(of(Side::After, 7, 9), None);
        assert_eq!(of(Side::After, 5, 4), None);
    }

    #[test]
    fn a_line_is_followed_through_a_change() {
        let found = hunks(PATCH);
        for (line, went) in [
            (1, Went::To(1)),
            (3, Went::To(3)),
            (4, Went::Changed(4)),
            (5, Went::To(6)),
            (10, Went::To(11)),
            (20, Went::To(21)),
            (21, Went::Changed(22)),
            (40, Went::To(40)),
        ] {
            assert_eq!(follow(&found, line, line), went, "{line}");
        }
        assert_eq!(
            follow(&found, 3, 5),
            Went::Changed(4),
            "a range that was changed inside"
        );
        assert_eq!(follow(&[], 7, 9), Went::To(7));
    }

    #[test]
    fn what_is_put_between_lines_changes_them_and_what_is_put_before_does_not() {
        let before = hunks("@@ -2,0 +3,2 @@\n+a\n+b\n");
        assert_eq!(follow(&before, 3, 4), Went::To(5));
        assert_eq!(follow(&before, 2, 3), Went::Changed(3));
        assert_eq!(follow(&before, 1, 2), Went::To(1));
    }
}
