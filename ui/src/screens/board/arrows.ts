/** Moving over the board with the arrow keys: up and down in a column, left and right across, Home and End. */
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import type { Column } from "./columns";
import type { ColumnScroller } from "./column";

interface Place {
  column: number;
  row: number;
}

export interface Arrows {
  /** Id of the card that Tab stops at. */
  current: string | null;
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: (event: { target: EventTarget }) => void;
  onReady: (id: Column["id"], scroller: ColumnScroller | null) => void;
}

export function useArrows(columns: Column[]): Arrows {
  const [chosen, setChosen] = useState<string | null>(null);
  const scrollers = useRef(new Map<Column["id"], ColumnScroller>());
  const wanted = useRef<string | null>(null);
  const first = columns.find(({ cards }) => cards.length > 0)?.cards[0]?.id ?? null;
  const current = chosen !== null && placeOf(columns, chosen) !== null ? chosen : first;

  const onReady = useCallback((id: Column["id"], scroller: ColumnScroller | null) => {
    if (scroller === null) scrollers.current.delete(id);
    else scrollers.current.set(id, scroller);
  }, []);

  // The card may only be drawn after its column has scrolled there.
  useEffect(() => {
    const id = wanted.current;
    if (id === null) return;
    wanted.current = null;
    focusSoon(id);
  }, [chosen]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset["card"] === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const from = placeOf(columns, event.target.dataset["card"]);
    const to = from === null ? null : stepFrom(columns, from, event.key);
    if (to === null) return;
    event.preventDefault();
    const column = columns[to.column];
    const card = column?.cards[to.row];
    if (column === undefined || card === undefined) return;
    scrollers.current.get(column.id)?.scrollToIndex(to.row, { align: "auto" });
    wanted.current = card.id;
    setChosen(card.id);
  };

  const onFocus = ({ target }: { target: EventTarget }) => {
    const id = target instanceof HTMLElement ? target.dataset["card"] : undefined;
    if (id !== undefined) setChosen(id);
  };

  return { current, onKeyDown, onFocus, onReady };
}

function placeOf(columns: readonly Column[], id: string): Place | null {
  for (const [column, { cards }] of columns.entries()) {
    const row = cards.findIndex((card) => card.id === id);
    if (row >= 0) return { column, row };
  }
  return null;
}

export function stepFrom(columns: readonly Column[], from: Place, key: string): Place | null {
  const last = (columns[from.column]?.cards.length ?? 0) - 1;
  switch (key) {
    case "ArrowDown":
      return from.row < last ? { ...from, row: from.row + 1 } : null;
    case "ArrowUp":
      return from.row > 0 ? { ...from, row: from.row - 1 } : null;
    case "Home":
      return { ...from, row: 0 };
    case "End":
      return { ...from, row: last };
    case "ArrowLeft":
      return across(columns, from, -1);
    case "ArrowRight":
      return across(columns, from, 1);
    default:
      return null;
  }
}

/** The next column that has a card, at about the same height. */
function across(columns: readonly Column[], from: Place, by: 1 | -1): Place | null {
  for (let column = from.column + by; column >= 0 && column < columns.length; column += by) {
    const length = columns[column]?.cards.length ?? 0;
    if (length > 0) return { column, row: Math.min(from.row, length - 1) };
  }
  return null;
}

const FRAMES_TO_WAIT = 10;

function focusSoon(id: string, left = FRAMES_TO_WAIT): void {
  const card = document.querySelector<HTMLElement>(`[data-card="${CSS.escape(id)}"]`);
  if (card !== null) card.focus();
  else if (left > 0) requestAnimationFrame(() => focusSoon(id, left - 1));
}
