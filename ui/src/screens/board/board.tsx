/** All tasks, where they stand, and whose turn it is. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ListPlus } from "lucide-react";
import { useMemo } from "react";
import { useBoard } from "../../backend/reads";
import type { BoardView } from "../../backend/wire";
import { Button } from "../../parts/button";
import { openOverlay } from "../../parts/overlay";
import { Picker } from "../../parts/picker";
import { Empty, Failed } from "../../parts/states";
import { useNow } from "../../parts/ticker";
import { text } from "../../text";
import { useArrows } from "./arrows";
import { Column } from "./column";
import { columnHint, COLUMNS, columnsOf, type Filter } from "./columns";

const ANY = "any";

export interface BoardSearch {
  agent?: string;
  priority?: string;
}

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
      <div aria-hidden className="flex min-h-0 flex-1 gap-3 px-4 pt-12 pb-3.5">
        {COLUMNS.map((id) => (
          <div key={id} className="flex min-w-56 flex-1 flex-col gap-2.25 rounded-xl border border-line-soft bg-sunken px-2.25">
            <span className="flex h-7.75 items-center px-0.75 text-sm font-semibold text-faint">{text.column[id]}</span>
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

function BoardBody({ board }: { board: BoardView }) {
  const search = useSearch({ from: "/board" });
  const filter: Filter = { agent: search.agent, priority: search.priority };
  if (board.cards.length === 0) {
    return (
      <Empty level={1} icon={<ListPlus aria-hidden size={28} strokeWidth={1.5} />} title={text.board.emptyTitle} words={text.board.emptyWords} command={'orchestron create "…"'}>
        <Button look="solid" hotkey="c" onPress={() => openOverlay("new-task")} data-testid="new-task">
          {text.newTask.title}
        </Button>
      </Empty>
    );
  }
  return (
    <div className="flex h-full flex-col">
      <Head board={board} filter={filter} />
      <Columns board={board} filter={filter} />
    </div>
  );
}

function Head({ board, filter }: { board: BoardView; filter: Filter }) {
  const navigate = useNavigate({ from: "/board" });
  const set = (change: BoardSearch) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const agents = [{ id: ANY, name: text.board.allAgents }, ...board.project.agents.map(({ name }) => ({ id: name, name }))];
  const priorities = [{ id: ANY, name: text.board.anyPriority }, ...["P0", "P1", "P2"].map((id) => ({ id, name: id }))];
  return (
    <header className="flex h-12 shrink-0 items-center gap-2.5 px-4">
      <h1 className="mr-1 text-md font-semibold">{text.nav.board}</h1>
      <Picker label={text.board.byAgent} choices={agents} chosen={filter.agent ?? ANY} onChoose={(id) => set({ agent: id === ANY ? undefined : id })} testId="filter-agent" />
      <Picker label={text.board.byPriority} choices={priorities} chosen={filter.priority ?? ANY} onChoose={(id) => set({ priority: id === ANY ? undefined : id })} testId="filter-priority" />
      {filter.agent === undefined && filter.priority === undefined ? null : (
        <Button look="bare" size="small" onPress={() => set({ agent: undefined, priority: undefined })}>
          {text.board.clearFilters}
        </Button>
      )}
      <span className="flex-1" />
      <Button look="solid" hotkey="c" onPress={() => openOverlay("new-task")} data-testid="new-task">
        {text.newTask.title}
      </Button>
    </header>
  );
}

function Columns({ board, filter }: { board: BoardView; filter: Filter }) {
  const { agent, priority } = filter;
  const columns = useMemo(() => columnsOf(board, { agent, priority }), [board, agent, priority]);
  const arrows = useArrows(columns);
  const now = useNow(60_000);
  return (
    <div className="flex min-h-0 flex-1 gap-3 overflow-x-auto px-4 pb-3.5" onKeyDown={arrows.onKeyDown} onFocus={arrows.onFocus}>
      {columns.map((column) => (
        <Column
          key={column.id}
          column={column}
          hint={columnHint(column, board.project, now)}
          isFiltered={agent !== undefined || priority !== undefined}
          current={column.cards.some(({ id }) => id === arrows.current) ? arrows.current : null}
          onReady={arrows.onReady}
        />
      ))}
    </div>
  );
}
