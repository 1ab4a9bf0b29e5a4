//! What a script says, as plain data: plays, turns, words, tool calls, faults and their pace.

use std::time::Duration;

use serde_json::Value;

/// A whole script: everything the scripted model will ever say.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) name: String,
    pub(super) pacing: Pacing,
    /// Answer to requests the CLI makes for itself (titles, summaries, quota probes).
    pub(super) aside: String,
    pub(super) plays: Vec<Play>,
}

impl Scenario {
    /// The name the scenario gives itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same script played at another pace.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.pacing.pace = pace;
        self
    }
}

/// How fast a script is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As the scenario says, for a person who watches.
    AsWritten,
    /// Without any pause for thinking or typing, for tests. Written stalls stay: they are faults.
    Instant,
    /// As the scenario says, with every pause multiplied: 0.5 is twice as fast.
    Scaled(f32),
}

/// The pauses of a script and how they are scaled.
#[derive(Clone, Debug)]
pub(super) struct Pacing {
    pub(super) pace: Pace,
    /// Pause after each delta of a stream.
    pub(super) delta: Duration,
    /// About how many characters one delta of text carries.
    pub(super) text_chars: usize,
    /// About how many characters one delta of a tool's input carries.
    pub(super) input_chars: usize,
}

impl Pacing {
    /// A written pause at the chosen pace.
    pub(super) fn scaled(&self, written: Duration) -> Duration {
        match self.pace {
            Pace::AsWritten => written,
            Pace::Instant => Duration::ZERO,
            // The conversion refuses negative and infinite factors: then the pause is as written.
            Pace::Scaled(factor) => {
                let seconds = written.as_secs_f64() * f64::from(factor);
                Duration::try_from_secs_f64(seconds).unwrap_or(written)
            }
        }
    }

    /// Whether the whole of a block may be sent at once.
    pub(super) fn is_instant(&self) -> bool {
        self.pace == Pace::Instant
    }
}

/// One run of one leg, written turn by turn.
#[derive(Clone, Debug)]
pub(super) struct Play {
    /// Line of the scenario file, for logs and messages.
    pub(super) line: u64,
    pub(super) when: When,
    pub(super) turns: Vec<Turn>,
    /// Faults written after the last turn; they hit the closing text.
    pub(super) closing_faults: Vec<Fault>,
    /// Said once every turn has been played.
    pub(super) end: String,
}

/// Which runs a play is for; what is left out matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    pub(super) task: Option<String>,
    pub(super) leg: Option<String>,
    pub(super) attempts: Attempts,
}

impl When {
    /// Whether a run belongs to this play.
    pub(super) fn matches(&self, task: &str, leg: &str, attempt: u32) -> bool {
        self.task.as_deref().is_none_or(|wanted| wanted == task)
            && self.leg.as_deref().is_none_or(|wanted| wanted == leg)
            && self.attempts.contains(attempt)
    }

    /// Whether every run of `other` also belongs to this play.
    pub(super) fn covers(&self, other: &When) -> bool {
        (self.task.is_none() || self.task == other.task)
            && (self.leg.is_none() || self.leg == other.leg)
            && self.attempts.covers(other.attempts)
    }
}

/// A range of attempts: `2`, `2-3`, `2+`, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempts {
    pub(super) first: u32,
    /// The last attempt, `u32::MAX` when the range is open.
    pub(super) last: u32,
}

impl Attempts {
    /// Every attempt.
    pub(super) const ALL: Self = Self {
        first: 0,
        last: u32::MAX,
    };

    fn contains(self, attempt: u32) -> bool {
        (self.first..=self.last).contains(&attempt)
    }

    fn covers(self, other: Self) -> bool {
        self.first <= other.first && self.last >= other.last
    }

    /// Reads `2`, `2-3` or `2+`; nothing when it is none of them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(first) = text.strip_suffix('+') {
            let first = first.trim().parse().ok()?;
            return Some(Self {
                first,
                last: u32::MAX,
            });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let first = first.trim().parse().ok()?;
        let last = last.trim().parse().ok()?;
        (first <= last).then_some(Self { first, last })
    }
}

/// One turn of the model: what it says, or, when a condition holds, what it says instead.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// What goes wrong before or while this turn is spoken.
    pub(super) faults: Vec<Fault>,
    /// Pause before the first word.
    pub(super) think: Duration,
    pub(super) speech: Speech,
    /// The first whose condition holds replaces `speech`.
    pub(super) instead: Vec<(Condition, Speech)>,
    pub(super) usage: WrittenUsage,
    pub(super) stop_reason: Option<String>,
}

/// Words and tool calls of one turn.
#[derive(Clone, Debug, Default)]
pub(super) struct Speech {
    pub(super) say: Option<String>,
    pub(super) calls: Vec<Call>,
}

/// One tool call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) input: Value,
}

/// When other words are said: everything that is given must hold of one tool result of this run.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// The tool whose result is looked at; left out, any tool of the last round.
    pub(super) tool: Option<String>,
    /// Whether the call failed (a refused permission is a failed call).
    pub(super) failed: Option<bool>,
    /// Text the result contains, whatever the case of its letters.
    pub(super) has: Option<String>,
}

/// Something that goes wrong, the first `times` that it is reached.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// Index into the scenario's counters.
    pub(super) counter: usize,
    pub(super) times: u32,
    pub(super) kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(super) enum FaultKind {
    /// An error answer with this HTTP status.
    Error(WrittenError),
    /// An error event after half of the stream.
    ErrorInStream(WrittenError),
    /// Silence after half of the stream; then it goes on.
    Stall(Duration),
    /// Silence before the first byte; then the turn is played.
    Silence(Duration),
    /// The connection is cut after half of the stream.
    Cut,
}

impl FaultKind {
    /// The word a scenario file uses for this fault.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Error(_) | Self::ErrorInStream(_) => "error",
            Self::Stall(_) => "stall_s",
            Self::Silence(_) => "silent_s",
            Self::Cut => "cut",
        }
    }
}

/// An error as the Messages API words it.
#[derive(Clone, Debug)]
pub(super) struct WrittenError {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) message: String,
    /// Seconds for the `retry-after` header.
    pub(super) retry_after: Option<u64>,
}

/// Token counts a turn reports; what is left out is estimated from the text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WrittenUsage {
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) cache_read: Option<u64>,
    pub(super) cache_creation: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_one_a_range_or_open() {
        let cases = [
            ("1", Some((1, 1))),
            (" 2 ", Some((2, 2))),
            ("3+", Some((3, u32::MAX))),
            ("1-2", Some((1, 2))),
            ("2-1", None),
            ("", None),
            ("+", None),
            ("two", None),
            ("-1", None),
        ];
        for (text, expected) in cases {
            let found = Attempts::parse(text).map(|range| (range.first, range.last));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn a_play_matches_what_it_names_and_anything_it_leaves_out() {
        let when = When {
            task: None,
            leg: Some("implement".into()),
            attempts: Attempts {
                first: 2,
                last: u32::MAX,
            },
        };
        assert!(when.matches("TASK-001", "implement", 2));
        assert!(when.matches("TASK-777", "implement", 9));
        assert!(!when.matches("TASK-001", "implement", 1));
        assert!(!when.matches("TASK-001", "review", 2));
    }

    #[test]
    fn pauses_follow_the_pace_but_never_overflow() {
        let mut pacing = Pacing {
            pace: Pace::AsWritten,
            delta: Duration::from_millis(40),
            text_chars: 8,
            input_chars: 40,
        };
        let written = Duration::from_millis(400);
        assert_eq!(pacing.scaled(written), written);
        pacing.pace = Pace::Scaled(0.5);
        assert_eq!(pacing.scaled(written), Duration::from_millis(200));
        pacing.pace = Pace::Scaled(-1.0);
        assert_eq!(pacing.scaled(written), written);
        pacing.pace = Pace::Instant;
        assert_eq!(pacing.scaled(written), Duration::ZERO);
    }
}
