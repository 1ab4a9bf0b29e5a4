//! What can go wrong with the keyring, each with how to mend it. No error ever holds a secret.

use orchestron_engine::ports::{PortError, PortErrorKind};
use thiserror::Error;

/// A failure of the keyring.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is no session bus, so no keyring can be reached.
    #[error("there is no D-Bus session to reach a keyring by")]
    NoBus,
    /// The session has no keyring.
    #[error("no keyring (Secret Service) runs in this session")]
    NoService,
    /// There is a keyring service, but it has nothing to keep secrets in.
    #[error("the keyring has no default collection")]
    NoCollection,
    /// The keyring is locked, and nobody unlocked it.
    #[error("the keyring is locked")]
    Locked,
    /// The system has no keyring this program knows.
    #[error("this system has no keyring that Orchestron knows")]
    NotSupported,
    /// The account's name is impossible.
    #[error("`{account}` is no account name")]
    BadAccount {
        /// What was given.
        account: String,
    },
    /// The key is impossible.
    #[error("this is no key: {why}")]
    BadKey {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The account has no key.
    #[error("there is no key of `{account}`")]
    NoKey {
        /// The account.
        account: String,
    },
    /// What the keyring holds for the account is no text.
    #[error("what the keyring holds for `{account}` is no text")]
    Unreadable {
        /// The account.
        account: String,
    },
    /// The keyring holds several keys for the account.
    #[error("the keyring holds {count} keys for `{account}`")]
    Several {
        /// The account.
        account: String,
        /// How many.
        count: usize,
    },
    /// The keyring took a key and gave back something else.
    #[error("the keyring did not give back what it was given")]
    Forgetful,
    /// Anything else the platform said.
    #[error("the keyring failed: {said}")]
    Platform {
        /// What it said.
        said: String,
    },
}

impl KeyringError {
    /// How to mend it.
    #[must_use]
    pub fn cure(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoBus => {
                "Start Orchestron in a desktop session (or below dbus-run-session), or set ANTHROPIC_API_KEY in its environment."
            }
            Self::NoService => {
                "Install and start a keyring (Debian: apt install gnome-keyring; KDE: KWallet; KeePassXC with Secret Service on), or set ANTHROPIC_API_KEY in Orchestron's environment."
            }
            Self::NoCollection => {
                "Make a default keyring (in Passwords and Keys: a new keyring called Login, set as default), or set ANTHROPIC_API_KEY in Orchestron's environment."
            }
            Self::Locked => {
                "Unlock the keyring (log in to the desktop, or: gnome-keyring-daemon --unlock), then try again."
            }
            Self::NotSupported => "Set ANTHROPIC_API_KEY in Orchestron's environment.",
            Self::BadAccount { .. } => "Use 1 to 100 letters, digits and . _ @ -",
            Self::NoKey { .. } => "Enter it under Settings, or: orchestron keys set",
            Self::BadKey { .. } => "Copy the key again, whole and by itself.",
            Self::Unreadable { .. } => "Enter the key again.",
            Self::Several { .. } => {
                "Delete all but one in the keyring's own program (service `orchestron`)."
            }
            Self::Forgetful | Self::Platform { .. } => return None,
        })
    }
}

impl From<KeyringError> for PortError {
    fn from(error: KeyringError) -> Self {
        Self {
            doing: "cannot use",
            what: "the keyring".to_owned(),
            said: error.to_string(),
            cure: error.cure().map(str::to_owned),
            kind: match &error {
                KeyringError::NoBus
                | KeyringError::NoService
                | KeyringError::NoCollection
                | KeyringError::NoKey { .. }
                | KeyringError::NotSupported => PortErrorKind::Missing,
                KeyringError::Locked => PortErrorKind::Held,
                KeyringError::BadAccount { .. }
                | KeyringError::BadKey { .. }
                | KeyringError::Unreadable { .. } => PortErrorKind::Malformed,
                _ => PortErrorKind::Other,
            },
        }
    }
}

/// What the platform's store said, without the secrets some of its errors carry.
pub(super) fn from_platform(account: &str, error: &keyring_core::Error) -> KeyringError {
    use keyring_core::Error;
    let account = account.to_owned();
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => KeyringError::Unreadable { account },
        Error::Ambiguous(entries) => KeyringError::Several {
            account,
            count: entries.len(),
        },
        Error::Invalid(..) | Error::TooLong(..) => KeyringError::BadAccount { account },
        Error::NotSupportedByStore(_) | Error::NoDefaultStore => KeyringError::NotSupported,
        Error::NoStorageAccess(inner) => no_access(&inner.to_string()),
        Error::PlatformFailure(inner) => failure(&inner.to_string()),
        other => KeyringError::Platform {
            said: short(&other.to_string()),
        },
    }
}

fn no_access(said: &str) -> KeyringError {
    if said.contains("result not returned") {
        KeyringError::NoCollection
    } else {
        KeyringError::Locked
    }
}

fn failure(said: &str) -> KeyringError {
    if said.contains("no secret service provider or dbus session found")
        || said.contains("Failed to connect to address")
    {
        KeyringError::NoBus
    } else if said.contains("ServiceUnknown")
        || said.contains("was not provided by any .service files")
        || said.contains("Spawn")
    {
        KeyringError::NoService
    } else if said.contains("IsLocked") || said.contains("locked") {
        KeyringError::Locked
    } else {
        KeyringError::Platform { said: short(said) }
    }
}

fn short(said: &str) -> String {
    said.chars().take(300).collect()
}
