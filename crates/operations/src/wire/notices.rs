//! What the person is to be told now.

use super::{Big, Millis, RequestView};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire_word! {
    /// What a notice is about; `several` and `digest` are about more than one thing.
    pub enum NoticeWord { Review, Permission, Question, Escalation, Conflict, Budget, Message, Done, Several, Digest }
    /// When something is told.
    pub enum WhenWord { Now, Later, Never, Told }
}

wire! {
    /// What whoever shows notices remembers between two looks: handed back as it came, kept where it outlasts the program. None = it begins now.
    pub struct NoticeMemory {
        /** News of before is no news. */ pub since: Big,
        /** What was told and may still be open. */ pub told: Vec<Big>,
        /** When something was told last. */ pub last: Option<Millis>,
        /** When the last digest came. */ pub digest: Millis,
    }

    /// What is to be told now.
    pub struct NoticesView {
        /** Each is one notification, the digest last; usually none or one. */ pub show: Vec<NoticeView>,
        /** Things that were told and are settled: a notification that is about these alone is taken down. */ pub over: Vec<Big>,
        /** Look again then, even if nothing happens until then. */ pub again: Option<Millis>,
        /** How many things wait to be told later: gathered, or kept back by quiet hours. */ pub later: u32,
        /** Hand this back the next time, once all of `show` is shown. */ pub memory: NoticeMemory,
        /** With `explain`: everything that could be told, when it is, and why not before. */ #[serde(default, skip_serializing_if = "Vec::is_empty")] #[ts(optional, as = "Option<Vec<NoticeWaitView>>")] pub waits: Vec<NoticeWaitView>,
        /** With `explain`: the quiet hours, when there are some. */ #[serde(default, skip_serializing_if = "Option::is_none")] #[ts(optional)] pub quiet: Option<QuietView>,
    }

    /// When something is told.
    pub struct NoticeWaitView {
        pub id: Big,
        pub kind: NoticeWord,
        /** In a line. */ pub text: String,
        pub when: WhenWord,
        /** When it is later and that is known. */ pub at: Option<Millis>,
        /** In words. */ pub why: String,
    }

    /// Quiet hours, as the person's clock shows them.
    pub struct QuietView { /** `22:00` */ pub from: String, pub to: String, /** When it is quiet now: until then. */ pub until: Option<Millis> }

    /// One notification.
    pub struct NoticeView {
        /** The first thing it is about; names the notification. */ pub id: Big,
        pub kind: NoticeWord,
        /** One line. */ pub title: String,
        /** Some more lines. */ pub body: String,
        pub sound: bool,
        /** All that it is about, most urgent first; empty when a digest only reminds. */ pub about: Vec<Big>,
        /** When it is about one request alone: that request, so that it can be decided from the notification. */ pub request: Option<RequestView>,
        /** When it is about one task alone: that task, so that a click opens it. */ pub task: Option<String>,
    }
}
