/** What is drawn of one file's changes, top to bottom: lines, alone or in pairs, and below them what was said about them. */
import type { RemarkView } from "../../backend/wire";
import { partKey, type DraftComment } from "./draft";
import type { DiffRow } from "./parse";
import { pairsOf } from "./split";

export type DiffEntry =
  | { type: "line"; key: string; row: DiffRow }
  | { type: "pair"; key: string; left: DiffRow | null; right: DiffRow | null }
  | { type: "hunk"; key: string; row: DiffRow; part: string }
  | { type: "remark"; key: string; remark: RemarkView }
  | { type: "draft"; key: string; comment: DraftComment; isOpen: boolean };

export interface Said {
  remarks: readonly RemarkView[];
  comments: readonly DraftComment[];
  editing: DraftComment | null;
}

export const NOTHING_SAID: Said = { remarks: [], comments: [], editing: null };

interface Built {
  entries: DiffEntry[];
  /** About lines of this file that are not among those shown. */
  elsewhere: DiffEntry[];
}

export function entriesOf(path: string, rows: readonly DiffRow[], isSplit: boolean, said: Said): Built {
  const blocks = blocksOf(path, said);
  const entries: DiffEntry[] = [];
  const placed = new Set<string>();
  const putBelow = (...shown: (DiffRow | null)[]) => {
    for (const row of shown) {
      if (row === null) continue;
      for (const place of [row.after === null ? "" : `a${row.after}`, row.before === null ? "" : `b${row.before}`]) {
        for (const block of blocks.get(place) ?? []) {
          if (placed.has(block.key)) continue;
          placed.add(block.key);
          entries.push(block);
        }
      }
    }
  };
  const lines: { left: DiffRow | null; right: DiffRow | null }[] = isSplit ? pairsOf(rows) : rows.map((row) => ({ left: row, right: row }));
  lines.forEach(({ left, right }, index) => {
    const row = right ?? left;
    if (row === null) return;
    if (row.kind === "hunk") entries.push({ type: "hunk", key: `h${row.hunk}`, row, part: partKey(path, startOf(row)) });
    else if (isSplit) entries.push({ type: "pair", key: `p${index}`, left, right });
    else entries.push({ type: "line", key: `l${index}`, row });
    putBelow(left, right === left ? null : right);
  });
  const elsewhere = [...blocks.values()].flat().filter(({ key }) => !placed.has(key));
  return { entries, elsewhere };
}

function blocksOf(path: string, { remarks, comments, editing }: Said): Map<string, DiffEntry[]> {
  const blocks = new Map<string, DiffEntry[]>();
  const put = (place: string, entry: DiffEntry) => blocks.set(place, [...(blocks.get(place) ?? []), entry]);
  remarks.forEach((remark, index) => {
    if (remark.path !== path || !isWorthShowing(remark)) return;
    put(`${remark.before ? "b" : "a"}${remark.now ?? remark.to}`, { type: "remark", key: `r${index}`, remark });
  });
  for (const comment of comments) {
    if (comment.path !== path || comment.id === editing?.id) continue;
    put(`${comment.before ? "b" : "a"}${comment.to}`, { type: "draft", key: `d${comment.id}`, comment, isOpen: false });
  }
  if (editing?.path === path) put(`${editing.before ? "b" : "a"}${editing.to}`, { type: "draft", key: `d${editing.id}`, comment: editing, isOpen: true });
  return blocks;
}

/** A part that was sent back and came back changed, or was accepted and left alone, is as it should be. */
function isWorthShowing(remark: RemarkView): boolean {
  if (remark.kind === "comment") return remark.text !== "";
  if (remark.kind === "keep") return remark.state === "changed";
  return remark.state === "left";
}

/** Where a hunk begins after the change, from its head line. */
export function startOf(row: DiffRow): number {
  return Number(/\+(\d+)/.exec(row.text)?.[1] ?? 0);
}
