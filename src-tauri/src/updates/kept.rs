//! What the person wants of updates, and what was done: `updates.json` in the app's own folder on this machine. A project's files have no
//! say in it, or whoever sends a change could say where programs come from.

use super::{error::UpdateError, signed::Key};
use crate::log;
use orchestron_adapters::curl::is_safe;
use orchestron_operations::wire::DesktopUpdatesSet;
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tauri::Url;

/// Where to look, set when the app was built by whoever publishes it.
const URL: Option<&str> = option_env!("ORCHESTRON_UPDATE_URL");
/// Their public key.
const KEY: Option<&str> = option_env!("ORCHESTRON_UPDATE_KEY");

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Whether newer versions are looked for by themselves.
    pub tell: bool,
    /// Where to look.
    pub url: Option<String>,
    /// Whose signature counts.
    pub key: Option<String>,
    /// When it was looked last and an answer came, in milliseconds since 1970.
    pub looked: Option<i64>,
    /// The version that was told last.
    pub told: Option<String>,
}

/// Where newer versions come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The list of versions.
    pub url: Url,
    /// Whose signature counts.
    pub key: Key,
}

/// Both, if whoever built this app has set them.
pub fn built_in() -> Option<(&'static str, &'static str)> {
    let set = |text: &&str| !text.trim().is_empty();
    Some((URL.filter(set)?, KEY.filter(set)?))
}

impl Wishes {
    /// Where to look, if anybody has said.
    pub fn source(&self) -> Result<Source, UpdateError> {
        let own = self.url.as_deref().zip(self.key.as_deref());
        let (url, key) = built_in().or(own).ok_or(UpdateError::NoSource)?;
        Ok(Source {
            url: address(url)?,
            key: Key::read(key)?,
        })
    }

    /// What they are when the person has their way.
    fn changed(mut self, wanted: &DesktopUpdatesSet) -> Result<Self, UpdateError> {
        let filled = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        self.tell = wanted.tell.unwrap_or(self.tell);
        if let Some(url) = &wanted.url {
            self.url = filled(url);
            self.url.as_deref().map(address).transpose()?;
        }
        if let Some(key) = &wanted.key {
            self.key = filled(key);
            self.key.as_deref().map(Key::read).transpose()?;
        }
        if wanted.url.is_some() || wanted.key.is_some() {
            (self.looked, self.told) = (None, None);
        }
        Ok(self)
    }
}

fn address(text: &str) -> Result<Url, UpdateError> {
    if !is_safe(text) {
        return Err(UpdateError::BadAddress);
    }
    text.parse().map_err(|_| UpdateError::BadAddress)
}

/// The wishes, with the file they lie in.
pub struct Kept {
    file: PathBuf,
    wishes: Mutex<Wishes>,
}

impl Kept {
    /// Reads them. A file that cannot be read is told, and nothing is looked for.
    pub fn read(folder: &Path) -> Self {
        let file = folder.join("updates.json");
        let wishes = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                log::note(&format!("{} cannot be understood: {error}", file.display()));
                Wishes::default()
            }),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    log::note(&format!("cannot read {}: {error}", file.display()));
                }
                Wishes::default()
            }
        };
        Self {
            file,
            wishes: Mutex::new(wishes),
        }
    }

    /// What they are.
    pub fn wishes(&self) -> Wishes {
        self.wishes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Changes what the person names.
    pub fn set(&self, wanted: &DesktopUpdatesSet) -> Result<(), UpdateError> {
        let changed = self.wishes().changed(wanted)?;
        self.write(|wishes| *wishes = changed)
    }

    /// Changes something and writes it down.
    pub fn write(&self, change: impl FnOnce(&mut Wishes)) -> Result<(), UpdateError> {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = wishes.clone();
        change(&mut changed);
        let written = serde_json::to_vec_pretty(&changed)
            .map_err(io::Error::other)
            .and_then(|bytes| {
                let beside = self.file.with_extension("json.new");
                fs::write(&beside, bytes)?;
                fs::rename(&beside, &self.file)
            });
        written.map_err(UpdateError::io(format!(
            "cannot write {}",
            self.file.display()
        )))?;
        *wishes = changed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{DesktopUpdatesSet, Kept, UpdateError, Wishes};

    const KEY: &str = "RWRkAXR5ja22TsTKb2l+tPEFwxWl0uejvyBrK5AzV3vRz/uOslqhSWLm";

    fn set(tell: Option<bool>, url: Option<&str>, key: Option<&str>) -> DesktopUpdatesSet {
        DesktopUpdatesSet {
            tell,
            url: url.map(str::to_owned),
            key: key.map(str::to_owned),
        }
    }

    #[test]
    fn nothing_is_looked_for_until_the_person_says_so_and_where() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::read(dir.path());
        assert_eq!(kept.wishes(), Wishes::default());
        assert!(!kept.wishes().tell);
        assert!(matches!(kept.wishes().source(), Err(UpdateError::NoSource)));
        kept.set(&set(Some(true), None, None)).unwrap();
        kept.set(&set(None, Some(" https://example.com/latest.json "), None))
            .unwrap();
        assert!(matches!(kept.wishes().source(), Err(UpdateError::NoSource)));
        kept.set(&set(None, None, Some(KEY))).unwrap();
        let wishes = Kept::read(dir.path()).wishes();
        assert!(wishes.tell);
        assert_eq!(
            wishes.source().unwrap().url.as_str(),
            "https://example.com/latest.json"
        );
        kept.set(&set(None, Some(""), None)).unwrap();
        assert!(matches!(kept.wishes().source(), Err(UpdateError::NoSource)));
    }

    #[test]
    fn what_is_wrong_is_refused_and_leaves_what_was() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::read(dir.path());
        kept.set(&set(
            None,
            Some("https://example.com/latest.json"),
            Some(KEY),
        ))
        .unwrap();
        let before = kept.wishes();
        let refused = kept
            .set(&set(Some(true), Some("http://example.com/"), None))
            .unwrap_err();
        assert_eq!(
            (
                refused.view().code.as_str(),
                refused.view().field.as_deref()
            ),
            ("update_bad_address", Some("url"))
        );
        let refused = kept.set(&set(Some(true), None, Some("key"))).unwrap_err();
        assert_eq!(
            (
                refused.view().code.as_str(),
                refused.view().field.as_deref()
            ),
            ("update_bad_key", Some("key"))
        );
        assert_eq!(kept.wishes(), before);
        std::fs::write(dir.path().join("updates.json"), "{ not json").unwrap();
        assert_eq!(Kept::read(dir.path()).wishes(), Wishes::default());
    }
}
