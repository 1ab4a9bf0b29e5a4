//! What the desktop app tells its windows about itself and the system around it. These are answered by the app, not by operations:
//! they exist in a window only.

use super::{Big, ErrorView, Millis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// `desktop`: the app around this window.
    pub struct DesktopView {
        /** The project of this window; none = it has to be chosen first. */ pub project: Option<String>,
        /** Why the project that was asked for is not there. */ pub problem: Option<ErrorView>,
        /** Whether there is a tray to hide in. */ pub tray: bool,
        pub close_to_tray: bool,
        /** Whether it starts at login; none = this system cannot tell. */ pub at_login: Option<bool>,
        /** Who shows notifications; none = nobody. */ pub notifications: Option<NotifierView>,
        /** Newest first. */ pub recent: Vec<RecentView>,
        /** Where the app writes what goes wrong. */ pub log: String,
        pub version: String,
    }
    /// Who shows notifications.
    pub struct NotifierView { pub name: String, /** Whether it shows buttons. */ pub actions: bool }
    /// A project that was opened here.
    pub struct RecentView { pub path: String, pub name: String, pub opened: Millis, /** Its engine runs in this app. */ pub open: bool, /** Its folder is there. */ pub there: bool }
    /// `desktop-pick`: the chosen folder; none = nothing was chosen.
    pub struct PickedView { pub path: Option<String> }
    /// `desktop-save`: where it was written; none = the person wanted it nowhere.
    pub struct SavedFileView { pub path: Option<String> }
    /// `desktop-look`: what stands in a folder.
    pub struct FolderView {
        pub path: String,
        /** Why nothing can be set up there. */ pub problem: Option<String>,
        /** The project there or around it: it can be opened as it is. */ pub project: Option<String>,
        pub git: bool,
        pub branch: Option<String>,
        /** Coding agents this machine has or could have. */ pub agents: Vec<FoundAgentView>,
    }
    /// A coding agent's program.
    pub struct FoundAgentView { pub cli: String, /** None = not installed. */ pub program: Option<String>, pub version: Option<String>, /** How to install or mend it. */ pub install: String }
    /// `desktop-updates…`: newer versions of the app, and where they would come from.
    pub struct UpdatesView {
        /** This one. */ pub version: String,
        /** Whether it is looked for by itself. */ pub tell: bool,
        /** Where it is looked; none = nobody has said. */ pub url: Option<String>,
        /** Whose signature a version must bear. */ pub key: Option<String>,
        /** Both were set when this app was built, and cannot be changed. */ pub built_in: bool,
        /** Why the app cannot replace itself. */ pub cannot: Option<String>,
        /** When it was looked last. */ pub looked: Option<Millis>,
        /** A newer one. */ pub offer: Option<UpdateView>,
        /** What went wrong last. */ pub problem: Option<ErrorView>,
        /** It is being looked for or installed. */ pub busy: bool,
    }
    /// A newer version. What it says of itself is anybody's words until its package is here and bears the signature.
    pub struct UpdateView { pub version: String, /** Plain text. */ pub notes: String, pub published: Option<String>, /** The machine it comes from. */ pub from: String }
    /// `desktop-set-up`: what was made.
    pub struct SetUpView { pub path: String, pub created: Vec<String>, pub kept: Vec<String>, pub chain: String, pub notes: Vec<String> }
}

wire_input! {
    /// `desktop-set`: what is named is changed.
    pub struct DesktopSet { #[serde(default)] #[ts(optional)] pub at_login: Option<bool>, #[serde(default)] #[ts(optional)] pub close_to_tray: Option<bool> }
    /// `desktop-updates-set`: what is named is changed; an empty text takes it out.
    pub struct DesktopUpdatesSet { #[serde(default)] #[ts(optional)] pub tell: Option<bool>, #[serde(default)] #[ts(optional)] pub url: Option<String>, #[serde(default)] #[ts(optional)] pub key: Option<String> }
    /// `desktop-updates-install`: the version that was shown.
    pub struct DesktopUpdatesInstall { pub version: String }
    /// `desktop-look`, `desktop-forget`: a folder.
    pub struct DesktopFolder { pub path: String }
    /// `desktop-set-up`.
    pub struct DesktopSetUp { pub path: String, #[serde(default)] #[ts(optional)] pub base_branch: Option<String> }
    /// `desktop-open`: in this window, or in one of its own.
    pub struct DesktopOpen { pub path: String, #[serde(default)] pub new_window: bool }
    /// `desktop-save`: a text that the person wants as a file; where, they are asked.
    pub struct DesktopSave { pub name: String, pub text: String }
    /// `desktop-tell`: what the app cannot know of a page by itself.
    pub struct DesktopTell {
        /** Decisions that can still be undone or are being sent: a window is not closed before they are gone. */ pub held: u32,
        /** The request that stands on the screen, open to be decided. */ pub request: Option<Big>,
        /** Whether the page is drawn dark: its window is filled so before the next page is. */ #[serde(default)] pub dark: Option<bool>,
    }
}
