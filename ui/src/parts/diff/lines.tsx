/** The lines of one file's diff, with what was said about them; only those in sight are drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type PointerEvent, useId, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { text } from "../../text";
import type { Commenting } from "./commenting";
import { type DiffEntry, entriesOf, NOTHING_SAID, type Said } from "./entries";
import { HunkColours, languageOf, useHighlighter } from "./highlight";
import { HunkHead } from "./hunk-head";
import { Line, PairLine } from "./line";
import { type DiffRow, longestLine, parsePatch } from "./parse";
import { DraftCard, Remark } from "./said";
import { type Chosen, isLine, move, placeOf, within } from "./choosing";

const ROW_HEIGHT = 20;
const HUNK_HEIGHT = 24;
const SAID_HEIGHT = 76;
const EDITOR_HEIGHT = 168;
const GUTTER_CH = 14;

interface DiffLinesProps {
  path: string;
  patch: string;
  /** Grows with its content up to a limit, instead of filling its place. */
  inline?: boolean;
  isSplit?: boolean;
  said?: Said;
  /** Where comments can be made. */
  commenting?: Commenting | null;
}

export function DiffLines({ path, patch, inline = false, isSplit = false, said = NOTHING_SAID, commenting = null }: DiffLinesProps) {
  const rows = useMemo(() => parsePatch(patch), [patch]);
  const { entries, elsewhere } = useMemo(() => entriesOf(path, rows, isSplit, said), [path, rows, isSplit, said]);
  const colours = useColours(path, rows);
  const width = useMemo(() => longestLine(rows) + GUTTER_CH + 4, [rows]);
  const scroller = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const isPressed = useRef(false);
  const helpId = useId();
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(entries[index]),
    getItemKey: (index) => entries[index]?.key ?? index,
    overscan: isSplit ? 8 : 20,
  });
  const comment = (what: Chosen | null) => {
    const place = what === null ? null : placeOf(path, entries, what);
    if (place === null || commenting === null) return;
    setChosen(null);
    commenting.start(place);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current || commenting === null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const first = virtual.getVirtualItems().find(({ end }) => end > (scroller.current?.scrollTop ?? 0))?.index ?? 0;
      const next = move(entries, chosen, event.key === "ArrowDown" ? 1 : -1, event.shiftKey, first);
      setChosen(next);
      if (next !== null) virtual.scrollToIndex(next.head);
    } else if (event.key === "Enter" && chosen !== null) comment(chosen);
    else if (event.key === "Escape" && chosen !== null) setChosen(null);
    else if ((event.key === "+" || event.key === "-") && chosen !== null) {
      const part = entries.slice(0, chosen.head + 1).findLast((entry) => entry.type === "hunk");
      if (part?.type === "hunk" && commenting.parts !== null) commenting.judge(part.part, event.key === "+");
    } else return;
    event.preventDefault();
  };
  const pointer = {
    onPointerDown: (event: PointerEvent) => {
      const at = gutterAt(event);
      if (at === null || commenting === null || event.button !== 0) return;
      event.preventDefault();
      isPressed.current = true;
      setChosen({ anchor: at.index, head: at.index, side: at.side });
    },
    onPointerMove: (event: PointerEvent) => {
      const at = isPressed.current ? gutterAt(event) : null;
      if (at !== null) setChosen((before) => (before === null ? null : { ...before, head: at.index }));
    },
    onPointerUp: () => {
      if (isPressed.current) comment(chosen);
      isPressed.current = false;
    },
    onPointerLeave: () => {
      if (isPressed.current) setChosen(null);
      isPressed.current = false;
    },
  };
  return (
    <div className={inline ? "" : "flex h-full flex-col"}>
      {elsewhere.length === 0 ? null : <Elsewhere entries={elsewhere} commenting={commenting} />}
      {commenting === null ? null : (
        <p id={helpId} className="sr-only">
          {text.changes.keys}
        </p>
      )}
      <div
        ref={scroller}
        role="group"
        aria-label={text.diff.of(path)}
        {...(commenting === null ? {} : { "aria-describedby": helpId })}
        // Scrolled by keyboard.
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...pointer}
        className={`@container overflow-auto bg-code font-mono text-xs leading-5 -outline-offset-2 ${inline ? "max-h-80" : "min-h-0 flex-1 contain-strict"}`}
      >
        <div className="relative min-w-full" style={{ height: virtual.getTotalSize(), ...(isSplit ? {} : { width: `${width}ch` }) }}>
          {virtual.getVirtualItems().map((item) => {
            const entry = entries[item.index];
            if (entry === undefined) return null;
            const isMeasured = entry.type !== "line" && entry.type !== "hunk";
            return (
              <div key={item.key} {...(isMeasured ? { ref: virtual.measureElement, "data-index": item.index } : {})} className="absolute top-0 left-0 w-full" style={{ transform: `translateY(${item.start}px)` }}>
                <Entry entry={entry} index={commenting === null ? undefined : item.index} isChosen={chosen !== null && within(chosen, item.index) && isLine(entry)} colours={colours} commenting={commenting} isSplit={isSplit} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function heightOf(entry: DiffEntry | undefined): number {
  switch (entry?.type) {
    case "hunk":
      return HUNK_HEIGHT;
    case "remark":
      return SAID_HEIGHT;
    case "draft":
      return entry.isOpen ? EDITOR_HEIGHT : SAID_HEIGHT;
    default:
      return ROW_HEIGHT;
  }
}

interface EntryProps {
  entry: DiffEntry;
  index: number | undefined;
  isChosen: boolean;
  colours: HunkColours | null;
  commenting: Commenting | null;
  isSplit: boolean;
}

function Entry({ entry, index, isChosen, colours, commenting, isSplit }: EntryProps) {
  switch (entry.type) {
    case "line":
      return <Line row={entry.row} pieces={colours?.of(entry.row) ?? null} isChosen={isChosen} index={index} />;
    case "pair":
      return <PairLine left={entry.left} right={entry.right} leftPieces={entry.left && (colours?.of(entry.left) ?? null)} rightPieces={entry.right && (colours?.of(entry.right) ?? null)} isChosen={isChosen} index={index} />;
    case "hunk":
      return (
        <div className="sticky left-0 w-[100cqw]">
          <HunkHead row={entry.row} part={entry.part} commenting={commenting} isSplit={isSplit} />
        </div>
      );
    default:
      return (
        <div className="sticky left-0 w-[100cqw]">
          <Block entry={entry} commenting={commenting} />
        </div>
      );
  }
}

function Block({ entry, commenting }: { entry: DiffEntry; commenting: Commenting | null }) {
  if (entry.type === "remark") return <Remark remark={entry.remark} />;
  return entry.type === "draft" && commenting !== null ? <DraftCard comment={entry.comment} isOpen={entry.isOpen} commenting={commenting} /> : null;
}

/** What was said about lines of this file that are not among those shown. */
function Elsewhere({ entries, commenting }: { entries: DiffEntry[]; commenting: Commenting | null }) {
  return (
    <section aria-label={text.comment.elsewhere} className="max-h-48 shrink-0 overflow-y-auto border-b border-line-soft bg-sunken py-1 font-mono text-xs">
      <p className="px-3.5 pt-1 font-sans text-2xs text-muted">{text.comment.elsewhere}</p>
      {entries.map((entry) => (
        <Block key={entry.key} entry={entry} commenting={commenting} />
      ))}
    </section>
  );
}

function gutterAt(event: PointerEvent): { index: number; side: Chosen["side"] } | null {
  const gutter = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-gutter]") : null;
  if (gutter === null) return null;
  const { gutter: index, side } = gutter.dataset;
  return { index: Number(index), side: side === "before" || side === "after" ? side : null };
}

function useColours(path: string, rows: DiffRow[]): HunkColours | null {
  const highlighter = useHighlighter();
  const colours = useMemo(() => {
    const language = languageOf(path);
    return highlighter === null || language === null ? null : new HunkColours(rows, highlighter, language);
  }, [highlighter, path, rows]);
  useSyncExternalStore(colours?.subscribe ?? notAwaited, colours?.version ?? never);
  return colours;
}

const notAwaited = () => () => undefined;
const never = () => 0;
