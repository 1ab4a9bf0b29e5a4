/** Choosing lines of a diff to say something about, by arrow keys or by dragging along the line numbers. */
import type { Place } from "./commenting";
import type { DiffEntry } from "./entries";
import type { DiffRow } from "./parse";

export interface Chosen {
  anchor: number;
  head: number;
  /** Side by side: which half was pressed. */
  side: "before" | "after" | null;
}

export function isLine(entry: DiffEntry | undefined): boolean {
  if (entry?.type === "pair") return true;
  return entry?.type === "line" && entry.row.kind !== "note";
}

export function within({ anchor, head }: Chosen, index: number): boolean {
  return index >= Math.min(anchor, head) && index <= Math.max(anchor, head);
}

/** One line up or down; `first` is where it begins when nothing is chosen. */
export function move(entries: readonly DiffEntry[], chosen: Chosen | null, by: 1 | -1, extend: boolean, first: number): Chosen | null {
  let index = chosen === null ? first - (by === 1 ? 1 : 0) : chosen.head;
  do index += by;
  while (index >= 0 && index < entries.length && !isLine(entries[index]));
  if (!isLine(entries[index])) return chosen;
  return { anchor: extend && chosen !== null ? chosen.anchor : index, head: index, side: null };
}

/** Which lines of which side are chosen: those after the change, unless only lines that are gone are. */
export function placeOf(path: string, entries: readonly DiffEntry[], chosen: Chosen): Place | null {
  const rows = entries.filter((_, index) => within(chosen, index)).flatMap(rowsOf);
  const after = numbers(rows, "after");
  const before = numbers(rows, "before");
  const isBefore = chosen.side === "before" ? before.length > 0 : chosen.side === "after" ? after.length === 0 : after.length === 0;
  const lines = isBefore ? before : after;
  const line = lines[0];
  const to = lines.at(-1);
  return line === undefined || to === undefined ? null : { path, before: isBefore, line, to };
}

function rowsOf(entry: DiffEntry): DiffRow[] {
  if (entry.type === "line") return [entry.row];
  if (entry.type === "pair") return [entry.left, entry.right].filter((row) => row !== null);
  return [];
}

function numbers(rows: readonly DiffRow[], side: "before" | "after"): number[] {
  return rows.map((row) => row[side]).filter((line) => line !== null).sort((a, b) => a - b);
}
