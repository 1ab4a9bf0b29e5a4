//! Newer versions of the app: looked for only when the person wants it, shown as text, and put in only after a question of the system's
//! own, which no page can answer, and after the publisher's signature was checked. Whatever goes wrong on the way, the app stays as it is.
//!
//! Without Tauri's updater plugin; `docs/desktop.md` says why. Its formats are used: the list (`latest.json`), keys and signatures.

mod error;
mod install;
mod installed;
mod kept;
mod offer;
mod signed;

use crate::{desk::Desk, link::Place, log, notify::Notice, pages, quit};
use error::UpdateError;
use install::Then;
use installed::Installed;
use kept::{Kept, Source, built_in};
use offer::{Offer, host};
use orchestron_adapters::curl::{FetchError, fetch};
use orchestron_operations::wire::{DesktopUpdatesSet, ErrorView, Millis, UpdateView, UpdatesView};
use semver::Version;
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tauri::{AppHandle, Manager, WebviewWindow};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};

/// Longest list of versions.
const LIST_BYTES: u64 = 512 * 1024;
/// How long it may take to come, in seconds.
const LIST_S: u32 = 20;
/// Largest package.
const PACKAGE_BYTES: u64 = 500 * 1024 * 1024;
/// How long it may take to come, in seconds.
const PACKAGE_S: u32 = 1800;
/// How often is looked.
const EVERY: Duration = Duration::from_secs(24 * 3600);
/// How soon again, when nobody answered.
const AGAIN: Duration = Duration::from_secs(3600);
/// A start is not made slower by it.
const AFTER_START: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Known {
    offer: Option<Offer>,
    problem: Option<ErrorView>,
    /// When it was looked last, with or without an answer.
    tried: Option<Instant>,
}

/// What is known of newer versions, and what the person wants of them.
pub struct Updates {
    kept: Kept,
    known: Mutex<Known>,
    /// The wishes have changed.
    changed: Condvar,
    busy: AtomicBool,
    installed: OnceLock<Result<Installed, String>>,
    /// Where packages are put while they are looked at.
    folder: PathBuf,
}

/// Held while something is under way.
struct Busy<'a>(&'a AtomicBool);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Updates {
    /// Reads what the person wants.
    pub fn read(folder: &Path) -> Self {
        Self {
            kept: Kept::read(folder),
            known: Mutex::default(),
            changed: Condvar::new(),
            busy: AtomicBool::new(false),
            installed: OnceLock::new(),
            folder: folder.join("updates"),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> Result<Busy<'_>, UpdateError> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(UpdateError::Busy);
        }
        Ok(Busy(&self.busy))
    }

    /// How the app was installed. Asking package managers takes a moment, so it is asked once.
    fn installed(&self) -> Result<Installed, UpdateError> {
        let look = || {
            Installed::look().map_err(|error| match error {
                UpdateError::CannotReplace(why) => why,
                other => other.to_string(),
            })
        };
        let known = self.installed.get_or_init(look).clone();
        known.map_err(UpdateError::CannotReplace)
    }

    /// What the settings show.
    pub fn view(&self) -> UpdatesView {
        let wishes = self.kept.wishes();
        let set = built_in().map(|(url, key)| (url.to_owned(), key.to_owned()));
        let (url, key) = match &set {
            Some((url, key)) => (Some(url.clone()), Some(key.clone())),
            None => (wishes.url.clone(), wishes.key.clone()),
        };
        let cannot = self.installed().err().map(|error| error.to_string());
        let known = self.known();
        UpdatesView {
            version: own().map_or_else(|_| String::new(), |version| version.to_string()),
            tell: wishes.tell,
            url,
            key,
            built_in: set.is_some(),
            cannot,
            looked: wishes.looked.map(Millis),
            offer: known.offer.as_ref().map(|offer| UpdateView {
                version: offer.version.to_string(),
                notes: offer.notes.clone(),
                published: offer.published.clone(),
                from: offer.from.clone(),
            }),
            problem: known.problem.clone(),
            busy: self.busy.load(Ordering::Acquire),
        }
    }

    /// Changes what the person wants.
    pub fn set(&self, wanted: &DesktopUpdatesSet) -> Result<(), ErrorView> {
        self.kept.set(wanted).map_err(|error| error.view())?;
        let mut known = self.known();
        if wanted.url.is_some() || wanted.key.is_some() {
            *known = Known::default();
        }
        // Whoever wants to be told wants to know now.
        known.tried = None;
        drop(known);
        self.changed.notify_all();
        Ok(())
    }

    /// Looks for a newer version now.
    pub fn look(&self) -> Result<(), ErrorView> {
        // First, so that whoever looks by itself does not try again at once while something else is under way.
        self.known().tried = Some(Instant::now());
        let busy = self.begin().map_err(|error| error.view())?;
        let found = self.ask();
        drop(busy);
        let mut known = self.known();
        match found {
            Ok(offer) => {
                *known = Known {
                    offer,
                    problem: None,
                    tried: known.tried,
                };
                drop(known);
                let looked = self.kept.write(|wishes| wishes.looked = Some(now_millis()));
                looked.map_err(|error| error.view())
            }
            Err(error) => {
                log::note(&format!("looking for newer versions: {error}"));
                let view = error.view();
                known.offer = None;
                known.problem = Some(view.clone());
                Err(view)
            }
        }
    }

    fn ask(&self) -> Result<Option<Offer>, UpdateError> {
        let Source { url, key } = self.kept.wishes().source()?;
        let mut list = Vec::new();
        let part = |part: &[u8]| {
            list.extend_from_slice(part);
            Ok(())
        };
        fetch(url.as_str(), LIST_BYTES, LIST_S, part).map_err(unreachable_at(&url))?;
        let target = self.installed().ok().map(|installed| installed.target());
        offer::read(&list, &url, &own()?, &key, target.as_deref())
    }

    /// Fetches a package whole, and keeps it only if it bears the signature.
    fn fetch(&self, offer: &Offer) -> Result<PathBuf, UpdateError> {
        let doing = || format!("cannot keep {}", offer.file);
        remove(&self.folder).map_err(UpdateError::io(doing()))?;
        install::make_private(&self.folder).map_err(UpdateError::io(doing()))?;
        let path = self.folder.join(&offer.file);
        let mut file = fs::File::create_new(&path).map_err(UpdateError::io(doing()))?;
        let mut checking = offer.signed.check()?;
        let part = |part: &[u8]| {
            checking.part(part);
            file.write_all(part)
        };
        let host = unreachable_from(&offer.from);
        fetch(&offer.url, PACKAGE_BYTES, PACKAGE_S, part).map_err(host)?;
        checking.done()?;
        file.sync_all().map_err(UpdateError::io(doing()))?;
        Ok(path)
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn own() -> Result<Version, UpdateError> {
    let text = env!("CARGO_PKG_VERSION");
    text.parse().map_err(|error| UpdateError::Io {
        doing: format!("cannot read this app's own version {text}"),
        source: io::Error::other(error),
    })
}

fn unreachable_at(url: &tauri::Url) -> impl FnOnce(FetchError) -> UpdateError {
    unreachable_from(&host(url))
}

fn unreachable_from(host: &str) -> impl FnOnce(FetchError) -> UpdateError + use<> {
    let host = host.to_owned();
    move |source| UpdateError::Unreachable { host, source }
}

/// Looks when it is due, for as long as the app lives and the person wants it.
pub fn keep(app: &AppHandle) {
    let app = app.clone();
    thread::spawn(move || {
        thread::sleep(AFTER_START.min(first_wait(&app.state::<Desk>().updates)));
        loop {
            let desk = app.state::<Desk>();
            wait(&desk.updates);
            // What went wrong is in the log and in the settings; nobody is called for it.
            if desk.updates.look().is_ok() {
                tell(&desk);
            }
        }
    });
}

/// Whoever has switched it off waits for nothing but that it is switched on.
fn first_wait(updates: &Updates) -> Duration {
    if updates.kept.wishes().tell {
        AFTER_START
    } else {
        Duration::ZERO
    }
}

/// Returns when it is time to look.
fn wait(updates: &Updates) {
    let mut known = updates.known();
    loop {
        let left = due(updates, &known);
        known = match left {
            Some(Duration::ZERO) => return,
            Some(left) => {
                let waited = updates.changed.wait_timeout(known, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => updates
                .changed
                .wait(known)
                .unwrap_or_else(PoisonError::into_inner),
        };
    }
}

/// How long nothing is to be looked for; none = for ever, as far as is known.
fn due(updates: &Updates, known: &Known) -> Option<Duration> {
    let wishes = updates.kept.wishes();
    if !wishes.tell || wishes.source().is_err() {
        return None;
    }
    let after_try = known.tried.map_or(Duration::ZERO, |tried| {
        AGAIN.saturating_sub(tried.elapsed())
    });
    // What is offered is known only as long as the app lives.
    let since = wishes.looked.filter(|_| known.tried.is_some());
    let after_answer = since.map_or(Duration::ZERO, |looked| {
        let gone = u64::try_from(now_millis().saturating_sub(looked)).unwrap_or(0);
        EVERY.saturating_sub(Duration::from_millis(gone))
    });
    Some(after_try.max(after_answer))
}

/// Each version is told once.
fn tell(desk: &Desk) {
    let updates = &desk.updates;
    let Some(version) = updates
        .known()
        .offer
        .as_ref()
        .map(|offer| offer.version.to_string())
    else {
        return;
    };
    if updates.kept.wishes().told.as_ref() == Some(&version) {
        return;
    }
    desk.notifier.show(Notice {
        low: true,
        place: Place::Updates,
        ..Notice::words(
            "update",
            &format!("Orchestron {version} is there"),
            "Settings say what is new in it. Nothing is installed before you say so.",
        )
    });
    if let Err(error) = updates.kept.write(|wishes| wishes.told = Some(version)) {
        log::note(&format!("a newer version may be told again: {error}"));
    }
}

/// Fetches, checks and installs the version that was shown, after asking; whether it was wanted.
pub fn install(app: &AppHandle, window: &WebviewWindow, version: &str) -> Result<bool, ErrorView> {
    let desk = app.state::<Desk>();
    let done = put_in(app, window, &desk.updates, version);
    desk.updates.known().problem = match &done {
        Err(error) => {
            log::note(&format!("installing version {version}: {error}"));
            Some(error.view())
        }
        Ok(_) => None,
    };
    let Some(then) = done.map_err(|error| error.view())? else {
        return Ok(false);
    };
    log::note(&format!("version {version} is installed"));
    let app = app.clone();
    // Not on this thread, so that the page hears that it is done.
    thread::spawn(move || {
        pages::send_all(&app);
        match then {
            Then::Restart => app.request_restart(),
            Then::End => app.exit(0),
        }
    });
    Ok(true)
}

fn put_in(
    app: &AppHandle,
    window: &WebviewWindow,
    updates: &Updates,
    version: &str,
) -> Result<Option<Then>, UpdateError> {
    let busy = updates.begin()?;
    let offer = updates.known().offer.clone();
    let offer = offer
        .filter(|offer| offer.version.to_string() == version)
        .ok_or_else(|| UpdateError::NotOffered(version.chars().take(40).collect()))?;
    let installed = updates.installed()?;
    let key = updates.kept.wishes().source()?.key;
    let wanted = app
        .dialog()
        .message(question(&offer, &key.id(), quit::at_work(app)))
        .title(format!("Install Orchestron {version}?"))
        .kind(MessageDialogKind::Info)
        .parent(window)
        .buttons(MessageDialogButtons::OkCancelCustom(
            "Install and restart".to_owned(),
            "Not now".to_owned(),
        ))
        .blocking_show();
    if !wanted {
        return Ok(None);
    }
    let package = updates.fetch(&offer);
    let then = package.and_then(|package| install::install(&installed, &package, &offer.version));
    // A package that somebody has to install by hand, or whose installer runs, is needed yet.
    if !matches!(then, Err(UpdateError::NeedsHands { .. }) | Ok(Then::End)) {
        let removed = remove(&updates.folder);
        removed.map_err(UpdateError::io("cannot remove what was fetched"))?;
    }
    drop(busy);
    then.map(Some)
}

fn question(offer: &Offer, key: &str, working: usize) -> String {
    let agents = match working {
        0 => String::new(),
        1 => "\n\nOne agent is at work. It goes on meanwhile, and is taken up again.".to_owned(),
        _ => format!(
            "\n\n{working} agents are at work. They go on meanwhile, and are taken up again."
        ),
    };
    format!(
        "It is fetched from {}, and installed only if it is signed with the key {key}. Then Orchestron starts again.{agents}",
        offer.from
    )
}

fn now_millis() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{AGAIN, EVERY, Known, Updates, due, now_millis, question};
    use crate::updates::{offer, signed::Key};
    use orchestron_operations::wire::DesktopUpdatesSet;
    use std::time::{Duration, Instant};

    const KEY: &str = "RWRkAXR5ja22TsTKb2l+tPEFwxWl0uejvyBrK5AzV3vRz/uOslqhSWLm";
    const SIGNATURE: &str = "untrusted comment: signature from tauri secret key
RURkAXR5ja22Tq7p7Yuh2vzvjAkaCg9a6LCUK1SQdtqKZ7uw6iFIL2KO09BYAeTfjvmq+Cdv4vZcSgz1uJtG7Rr1Xd1rGskh2wc=
trusted comment: timestamp:1795217167\tfile:a.txt\tversion:9.9.9
c/nthOqsOE90wTZezInFz8WtJq09FMak/VCg74rZHaZ5ma+ZB175npI08OfkqBpGpjG8dgvdlAa94tm9EUqgCw==";

    #[test]
    fn it_is_looked_once_a_day_and_again_in_an_hour_when_nobody_answered() {
        let dir = tempfile::tempdir().unwrap();
        let updates = Updates::read(dir.path());
        let tried = |tried| Known {
            tried,
            ..Known::default()
        };
        assert_eq!(due(&updates, &tried(None)), None, "it is off");
        let wanted = DesktopUpdatesSet {
            tell: Some(true),
            url: Some("https://example.com/latest.json".to_owned()),
            key: Some(KEY.to_owned()),
        };
        updates.set(&wanted).unwrap();
        assert_eq!(due(&updates, &tried(None)), Some(Duration::ZERO));
        let now = Some(Instant::now());
        let again = due(&updates, &tried(now)).unwrap();
        assert!(
            again > AGAIN - Duration::from_secs(60) && again <= AGAIN,
            "{again:?}"
        );
        let looked = now_millis();
        updates
            .kept
            .write(|wishes| wishes.looked = Some(looked))
            .unwrap();
        let tomorrow = due(&updates, &tried(now)).unwrap();
        assert!(
            tomorrow > EVERY - Duration::from_secs(60) && tomorrow <= EVERY,
            "{tomorrow:?}"
        );
        // A clock that was set back does not silence it for years.
        updates
            .kept
            .write(|wishes| wishes.looked = Some(looked + 1_000_000_000_000))
            .unwrap();
        assert!(due(&updates, &tried(now)).unwrap() <= EVERY);
    }

    #[test]
    fn the_question_says_from_where_by_whom_and_who_is_at_work() {
        let list = serde_json::json!({"version": "9.9.9", "platforms": {"x": {"url": "a.txt", "signature": SIGNATURE}}});
        let key = Key::read(KEY).unwrap();
        let from = "https://example.com/latest.json".parse().unwrap();
        let own = "0.1.0".parse().unwrap();
        let offer = offer::read(list.to_string().as_bytes(), &from, &own, &key, Some("x"));
        let offer = offer.unwrap().unwrap();
        let asked = question(&offer, &key.id(), 0);
        assert!(
            asked.contains("example.com") && asked.contains("4EB6AD8D79740164"),
            "{asked}"
        );
        assert!(!asked.contains("at work"), "{asked}");
        assert!(question(&offer, "k", 1).contains("One agent is at work"));
        assert!(question(&offer, "k", 3).contains("3 agents are at work"));
    }
}
