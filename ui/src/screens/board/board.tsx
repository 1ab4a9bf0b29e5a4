/** All tasks, where they stand, and whose turn it is: in columns, by what they wait for, or over time. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ListPlus } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useBoard, useRead } from "../../backend/reads";
import type { BoardView, InstanceView } from "../../backend/wire";
import { Button } from "../../parts/button";
import { useDrawn } from "../../parts/drawn";
import { openOverlay } from "../../parts/overlay";
import { useShortcut } from "../../parts/shortcuts";
import { Empty, Failed } from "../../parts/states";
import { useNow } from "../../parts/ticker";
import { text } from "../../text";
import { useArrows } from "./arrows";
import { BulkBar } from "./bulk-bar";
import { Column } from "./column";
import { type Column as ColumnOf, columnHint, COLUMNS, columnsOf, type Filter, keepSame, passes } from "./columns";
import { GraphView } from "./graph";
import { type BoardSearch, Head } from "./head";
import { toggle } from "./selection";
import { TimelineView } from "./timeline";
import { useMove } from "./use-move";

export type { BoardSearch } from "./head";

export function Board() {
  const board = useBoard();
  if (board.data !== undefined) return <BoardBody board={board.data} />;
  if (board.isError) return <Failed level={1} title={text.board.failed} cause={board.error} onRetry={() => void board.refetch()} />;
  return <BoardLoading />;
}

/** The columns are there before the cards. */
function BoardLoading() {
  return (
    <div role="status" className="flex h-full animate-late flex-col">
      <h1 className="sr-only">{text.board.loading}</h1>
      <p aria-hidden className="flex h-12 shrink-0 items-center px-4 text-md font-semibold">
        {text.nav.board}
      </p>
      <div aria-hidden className="flex min-h-0 flex-1 gap-3 px-4 pb-3.5">
        {COLUMNS.map((id) => (
          <div key={id} className="flex min-w-56 flex-1 flex-col gap-2.25 max-wide:min-w-54 rounded-xl border border-line-soft bg-sunken px-2.25">
            <span className="-mb-2.25 flex h-10 shrink-0 items-center px-0.75 text-sm font-semibold text-faint">{text.column[id]}</span>
            {SKELETON_CARDS.map((height) => (
              <span key={height} className={`animate-breathe rounded-card bg-surface shadow-card ${height}`} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

const SKELETON_CARDS = ["h-21", "h-27", "h-18"];

const noInstances: readonly InstanceView[] = [];

function BoardBody({ board }: { board: BoardView }) {
  const search = useSearch({ from: "/board" });
  const instances = useRead("workflows", {}).data?.instances ?? noInstances;
  if (board.cards.length === 0) {
    return (
      <Empty level={1} icon={<ListPlus aria-hidden size={28} strokeWidth={1.5} />} title={text.board.emptyTitle} words={text.board.emptyWords} command={'orchestron create "…"'}>
        <Button look="solid" hotkey="c" onPress={() => openOverlay("new-task")} data-testid="new-task">
          {text.newTask.title}
        </Button>
        <Link to="/welcome" className="flex items-center rounded-lg px-3 text-sm text-accent underline-offset-2 hover:underline">
          {text.welcome.open}
        </Link>
      </Empty>
    );
  }
  return (
    <div className="relative flex h-full flex-col">
      <Head agents={board.project.agents} search={search} instances={instances} />
      <View board={board} search={search} instances={instances} />
    </div>
  );
}

function View({ board, search, instances }: { board: BoardView; search: BoardSearch; instances: readonly InstanceView[] }) {
  // Typing goes before filtering thousands of cards.
  const words = useDeferredValue(search.q);
  const { agent, priority, workflow } = search;
  const tasks = useMemo(() => (workflow === undefined ? undefined : new Set(instances.find(({ id }) => id === workflow)?.steps.map(({ task }) => task))), [instances, workflow]);
  const filter: Filter = useMemo(() => ({ agent, priority, words, tasks }), [agent, priority, words, tasks]);
  const isFiltered = agent !== undefined || priority !== undefined || words !== undefined || tasks !== undefined;
  if (search.view === "graph" || search.view === "timeline") return <Others board={board} filter={filter} search={search} />;
  return <Columns board={board} filter={filter} isFiltered={isFiltered} />;
}

function Others({ board, filter, search }: { board: BoardView; filter: Filter; search: BoardSearch }) {
  const cards = useMemo(() => board.cards.filter((card) => passes(card, filter)), [board, filter]);
  const navigate = useNavigate({ from: "/board" });
  const onHours = (hours: number) => void navigate({ search: (before) => ({ ...before, hours }), replace: true });
  return <div className="min-h-0 flex-1">{search.view === "graph" ? <GraphView cards={cards} /> : <TimelineView cards={cards} hours={search.hours} onHours={onHours} />}</div>;
}

function Columns({ board, filter, isFiltered }: { board: BoardView; filter: Filter; isFiltered: boolean }) {
  const columns = useColumns(board, filter);
  const shown = useMemo(() => columns.flatMap(({ cards }) => cards.map(({ id }) => id)), [columns]);
  const arrows = useArrows(columns);
  const onDropped = useMove();
  useDrawn("board");
  const now = useNow(60_000);
  useShortcut("x", text.board.keys, text.select.key, () => {
    const id = focusedCard();
    if (id !== undefined) toggle(id);
  });
  // A press that no pointer made begins a drag that the keyboard goes on with.
  useShortcut("m", text.board.keys, text.drag.key, () => {
    const id = focusedCard();
    const handle = id === undefined ? null : document.querySelector<HTMLElement>(`[data-drag="${CSS.escape(id)}"]`);
    handle?.focus();
    handle?.click();
  });
  return (
    <>
      <div className="flex min-h-0 flex-1 gap-3 overflow-x-auto px-4 pb-3.5" onKeyDown={arrows.onKeyDown} onFocus={arrows.onFocus}>
        {columns.map((column) => (
          <Column
            key={column.id}
            column={column}
            hint={columnHint(column, board.project, now)}
            isFiltered={isFiltered}
            current={column.cards.some(({ id }) => id === arrows.current) ? arrows.current : null}
            onReady={arrows.onReady}
            onDropped={onDropped}
          />
        ))}
      </div>
      <BulkBar shown={shown} />
    </>
  );
}

function useColumns(board: BoardView, filter: Filter): ColumnOf[] {
  const found = useMemo(() => columnsOf(board, filter), [board, filter]);
  const [kept, setKept] = useState({ found, columns: found });
  if (kept.found === found) return kept.columns;
  const columns = keepSame(kept.columns, found);
  setKept({ found, columns });
  return columns;
}

function focusedCard(): string | undefined {
  return document.activeElement instanceof HTMLElement ? document.activeElement.dataset["card"] : undefined;
}
