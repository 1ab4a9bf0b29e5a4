//! `.mcp/config.yaml` as it is edited, and what an account's API says of a key.

use super::{Big, ProblemView, StatusWord};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// What the project's configuration says and what holds.
    pub struct ConfigView {
        /** `.mcp/config.yaml` */ pub path: String,
        /** The whole text, as it is. */ pub text: String,
        /** The text's hash; given back with a change, so that nobody else's is written over. */ pub hash: String,
        /** Every setting there is, in the order of the documentation. */ pub settings: Vec<SettingView>,
        pub problems: Vec<ProblemView>,
        /** When tasks move by themselves: what the chain does, then the project's own rules in the order in which they are asked. */ pub rules: Vec<RuleView>,
    }

    /// When a task moves by itself.
    pub struct RuleView {
        /** Its name; none for what the chain does by itself. */ pub name: Option<String>,
        /** Where it finds tasks; none = wherever work goes wrong. */ pub from: Option<StatusWord>,
        pub to: StatusWord,
        /** In words. */ pub when: String,
    }

    /// One setting.
    pub struct SettingView {
        /** `limits.parallel` */ pub key: String,
        /** What is written for it, as YAML; none = nothing. */ pub written: Option<String>,
        pub line: Option<u32>,
        /** What holds now, in the words of the file; empty = nothing does. */ pub holds: String,
    }

    /// What an account's API said of its key.
    pub struct KeyTestView {
        pub account: String,
        /** The key is good. */ pub good: bool,
        /** In a sentence. */ pub said: String,
        pub cure: Option<String>,
        /** Whom was asked: `api.anthropic.com`. */ pub host: String,
        /** Milliseconds it took. */ pub took: Big,
    }
}
