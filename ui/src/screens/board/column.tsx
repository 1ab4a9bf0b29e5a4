/** One column; only the cards in sight are drawn. */
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useId, useRef } from "react";
import { useDrop } from "react-aria";
import { tell } from "../../backend/tell";
import type { CardView } from "../../backend/wire";
import { text } from "../../text";
import { Card } from "./card";
import type { Column as ColumnOf } from "./columns";
import { isInTheAir, useDragged } from "./dragging";
import { offerOf } from "./moves";

const GAP = 9;

export type ColumnScroller = Virtualizer<HTMLDivElement, Element>;

interface ColumnProps {
  column: ColumnOf;
  hint: string;
  isFiltered: boolean;
  /** Id of the card that Tab stops at, if it is in this column. */
  current: string | null;
  onReady: (id: ColumnOf["id"], scroller: ColumnScroller | null) => void;
  onDropped: (card: CardView, to: ColumnOf["id"]) => void;
}

export const Column = memo(function Column({ column, hint, isFiltered, current, onReady, onDropped }: ColumnProps) {
  const { id, cards } = column;
  const scroller = useRef<HTMLDivElement>(null);
  const headId = useId();
  const virtual = useVirtualizer<HTMLDivElement, Element>({
    count: cards.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(cards[index]?.status),
    getItemKey: (index) => cards[index]?.id ?? index,
    overscan: 5,
    gap: GAP,
    paddingEnd: 10,
  });
  useEffect(() => {
    onReady(id, virtual);
    return () => onReady(id, null);
  }, [id, virtual, onReady]);
  return (
    <Target id={id} headId={headId} onDropped={onDropped}>
      <header className="flex h-10 shrink-0 items-center gap-2 px-3">
        <h2 id={headId} className="text-sm font-semibold whitespace-nowrap">
          {text.column[id]}
          <span className="ml-2 font-medium text-faint tabular-nums">{cards.length.toLocaleString("en")}</span>
        </h2>
        <span className="ml-auto truncate text-2xs text-muted">{hint}</span>
      </header>
      {/* Its size follows from the window alone, and it says so: without that a web view lays out and paints the whole window when a card comes or goes. */}
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto contain-strict px-2.25 [scrollbar-gutter:stable_both-edges] [scrollbar-width:none]">
        {cards.length === 0 ? (
          <p className="px-4 py-6 text-center text-xs text-balance text-faint">{isFiltered ? text.board.noneFiltered : text.board.emptyColumn[id]}</p>
        ) : (
          <ul className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const card = cards[item.index];
              if (card === undefined) return null;
              return (
                <li key={item.key} data-index={item.index} ref={virtual.measureElement} aria-setsize={cards.length} aria-posinset={item.index + 1} className="absolute top-0 left-0 w-full" style={{ transform: `translateY(${item.start}px)` }}>
                  <Card card={card} isCurrent={card.id === current} />
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </Target>
  );
});

interface TargetProps {
  id: ColumnOf["id"];
  headId: string;
  onDropped: ColumnProps["onDropped"];
  children: ReactNode;
}

/** The column as a place to drop a card on. What is refused says why; nothing is hidden from those who move by keyboard. */
function Target({ id, headId, onDropped, children }: TargetProps) {
  const own = useRef<HTMLElement>(null);
  const dragged = useDragged();
  const { dropProps, isDropTarget } = useDrop({
    ref: own,
    getDropOperation: () => (isInTheAir() ? "move" : "cancel"),
    onDrop: () => {
      if (dragged === null) return;
      const offer = offerOf(dragged, id);
      if (offer.refused === null) onDropped(dragged, id);
      else if (offer.refused !== text.drag.same) tell({ what: text.drag.notMoved(dragged.id), more: [offer.refused], good: false });
    },
  });
  const offer = dragged === null ? null : offerOf(dragged, id);
  const look = offer === null ? "border-line-soft bg-sunken" : offer.refused === null ? `border-accent-fill bg-accent-tint ${isDropTarget ? "ring-2 ring-accent-fill/40" : ""}` : "border-line-soft bg-sunken";
  return (
    <section {...dropProps} ref={own} tabIndex={-1} aria-labelledby={headId} data-testid={`column-${id}`} data-offer={offer === null ? undefined : offer.refused === null ? "yes" : "no"} className={`relative flex min-h-0 w-56 min-w-56 flex-1 max-wide:w-54 max-wide:min-w-54 flex-col rounded-xl border transition-colors duration-100 ${look}`}>
      {children}
      {offer !== null && isDropTarget ? (
        <p className={`pointer-events-none absolute inset-x-2 bottom-2 z-10 animate-fade rounded-lg px-3 py-2 text-xs shadow-over ${offer.refused === null ? "bg-solid text-on-solid" : "border border-bad/30 bg-bad-tint text-bad"}`}>{offer.refused ?? offer.does}</p>
      ) : null}
    </section>
  );
}

/** Of a card with one line for its title and one below it: what is guessed right is drawn once. */
function heightOf(status: ColumnOf["cards"][number]["status"] | undefined): number {
  switch (status) {
    case "in-progress":
      return 119;
    case "review":
      return 114;
    case "done":
      return 62;
    case "failed":
      return 68;
    default:
      return 84;
  }
}
