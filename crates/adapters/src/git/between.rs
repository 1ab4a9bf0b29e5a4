//! What a task's branch changed between two of its commits: since somebody last looked, or from one handoff to the next.

use super::{
    command::{nul_separated, text_of},
    diff,
    error::GitResult,
    layout::Repo,
};
use orchestron_domain::CommitId;
use orchestron_engine::ports::Between;
use std::collections::BTreeSet;

/// What lies between them; none when one is not there (any more).
pub(super) fn commits(
    repo: &Repo,
    base_branch: &str,
    from: Option<&CommitId>,
    to: &CommitId,
) -> GitResult<Option<Between>> {
    let Some(to) = repo.commit(to)? else {
        return Ok(None);
    };
    let base_tip = repo.need_tip(base_branch)?;
    let base_of = |commit: &CommitId| -> GitResult<CommitId> {
        Ok(repo
            .merge_base(commit, &base_tip)?
            .unwrap_or_else(|| base_tip.clone()))
    };
    let Some(from) = from else {
        let files = diff::between(repo, &base_of(&to)?, &to)?;
        return Ok(Some(Between {
            files,
            follows: true,
            caught_up: false,
        }));
    };
    let Some(from) = repo.commit(from)? else {
        return Ok(None);
    };
    let mut files = diff::between(repo, &from, &to)?;
    let (old_base, new_base) = (base_of(&from)?, base_of(&to)?);
    let caught_up = old_base != new_base;
    if caught_up {
        // What came in with the base is nobody's news here.
        let mut own = changed(repo, &old_base, &from)?;
        own.append(&mut changed(repo, &new_base, &to)?);
        files.retain(|file| {
            own.contains(&file.path) || file.old_path.as_ref().is_some_and(|old| own.contains(old))
        });
    }
    Ok(Some(Between {
        files,
        follows: repo.is_ancestor(&from, &to)?,
        caught_up,
    }))
}

/// Names of the files that differ.
fn changed(repo: &Repo, from: &CommitId, to: &CommitId) -> GitResult<BTreeSet<String>> {
    let names = repo
        .read(&["diff-tree", "-r", "--name-only", "--no-renames", "-z"])
        .args(&[&from.0, &to.0])
        .ok()?;
    Ok(nul_separated(&names).map(text_of).collect())
}
