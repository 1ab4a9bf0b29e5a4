//! `conflicts` and `resolve`: what clashes, and how a person decides what becomes of it.

use crate::{
    Context, OpError,
    view::word,
    who::only_person,
    wire::{Big, ConflictView, ConflictWord, ConflictsView, Done, ResolveWord, StageWord, input},
    writing::{Facts, done, id, tell_engine, trimmed, write},
};
use orchestron_domain::{
    Actor, Fact, RequestKind, Seq, State, TaskId,
    conflict::{self, Conflict, ConflictKind, Resolution, Stage},
};

/// What clashes, newest first; with `all` also what is over.
///
/// # Errors
/// When the project cannot be read.
pub fn conflicts(cx: &mut Context, input: &input::Conflicts) -> Result<ConflictsView, OpError> {
    let state = cx.story()?;
    let shown = state.conflicts.values().rev();
    let shown = shown.filter(|found| input.all || found.is_there());
    let over = state.conflicts.values().filter(|found| !found.is_there());
    Ok(ConflictsView {
        conflicts: shown.map(|found| view(&state, found)).collect(),
        over: u32::try_from(over.count()).unwrap_or(u32::MAX),
    })
}

fn view(state: &State, found: &Conflict) -> ConflictView {
    let about = |kind: &RequestKind| matches!(kind, RequestKind::Clash { conflict, .. } if *conflict == found.id);
    let request = state.open_requests().find(|request| about(&request.kind));
    let (resolution, why, at) = match &found.resolved {
        Some((resolution, why, at)) => (
            Some(word::resolution(resolution)),
            Some(why.clone()),
            Some(word::millis(*at)),
        ),
        None => (None, None, None),
    };
    let fits = |stage: Stage| matches!(stage, Stage::Open | Stage::Queued | Stage::Due);
    let options = conflict::options(found).into_iter();
    ConflictView {
        id: Big(found.id.0),
        kind: kind(found.kind),
        tasks: found.tasks.iter().map(ToString::to_string).collect(),
        files: found.files.clone(),
        evidence: found.evidence.clone(),
        since: word::millis(found.since),
        stage: stage(found.stage),
        resolution,
        why,
        resolved_at: at,
        stuck: found.stuck.clone(),
        request: request.map(|request| Big(request.id.0)),
        options: options
            .filter(|_| fits(found.stage))
            .filter_map(|option| resolve_word(&option))
            .collect(),
    }
}

const fn kind(kind: ConflictKind) -> ConflictWord {
    match kind {
        ConflictKind::Doubled => ConflictWord::Doubled,
        ConflictKind::EarlyStart => ConflictWord::EarlyStart,
        ConflictKind::Circle => ConflictWord::Circle,
        ConflictKind::SameFiles => ConflictWord::SameFiles,
        ConflictKind::Forecast => ConflictWord::Forecast,
        ConflictKind::Silent => ConflictWord::Silent,
        ConflictKind::Stalled => ConflictWord::Stalled,
        ConflictKind::Drift => ConflictWord::Drift,
    }
}

const fn stage(stage: Stage) -> StageWord {
    match stage {
        Stage::Open => StageWord::Open,
        Stage::Queued => StageWord::Queued,
        Stage::Due => StageWord::Due,
        Stage::Accepted => StageWord::Accepted,
        Stage::Over => StageWord::Over,
    }
}

const fn resolve_word(resolution: &Resolution) -> Option<ResolveWord> {
    match resolution {
        Resolution::Queue { .. } => Some(ResolveWord::Queue),
        Resolution::Reassign => Some(ResolveWord::Reassign),
        Resolution::Gone => Some(ResolveWord::Gone),
        Resolution::Escalate => None,
    }
}

/// Decides what becomes of a conflict.
///
/// # Errors
/// When there is no such conflict, it is over, or it cannot be resolved that way.
pub fn resolve(cx: &mut Context, input: &input::Resolve) -> Result<Done, OpError> {
    only_person(cx, "resolve conflicts")?;
    let seq = Seq(input.conflict.0);
    let waits = input.task.as_deref().map(id).transpose()?;
    let why = match trimmed(input.note.as_deref()) {
        note if note.is_empty() => "decided by you".to_owned(),
        note => note,
    };
    let (task, resolution) = write(cx, [], |state| {
        judge(state, seq, input.how, waits.as_ref(), &why)
    })?;
    let did = format!("conflict {}: {}", seq.0, word::resolution(&resolution));
    let mut told = done(task.as_ref(), None, did);
    tell_engine(cx, &mut told, "it is carried out")?;
    Ok(told)
}

fn judge(
    state: &State,
    seq: Seq,
    how: ResolveWord,
    waits: Option<&TaskId>,
    why: &str,
) -> Result<(Facts, (Option<TaskId>, Resolution)), OpError> {
    let found = state.conflicts.get(&seq);
    let found = found.ok_or(OpError::NoConflict { id: seq.0 })?;
    if !found.is_there() {
        return Err(OpError::ConflictOver { id: seq.0 });
    }
    let options = conflict::options(found);
    let fitting = options
        .iter()
        .find(|option| resolve_word(option) == Some(how));
    let Some(fitting) = fitting else {
        let words = options.iter().filter_map(resolve_word);
        let words: Vec<_> = words.map(|word| format!("--{}", flag(word))).collect();
        return Err(OpError::Input {
            field: "how",
            what: format!(
                "a conflict of the kind {} can be resolved with {}",
                found.kind.word(),
                words.join(" or ")
            ),
        });
    };
    let resolution = match (fitting, waits) {
        (Resolution::Queue { task, behind }, Some(waits)) => queue(task, behind, waits)?,
        (other, None) => other.clone(),
        (_, Some(_)) => {
            return Err(OpError::Input {
                field: "task",
                what: "only `queue` makes a task wait".to_owned(),
            });
        }
    };
    let fact = Fact::ConflictResolved {
        conflict: seq,
        resolution: resolution.clone(),
        why: why.to_owned(),
    };
    let task = found.tasks.last().cloned();
    Ok((vec![(Actor::Person, fact)], (task, resolution)))
}

/// The order with this one as the one that waits.
fn queue(later: &TaskId, first: &TaskId, waits: &TaskId) -> Result<Resolution, OpError> {
    let (task, behind) = if waits == later {
        (later, first)
    } else if waits == first {
        (first, later)
    } else {
        return Err(OpError::Input {
            field: "task",
            what: format!("the conflict is between {first} and {later}"),
        });
    };
    Ok(Resolution::Queue {
        task: task.clone(),
        behind: behind.clone(),
    })
}

const fn flag(word: ResolveWord) -> &'static str {
    match word {
        ResolveWord::Queue => "queue",
        ResolveWord::Reassign => "reassign",
        ResolveWord::Gone => "gone",
    }
}
