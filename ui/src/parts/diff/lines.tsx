/** The lines of one file's diff; only those in sight are drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useMemo, useRef } from "react";
import { visible } from "../../format/visible";
import { text } from "../../text";
import { HunkColours, languageOf, useHighlighter } from "./highlight";
import { type DiffRow, longestLine, parsePatch } from "./parse";
import type { Piece } from "./pieces";

const ROW_HEIGHT = 20;
const GUTTER_CH = 14;

interface DiffLinesProps {
  path: string;
  patch: string;
  /** Grows with its content up to a limit, instead of filling its place. */
  inline?: boolean;
}

export function DiffLines({ path, patch, inline = false }: DiffLinesProps) {
  const rows = useMemo(() => parsePatch(patch), [patch]);
  const colours = useColours(path, rows);
  const width = useMemo(() => longestLine(rows) + GUTTER_CH + 4, [rows]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 20 });
  return (
    <div
      ref={scroller}
      role="group"
      aria-label={text.diff.of(path)}
      // Scrolled by keyboard.
      tabIndex={0}
      className={`overflow-auto bg-code font-mono text-xs leading-5 -outline-offset-2 ${inline ? "max-h-80" : "h-full"}`}
    >
      <div className="relative min-w-full" style={{ height: virtual.getTotalSize(), width: `${width}ch` }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div key={item.key} className="absolute top-0 left-0 w-full" style={{ transform: `translateY(${item.start}px)` }}>
              <Line row={row} pieces={colours?.of(row) ?? null} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function useColours(path: string, rows: DiffRow[]): HunkColours | null {
  const highlighter = useHighlighter();
  return useMemo(() => {
    const language = languageOf(path);
    return highlighter === null || language === null ? null : new HunkColours(rows, highlighter, language);
  }, [highlighter, path, rows]);
}

const ROWS: Record<DiffRow["kind"], string> = { hunk: "bg-accent-tint text-muted", same: "", add: "bg-add-row", del: "bg-del-row", note: "text-faint italic" };
const GUTTERS: Record<DiffRow["kind"], string> = { hunk: "bg-accent-tint", same: "bg-code", add: "bg-add-gutter", del: "bg-del-gutter", note: "bg-code" };
const MARKS: Record<DiffRow["kind"], string> = { hunk: "", same: "", add: "+", del: "−", note: "" };

interface LineProps {
  row: DiffRow;
  pieces: Piece[] | null;
}

const Line = memo(function Line({ row, pieces }: LineProps) {
  const said = row.kind === "add" ? text.diff.added : row.kind === "del" ? text.diff.removed : "";
  return (
    <div className={`flex h-5 whitespace-pre ${ROWS[row.kind]}`}>
      <span aria-hidden className={`sticky left-0 z-10 flex w-[14ch] shrink-0 text-muted select-none ${GUTTERS[row.kind]}`}>
        <span className="w-[6ch] pr-[1ch] text-right">{row.before}</span>
        <span className="w-[6ch] pr-[1ch] text-right">{row.after}</span>
        <span className={`w-[2ch] text-center ${row.kind === "add" ? "text-good" : "text-bad"}`}>{MARKS[row.kind]}</span>
      </span>
      {said === "" ? null : <span className="sr-only">{said}</span>}
      <span className="pl-[1ch] [tab-size:4]">
        {pieces === null ? visible(row.text) : pieces.map((piece, index) => (piece.style === "" ? visible(piece.text) : <span key={`${index} ${piece.style}`} className={piece.style}>{visible(piece.text)}</span>))}
      </span>
    </div>
  );
});
