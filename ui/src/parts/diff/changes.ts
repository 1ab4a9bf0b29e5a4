/** A task's changes as somebody reviews them: all, since the last look, or those of one handoff; with what was said about their lines. */
import { useEffect, useState } from "react";
import { useBackend } from "../../backend/context";
import { useRead } from "../../backend/reads";
import type { DiffView, ReviewView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { text } from "../../text";
import type { Choice } from "../picker";
import type { Draft } from "./draft";

/** `whole`, `look`, or `h3` for the third handoff. */
export type Range = string;

export interface Changes {
  task: string;
  /** The changes that are shown; none while they are read. */
  shown: DiffView | undefined;
  /** All changes. */
  whole: DiffView | undefined;
  review: ReviewView | undefined;
  range: Range;
  ranges: Choice[];
  onRange: (range: Range) => void;
  /** Comments fit: what is shown ends where the branch is now. */
  canComment: boolean;
  error: unknown;
  refetch: () => void;
}

const LOOKED_MS = 2_000;

export function useChanges(task: string): Changes {
  const [asked, setAsked] = useState<{ task: string; range: Range } | null>(null);
  const whole = useRead("diff", { task });
  const review = useRead("review", { task });
  const known = review.data;
  const ranges = rangesOf(known);
  const wanted = asked?.task === task ? asked.range : (ranges.find(({ id }) => id === "look")?.id ?? "whole");
  const range = ranges.some(({ id }) => id === wanted) ? wanted : "whole";
  const between = betweenOf(range, known);
  const part = useRead("diff", { task, ...between }, { enabled: between !== null, keep: true });
  useLook(task, whole.data?.commit ?? null);
  const isSettled = known !== undefined || review.isError;
  return {
    task,
    shown: !isSettled ? undefined : between === null ? whole.data : part.data,
    whole: whole.data,
    review: known,
    range,
    ranges,
    onRange: (next) => setAsked({ task, range: next }),
    canComment: range === "whole" || range === "look",
    error: (between === null ? whole.error : part.error) ?? null,
    refetch: () => void Promise.all([whole.refetch(), review.refetch(), ...(between === null ? [] : [part.refetch()])]),
  };
}

/** How much was said about each file. */
export function countsOf({ review, canComment }: Changes, draft: Draft): Map<string, number> {
  const counts = new Map<string, number>();
  const said = [...(canComment ? (review?.remarks ?? []).filter(({ kind }) => kind === "comment") : []), ...draft.comments];
  for (const { path } of said) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}

function rangesOf(review: ReviewView | undefined): Choice[] {
  const handoffs = (review?.points ?? []).filter(({ from, to }) => to !== null && to !== from);
  return [
    ...(review?.last_look == null ? [] : [{ id: "look", name: text.changes.sinceLook }]),
    { id: "whole", name: text.changes.whole },
    ...handoffs.map(({ handoff, leg, who }) => ({ id: `h${handoff}`, name: text.changes.handoff(handoff, text.leg[leg].done.toLowerCase(), visible(who)) })),
  ];
}

function betweenOf(range: Range, review: ReviewView | undefined): { from?: string; to?: string } | null {
  if (range === "look") return review?.last_look == null ? null : { from: review.last_look.commit };
  const point = review?.points.find(({ handoff }) => `h${handoff}` === range);
  if (point?.to == null) return null;
  return { ...(point.from === null ? {} : { from: point.from }), to: point.to };
}

/** Who has had the changes before them for a moment has looked; the next time what is new since then is shown. */
function useLook(task: string, commit: string | null): void {
  const backend = useBackend();
  useEffect(() => {
    if (commit === null) return;
    const timer = window.setTimeout(() => {
      if (document.visibilityState === "hidden") return;
      // Not worth a word when it fails: all changes are shown then.
      void backend.call("seen", { task, commit }).catch(() => undefined);
    }, LOOKED_MS);
    return () => window.clearTimeout(timer);
  }, [backend, task, commit]);
}
