//! API keys in the operating system's keyring, and only there: Secret Service (Linux), Keychain (macOS), Credential Manager (Windows).
//!
//! Each account has one key, under the service `orchestron`. Where the keyring has none, an account may have one in Orchestron's own
//! environment ([`VARIABLES`]); the order is keyring, then environment. Nothing here prints or logs a key.
//!
//! Calls block: a locked keyring asks the person to unlock it. Callers use a thread that may wait.

mod error;
mod probe;
mod secret;

#[cfg(test)]
mod tests;

pub use error::KeyringError;
pub use secret::Secret;

use error::from_platform;
use keyring_core::{Entry, Error};
use orchestron_engine::ports::{KeyProbe, Keys, PortResult};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// Accounts whose key may also come from an environment variable of Orchestron's own.
pub const VARIABLES: &[(&str, &str)] = &[("anthropic", "ANTHROPIC_API_KEY")];

/// The name all our keys are kept under.
const SERVICE: &str = "orchestron";
/// The name the probe is kept under, for a moment.
const PROBE_SERVICE: &str = "orchestron-probe";
/// The longest key the smallest store takes (Windows: 2560 bytes of UTF-16).
const MAX_KEY_BYTES: usize = 1_280;
/// The longest account name.
const MAX_ACCOUNT_BYTES: usize = 100;

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The operating system's keyring.
    Keyring,
    /// The environment of this process.
    Environment,
}

impl Source {
    /// The word for it on all surfaces.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Environment => "environment",
        }
    }
}

/// The keyring with Orchestron's keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyStore {
    variable: fn(&str) -> Option<String>,
}

impl Default for KeyStore {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyStore {
    /// The keyring of the person whose session this is.
    #[must_use]
    pub fn new() -> Self {
        Self {
            variable: |name| std::env::var(name).ok(),
        }
    }

    /// Keeps an account's key, instead of the one there was.
    ///
    /// # Errors
    /// When the name or the key is impossible, or the keyring cannot be used.
    pub fn set(&self, account: &str, key: &Secret) -> Result<(), KeyringError> {
        check_account(account)?;
        let text = key.expose().trim();
        check_key(text)?;
        with_entry(SERVICE, account, |entry| entry.set_password(text))
    }

    /// The key the keyring has for an account.
    ///
    /// # Errors
    /// When the name is impossible or the keyring cannot be used.
    pub fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        check_account(account)?;
        with_entry(SERVICE, account, |entry| {
            none_if_absent(entry.get_password().map(Secret::new))
        })
    }

    /// Forgets an account's key; whether there was one.
    ///
    /// # Errors
    /// When the name is impossible or the keyring cannot be used.
    pub fn delete(&self, account: &str) -> Result<bool, KeyringError> {
        check_account(account)?;
        with_entry(SERVICE, account, |entry| {
            none_if_absent(entry.delete_credential()).map(|done| done.is_some())
        })
    }

    /// The accounts that have a key in the keyring, in order.
    ///
    /// # Errors
    /// When the keyring cannot be used.
    pub fn accounts(&self) -> Result<Vec<String>, KeyringError> {
        let spec = if cfg!(windows) {
            HashMap::from([("pattern", SERVICE)])
        } else {
            HashMap::from([("service", SERVICE)])
        };
        let found = connected(|| Entry::search(&spec)).map_err(|e| from_platform("", &e))?;
        let mut accounts: Vec<String> = found
            .iter()
            .filter_map(Entry::get_specifiers)
            .filter(|(service, _)| service == SERVICE)
            .map(|(_, account)| account)
            .collect();
        accounts.sort();
        accounts.dedup();
        Ok(accounts)
    }

    /// An account's key and where it comes from: the keyring, or else the environment. A keyring that cannot be used is an error only when
    /// the environment has no key either.
    ///
    /// # Errors
    /// When there is no key in the environment and the keyring cannot be used.
    pub fn lookup(&self, account: &str) -> Result<Option<(Secret, Source)>, KeyringError> {
        let kept = self.get(account);
        if let Ok(Some(key)) = kept {
            return Ok(Some((key, Source::Keyring)));
        }
        match self.environment(account) {
            Some(key) => Ok(Some((key, Source::Environment))),
            None => kept.map(|_| None),
        }
    }

    /// An account's key, for handing it to an agent; none when there is none or the keyring cannot be used.
    #[must_use]
    pub fn for_account(&self, account: &str) -> Option<String> {
        let (key, _) = self.lookup(account).ok().flatten()?;
        Some(key.expose().to_owned())
    }

    /// Whether the keyring works: a canary is written, read and deleted.
    ///
    /// # Errors
    /// What does not work.
    pub fn probe(&self) -> Result<(), KeyringError> {
        let canary = Uuid::new_v4().to_string();
        let result = with_entry(PROBE_SERVICE, &canary, |entry| {
            entry.set_password(&canary)?;
            let read = entry.get_password();
            entry.delete_credential()?;
            read
        })?;
        if result == canary {
            Ok(())
        } else {
            Err(KeyringError::Forgetful)
        }
    }

    /// The name of this system's keyring.
    #[must_use]
    pub const fn store_name() -> &'static str {
        if cfg!(target_os = "macos") {
            "Keychain"
        } else if cfg!(windows) {
            "Credential Manager"
        } else {
            "Secret Service"
        }
    }

    fn environment(&self, account: &str) -> Option<Secret> {
        let (_, name) = VARIABLES.iter().find(|(of, _)| *of == account)?;
        let key = (self.variable)(name)?;
        let key = key.trim();
        check_key(key).is_ok().then(|| Secret::new(key))
    }
}

impl Keys for KeyStore {
    fn store(&self) -> PortResult<String> {
        self.probe()?;
        Ok(Self::store_name().to_owned())
    }

    fn source(&self, account: &str) -> PortResult<Option<String>> {
        let found = self.lookup(account)?;
        Ok(found.map(|(_, source)| source.word().to_owned()))
    }

    fn set(&self, account: &str, key: &str) -> PortResult<()> {
        Ok(Self::set(self, account, &Secret::new(key))?)
    }

    fn delete(&self, account: &str) -> PortResult<bool> {
        Ok(Self::delete(self, account)?)
    }

    fn probe(&self, account: &str, probe: &KeyProbe) -> PortResult<u16> {
        let (key, _) = self.lookup(account)?.ok_or_else(|| KeyringError::NoKey {
            account: account.to_owned(),
        })?;
        probe::ask(probe, &key)
    }
}

fn check_account(account: &str) -> Result<(), KeyringError> {
    let good = (1..=MAX_ACCOUNT_BYTES).contains(&account.len())
        && account
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._@-".contains(c));
    if good {
        Ok(())
    } else {
        Err(KeyringError::BadAccount {
            account: account.chars().take(40).collect(),
        })
    }
}

fn check_key(key: &str) -> Result<(), KeyringError> {
    let why = if key.is_empty() {
        "it is empty"
    } else if key.len() > MAX_KEY_BYTES {
        "it is too long"
    } else if key.chars().any(|c| c.is_control() || c.is_whitespace()) {
        "there are spaces or line breaks in it"
    } else {
        return Ok(());
    };
    Err(KeyringError::BadKey { why })
}

fn none_if_absent<T>(result: keyring_core::Result<T>) -> keyring_core::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NoEntry) => Ok(None),
        Err(other) => Err(other),
    }
}

fn with_entry<T>(
    service: &str,
    account: &str,
    action: impl Fn(&Entry) -> keyring_core::Result<T>,
) -> Result<T, KeyringError> {
    connected(|| Entry::new(service, account).and_then(|entry| action(&entry)))
        .map_err(|e| from_platform(account, &e))
}

/// Does something with the store; when the connection to it is broken (the keyring came up, or was started again, after us), once more with
/// a new one.
fn connected<T>(action: impl Fn() -> keyring_core::Result<T>) -> keyring_core::Result<T> {
    static CONNECTING: Mutex<()> = Mutex::new(());
    // Chooses the system's store at the first call in this process.
    let first = keyring::Entry::store_status();
    if first.is_ok() {
        match action() {
            Err(Error::PlatformFailure(_) | Error::NoDefaultStore) => {}
            other => return other,
        }
    }
    {
        let _one_at_a_time = CONNECTING.lock().unwrap_or_else(PoisonError::into_inner);
        connect_again()?;
    }
    action()
}

#[cfg(all(unix, not(target_os = "macos")))]
fn connect_again() -> keyring_core::Result<()> {
    let store = zbus_secret_service_keyring_store::Store::new()?;
    keyring_core::set_default_store(store);
    Ok(())
}

/// Keychain and Credential Manager have no connection that could break.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn connect_again() -> keyring_core::Result<()> {
    match keyring::Entry::store_status() {
        Ok(()) => Ok(()),
        Err(_) => Err(Error::NoDefaultStore),
    }
}
