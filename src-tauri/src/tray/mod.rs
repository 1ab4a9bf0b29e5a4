//! The icon in the system's tray and its menu.
//!
//! On Linux it is a StatusNotifierItem (tray-icon's `ksni`), which tells when there is no tray; so closing a window hides it only
//! where it can be brought back. When a tray comes later, the icon appears then.

mod icon;
mod model;

pub use model::Seen;

use crate::{acts, attention::What, desk::Desk, link::Place, log, quit, window};
use model::{Line, Model, Press, model};
use orchestron_operations::{switch, wire::input};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tauri::{
    AppHandle, Manager, Wry,
    image::Image,
    menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

const ID: &str = "orchestron";
/// What is pressed within this time after the menu changed may have been meant for what stood there before: then it is only shown.
const JUST_CHANGED: Duration = Duration::from_millis(600);
/// The app's icon, on which marks are drawn.
const APP: Image<'_> = tauri::include_image!("../icons/64x64.png");

#[derive(Default)]
struct Shown {
    icon: Option<TrayIcon>,
    model: Model,
    /// What the entries of the present menu do, by their place in it.
    presses: Vec<Press>,
    /// Counts menus: an entry of an earlier one is recognised.
    menu: u64,
    changed: Option<Instant>,
}

/// The tray.
#[derive(Default)]
pub struct Tray(Mutex<Shown>);

impl Tray {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the icon is there, so that a hidden window can be brought back.
    pub fn is_there(&self) -> bool {
        self.lock().icon.is_some()
    }

    /// Puts the icon into the tray if it is not there. Called on the main thread, as menus have to be.
    pub fn appear(&self, app: &AppHandle) {
        if self.is_there() {
            return;
        }
        match build(app, &self.next_menu(model(&[]))) {
            Ok(icon) => {
                self.lock().icon = Some(icon);
                app.state::<Desk>().bell.ring();
            }
            Err(error) => log::note(&format!(
                "there is no tray, so closing the window quits: {error}"
            )),
        }
    }

    /// Shows how the projects look now.
    pub fn show(&self, app: &AppHandle, projects: &[Seen]) {
        let wanted = model(projects);
        if self.lock().model == wanted {
            return;
        }
        let Some(icon) = self.lock().icon.clone() else {
            return;
        };
        let menu = self.next_menu(wanted.clone());
        let shown = build_menu(app, &menu).and_then(|menu| {
            icon.set_menu(Some(menu))?;
            icon.set_tooltip(Some(&wanted.tooltip))?;
            icon.set_icon(Some(picture(&wanted)))
        });
        if let Err(error) = shown {
            log::note(&format!("the tray cannot be changed: {error}"));
        }
    }

    /// Makes this the present menu.
    fn next_menu(&self, model: Model) -> Numbered {
        let mut shown = self.lock();
        shown.menu += 1;
        let mut presses = Vec::new();
        let items = number(&model.lines, shown.menu, &mut presses);
        shown.presses = presses;
        shown.changed = Some(Instant::now());
        shown.model = model.clone();
        Numbered { model, items }
    }

    /// What the entry with this name does, and whether it stood there long enough to be meant. None: the menu has changed.
    fn press(&self, name: &str) -> Option<(Press, bool)> {
        let shown = self.lock();
        let (menu, place) = name.split_once(':')?;
        if menu.parse() != Ok(shown.menu) {
            return None;
        }
        let press = shown.presses.get(place.parse::<usize>().ok()?)?.clone();
        let long_enough = shown.changed.is_none_or(|at| at.elapsed() > JUST_CHANGED);
        Some((press, long_enough))
    }
}

/// A menu with a name for each entry.
struct Numbered {
    model: Model,
    items: Vec<Item>,
}

enum Item {
    Words(String),
    Press(String, String),
    Group(String, Vec<Item>),
    Separator,
}

fn number(lines: &[Line], menu: u64, presses: &mut Vec<Press>) -> Vec<Item> {
    let item = |line: &Line| match line {
        Line::Words(words) => Item::Words(words.clone()),
        Line::Press(label, press) => {
            presses.push(press.clone());
            Item::Press(format!("{menu}:{}", presses.len() - 1), label.clone())
        }
        Line::Group(label, lines) => Item::Group(label.clone(), number(lines, menu, presses)),
        Line::Separator => Item::Separator,
    };
    lines.iter().map(item).collect()
}

fn build(app: &AppHandle, menu: &Numbered) -> tauri::Result<TrayIcon> {
    TrayIconBuilder::with_id(ID)
        .title("Orchestron")
        .tooltip(&menu.model.tooltip)
        .icon(picture(&menu.model))
        .menu(&build_menu(app, menu)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| pressed(app, event.id().as_ref()))
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                window::front(icon.app_handle());
            }
        })
        .build(app)
}

fn picture(model: &Model) -> Image<'static> {
    let rgba = icon::draw(APP.rgba(), model.glance, model.count);
    Image::new_owned(rgba, icon::SIZE, icon::SIZE)
}

fn build_menu(app: &AppHandle, menu: &Numbered) -> tauri::Result<Menu<Wry>> {
    let items = build_items(app, &menu.items)?;
    let items: Vec<&dyn IsMenuItem<Wry>> = items.iter().map(AsRef::as_ref).collect();
    Menu::with_items(app, &items)
}

fn build_items(app: &AppHandle, items: &[Item]) -> tauri::Result<Vec<Box<dyn IsMenuItem<Wry>>>> {
    // `&` marks the letter that is pressed together with Alt; in a title it is an `&`.
    let label = |text: &str| text.replace('&', "&&");
    let build = |item: &Item| -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
        Ok(match item {
            Item::Words(words) => Box::new(MenuItem::new(app, label(words), false, None::<&str>)?),
            Item::Press(name, text) => Box::new(MenuItem::with_id(
                app,
                name,
                label(text),
                true,
                None::<&str>,
            )?),
            Item::Group(text, items) => {
                let items = build_items(app, items)?;
                let items: Vec<&dyn IsMenuItem<Wry>> = items.iter().map(AsRef::as_ref).collect();
                Box::new(Submenu::with_items(app, label(text), true, &items)?)
            }
            Item::Separator => Box::new(PredefinedMenuItem::separator(app)?),
        })
    };
    items.iter().map(build).collect()
}

fn pressed(app: &AppHandle, name: &str) {
    let desk = app.state::<Desk>();
    match desk.tray.press(name) {
        // Entries of other menus and of the menu before this one.
        None => log::note(&format!(
            "an entry of a menu that is no more was pressed: {name}"
        )),
        Some((Press::Deed(deed), long_enough)) => {
            let meant = long_enough || !matches!(deed.what, What::Decide(_));
            let what = if meant { deed.what.clone() } else { What::Open };
            acts::carry_out(app, crate::attention::Deed { what, ..deed });
        }
        Some((Press::Quit, _)) => quit::ask(app),
        Some((Press::PauseAll, _)) => switch_all(app, true),
        Some((Press::ResumeAll, _)) => switch_all(app, false),
        Some((Press::Show(None), _)) => window::front(app),
        Some((Press::Show(Some(root)), _)) => show(app, root, Place::Board),
        Some((Press::NeedsYou(root), _)) => show(app, root, Place::NeedsYou),
    }
}

fn show(app: &AppHandle, root: std::path::PathBuf, place: Place) {
    let app = app.clone();
    std::thread::spawn(move || {
        if let Some(project) = app.state::<Desk>().projects.get(&root) {
            window::of_project(&app, &project, &place);
        }
    });
}

/// Pauses every open project, or lets each go on.
fn switch_all(app: &AppHandle, pause: bool) {
    let app = app.clone();
    std::thread::spawn(move || {
        let desk = app.state::<Desk>();
        for project in desk.projects.all() {
            let done = project.with(|context| {
                if pause {
                    let why = Some("paused from the tray".to_owned());
                    switch::pause(
                        context,
                        &input::Pause {
                            now: None,
                            why,
                            task: None,
                            agent: None,
                        },
                    )
                } else {
                    switch::resume(
                        context,
                        &input::Resume {
                            task: None,
                            agent: None,
                        },
                    )
                }
            });
            if let Err(error) = done {
                log::note(&format!("{}: {error}", project.name));
                let id = format!("switch-{}", project.root.display());
                let title = format!("Nothing was changed: {}", project.name);
                desk.notifier.show(crate::notify::Notice::words(
                    &id,
                    &title,
                    &error.view().message,
                ));
            }
        }
        desk.bell.ring();
    });
}

#[cfg(test)]
mod tests {
    use super::{Press, Seen, Tray, model};

    #[test]
    fn an_entry_of_an_earlier_menu_does_nothing() {
        let tray = Tray::default();
        tray.next_menu(model(&[]));
        assert_eq!(
            tray.press("1:0").map(|(press, _)| press),
            Some(Press::Show(None))
        );
        let project = Seen {
            root: "/a".into(),
            name: "a".to_owned(),
            ..Seen::default()
        };
        tray.next_menu(model(&[project]));
        assert!(tray.press("1:0").is_none());
        assert_eq!(
            tray.press("2:1").map(|(press, _)| press),
            Some(Press::PauseAll)
        );
        assert!(
            !tray
                .press("2:1")
                .is_some_and(|(_, long_enough)| long_enough)
        );
        for odd in ["", "2", "2:", "2:9", "2:-1", ":0", "x:0"] {
            assert!(tray.press(odd).is_none(), "{odd}");
        }
    }
}
