//! What a list of versions offers: Tauri's `latest.json` (its static form). Nothing in it is signed but each package, so nothing in it is
//! believed: its words are shown as plain text, its version counts only with a signature that names it.

use super::{
    error::UpdateError,
    signed::{Key, Signed},
};
use crate::attention::shown;
use orchestron_adapters::curl::is_safe;
use semver::Version;
use serde::Deserialize;
use std::collections::BTreeMap;
use tauri::Url;

/// Longest text of what is new, in characters.
const NOTES_CHARS: usize = 20_000;
/// Longest date, in characters.
const DATE_CHARS: usize = 40;

#[derive(Deserialize)]
struct List {
    version: String,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    pub_date: Option<String>,
    platforms: BTreeMap<String, Package>,
}

#[derive(Deserialize)]
struct Package {
    /// Where it lies; a name alone is beside the list.
    url: String,
    signature: String,
}

/// A newer version with its package for this machine.
#[derive(Clone)]
pub struct Offer {
    /// Which.
    pub version: Version,
    /// What is new, as plain text.
    pub notes: String,
    /// When it was published, in the publisher's words.
    pub published: Option<String>,
    /// The machine its package comes from.
    pub from: String,
    /// Where its package lies.
    pub url: String,
    /// The package's name.
    pub file: String,
    /// What it must bear.
    pub signed: Signed,
}

/// The newer version in a list; none when this one is the newest. `target` is what this machine's packages are called.
pub fn read(
    list: &[u8],
    from: &Url,
    own: &Version,
    key: &Key,
    target: Option<&str>,
) -> Result<Option<Offer>, UpdateError> {
    let bad = |said: String| UpdateError::BadList {
        host: host(from),
        said,
    };
    let list: List = serde_json::from_slice(list).map_err(|error| bad(error.to_string()))?;
    let version: Version = list
        .version
        .trim_start_matches('v')
        .parse()
        .map_err(|error| bad(format!("its version: {error}")))?;
    match version.cmp_precedence(own) {
        std::cmp::Ordering::Equal => return Ok(None),
        std::cmp::Ordering::Less => {
            return Err(UpdateError::Older {
                offered: version,
                own: own.clone(),
            });
        }
        std::cmp::Ordering::Greater => {}
    }
    // An app that cannot replace itself is told of the version all the same: any package's signature proves that there is one.
    let found = match target {
        Some(target) => list.platforms.get(target),
        None => list.platforms.values().next(),
    };
    let Some(package) = found else {
        return Err(UpdateError::NoPackage {
            version,
            target: target.unwrap_or("any").to_owned(),
        });
    };
    let url = from
        .join(&package.url)
        .map_err(|error| bad(format!("a package's address: {error}")))?;
    if !is_safe(url.as_str()) {
        return Err(bad(
            "a package's address does not begin with https://".to_owned()
        ));
    }
    let file = url.path().rsplit('/').next().unwrap_or_default().to_owned();
    if !is_a_name(&file) {
        return Err(bad("a package has no name".to_owned()));
    }
    let signed = Signed::read(key, &package.signature, &version, &file)?;
    Ok(Some(Offer {
        version,
        notes: plain(list.notes.as_deref().unwrap_or_default()),
        published: list
            .pub_date
            .map(|date| date.chars().take(DATE_CHARS).map(shown).collect()),
        from: host(&url),
        url: url.into(),
        file,
        signed,
    }))
}

/// The machine that an address names.
pub fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => url.scheme().to_owned(),
    }
}

/// It becomes the name of a file of ours.
fn is_a_name(file: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte);
    !file.is_empty() && file.len() <= 200 && !file.starts_with('.') && file.bytes().all(plain)
}

/// Lines of text, without anything invisible in them.
fn plain(notes: &str) -> String {
    let all: String = notes.chars().take(NOTES_CHARS).collect();
    let lines = all.lines().map(|line| {
        let line: String = line.replace('\t', "    ").chars().map(shown).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Key, NOTES_CHARS, Offer, UpdateError, read};
    use serde_json::{Value, json};

    const KEY: &str = "RWRkAXR5ja22TsTKb2l+tPEFwxWl0uejvyBrK5AzV3vRz/uOslqhSWLm";
    const SIGNATURE: &str = "untrusted comment: signature from tauri secret key
RURkAXR5ja22Tq7p7Yuh2vzvjAkaCg9a6LCUK1SQdtqKZ7uw6iFIL2KO09BYAeTfjvmq+Cdv4vZcSgz1uJtG7Rr1Xd1rGskh2wc=
trusted comment: timestamp:1795217167\tfile:a.txt\tversion:9.9.9
c/nthOqsOE90wTZezInFz8WtJq09FMak/VCg74rZHaZ5ma+ZB175npI08OfkqBpGpjG8dgvdlAa94tm9EUqgCw==";

    fn list(version: &str, url: &str) -> Value {
        json!({"version": version, "notes": "New", "platforms": {"linux-x86_64-tar": {"url": url, "signature": SIGNATURE}}})
    }

    fn offer(list: &Value, target: Option<&str>) -> Result<Option<Offer>, UpdateError> {
        let from = "https://example.com/releases/latest.json".parse().unwrap();
        let own = "0.1.0".parse().unwrap();
        let key = Key::read(KEY).unwrap();
        read(list.to_string().as_bytes(), &from, &own, &key, target)
    }

    const TARGET: Option<&str> = Some("linux-x86_64-tar");

    #[test]
    fn a_newer_version_is_offered_with_its_package() {
        for (url, whole) in [
            ("a.txt", "https://example.com/releases/a.txt"),
            (
                "https://elsewhere.example/x/a.txt",
                "https://elsewhere.example/x/a.txt",
            ),
        ] {
            let offer = offer(&list("v9.9.9", url), TARGET).unwrap().unwrap();
            assert_eq!((offer.url.as_str(), offer.file.as_str()), (whole, "a.txt"));
            assert_eq!(offer.version.to_string(), "9.9.9");
        }
        assert!(offer(&list("0.1.0", "a.txt"), TARGET).unwrap().is_none());
        // What does not decide which is newer does not make it another version.
        assert!(
            offer(&list("0.1.0+later", "a.txt"), TARGET)
                .unwrap()
                .is_none()
        );
        assert!(offer(&list("9.9.9", "a.txt"), None).unwrap().is_some());
    }

    #[test]
    fn what_is_older_or_not_for_this_machine_is_told() {
        let refused = offer(&list("0.0.9", "a.txt"), TARGET).err().unwrap();
        assert!(matches!(refused, UpdateError::Older { .. }), "{refused}");
        // A version before a release is older than the release.
        let refused = offer(&list("0.1.0-rc.1", "a.txt"), TARGET).err().unwrap();
        assert!(matches!(refused, UpdateError::Older { .. }), "{refused}");
        let refused = offer(&list("9.9.9", "a.txt"), Some("darwin-aarch64-app"))
            .err()
            .unwrap();
        assert!(
            matches!(refused, UpdateError::NoPackage { .. }),
            "{refused}"
        );
    }

    #[test]
    fn lists_that_lie_are_refused() {
        for url in [
            "http://example.com/a.txt",
            "file:///etc/a.txt",
            "https://example.com/",
            "x/..%2Fa.txt",
            "https://u@h/a.txt",
        ] {
            let refused = offer(&list("9.9.9", url), TARGET).err().unwrap();
            assert!(
                matches!(refused, UpdateError::BadList { .. }),
                "{url}: {refused}"
            );
        }
        let refused = offer(&list("10.0.0", "a.txt"), TARGET).err().unwrap();
        assert!(
            matches!(refused, UpdateError::PassedOff { .. }),
            "{refused}"
        );
        for odd in [json!({}), json!([]), list("newest", "a.txt"), json!("x")] {
            let refused = offer(&odd, TARGET).err().unwrap();
            assert!(
                matches!(refused, UpdateError::BadList { .. }),
                "{odd}: {refused}"
            );
        }
    }

    #[test]
    fn what_is_new_is_plain_text_of_bounded_length() {
        let mut list = list("9.9.9", "a.txt");
        let hostile = "<script>alert(1)</script>\u{202e}txt\u{0}\n\tb\r\n\n";
        list["notes"] = json!(hostile);
        list["pub_date"] = json!("today\n\u{202e}");
        let found = offer(&list, TARGET).unwrap().unwrap();
        assert_eq!(
            found.notes,
            "<script>alert(1)</script>\u{fffd}txt\u{fffd}\n    b"
        );
        assert_eq!(found.published.as_deref(), Some("today\u{fffd}\u{fffd}"));
        list["notes"] = json!("x".repeat(NOTES_CHARS * 2));
        let found = offer(&list, TARGET).unwrap().unwrap();
        assert_eq!(found.notes.len(), NOTES_CHARS);
    }
}
