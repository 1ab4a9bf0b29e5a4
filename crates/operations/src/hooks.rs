//! `hooks`, `hooks-install`, `hooks-uninstall`: git's hooks that call Orchestron.

use crate::{
    Context, OpError,
    view::word,
    who::only_person,
    wire::{Done, HookView, HookWord, HooksView, input},
    writing::done,
};
use orchestron_engine::ports::{Hook, HookState, Hooks};

/// Whether git calls us, and what was there before.
///
/// # Errors
/// When git cannot tell.
pub fn hooks(cx: &mut Context, _input: &input::Nothing) -> Result<HooksView, OpError> {
    Ok(view(cx.git.hooks()?))
}

/// Puts our hooks in; those that are there are kept and called first.
///
/// # Errors
/// When there is no git, or its folders cannot be written.
pub fn install(cx: &mut Context, _input: &input::Nothing) -> Result<Done, OpError> {
    only_person(cx, "change git's hooks")?;
    if cx.git.hooks()?.folder.is_none() {
        return Err(OpError::Input {
            field: "project",
            what:
                "this project is no git repository, so there are no hooks: `git init` makes it one"
                    .to_owned(),
        });
    }
    let found = cx.git.install_hooks()?;
    let mut told = done(None, None, "git's hooks call Orchestron");
    if let Some(folder) = &found.folder {
        told.did = format!("git's hooks in {folder} call Orchestron");
    }
    for hook in found
        .hooks
        .iter()
        .filter(|hook| hook.state == HookState::Chained)
    {
        told.next.push(format!(
            "the {} hook that was there is called first: {}",
            hook.name,
            theirs(hook)
        ));
    }
    if let Some(name) = &found.managed_by {
        told.next
            .push(format!("the hooks of {name} stay as they are"));
    }
    told.not_done.extend(problems(&found));
    let state = cx.store.configured()?;
    let gates: Vec<_> = state
        .config
        .gates
        .iter()
        .filter(|gate| gate.at_commit)
        .map(|gate| gate.name.as_str())
        .collect();
    let line = match (gates.is_empty(), state.trusted) {
        (true, _) => "no gate is run before a commit: .mcp/config.yaml has none".to_owned(),
        (false, true) => format!(
            "before a commit these gates are run, when it has files they are about: {}",
            gates.join(", ")
        ),
        (false, false) => {
            "gates are run before a commit once you have accepted them: `orchestron trust`"
                .to_owned()
        }
    };
    told.next.push(line);
    told.next
        .push("`orchestron hooks uninstall` puts everything back as it was".to_owned());
    Ok(told)
}

/// Takes our hooks away; what was there before is there again.
///
/// # Errors
/// When git's folders cannot be written.
pub fn uninstall(cx: &mut Context, _input: &input::Nothing) -> Result<Done, OpError> {
    only_person(cx, "change git's hooks")?;
    let before = cx.git.hooks()?;
    let found = cx.git.uninstall_hooks()?;
    let had = before
        .hooks
        .iter()
        .any(|hook| !matches!(hook.state, HookState::Theirs | HookState::Missing));
    let did = if had {
        "git's hooks are as they were before Orchestron's"
    } else {
        "there were no hooks of Orchestron"
    };
    let mut told = done(None, None, did);
    told.not_done.extend(problems(&found));
    Ok(told)
}

fn theirs(hook: &Hook) -> String {
    hook.theirs.clone().unwrap_or_default()
}

fn problems(found: &Hooks) -> Vec<String> {
    let line = |problem: &orchestron_engine::ports::Problem| {
        format!("{}: {}. {}", problem.path, problem.what, problem.cure)
    };
    found.problems.iter().map(line).collect()
}

fn view(found: Hooks) -> HooksView {
    HooksView {
        installed: found.installed(),
        folder: found.folder,
        managed_by: found.managed_by,
        hooks: found
            .hooks
            .into_iter()
            .map(|hook| HookView {
                name: hook.name.to_owned(),
                state: match hook.state {
                    HookState::Ours => HookWord::Ours,
                    HookState::Chained => HookWord::Chained,
                    HookState::Changed => HookWord::Changed,
                    HookState::Theirs => HookWord::Theirs,
                    HookState::Missing => HookWord::Missing,
                },
                theirs: hook.theirs,
            })
            .collect(),
        problems: found.problems.into_iter().map(word::problem).collect(),
    }
}
