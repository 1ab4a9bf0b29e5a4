/** One line of a diff, alone or as half of a pair. */
import { memo } from "react";
import { visible } from "../../format/visible";
import { text } from "../../text";
import type { DiffRow } from "./parse";
import type { Piece } from "./pieces";

const ROWS: Record<DiffRow["kind"], string> = { hunk: "bg-accent-tint text-muted", same: "", add: "bg-add-row", del: "bg-del-row", note: "text-faint italic" };
const GUTTERS: Record<DiffRow["kind"], string> = { hunk: "bg-accent-tint", same: "bg-code", add: "bg-add-gutter", del: "bg-del-gutter", note: "bg-code" };
const MARKS: Record<DiffRow["kind"], string> = { hunk: "", same: "", add: "+", del: "−", note: "" };

interface LineProps {
  row: DiffRow;
  pieces: Piece[] | null;
  isChosen?: boolean;
  /** Its gutter begins a comment. */
  index?: number | undefined;
}

const CHOSEN = "shadow-[inset_3px_0_0_var(--accent-fill)]";

function saidOf(row: DiffRow): string {
  return row.kind === "add" ? text.diff.added : row.kind === "del" ? text.diff.removed : "";
}

export const Line = memo(function Line({ row, pieces, isChosen = false, index }: LineProps) {
  const said = saidOf(row);
  return (
    <div className={`group/line flex h-5 whitespace-pre ${isChosen ? "bg-accent-tint" : ROWS[row.kind]}`}>
      <span aria-hidden {...gutterProps(index)} className={`sticky left-0 z-10 flex w-[14ch] shrink-0 text-muted select-none ${index === undefined ? "" : "cursor-pointer"} ${isChosen ? `bg-accent-tint ${CHOSEN}` : GUTTERS[row.kind]}`}>
        <span className="w-[6ch] pr-[1ch] text-right">{row.before}</span>
        <span className="w-[6ch] pr-[1ch] text-right">{row.after}</span>
        <Mark row={row} canAdd={index !== undefined} />
      </span>
      {said === "" ? null : <span className="sr-only">{said}</span>}
      <span className="pl-[1ch] [tab-size:4]">
        <Pieces row={row} pieces={pieces} />
      </span>
    </div>
  );
});

interface PairProps {
  left: DiffRow | null;
  right: DiffRow | null;
  leftPieces: Piece[] | null;
  rightPieces: Piece[] | null;
  isChosen?: boolean;
  index?: number | undefined;
}

export const PairLine = memo(function PairLine({ left, right, leftPieces, rightPieces, isChosen = false, index }: PairProps) {
  return (
    <div className="flex">
      <Half row={left} number={left?.before ?? null} pieces={leftPieces} isChosen={isChosen && right === null} index={index} side="before" />
      <Half row={right} number={right?.after ?? null} pieces={rightPieces} isChosen={isChosen && right !== null} index={index} side="after" />
    </div>
  );
});

interface HalfProps {
  row: DiffRow | null;
  number: number | null;
  pieces: Piece[] | null;
  isChosen: boolean;
  index: number | undefined;
  side: "before" | "after";
}

function Half({ row, number, pieces, isChosen, index, side }: HalfProps) {
  const edge = side === "after" ? "border-l border-line-soft" : "";
  if (row === null) return <div className={`min-h-5 w-1/2 bg-sunken ${edge}`} />;
  const said = saidOf(row);
  return (
    <div className={`group/line flex min-h-5 w-1/2 min-w-0 ${edge} ${isChosen ? "bg-accent-tint" : ROWS[row.kind]}`}>
      <span aria-hidden {...gutterProps(index, side)} className={`flex w-[8ch] shrink-0 text-muted select-none ${index === undefined ? "" : "cursor-pointer"} ${isChosen ? `bg-accent-tint ${CHOSEN}` : GUTTERS[row.kind]}`}>
        <span className="w-[6ch] pr-[1ch] text-right">{number}</span>
        <Mark row={row} canAdd={index !== undefined} />
      </span>
      {said === "" ? null : <span className="sr-only">{said}</span>}
      <span className="min-w-0 flex-1 pr-[1ch] whitespace-pre-wrap wrap-anywhere [tab-size:4]" style={hanging(row.text)}>
        <Wrapped row={row} pieces={pieces} />
      </span>
    </div>
  );
}

/**
 * What a line begins with stays together with what follows: a long word is broken where the line ends, it does not leave a row of blanks
 * behind. The joiner is drawn by the style sheet, so it is not copied.
 */
function Wrapped({ row, pieces }: { row: DiffRow; pieces: Piece[] | null }) {
  const all = pieces ?? [{ text: row.text, style: "" }];
  const [first, ...rest] = all;
  const [blank = ""] = /^[ \t]*/.exec(first?.text ?? "") ?? [];
  if (first === undefined || blank === "" || blank === first.text) return <Pieces row={row} pieces={pieces} />;
  return (
    <>
      <span className="whitespace-pre after:content-['\2060']">{blank}</span>
      <Pieces row={row} pieces={[{ ...first, text: first.text.slice(blank.length) }, ...rest]} />
    </>
  );
}

const TAB_WIDTH = 4;
/** Deeper than this, too little room is left beside it. */
const MOST_INDENT = 8;

/** What does not fit on the line goes on below it, a little further in than the line itself. */
function hanging(line: string): { paddingLeft: string; textIndent: string } {
  const [blank = ""] = /^[ \t]*/.exec(line) ?? [];
  const indent = Math.min(MOST_INDENT, [...blank].reduce((sum, char) => sum + (char === "\t" ? TAB_WIDTH : 1), 0)) + 2;
  return { paddingLeft: `${indent + 1}ch`, textIndent: `-${indent}ch` };
}

function gutterProps(index: number | undefined, side?: string) {
  return index === undefined ? {} : { "data-gutter": index, ...(side === undefined ? {} : { "data-side": side }) };
}

function Mark({ row, canAdd }: { row: DiffRow; canAdd: boolean }) {
  const isLine = row.kind !== "hunk" && row.kind !== "note";
  return (
    <span className={`relative w-[2ch] text-center ${row.kind === "add" ? "text-good" : "text-bad"}`}>
      {MARKS[row.kind]}
      {canAdd && isLine ? <span className="absolute top-0.5 right-0 left-0 hidden h-4 items-center justify-center rounded bg-accent-fill leading-none text-on-accent group-hover/line:flex">+</span> : null}
    </span>
  );
}

function Pieces({ row, pieces }: { row: DiffRow; pieces: Piece[] | null }) {
  return pieces === null ? visible(row.text) : pieces.map((piece, index) => (piece.style === "" ? visible(piece.text) : <span key={`${index} ${piece.style}`} className={piece.style}>{visible(piece.text)}</span>));
}
