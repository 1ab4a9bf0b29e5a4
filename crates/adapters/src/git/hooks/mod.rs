//! Git's hooks: putting ours in, telling whether they are there, taking them away. Nobody's hook is ever overwritten: in git's own folder
//! it is kept beside ours under its own name with an ending; a folder that belongs to others is not written to at all.

mod place;
#[cfg(test)]
#[cfg(unix)]
mod tests;
mod text;

use super::{GitCli, error::GitResult, layout::Repo};
use orchestron_engine::ports::{HOOKS as NAMES, Hook, HookState, Hooks, Problem};
use place::{Place, failed};
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// What hooks of others may leave ours as when they are put in later.
const LEGACY: [&str; 2] = ["legacy", "old"];
/// The largest file that could be a hook of ours.
const MAX_HOOK_BYTES: u64 = 16 * 1024;

impl GitCli {
    /// What git calls now.
    pub(super) fn hooks_found(&self) -> GitResult<Hooks> {
        let Some(repo) = self.repo()? else {
            return Ok(Hooks::default());
        };
        let program = program();
        let mut found = Hooks::default();
        match place::of(&repo)? {
            Place::Own(folder) => {
                for name in NAMES {
                    found.hooks.push(look_beside(&folder, name, &program));
                }
                found.managed_by = manager(&repo, &folder.to_string_lossy());
                found.folder = Some(folder.display().to_string());
            }
            Place::Elsewhere { theirs } => {
                let leads = place::leads_to_us(&repo)?;
                for name in NAMES {
                    found
                        .hooks
                        .push(look_elsewhere(&repo, name, &theirs, &program, leads));
                }
                found.managed_by = manager(&repo, &theirs).or(Some("core.hooksPath".to_owned()));
                let folder = if leads {
                    place::own_folder(&repo)
                } else {
                    repo.top.join(&theirs)
                };
                found.folder = Some(folder.display().to_string());
            }
        }
        found.problems = problems(&found);
        Ok(found)
    }

    /// Puts ours in.
    pub(super) fn put_hooks(&self) -> GitResult<Hooks> {
        let Some(repo) = self.repo()? else {
            return Ok(Hooks::default());
        };
        let program = program();
        match place::of(&repo)? {
            Place::Own(folder) => {
                make_folder(&folder)?;
                for name in NAMES {
                    put_beside(&folder, name, &program)?;
                }
            }
            Place::Elsewhere { theirs } => put_elsewhere(&repo, &theirs, &program)?,
        }
        self.hooks_found()
    }

    /// Takes ours away; what was there before is there again.
    pub(super) fn take_hooks(&self) -> GitResult<Hooks> {
        let Some(repo) = self.repo()? else {
            return Ok(Hooks::default());
        };
        // Both ways: the place may have changed since.
        let plain = repo.common.join("hooks");
        if !fs::symlink_metadata(&plain).is_ok_and(|look| look.is_symlink()) {
            for name in NAMES {
                take_beside(&plain, name)?;
            }
        }
        place::lead_no_more(&repo)?;
        let ours = place::own_folder(&repo);
        let all = NAMES.iter().chain(&text::OTHERS).chain(&text::BUSY);
        for path in all.map(|name| ours.join(name)) {
            if is_ours(&path) {
                fs::remove_file(&path).map_err(|source| failed("delete", &path, source))?;
            }
        }
        let config = ours.with_file_name("hooks.config");
        for (path, file) in [
            (config, true),
            (ours.clone(), false),
            (ours.with_file_name(""), false),
        ] {
            // What somebody else put there keeps its folder.
            let gone = if file {
                fs::remove_file(&path)
            } else {
                fs::remove_dir(&path)
            };
            match gone {
                Err(error) if file && error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("delete", &path, error));
                }
                _ => {}
            }
        }
        self.hooks_found()
    }
}

/// The program that hooks call: this one, or the command line beside it (the window's program has no `hook`), or the one in PATH.
fn program() -> PathBuf {
    let name = format!("orchestron{}", std::env::consts::EXE_SUFFIX);
    let Ok(own) = std::env::current_exe() else {
        return PathBuf::from(name);
    };
    let beside = own.with_file_name(&name);
    if beside.is_file() {
        beside
    } else {
        PathBuf::from(name)
    }
}

fn make_folder(folder: &Path) -> GitResult<()> {
    fs::create_dir_all(folder).map_err(|source| failed("make", folder, source))
}

/// The text of a file that could be a hook of ours.
fn small_text(path: &Path) -> Option<String> {
    let look = fs::symlink_metadata(path).ok()?;
    (look.is_file() && look.len() <= MAX_HOOK_BYTES)
        .then(|| fs::read_to_string(path).ok())
        .flatten()
}

fn is_ours(path: &Path) -> bool {
    small_text(path).is_some_and(|text| text.contains(text::ANY_MARK))
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn kept_name(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", text::KEPT))
}

fn look_beside(folder: &Path, name: &'static str, program: &Path) -> Hook {
    let (path, kept) = (folder.join(name), kept_name(folder, name));
    let theirs = is_there(&kept).then(|| kept.display().to_string());
    let state = match small_text(&path) {
        Some(found) if found == text::beside(name, program) && theirs.is_some() => {
            HookState::Chained
        }
        Some(found) if found == text::beside(name, program) => HookState::Ours,
        Some(found) if found.contains(text::ANY_MARK) => HookState::Changed,
        _ if is_there(&path) => HookState::Theirs,
        _ => HookState::Missing,
    };
    Hook {
        name,
        state,
        theirs,
    }
}

fn look_elsewhere(
    repo: &Repo,
    name: &'static str,
    theirs: &str,
    program: &Path,
    leads: bool,
) -> Hook {
    let their = repo.top.join(theirs).join(name);
    let has = is_there(&their);
    let ours = small_text(&place::own_folder(repo).join(name));
    let state = match ours {
        Some(found) if leads && found == text::elsewhere(name, theirs, program) => match has {
            true => HookState::Chained,
            false => HookState::Ours,
        },
        Some(_) if leads => HookState::Changed,
        _ if has => HookState::Theirs,
        _ => HookState::Missing,
    };
    Hook {
        name,
        state,
        theirs: has.then(|| their.display().to_string()),
    }
}

fn put_beside(folder: &Path, name: &str, program: &Path) -> GitResult<()> {
    let (path, kept) = (folder.join(name), kept_name(folder, name));
    let text = text::beside(name, program);
    if small_text(&path).as_deref() == Some(&text) {
        return Ok(());
    }
    if is_there(&path) && !is_ours(&path) {
        if is_there(&kept) {
            // Somebody replaced ours since: what was kept from before that is kept still, under another name.
            let older = (1..).map(|n| folder.join(format!("{name}{}.{n}", text::KEPT)));
            let free = older.take(1000).find(|path| !is_there(path));
            let older = free.unwrap_or_else(|| kept.with_extension("older"));
            fs::rename(&kept, &older).map_err(|source| failed("move", &kept, source))?;
        }
        // A second name first, then ours in its place by a rename: at no moment is there no hook.
        if fs::hard_link(&path, &kept).is_err() {
            fs::rename(&path, &kept).map_err(|source| failed("move", &path, source))?;
        }
    }
    write_hook(&path, &text)
}

fn write_hook(path: &Path, text: &str) -> GitResult<()> {
    let temp = path.with_extension(format!("orchestron-{}", std::process::id()));
    let written = fs::File::create(&temp)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| executable(&temp))
        .and_then(|()| fs::rename(&temp, path));
    written.map_err(|source| {
        // What failed is the news.
        fs::remove_file(&temp).unwrap_or_default();
        failed("write", path, source)
    })
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn take_beside(folder: &Path, name: &str) -> GitResult<()> {
    let (path, kept) = (folder.join(name), kept_name(folder, name));
    // What others made of ours when they came later.
    for legacy in LEGACY.map(|ending| folder.join(format!("{name}.{ending}"))) {
        if is_ours(&legacy) {
            fs::remove_file(&legacy).map_err(|source| failed("delete", &legacy, source))?;
        }
    }
    let there = is_there(&path);
    if there && !is_ours(&path) {
        // Somebody's; what was kept stays beside it, and the status says so.
        return Ok(());
    }
    if is_there(&kept) {
        return fs::rename(&kept, &path).map_err(|source| failed("move", &kept, source));
    }
    if there {
        fs::remove_file(&path).map_err(|source| failed("delete", &path, source))?;
    }
    Ok(())
}

fn put_elsewhere(repo: &Repo, theirs: &str, program: &Path) -> GitResult<()> {
    let folder = place::own_folder(repo);
    make_folder(&folder)?;
    for name in NAMES.iter().chain(&text::OTHERS) {
        write_hook(&folder.join(name), &text::elsewhere(name, theirs, program))?;
    }
    for name in text::BUSY {
        if is_there(&repo.top.join(theirs).join(name)) {
            write_hook(&folder.join(name), &text::elsewhere(name, theirs, program))?;
        }
    }
    place::lead(repo)
}

/// Who looks after the hooks there.
fn manager(repo: &Repo, folder: &str) -> Option<String> {
    let has = |name: &str| repo.top.join(name).exists();
    let known = if folder.contains(".husky") {
        "husky"
    } else if [
        "lefthook.yml",
        "lefthook.yaml",
        ".lefthook.yml",
        "lefthook.toml",
        "lefthook.json",
    ]
    .into_iter()
    .any(has)
    {
        "lefthook"
    } else if has(".pre-commit-config.yaml") {
        "pre-commit"
    } else {
        return None;
    };
    Some(known.to_owned())
}

fn problems(found: &Hooks) -> Vec<Problem> {
    let ours = |hook: &&Hook| {
        matches!(
            hook.state,
            HookState::Ours | HookState::Chained | HookState::Changed
        )
    };
    let some = found.hooks.iter().any(|hook| ours(&hook));
    let folder = found.folder.clone().unwrap_or_default();
    let lost = found
        .hooks
        .iter()
        .filter(|hook| some && !ours(hook) || hook.state == HookState::Changed);
    let mut problems: Vec<Problem> = lost
        .map(|hook| Problem {
            path: format!("{folder}/{}", hook.name),
            line: None,
            what: match hook.state {
                HookState::Changed => {
                    "this hook of Orchestron is of another version, or was changed".to_owned()
                }
                HookState::Theirs => "another hook took the place of Orchestron's".to_owned(),
                _ => "Orchestron's hook is not there".to_owned(),
            },
            cure: "`orchestron hooks install` puts it in again and keeps what is there.".to_owned(),
        })
        .collect();
    let forgotten = found
        .hooks
        .iter()
        .filter(|hook| hook.state == HookState::Theirs);
    problems.extend(forgotten.filter_map(|hook| {
        let kept = hook.theirs.as_ref().filter(|kept| kept.ends_with(text::KEPT))?;
        Some(Problem {
            path: kept.clone(),
            line: None,
            what: format!("this hook was there before Orchestron's, and another one took the place of both ({})", hook.name),
            cure: "Look whether it is still wanted; git does not call it.".to_owned(),
        })
    }));
    problems
}
