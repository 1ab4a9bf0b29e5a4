/** Saying something about the changes on the screen: comments on lines, verdicts on parts. All of it goes into the draft. */
import { useMemo } from "react";
import type { Comment, DiffView, HunkVerdict } from "../../backend/wire";
import { type ChangeDraft, type Draft, type DraftComment, newId, partKey, partOf } from "./draft";
import { startOf } from "./entries";
import { parsePatch } from "./parse";

export interface Place {
  path: string;
  before: boolean;
  line: number;
  to: number;
}

export interface Commenting {
  /** The tip of the branch. */
  tip: string | null;
  start: (place: Place) => void;
  type: (words: string) => void;
  save: () => void;
  cancel: () => void;
  edit: (comment: DraftComment) => void;
  drop: (id: string) => void;
  /** Verdicts by part; none where parts cannot be judged. */
  parts: Readonly<Record<string, boolean>> | null;
  judge: (part: string, keep: boolean) => void;
}

export function useCommenting(change: ChangeDraft, draft: Draft, tip: string | null, canJudge: boolean): Commenting {
  const parts = canJudge ? draft.parts : null;
  return useMemo(
    () => ({
      tip,
      parts,
      start: (place) => change((before) => startAt(before, place, tip)),
      type: (words) => change((before) => (before.editing === null ? before : { ...before, editing: { ...before.editing, text: words } })),
      save: () => change(kept),
      cancel: () => change((before) => ({ ...before, editing: null })),
      edit: (comment) => change((before) => ({ ...kept(before), editing: comment })),
      drop: (id) => change((before) => ({ ...before, comments: before.comments.filter((comment) => comment.id !== id) })),
      judge: (part, keep) =>
        change((before) => {
          const { [part]: was, ...others } = before.parts;
          // The same again takes it back.
          return { ...before, parts: was === keep ? others : { ...others, [part]: keep } };
        }),
    }),
    [change, tip, parts],
  );
}

function startAt(draft: Draft, place: Place, tip: string | null): Draft {
  const before = kept(draft);
  const same = before.comments.find(({ path, before: side, line, to }) => path === place.path && side === place.before && line === place.line && to === place.to);
  return { ...before, editing: same ?? { ...place, id: newId(), text: "", commit: tip } };
}

/** What is being written becomes a comment; without words there is none. */
export function kept(draft: Draft): Draft {
  const { editing } = draft;
  if (editing === null) return draft;
  const others = draft.comments.filter(({ id }) => id !== editing.id);
  return { ...draft, editing: null, comments: editing.text.trim() === "" ? others : [...others, { ...editing, text: editing.text.trim() }] };
}

/** Every part of the changes, in order. */
export function partsOf(diff: DiffView | undefined): string[] {
  return (diff?.files ?? []).flatMap((file) => (file.patch === "" ? [] : parsePatch(file.patch).filter(({ kind }) => kind === "hunk").map((row) => partKey(file.path, startOf(row)))));
}

export interface Said {
  comments: Comment[];
  hunks: HunkVerdict[];
  kept: number;
  back: number;
  /** Parts without a verdict of their own. */
  others: number;
  /** Whether those go back. */
  rest: boolean;
}

/** What the draft says, as it is sent. */
export function saidIn(draft: Draft, diff: DiffView | undefined): Said {
  const whole = kept(draft);
  const parts = partsOf(diff);
  const keptParts = parts.filter((part) => whole.parts[part] === true);
  const judged = parts.filter((part) => whole.parts[part] !== undefined);
  const others = parts.length - judged.length;
  const rest = keptParts.length > 0 && others > 0 && (whole.rest ?? true);
  const hunks = parts.flatMap((part) => {
    const keep = whole.parts[part] ?? (rest ? false : undefined);
    return keep === undefined ? [] : [{ ...partOf(part), keep }];
  });
  return {
    comments: whole.comments.map(({ path, line, to, before, text }) => ({ path, line, to: to > line ? to : null, ...(before ? { before } : {}), text })),
    hunks,
    kept: keptParts.length,
    back: hunks.filter(({ keep }) => !keep).length,
    others,
    rest,
  };
}
