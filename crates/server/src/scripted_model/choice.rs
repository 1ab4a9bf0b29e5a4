//! Which words come next: scenario and conversation in, speech out. No clock, no socket; the only
//! thing remembered between requests is how often each written fault has happened.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::conversation::{Conversation, Header, ToolResult};
use super::scenario::{Call, Condition, Fault, FaultKind, Scenario, Speech, Turn, WrittenUsage};

/// What to say, with every variable filled in.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) think: Duration,
    pub(super) say: Option<String>,
    pub(super) calls: Vec<Call>,
    pub(super) usage: WrittenUsage,
    pub(super) stop_reason: Option<String>,
}

impl Words {
    fn text(text: String) -> Self {
        Self {
            think: Duration::ZERO,
            say: Some(text),
            calls: Vec::new(),
            usage: WrittenUsage::default(),
            stop_reason: None,
        }
    }
}

/// Why these words were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// This turn (from 1) of the play in this line.
    Turn { play_line: u64, turn: usize },
    /// The play in this line is over.
    End { play_line: u64 },
    /// A request the CLI makes for itself.
    Aside,
    /// No header, or no play for it.
    NoPlay,
}

/// The next words, why, and what goes wrong while they are spoken.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    pub(super) reason: Reason,
    pub(super) words: Words,
    pub(super) fault: Option<&'a FaultKind>,
}

/// How often each written fault has happened.
#[derive(Debug, Default)]
pub(super) struct FaultCounters(Vec<AtomicU32>);

impl FaultCounters {
    /// Counters for all faults of a scenario.
    pub(super) fn for_scenario(scenario: &Scenario) -> Self {
        let turns = scenario.plays.iter().flat_map(|play| &play.turns);
        let closing = scenario.plays.iter().map(|play| play.closing_faults.len());
        let count = turns.map(|turn| turn.faults.len()).sum::<usize>() + closing.sum::<usize>();
        Self((0..count).map(|_| AtomicU32::new(0)).collect())
    }

    /// The first fault that has not happened often enough, counted as happening now.
    fn take<'a>(&self, faults: &'a [Fault]) -> Option<&'a FaultKind> {
        let due = faults.iter().find(|fault| {
            let counter = self.0.get(fault.counter);
            counter.is_some_and(|count| {
                let more = |seen: u32| (seen < fault.times).then(|| seen.saturating_add(1));
                count
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
                    .is_ok()
            })
        });
        due.map(|fault| &fault.kind)
    }
}

/// Chooses what to answer.
pub(super) fn choose<'a>(
    scenario: &'a Scenario,
    counters: &FaultCounters,
    conversation: &Conversation,
) -> Choice<'a> {
    let plain = |reason, text| Choice {
        reason,
        words: Words::text(text),
        fault: None,
    };
    if !conversation.offers_tools {
        return plain(Reason::Aside, scenario.aside.clone());
    }
    let Some(header) = &conversation.header else {
        return plain(Reason::NoPlay, no_header());
    };
    let play = scenario
        .plays
        .iter()
        .find(|play| play.when.matches(&header.task, &header.leg, header.attempt));
    let Some(play) = play else {
        return plain(Reason::NoPlay, no_play(&scenario.name, header));
    };
    let variables = Variables::new(header, conversation.worktree.as_deref());
    match play.turns.get(conversation.turn) {
        Some(turn) => Choice {
            reason: Reason::Turn {
                play_line: play.line,
                turn: conversation.turn + 1,
            },
            words: speak(turn, conversation, &variables),
            fault: counters.take(&turn.faults),
        },
        None => Choice {
            reason: Reason::End {
                play_line: play.line,
            },
            words: Words::text(variables.fill(&play.end)),
            fault: counters.take(&play.closing_faults),
        },
    }
}

fn no_header() -> String {
    "Scripted model: no user message has a header line such as \
     `# TASK-001 · implement · attempt 1`, so no play matches. Nothing was sent anywhere."
        .to_owned()
}

fn no_play(name: &str, header: &Header) -> String {
    format!(
        "Scripted model: the scenario {name:?} has no play for task {}, leg {}, attempt {}. \
         Add one to the scenario file. Nothing was sent anywhere.",
        header.task, header.leg, header.attempt
    )
}

fn speak(turn: &Turn, conversation: &Conversation, variables: &Variables) -> Words {
    let speech = turn
        .instead
        .iter()
        .find(|(condition, _)| holds(condition, conversation))
        .map_or(&turn.speech, |(_, speech)| speech);
    let Speech { say, calls } = speech;
    let calls = calls.iter().map(|call| Call {
        tool: call.tool.clone(),
        input: variables.fill_value(&call.input),
    });
    Words {
        think: turn.think,
        say: say.as_deref().map(|text| variables.fill(text)),
        calls: calls.collect(),
        usage: turn.usage,
        stop_reason: turn.stop_reason.clone(),
    }
}

fn holds(condition: &Condition, conversation: &Conversation) -> bool {
    let looked_at = |result: &&ToolResult| match &condition.tool {
        Some(tool) => result.tool == *tool,
        None => result.round == conversation.turn,
    };
    let as_wanted = |result: &ToolResult| {
        let failed = condition
            .failed
            .is_none_or(|wanted| wanted == result.failed);
        let text = condition.has.as_deref();
        failed && text.is_none_or(|text| result.text.to_lowercase().contains(text))
    };
    conversation.results.iter().filter(looked_at).any(as_wanted)
}

/// The `${…}` names a script may use, and their values.
struct Variables([(&'static str, String); 4]);

impl Variables {
    fn new(header: &Header, worktree: Option<&str>) -> Self {
        Self([
            // The CLI takes relative paths too, from its own folder.
            ("${worktree}", worktree.unwrap_or(".").to_owned()),
            ("${task}", header.task.clone()),
            ("${leg}", header.leg.clone()),
            ("${attempt}", header.attempt.to_string()),
        ])
    }

    fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.0 {
            if filled.contains(name) {
                filled = filled.replace(name, value);
            }
        }
        filled
    }

    fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, field)| (key.clone(), self.fill_value(field)))
                .collect(),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::conversation::MessagesRequest;
    use super::*;
    use serde_json::json;

    const SCRIPT: &str = r#"
name: test
aside: A title
plays:
  - when: { task: TASK-001, leg: implement, attempt: 1 }
    end: Bye from ${task}.
    steps:
      - error: { status: 429, retry_after: 2 }
        times: 2
      - say: First, in ${worktree}.
        calls: [{ tool: Bash, input: { command: "echo ${attempt} ${other}" } }]
      - say: It worked.
        instead:
          - if: { failed: true }
            say: It failed.
          - if: { tool: Ask, has: memory }
            say: In memory then.
      - say: Third.
        instead:
          - if: { tool: Ask, has: memory }
            say: Still in memory.
  - when: { leg: implement, attempt: 2+ }
    steps: [{ say: "Again, ${leg} ${attempt}." }]
"#;

    fn conversation(messages: Value) -> Conversation {
        let request = json!({"tools": [{"name": "Bash"}], "messages": messages,
            "system": "Working directory: /trees/one"});
        let request: MessagesRequest = serde_json::from_value(request).unwrap();
        Conversation::read(&request)
    }

    fn header(attempt: u32) -> Value {
        json!({"role": "user", "content": format!("# TASK-001 · implement · attempt {attempt}")})
    }

    fn round(tool: &str, failed: bool, text: &str) -> [Value; 2] {
        [
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": tool, "name": tool, "input": {}}]}),
            json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": tool, "is_error": failed, "content": text}]}),
        ]
    }

    fn said(scenario: &Scenario, messages: Vec<Value>) -> String {
        let mut counters = FaultCounters::for_scenario(scenario);
        counters
            .0
            .iter_mut()
            .for_each(|count| *count.get_mut() = 99);
        let choice = choose(scenario, &counters, &conversation(messages.into()));
        choice.words.say.unwrap_or_default()
    }

    #[test]
    fn the_turn_is_counted_from_the_header_and_ends_with_the_closing_text() {
        let scenario = Scenario::from_yaml(SCRIPT, "s.yaml").unwrap();
        let mut messages = vec![header(1)];
        assert_eq!(said(&scenario, messages.clone()), "First, in /trees/one.");
        messages.extend(round("Bash", false, "ok"));
        assert_eq!(said(&scenario, messages.clone()), "It worked.");
        messages.extend(round("Bash", false, "ok"));
        assert_eq!(said(&scenario, messages.clone()), "Third.");
        messages.extend(round("Bash", false, "ok"));
        assert_eq!(said(&scenario, messages.clone()), "Bye from TASK-001.");
        messages.push(header(2));
        assert_eq!(said(&scenario, messages), "Again, implement 2.");
    }

    #[test]
    fn a_condition_looks_at_the_last_round_or_at_the_tool_it_names() {
        let scenario = Scenario::from_yaml(SCRIPT, "s.yaml").unwrap();
        let after = |rounds: &[[Value; 2]]| {
            let mut messages = vec![header(1)];
            messages.extend(rounds.iter().flatten().cloned());
            said(&scenario, messages)
        };
        let refused = round("Bash", true, "The user said no");
        let memory = round("Ask", false, "In Memory, please");
        let fine = round("Bash", false, "ok");
        assert_eq!(after(std::slice::from_ref(&refused)), "It failed.");
        assert_eq!(after(std::slice::from_ref(&memory)), "In memory then.");
        assert_eq!(after(&[memory, fine.clone()]), "Still in memory.");
        assert_eq!(after(&[refused, fine]), "Third.");
    }

    #[test]
    fn variables_are_filled_in_and_other_dollar_braces_are_left_alone() {
        let scenario = Scenario::from_yaml(SCRIPT, "s.yaml").unwrap();
        let counters = FaultCounters::for_scenario(&scenario);
        let choice = choose(&scenario, &counters, &conversation(json!([header(1)])));
        assert_eq!(choice.words.calls[0].input["command"], "echo 1 ${other}");
    }

    #[test]
    fn a_fault_happens_as_often_as_written_and_then_the_turn_is_played() {
        let scenario = Scenario::from_yaml(SCRIPT, "s.yaml").unwrap();
        let counters = FaultCounters::for_scenario(&scenario);
        let conversation = conversation(json!([header(1)]));
        let mut faults = Vec::new();
        for _ in 0..4 {
            faults.push(choose(&scenario, &counters, &conversation).fault.is_some());
        }
        assert_eq!(faults, [true, true, false, false]);
    }

    #[test]
    fn what_matches_nothing_is_answered_in_plain_words() {
        let scenario = Scenario::from_yaml(SCRIPT, "s.yaml").unwrap();
        let review = json!({"role": "user", "content": "# TASK-009 · review · attempt 4"});
        let text = said(&scenario, vec![review]);
        assert!(
            text.contains("task TASK-009, leg review, attempt 4"),
            "{text}"
        );
        let text = said(&scenario, vec![json!({"role": "user", "content": "hello"})]);
        assert!(text.contains("no user message has a header line"), "{text}");
    }

    #[test]
    fn a_request_without_tools_is_the_clis_own_even_when_it_quotes_the_prompt() {
        let scenario = Scenario::from_yaml(SCRIPT, "s.yaml").unwrap();
        let request: MessagesRequest =
            serde_json::from_value(json!({"messages": [header(1)]})).unwrap();
        let counters = FaultCounters::for_scenario(&scenario);
        let choice = choose(&scenario, &counters, &Conversation::read(&request));
        assert_eq!(choice.reason, Reason::Aside);
        assert_eq!(choice.words.say.as_deref(), Some("A title"));
    }
}
