/** Who held each task when: a row for each task that moved lately, a bar for each holder's turn. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChartGantt } from "lucide-react";
import { memo, type ReactNode, useMemo, useRef, useState } from "react";
import type { CardView } from "../../backend/wire";
import type { Face } from "../../format/faces";
import { clock, day, span } from "../../format/time";
import { visible } from "../../format/visible";
import { useFaces } from "../../parts/face";
import { Picker } from "../../parts/picker";
import { Empty } from "../../parts/states";
import { chainInWords, stopBadge, stopDetail, stopTitle } from "../../parts/stops";
import { useNow } from "../../parts/ticker";
import { text } from "../../text";
import { barsOf, type Bar, fittingRange, lastTouched, RANGES, ticksOf } from "./turns";

const ROW = 40;
const HOUR = 3_600_000;
const STEP_MS = 10_000;
/** Further right than this stands only what is now, in percent. */
const MOST_LEFT = 93;

interface TimelineProps {
  cards: readonly CardView[];
  /** How far back; none = as it fits. */
  hours: number | undefined;
  onHours: (hours: number) => void;
}

export function TimelineView({ cards, hours: chosen, onHours }: TimelineProps) {
  const now = useNow(STEP_MS);
  // Found once: it must not jump while somebody looks at it.
  const [fitting] = useState(() => fittingRange(cards, now));
  const hours = chosen ?? fitting;
  const from = now - hours * HOUR;
  const faces = useFaces();
  const rows = useMemo(() => cards.filter((card) => lastTouched(card, now) >= from).sort((a, b) => lastTouched(b, now) - lastTouched(a, now)), [cards, from, now]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer<HTMLDivElement, Element>({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 8, getItemKey: (index) => rows[index]?.id ?? index });
  const range = <Picker label={text.timeline.range} choices={RANGES.map((one) => ({ id: String(one), name: text.timeline.hours(one) }))} chosen={String(hours)} onChoose={(id) => onHours(Number(id))} testId="timeline-range" />;
  if (rows.length === 0) {
    return (
      <Empty icon={<ChartGantt aria-hidden size={28} strokeWidth={1.5} />} title={text.timeline.none} words={text.timeline.noneWords}>
        {range}
      </Empty>
    );
  }
  return (
    <div ref={scroller} tabIndex={0} role="group" aria-label={text.timeline.label} data-testid="timeline" className="h-full overflow-auto border-t border-line-soft">
      <Axis from={from} to={now} hours={hours}>
        {range}
      </Axis>
      <ul className="relative mx-4" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const card = rows[item.index];
          if (card === undefined) return null;
          return (
            <li key={item.key} data-index={item.index} aria-setsize={rows.length} aria-posinset={item.index + 1} data-testid={`turns-${card.id}`} className="absolute top-0 left-0 flex w-full items-center border-b border-line-soft" style={{ height: ROW, transform: `translateY(${item.start}px)` }}>
              <Turns card={card} from={from} now={now} faces={faces} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface TurnsProps {
  card: CardView;
  from: number;
  now: number;
  faces: Map<string, Face>;
}

/** Scrolling moves rows; what stands in them is drawn once. */
const Turns = memo(function Turns({ card, from, now, faces }: TurnsProps) {
  return (
    <>
      <Link to="/task/$task" params={{ task: card.id }} className="flex h-full w-64 shrink-0 items-center gap-2 pr-3 max-wide:w-52 min-[100rem]:w-96">
        <span className="shrink-0 font-mono text-2xs whitespace-nowrap text-muted">{card.id}</span>
        <span className="truncate text-xs">{visible(card.title)}</span>
        <span className="sr-only">: {chainInWords(card.chain)}</span>
      </Link>
      <span aria-hidden className="relative h-full min-w-0 flex-1">
        {barsOf(card, from, now).map((bar, index, all) => (
          <Turn key={bar.stop.leg} bar={bar} faces={faces} isLast={index === all.length - 1} />
        ))}
      </span>
    </>
  );
});

/** A short turn is a sliver before the next one; the last one has room for its letter, and what goes on ends at now. */
function Turn({ bar, faces, isLast }: { bar: Bar; faces: Map<string, Face>; isLast: boolean }) {
  const { stop, left, width } = bar;
  const badge = stopBadge(stop, faces);
  const isOn = stop.state === "current" || stop.state === "waiting";
  const colour = stop.state === "failed" ? "bg-bad-fill text-on-bad" : badge.colour;
  return (
    <span
      title={`${stopTitle(stop)} · ${stopDetail(stop)}${bar.took === null ? "" : ` · ${span(bar.took)}`}`}
      className={`absolute top-1/2 flex h-5 -translate-y-1/2 items-center overflow-hidden rounded-[0.3125rem] [container-type:inline-size] ring-1 ring-canvas text-[0.625rem] leading-none font-bold ${colour} ${/^bg-face/.test(colour) ? "text-white" : ""} ${isOn ? "rounded-r-none" : ""}`}
      style={{ ...(isOn ? { right: 0 } : { left: `${left}%` }), width: `max(${width}%, ${isLast ? "0.875rem" : "0.25rem"})` }}
    >
      <span className="hidden px-1 @min-[0.8rem]:block">{badge.letter}</span>
    </span>
  );
}

function Axis({ from, to, hours, children }: { from: number; to: number; hours: number; children: ReactNode }) {
  return (
    <div className="sticky top-0 z-10 flex h-10 items-center border-b border-line bg-canvas px-4 text-2xs text-faint tabular-nums">
      <span className="w-64 shrink-0 max-wide:w-52 min-[100rem]:w-96">{children}</span>
      <span aria-hidden className="relative h-full min-w-0 flex-1">
        {ticksOf(from, to).filter(({ left }) => left < MOST_LEFT).map(({ at, left }) => (
          <span key={at} className="absolute top-0 flex h-full items-center border-l border-line-soft pl-1.5" style={{ left: `${left}%` }}>
            {hours > 24 ? day(at) : clock(at).slice(0, 5)}
          </span>
        ))}
        <span className="absolute top-0 right-0 flex h-full items-center bg-canvas pl-1.5 text-accent">{text.timeline.now}</span>
      </span>
    </div>
  );
}
