//! What only the pages know: how many decisions each holds back for a moment, and which request stands on its screen. A window is not
//! closed, quit or given another project before what it holds back was sent; and nobody is told what they are looking at.

use crate::{desk::Desk, log};
use orchestron_operations::wire::DesktopTell;
use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tauri::{AppHandle, Manager};

/// How long a page may take to send what it holds back. What is not sent by then is kept on this machine, and the next window asks.
const SENDING: Duration = Duration::from_secs(5);
/// What a page does when it hears this: `ui/src/backend/held.ts`.
const SEND: &str = "window.dispatchEvent(new Event('orchestron-send'));";

/// What the pages have told, by the names of their windows.
#[derive(Default)]
pub struct Pages {
    told: Mutex<BTreeMap<String, DesktopTell>>,
    changed: Condvar,
}

impl Pages {
    fn told(&self) -> MutexGuard<'_, BTreeMap<String, DesktopTell>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page tells how it is.
    pub fn tells(&self, label: &str, page: DesktopTell) {
        self.told().insert(label.to_owned(), page);
        self.changed.notify_all();
    }

    /// A window is gone, or shows another page.
    pub fn gone(&self, label: &str) {
        self.told().remove(label);
        self.changed.notify_all();
    }

    /// Whether it holds something back.
    pub fn holds(&self, label: &str) -> bool {
        self.told().get(label).is_some_and(|page| page.held > 0)
    }

    /// The windows that hold something back.
    fn holding(&self) -> Vec<String> {
        let told = self.told();
        let holding = told.iter().filter(|(_, page)| page.held > 0);
        holding.map(|(label, _)| label.clone()).collect()
    }

    /// The windows in which this request can be decided right now.
    pub fn showing(&self, request: u64) -> Vec<String> {
        let shows = |page: &DesktopTell| page.request.is_some_and(|shown| shown.0 == request);
        let told = self.told();
        let showing = told.iter().filter(|(_, page)| shows(page));
        showing.map(|(label, _)| label.clone()).collect()
    }

    /// Waits until none of these windows holds anything back; whether that is so.
    fn wait(&self, labels: &[String]) -> bool {
        let holds = |told: &mut BTreeMap<String, DesktopTell>| {
            let mut pages = labels.iter().filter_map(|label| told.get(label));
            pages.any(|page| page.held > 0)
        };
        let (told, waited) = self
            .changed
            .wait_timeout_while(self.told(), SENDING, holds)
            .unwrap_or_else(PoisonError::into_inner);
        drop(told);
        !waited.timed_out()
    }
}

/// Lets every page send what it holds back, and waits for that. Not on the thread of the windows: it is what carries the answers.
pub fn send_all(app: &AppHandle) {
    let held = app.state::<Desk>().pages.holding();
    send(app, &held);
}

/// Lets these pages send what they hold back.
pub fn send(app: &AppHandle, labels: &[String]) {
    let desk = app.state::<Desk>();
    let holding: Vec<_> = labels
        .iter()
        .filter(|label| desk.pages.holds(label))
        .cloned()
        .collect();
    for window in holding
        .iter()
        .filter_map(|label| app.get_webview_window(label))
    {
        if let Err(error) = window.eval(SEND) {
            log::note(&format!("cannot ask the page to send: {error}"));
        }
    }
    if !holding.is_empty() && !desk.pages.wait(&holding) {
        log::note(
            "a decision was not sent before its window closed; the next window asks about it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Pages;
    use orchestron_operations::wire::{Big, DesktopTell};
    use std::{sync::Arc, thread};

    fn page(held: u32, request: Option<u64>) -> DesktopTell {
        DesktopTell {
            held,
            request: request.map(Big),
            dark: None,
        }
    }

    #[test]
    fn it_is_known_who_holds_and_who_looks() {
        let pages = Pages::default();
        pages.tells("main", page(1, None));
        pages.tells("window-2", page(0, Some(12)));
        assert!(pages.holds("main") && !pages.holds("window-2") && !pages.holds("window-3"));
        assert_eq!(pages.holding(), ["main"]);
        assert_eq!(pages.showing(12), ["window-2"]);
        assert!(pages.showing(13).is_empty());
        pages.gone("main");
        assert!(pages.holding().is_empty());
    }

    #[test]
    fn whoever_waits_goes_on_when_all_is_sent_or_the_window_is_gone() {
        for last in [Some(page(0, None)), None] {
            let pages = Arc::new(Pages::default());
            pages.tells("main", page(2, None));
            let teller = Arc::clone(&pages);
            let telling = thread::spawn(move || {
                teller.tells("main", page(1, None));
                match last {
                    Some(page) => teller.tells("main", page),
                    None => teller.gone("main"),
                }
            });
            assert!(pages.wait(&["main".to_owned()]));
            telling.join().unwrap();
        }
    }
}
