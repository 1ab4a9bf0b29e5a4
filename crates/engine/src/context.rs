//! Gathers what a holder must know, for prompts and for `next`.

use crate::{
    ports::{FileDiff, Git, PortResult, RunProgram, Worktree},
    store::{Store, StoreError},
};
use orchestron_domain::{
    AgentName, Holder, Leg, SessionId, State, Status, TaskId, budget,
    prompt::{Context, document, role},
    state::Place,
};

/// The newest feedback files that are read for a context.
const FEEDBACK: u32 = 3;

impl From<&Place> for Worktree {
    fn from(place: &Place) -> Self {
        Self {
            path: place.path.clone(),
            branch: place.branch.clone(),
            base: place.base.clone(),
        }
    }
}

/// The context of a task's present leg.
pub fn gather(
    store: &mut Store,
    git: &dyn Git,
    state: &State,
    task: &TaskId,
    leg: Leg,
    attempt: u32,
) -> Result<Context, StoreError> {
    let (file, mut parsed) = store.read(task)?;
    if let Some(card) = &file.card {
        // The line in the file may lag behind the folder; a file it cannot be written into is shown as it is.
        parsed.set_status(card.status).unwrap_or_default();
    }
    let progress = state.tasks.get(task);
    let place = progress.and_then(|found| found.place.clone());
    let base = base_branch(store, git, state)?;
    let diff = match &place {
        Some(place) if place.branch.is_some() && (leg == Leg::Review || attempt > 1) => {
            // A reviewer is shown what will be merged, which is the commit; who tries again finds also what was left lying.
            patch(git, place, &base, leg != Leg::Review)?
        }
        _ => String::new(),
    };
    let newest = progress.map_or(0, |found| found.feedback);
    let mut feedback = Vec::new();
    for number in newest.saturating_sub(FEEDBACK).saturating_add(1)..=newest {
        if let Ok(text) = store.files().read_side(&feedback_path(task, number)) {
            feedback.push((number, String::from_utf8_lossy(&text.bytes).into_owned()));
        }
    }
    Ok(Context {
        task: Some((
            task.clone(),
            file.card.map_or_else(String::new, |card| card.title),
        )),
        leg: Some(leg),
        attempt,
        resumed: false,
        text: String::from_utf8_lossy(&parsed.to_bytes()).into_owned(),
        feedback,
        diff,
        branch: place.as_ref().and_then(|place| place.branch.clone()),
        place: place.map(|place| place.path),
        base_branch: Some(base),
        gates: orchestron_domain::tests_first::told(state, task),
        saved: saved_context(state, task),
        outside: None,
    })
}

/// What was saved of the work on a task, with its version.
fn saved_context(state: &State, task: &TaskId) -> Option<(u64, String)> {
    let found = orchestron_domain::context::saved(state, task)?;
    let text = serde_json::to_string(&found.context).ok()?;
    Some((found.version, text))
}

/// Where a task's feedback lies, relative to `.mcp/`.
pub fn feedback_path(task: &TaskId, number: u32) -> String {
    format!("feedback/{task}-{number}.md")
}

fn patch(git: &dyn Git, place: &Place, base: &str, with_uncommitted: bool) -> PortResult<String> {
    let files = git.diff(&Worktree::from(place), base, with_uncommitted)?;
    Ok(files.iter().map(named).collect::<Vec<_>>().join("\n"))
}

/// The hunks of a file below its name, as git writes it.
fn named(file: &FileDiff) -> String {
    let path = &file.path;
    let old = match file.kind.as_str() {
        "added" => "/dev/null".to_owned(),
        _ => format!("a/{}", file.old_path.as_ref().unwrap_or(path)),
    };
    let new = match file.kind.as_str() {
        "deleted" => "/dev/null".to_owned(),
        _ => format!("b/{path}"),
    };
    let cut = if file.cut {
        "[cut: read the rest from the file]\n"
    } else {
        ""
    };
    let binary = if file.added.is_none() {
        "[a binary file]\n"
    } else {
        ""
    };
    format!("--- {old}\n+++ {new}\n{binary}{}{cut}", file.patch)
}

/// The branch approved work goes to: configured, else remembered from `init`, else what is checked out.
///
/// # Errors
/// When log or git cannot be asked.
pub fn base_branch(store: &Store, git: &dyn Git, state: &State) -> PortResult<String> {
    if let Some(named) = &state.config.base_branch {
        return Ok(named.clone());
    }
    if let Some(kept) = store.log().setting("base-branch")? {
        return Ok(kept);
    }
    Ok(git.current_branch()?.unwrap_or_else(|| "main".to_owned()))
}

/// What to start for an agent on a leg.
pub fn agent_program(
    store: &mut Store,
    git: &dyn Git,
    state: &State,
    task: &TaskId,
    (leg, agent, attempt): (Leg, &AgentName, u32),
    resume: Option<&SessionId>,
) -> Result<RunProgram, StoreError> {
    let mut context = gather(store, git, state, task, leg, attempt)?;
    context.resumed = resume.is_some();
    let mut agent = state.config.agents.get(agent).cloned().ok_or_else(|| StoreError::Config {
        path: ".mcp/agents.yaml".into(),
        said: format!("there is no agent `{agent}`; add it, or name another one in the chain of .mcp/config.yaml"),
    })?;
    // Measured: a conversation that is gone on with begins its own budget at zero, though it tells the total.
    agent.budget = budget::of_run(state, task, &agent.name);
    let prompt_file = match &agent.prompt_file {
        Some(path) => {
            Some(String::from_utf8_lossy(&store.files().read_side(path)?.bytes).into_owned())
        }
        None => None,
    };
    Ok(RunProgram::Agent {
        role: role(&agent, leg, prompt_file.as_deref()),
        prompt: document(&context),
        resume: resume.cloned(),
        may_write: leg == Leg::Implement,
        agent: Box::new(agent),
    })
}

/// The document for a holder outside Orchestron: the whole context, and which command ends its leg.
///
/// # Errors
/// When the task or its files cannot be read.
pub fn outside_document(
    store: &mut Store,
    git: &dyn Git,
    state: &State,
    task: &TaskId,
    leg: Leg,
    holder: &Holder,
) -> Result<String, StoreError> {
    let attempt = state
        .tasks
        .get(task)
        .map_or(1, |found| found.tries(leg).max(1));
    let mut context = gather(store, git, state, task, leg, attempt)?;
    let name = match holder {
        Holder::Agent(name) | Holder::Outside(name) => format!(" --agent {name}"),
        _ => String::new(),
    };
    let free = state.status(task) == Some(Status::Ready);
    let file = store.find(task)?.path;
    // Once it is taken, the file lies there.
    let file = match file.strip_prefix("ready/") {
        Some(name) if free => format!("in-progress/{name}"),
        _ => file,
    };
    let file = format!(
        "the task file `.mcp/tasks/{file}` of the project (not a copy of it in a worktree)"
    );
    let take = if free {
        format!(
            "Take the task before you begin: `orchestron claim {task}{name}` makes a worktree and says where it is; work there and nowhere else. "
        )
    } else {
        String::new()
    };
    context.outside = Some(match leg {
        Leg::Prepare => format!(
            "Edit {file} until its boxes under Definition of Ready are true, then run `orchestron prep {task}{name} -m \"note to the implementer\"`."
        ),
        Leg::Implement => format!(
            "{take}Tick the acceptance criteria you have seen hold in {file}. When the work is done, run `orchestron review {task}{name} -m \"note to the reviewer\"`. The gates are run on it; if one fails, the task comes back with feedback."
        ),
        Leg::Review | Leg::Approve => format!(
            "Change nothing. Run `orchestron complete {task}{name} -m \"why it is good\"` or `orchestron reject {task}{name} -m \"what has to change\"`."
        ),
    });
    Ok(document(&context))
}

#[cfg(test)]
mod tests {
    use super::named;
    use crate::ports::FileDiff;

    #[test]
    fn a_reviewer_sees_which_file_changed() {
        let file = FileDiff {
            path: "src/new.rs".into(),
            old_path: Some("src/old.rs".into()),
            kind: "renamed".into(),
            added: Some(1),
            removed: Some(0),
            patch: "@@ -1 +1,2 @@\n a\n+b\n".into(),
            cut: false,
        };
        assert_eq!(
            named(&file),
            "--- a/src/old.rs\n+++ b/src/new.rs\n@@ -1 +1,2 @@\n a\n+b\n"
        );
        let added = FileDiff {
            kind: "added".into(),
            ..file
        };
        assert!(named(&added).starts_with("--- /dev/null\n+++ b/src/new.rs\n"));
    }
}
