//! What waits for a person, and what a person decides.

use super::{
    Big, Millis, Money, RequestWord,
    input::{Comment, HunkVerdict},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// A request to a person.
    pub struct RequestView {
        pub id: Big,
        pub kind: RequestWord,
        pub task: Option<String>,
        pub task_title: Option<String>,
        /** One line: the command, the question, the task's title. */ pub title: String,
        /** A second, quieter line. */ pub detail: String,
        pub since: Millis,
        /** Who waits. */ pub from: Option<String>,
        pub run: Option<String>,
        /** Review: the commit the decision is bound to. */ pub commit: Option<String>,
        /** Permission: the tool and its whole input as JSON text. */ pub tool: Option<String>,
        pub input: Option<String>,
        /** Question: suggested answers, the recommended one first. */ pub options: Vec<String>,
        /** Conflict: the files. */ pub files: Vec<String>,
        pub open: bool,
        /** What was decided, in words, once it was. */ pub outcome: Option<String>,
        /** What deciding yes will do, in words: `merges into main`. */ pub effect: Option<String>,
        /** Higher = more urgent. */ pub urgency: u32,
        /** What waits for it, in words; none when nothing does. */ #[serde(default, skip_serializing_if = "Option::is_none")] #[ts(optional)] pub urgency_why: Option<String>,
        /** A clash: the conflict, which `resolve` decides. */ #[serde(default, skip_serializing_if = "Option::is_none")] #[ts(optional)] pub clash: Option<Big>,
        /** A permission: the rule that allowing it always writes; none where there is no rule for just this. */ #[serde(default, skip_serializing_if = "Option::is_none")] #[ts(optional)] pub rule: Option<String>,
    }
}

/// A person's decision on a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum DecisionInput {
    /// Review: good, merge it.
    Approve {
        /** Words for the record. */
        note: Option<String>,
    },
    /// Review, conflict: send it back.
    Changes {
        /** What to change; may be empty when the rest says it. */
        #[serde(default)]
        note: String,
        /** What is said about single lines. */
        #[serde(default)]
        #[ts(as = "Option<Vec<Comment>>", optional)]
        comments: Vec<Comment>,
        /** Parts that are accepted as they are, and parts to be done again. */
        #[serde(default)]
        #[ts(as = "Option<Vec<HunkVerdict>>", optional)]
        hunks: Vec<HunkVerdict>,
    },
    /// Permission: yes, once.
    Allow,
    /// Permission: yes, and the same again as long as the task lasts.
    AllowAlike,
    /// Permission: yes, and this rule is written for the agent, which does it without asking from its next start on.
    AllowAlways {
        /** The rule, as the request named it. */
        rule: String,
    },
    /// Permission: no.
    Deny {
        /** What to tell the agent. */
        note: Option<String>,
    },
    /// Question: the answer.
    Answer {
        /** The answer. */
        text: String,
    },
    /// Escalation, conflict: try again.
    Retry {
        /** Words for the next holder. */
        note: Option<String>,
    },
    /// Escalation: leave it failed. Budget: nothing more is spent.
    GiveUp,
    /// Budget: grant so much more.
    Raise {
        /** How much more. */
        by: Money,
    },
}
