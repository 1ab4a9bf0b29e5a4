//! Ending the app: asked first when agents are at work, because nobody answers, hands on or merges while it is closed. What was decided
//! and could still be undone is sent before.

use crate::{desk::Desk, log, pages};
use std::sync::atomic::Ordering;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};

/// Ends the app, after asking when agents are at work.
pub fn ask(app: &AppHandle) {
    let desk = app.state::<Desk>();
    if desk.asking.swap(true, Ordering::AcqRel) {
        return;
    }
    let app = app.clone();
    // Counting reads the log; the thread of the windows must not wait for that.
    std::thread::spawn(move || {
        let working = at_work(&app);
        if working == 0 {
            return end(&app);
        }
        let asked = app.clone();
        app.dialog()
            .message(question(working))
            .title("Quit Orchestron?")
            .kind(MessageDialogKind::Warning)
            .buttons(MessageDialogButtons::OkCancelCustom(
                "Quit".to_owned(),
                "Keep it open".to_owned(),
            ))
            .show(move |quit| {
                if quit {
                    // Not on the thread that answered: it may be the one of the windows, which carries what is sent.
                    std::thread::spawn(move || end(&asked));
                } else {
                    asked.state::<Desk>().asking.store(false, Ordering::Release);
                }
            });
    });
}

fn end(app: &AppHandle) {
    pages::send_all(app);
    app.exit(0);
}

fn question(working: usize) -> String {
    let who = if working == 1 {
        "One agent is at work. It finishes".to_owned()
    } else {
        format!("{working} agents are at work. They finish")
    };
    format!(
        "{who} what is under way now, but until Orchestron is open again nothing is handed on, answered, checked or merged."
    )
}

/// How many agents are at work, in all open projects.
pub fn at_work(app: &AppHandle) -> usize {
    let projects = app.state::<Desk>().projects.all();
    let live = |project: &crate::projects::OpenProject| {
        project.with(|context| {
            context
                .store
                .in_flight()
                .map(|(state, _)| state.live_runs().count())
        })
    };
    let counted = projects.iter().map(|project| {
        live(project).unwrap_or_else(|error| {
            log::note(&format!("{}: {error}", project.root.display()));
            0
        })
    });
    counted.sum()
}

#[cfg(test)]
mod tests {
    use super::question;

    #[test]
    fn the_question_says_what_will_not_happen() {
        assert!(question(1).starts_with("One agent is at work. It finishes what"));
        assert!(question(3).starts_with("3 agents are at work. They finish what"));
    }
}
