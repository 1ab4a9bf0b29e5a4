//! Every way in which a newer version does not come in. In each of them the app stays as it is.

use orchestron_adapters::curl::FetchError;
use orchestron_operations::wire::ErrorView;
use semver::Version;
use std::io;
use thiserror::Error;

/// Why the app was not replaced.
#[derive(Debug, Error)]
pub enum UpdateError {
    /// Neither this build nor the person says where to look.
    #[error("it is not known where newer versions come from")]
    NoSource,
    /// The address is none that is safe to ask.
    #[error("this address cannot be asked for newer versions; it has to begin with https://")]
    BadAddress,
    /// What was given as the publisher's key is none.
    #[error("this is not a public key")]
    BadKey,
    /// Nobody answers there.
    #[error("{host} cannot be asked: {source}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// What curl says.
        source: FetchError,
    },
    /// The answer is no list of versions.
    #[error("{host} answers with something that is no list of versions: {said}")]
    BadList {
        /// Who was asked.
        host: String,
        /// What is wrong with it.
        said: String,
    },
    /// It is newer, and there is no package for this system.
    #[error("version {version} has no package for this machine ({target})")]
    NoPackage {
        /// The newer version.
        version: Version,
        /// What the list would call it.
        target: String,
    },
    /// Going back is never done by itself: old versions have old faults.
    #[error("version {offered} is offered, which is older than this one ({own})")]
    Older {
        /// What is offered.
        offered: Version,
        /// What runs.
        own: Version,
    },
    /// Somebody else has signed it.
    #[error("version {0} is signed with another key than the one it must bear")]
    OtherKey(Version),
    /// The package is not what was signed.
    #[error("the package of version {0} is not what its publisher signed")]
    NotAsSigned(Version),
    /// The signature says nothing of the version, or is none.
    #[error("the signature of version {0} cannot be read, or does not say what it is for")]
    Unbound(Version),
    /// A package of another version, or another package, is passed off as this one.
    #[error("what is offered as version {offered} was signed as {signed}")]
    PassedOff {
        /// What the list says.
        offered: Version,
        /// What the publisher signed.
        signed: String,
    },
    /// Another version is offered now than the one that was shown.
    #[error("version {0} is not what is offered now")]
    NotOffered(String),
    /// It is being looked for or installed already.
    #[error("newer versions are being looked for, or one is being installed")]
    Busy,
    /// The app does not lie where an update could be put.
    #[error("this app cannot replace itself: {0}")]
    CannotReplace(String),
    /// Nobody can be asked for the rights that installing takes.
    #[error(
        "installing takes the administrator's rights, and there is no `pkexec` to ask for them"
    )]
    NeedsHands {
        /// What a person can type.
        line: String,
    },
    /// The system's installer did not do it.
    #[error("{program} did not install it: {said}")]
    Installer {
        /// Its name.
        program: String,
        /// Its last words.
        said: String,
    },
    /// What came does not start, or is another version.
    #[error("the new version does not start here: {0}")]
    DoesNotStart(String),
    /// Files could not be read, written or moved.
    #[error("{doing}: {source}")]
    Io {
        /// What was under way.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
}

impl UpdateError {
    /// For `map_err`.
    pub fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// What a program can tell it by.
    const fn code(&self) -> &'static str {
        match self {
            Self::NoSource => "update_no_source",
            Self::BadAddress => "update_bad_address",
            Self::BadKey => "update_bad_key",
            Self::Unreachable { .. } => "update_unreachable",
            Self::BadList { .. } => "update_bad_list",
            Self::NoPackage { .. } => "update_no_package",
            Self::Older { .. } => "update_older",
            Self::OtherKey(_) => "update_other_key",
            Self::NotAsSigned(_) => "update_not_as_signed",
            Self::Unbound(_) => "update_unbound",
            Self::PassedOff { .. } => "update_passed_off",
            Self::NotOffered(_) => "update_not_offered",
            Self::Busy => "update_busy",
            Self::CannotReplace(_) => "update_cannot_replace",
            Self::NeedsHands { .. } => "update_needs_hands",
            Self::Installer { .. } => "update_installer",
            Self::DoesNotStart(_) => "update_does_not_start",
            Self::Io { .. } => "update_io",
        }
    }

    /// How to mend it.
    fn hint(&self) -> String {
        let hint = match self {
            Self::NoSource => {
                "enter the address of the list of versions and its publisher's public key in Settings, Updates"
            }
            Self::BadAddress => "only this machine itself may be asked without encryption",
            Self::BadKey => {
                "it is the text of the file that ends in .pub and was made with the signing key"
            }
            Self::Unreachable {
                source: FetchError::NoCurl(_),
                ..
            } => "install curl, then look again",
            Self::Unreachable { .. } => {
                "is this machine online, and is there a proxy to be named in HTTPS_PROXY?"
            }
            Self::BadList { .. } => "is the address the one of a latest.json?",
            Self::NoPackage { .. } | Self::Older { .. } => "there is nothing to be done",
            Self::OtherKey(_)
            | Self::NotAsSigned(_)
            | Self::Unbound(_)
            | Self::PassedOff { .. } => {
                "nothing was installed; do not install this version by hand either before its publisher has said what happened"
            }
            Self::NotOffered(_) => "look again, and read what is new",
            Self::Busy => "wait until it is done",
            Self::CannotReplace(_) => "install the new version the way this one was installed",
            Self::NeedsHands { line } => return format!("type: {line}"),
            Self::Installer { .. } | Self::DoesNotStart(_) | Self::Io { .. } => {
                "this version goes on as it is"
            }
        };
        hint.to_owned()
    }

    /// As windows show it.
    pub fn view(&self) -> ErrorView {
        let field = match self {
            Self::BadAddress => Some("url".to_owned()),
            Self::BadKey => Some("key".to_owned()),
            _ => None,
        };
        ErrorView {
            code: self.code().to_owned(),
            message: self.to_string(),
            hints: vec![self.hint()],
            field,
        }
    }
}
