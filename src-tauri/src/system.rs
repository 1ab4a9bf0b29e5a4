//! What a window asks the app itself: projects to open, the folder picker, starting at login, the tray. The types are in
//! `crates/operations/src/wire/desktop.rs`.

use crate::{
    colours,
    demo::Model,
    desk::Desk,
    log, pages,
    projects::{OpenError, OpenProject, Shows},
    updates, window,
};
use orchestron_adapters::{git::GitCli, init, process::programs::InstalledPrograms, project};
use orchestron_engine::{
    StoreError,
    ports::{Git, PortError, Programs},
};
use orchestron_operations::{
    OpError,
    wire::{
        DesktopFolder, DesktopOpen, DesktopSave, DesktopSet, DesktopSetUp, DesktopTell,
        DesktopUpdatesInstall, DesktopView, Done, ErrorView, FolderView, FoundAgentView, Millis,
        PickedView, RecentView, SavedFileView, SetUpView,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tauri::{AppHandle, Manager, WebviewWindow};
use tauri_plugin_autostart::ManagerExt;
use tauri_plugin_dialog::DialogExt;

/// Answers a question by its name.
pub fn call(
    app: &AppHandle,
    window: &WebviewWindow,
    name: &str,
    input: Value,
) -> Result<Value, ErrorView> {
    let home = app.path().home_dir().ok();
    let home = home.as_deref();
    match name {
        "desktop" => answer(view(app, window)),
        "desktop-set" => {
            set(app, &read(input)?)?;
            answer(view(app, window))
        }
        "desktop-pick" => answer(pick(app, window)),
        "desktop-look" => answer(look(&folder(home, &read::<DesktopFolder>(input)?.path)?)?),
        "desktop-set-up" => answer(set_up(home, &read(input)?)?),
        "desktop-open" => {
            let wanted: DesktopOpen = read(input)?;
            let path = folder(home, &wanted.path)?;
            answer(open(app, window, path, wanted.new_window)?)
        }
        "desktop-demo" => answer(demo(app, window)?),
        "desktop-save" => answer(save(app, window, &read(input)?)?),
        "desktop-tell" => {
            let page: DesktopTell = read(input)?;
            tells(&app.state::<Desk>(), window, page);
            answer(did("noted".to_owned()))
        }
        "desktop-updates" => answer(app.state::<Desk>().updates.view()),
        "desktop-updates-set" => {
            let desk = app.state::<Desk>();
            desk.updates.set(&read(input)?)?;
            answer(desk.updates.view())
        }
        "desktop-updates-check" => {
            let desk = app.state::<Desk>();
            desk.updates.look()?;
            answer(desk.updates.view())
        }
        "desktop-updates-install" => {
            let wanted: DesktopUpdatesInstall = read(input)?;
            let is_done = updates::install(app, window, &wanted.version)?;
            let words = if is_done {
                "installed"
            } else {
                "nothing was changed"
            };
            answer(did(words.to_owned()))
        }
        "desktop-forget" => answer(forget(app, &read::<DesktopFolder>(input)?.path)),
        _ => Err(wrong(
            "unknown_operation",
            format!("there is no `{name}`"),
            None,
        )),
    }
}

fn tells(desk: &Desk, window: &WebviewWindow, page: DesktopTell) {
    let dark = page.dark;
    desk.pages.tells(window.label(), page);
    let coloured = dark.map_or(Ok(()), |dark| colours::told(desk, window, dark));
    if let Err(error) = coloured {
        log::note(&format!("cannot colour the window: {error}"));
    }
}

fn wrong(code: &str, message: String, field: Option<&str>) -> ErrorView {
    ErrorView {
        code: code.to_owned(),
        message,
        hints: Vec::new(),
        field: field.map(str::to_owned),
    }
}

fn read<I: DeserializeOwned>(input: Value) -> Result<I, ErrorView> {
    serde_json::from_value(input).map_err(|error| wrong("invalid_input", error.to_string(), None))
}

fn answer(view: impl Serialize) -> Result<Value, ErrorView> {
    serde_json::to_value(view).map_err(|error| wrong("fault", error.to_string(), None))
}

fn port(error: PortError) -> ErrorView {
    OpError::Store(StoreError::Port(error)).view()
}

fn did(what: String) -> Done {
    Done {
        task: None,
        status: None,
        did: what,
        not_done: Vec::new(),
        next: Vec::new(),
    }
}

fn view(app: &AppHandle, window: &WebviewWindow) -> DesktopView {
    let desk = app.state::<Desk>();
    let (project, problem) = match desk.projects.settled(window.label()) {
        Shows::Project(root) => (Some(root.display().to_string()), None),
        Shows::Nothing(problem) => (None, problem),
        Shows::Opening => (None, None),
    };
    let at_login = app.autolaunch().is_enabled();
    let recent = desk
        .remembered
        .recent()
        .into_iter()
        .map(|recent| RecentView {
            open: desk.projects.get(&recent.path).is_some(),
            there: recent.path.join(".mcp").is_dir(),
            path: recent.path.display().to_string(),
            name: recent.name,
            opened: Millis(recent.opened),
        });
    DesktopView {
        project,
        problem,
        tray: desk.tray.is_there(),
        close_to_tray: desk.remembered.close_to_tray(),
        at_login: at_login
            .inspect_err(|error| {
                log::note(&format!("cannot tell whether it starts at login: {error}"))
            })
            .ok(),
        notifications: desk.notifier.server(),
        recent: recent.collect(),
        log: log::path().map_or_else(String::new, |path| path.display().to_string()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn set(app: &AppHandle, wanted: &DesktopSet) -> Result<(), ErrorView> {
    if let Some(at_login) = wanted.at_login {
        let starting = app.autolaunch();
        let done = if at_login {
            starting.enable()
        } else {
            starting.disable()
        };
        done.map_err(|error| {
            wrong(
                "at_login",
                format!("starting at login cannot be changed: {error}"),
                Some("at_login"),
            )
        })?;
    }
    if let Some(close_to_tray) = wanted.close_to_tray {
        app.state::<Desk>()
            .remembered
            .set_close_to_tray(close_to_tray);
    }
    Ok(())
}

fn pick(app: &AppHandle, window: &WebviewWindow) -> PickedView {
    let picker = app
        .dialog()
        .file()
        .set_title("Choose a project's folder")
        .set_parent(window);
    let chosen = picker.blocking_pick_folder();
    let path = chosen.and_then(|chosen| chosen.into_path().ok());
    PickedView {
        path: path.map(|path| path.display().to_string()),
    }
}

/// Writes a text where the person says; a page of a web view cannot hand out files by itself.
fn save(
    app: &AppHandle,
    window: &WebviewWindow,
    wanted: &DesktopSave,
) -> Result<SavedFileView, ErrorView> {
    // Only a name: the folder is the person's choice.
    let name = Path::new(&wanted.name).file_name().unwrap_or_default();
    let picker = app
        .dialog()
        .file()
        .set_title("Save as")
        .set_file_name(name.to_string_lossy())
        .set_parent(window);
    let chosen = picker.blocking_save_file();
    let Some(path) = chosen.and_then(|chosen| chosen.into_path().ok()) else {
        return Ok(SavedFileView { path: None });
    };
    std::fs::write(&path, &wanted.text).map_err(|error| {
        wrong(
            "cannot_save",
            format!("{} cannot be written: {error}", path.display()),
            None,
        )
    })?;
    Ok(SavedFileView {
        path: Some(path.display().to_string()),
    })
}

/// A folder as it was written: `~` is the person's home; anything else must be absolute, because an app has no folder it stands in.
fn folder(home: Option<&Path>, written: &str) -> Result<PathBuf, ErrorView> {
    let path = match written.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            home.map(|home| home.join(rest.trim_start_matches('/')))
        }
        _ => Some(PathBuf::from(written)),
    };
    path.filter(|path| path.is_absolute()).ok_or_else(|| {
        wrong(
            "invalid_input",
            format!("write the whole path, not `{written}`"),
            Some("path"),
        )
    })
}

fn look(path: &Path) -> Result<FolderView, ErrorView> {
    let git = GitCli::new(path.to_path_buf(), path.join(".mcp"));
    let there = path.is_dir();
    let repository = there && git.is_repository().map_err(port)?;
    let branch = if repository {
        git.current_branch().map_err(port)?
    } else {
        None
    };
    let problem = match std::fs::metadata(path) {
        Err(error) => Some(format!("it cannot be looked at: {error}")),
        Ok(found) if !found.is_dir() => Some("it is a file".to_owned()),
        Ok(found) if found.permissions().readonly() => {
            Some("nothing can be written there".to_owned())
        }
        Ok(_) => None,
    };
    let agents = InstalledPrograms.installed().map_err(port)?;
    Ok(FolderView {
        project: project::find(path).map(|root| root.display().to_string()),
        path: path.display().to_string(),
        problem,
        git: repository,
        branch,
        agents: agents
            .into_iter()
            .map(|agent| FoundAgentView {
                cli: agent.cli,
                program: agent.program,
                version: agent.version,
                install: agent.install,
            })
            .collect(),
    })
}

fn set_up(home: Option<&Path>, wanted: &DesktopSetUp) -> Result<SetUpView, ErrorView> {
    let path = folder(home, &wanted.path)?;
    if !path.is_dir() {
        return Err(wrong(
            "invalid_input",
            format!("there is no folder {}", path.display()),
            Some("path"),
        ));
    }
    let setup = init::Setup {
        base_branch: wanted.base_branch.clone(),
    };
    let made = init::set_up(&path, &setup).map_err(port)?;
    Ok(SetUpView {
        path: path.display().to_string(),
        created: made.created,
        kept: made.kept,
        chain: made.chain,
        notes: made.notes,
    })
}

fn open(
    app: &AppHandle,
    window: &WebviewWindow,
    path: PathBuf,
    new: bool,
) -> Result<Done, ErrorView> {
    let root = project::find(&path).ok_or_else(|| OpenError::NoProject(path).view())?;
    let desk = app.state::<Desk>();
    let project = desk
        .projects
        .open(app, &root, None)
        .map_err(OpenError::view)?;
    Ok(into_window(app, window, &project, new))
}

fn demo(app: &AppHandle, window: &WebviewWindow) -> Result<Done, ErrorView> {
    let model = Model::start(app).map_err(|error| OpenError::Demo(error).view())?;
    let root = model.project.clone();
    let desk = app.state::<Desk>();
    let project = desk
        .projects
        .open(app, &root, Some(model))
        .map_err(OpenError::view)?;
    Ok(into_window(app, window, &project, false))
}

/// A project has one window: when there is one already it is brought to the front.
fn into_window(
    app: &AppHandle,
    window: &WebviewWindow,
    project: &Arc<OpenProject>,
    new: bool,
) -> Done {
    let shown = app.state::<Desk>().projects.windows_of(&project.root);
    if let Some(label) = shown.iter().find(|label| *label != window.label()) {
        if let Some(other) = app.get_webview_window(label) {
            window::to_front(&other);
        }
        return did(format!("{} is open in another window", project.name));
    }
    if new && shown.is_empty() {
        window::of_project(app, project, &crate::link::Place::Board);
        return did(format!("opened {} in a window of its own", project.name));
    }
    // What was decided in the project that was shown is sent to that one.
    pages::send(app, &[window.label().to_owned()]);
    app.state::<Desk>().pages.gone(window.label());
    window::shows(app, window.label(), project);
    window::begin_anew(window);
    did(format!("opened {}", project.name))
}

fn forget(app: &AppHandle, written: &str) -> Done {
    let desk = app.state::<Desk>();
    let path = Path::new(written);
    desk.remembered.forget(path);
    // A project that no window shows is closed with it: its engine stops, its agents go on.
    if desk.projects.windows_of(path).is_empty() {
        desk.projects.close(path);
        desk.bell.ring();
    }
    did(format!("forgot {written}; nothing in it was changed"))
}

#[cfg(test)]
mod tests {
    use super::{folder, look};
    use std::path::Path;

    #[test]
    fn what_the_ui_asks_the_app_has_an_answer() {
        let named = include_str!("../../ui/src/backend/operations.ts").lines();
        let named = named.filter_map(|line| line.trim().split_once(": { input:"));
        let names = named.map(|(name, _)| name.trim_matches('"'));
        let mut count = 0;
        for name in names.filter(|name| name.starts_with("desktop")) {
            count += 1;
            let arm = format!("        \"{name}\" =>");
            assert!(include_str!("system.rs").contains(&arm), "{name}");
        }
        assert!(count > 5);
    }

    #[test]
    fn only_whole_paths_are_folders() {
        assert!(
            folder(None, "shop").is_err()
                && folder(None, "").is_err()
                && folder(None, "~/x").is_err()
        );
        let home = Some(Path::new("/home/me"));
        for (written, path) in [("/a/b", "/a/b"), ("~", "/home/me"), ("~/x", "/home/me/x")] {
            assert_eq!(folder(home, written).unwrap(), Path::new(path));
        }
        assert!(folder(home, "~root/x").is_err());
    }

    #[test]
    fn a_folder_is_looked_at_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let found = look(dir.path()).unwrap();
        assert_eq!(
            (found.problem, found.project, found.git),
            (None, None, false)
        );
        assert!(!found.agents.is_empty());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let missing = look(&dir.path().join("x")).unwrap();
        assert!(missing.problem.is_some());
    }
}
