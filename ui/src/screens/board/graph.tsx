/** What depends on what, drawn from left to right; only what is in sight is drawn. */
import { Link } from "@tanstack/react-router";
import { Waypoints } from "lucide-react";
import { type KeyboardEvent, memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { CardView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { PriorityChip, StatusChip } from "../../parts/chips";
import { Empty } from "../../parts/states";
import { text } from "../../text";
import { type Graph, layout, type Placed } from "./layers";

const WIDTH = 232;
const HEIGHT = 58;
const STEP_X = 296;
const STEP_Y = 72;
const MARGIN = 20;
/** Drawn beyond the edge, so that scrolling shows nothing empty. */
const BEYOND = 400;

interface Sight {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const xOf = ({ layer }: Placed) => MARGIN + layer * STEP_X;
const yOf = ({ row }: Placed) => MARGIN + row * STEP_Y;

export function GraphView({ cards }: { cards: readonly CardView[] }) {
  // Where things stand depends on who waits for whom, not on what is said on the cards.
  const shape = cards.map(({ id, depends_on }) => `${id}<${depends_on.join(",")}`).join(" ");
  const graph = useMemo(() => layout(cards), [shape]); // eslint-disable-line react-hooks/exhaustive-deps
  const byId = useMemo(() => new Map(cards.map((card) => [card.id, card])), [cards]);
  if (graph.nodes.length === 0) return <Empty icon={<Waypoints aria-hidden size={28} strokeWidth={1.5} />} title={text.graph.none} words={text.graph.noneWords} />;
  return (
    <div className="flex h-full flex-col">
      <Canvas graph={graph} byId={byId} />
      {graph.alone === 0 ? null : <p className="shrink-0 border-t border-line-soft px-4 py-2 text-2xs text-muted">{text.graph.alone(graph.alone)}</p>}
    </div>
  );
}

function Canvas({ graph, byId }: { graph: Graph; byId: Map<string, CardView> }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState<Sight>({ left: 0, top: 0, right: 1_600, bottom: 1_200 });
  const [chosen, setChosen] = useState<string | null>(null);
  const look = useCallback(() => {
    const own = scroller.current;
    if (own === null) return;
    const moved = (was: Sight) => Math.max(Math.abs(own.scrollLeft - BEYOND - was.left), Math.abs(own.scrollTop - BEYOND - was.top), Math.abs(own.scrollLeft + own.clientWidth + BEYOND - was.right), Math.abs(own.scrollTop + own.clientHeight + BEYOND - was.bottom));
    // What is drawn reaches beyond the edge: a little scrolling changes nothing.
    setSight((was) => (moved(was) < BEYOND / 2 ? was : { left: own.scrollLeft - BEYOND, top: own.scrollTop - BEYOND, right: own.scrollLeft + own.clientWidth + BEYOND, bottom: own.scrollTop + own.clientHeight + BEYOND }));
  }, []);
  useLayoutEffect(look, [look, graph]);
  useEffect(() => {
    const observer = new ResizeObserver(look);
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [look]);
  const places = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const joined = useMemo(() => neighbours(graph), [graph]);
  const seen = useMemo(() => graph.nodes.filter((node) => inSight(node, sight)), [graph, sight]);
  const current = chosen !== null && places.has(chosen) ? chosen : graph.nodes[0]?.id;

  const onKeyDown = (event: KeyboardEvent) => {
    const id = event.target instanceof HTMLElement ? event.target.dataset["node"] : undefined;
    const next = id === undefined ? null : stepFrom(id, event.key, graph, places, joined);
    if (next === null) return;
    event.preventDefault();
    setChosen(next.id);
    scroller.current?.scrollTo({ left: Math.max(0, xOf(next) - 200), top: Math.max(0, yOf(next) - 200) });
    look();
    focusSoon(next.id);
  };
  const edges = new Set(seen.flatMap(({ id }) => joined.get(id)?.edges ?? []));
  const width = MARGIN * 2 + (graph.layers - 1) * STEP_X + WIDTH;
  const height = MARGIN * 2 + (graph.rows - 1) * STEP_Y + HEIGHT;
  return (
    <div ref={scroller} onScroll={look} onKeyDown={onKeyDown} tabIndex={-1} role="group" aria-label={text.graph.label} data-testid="graph" className="min-h-0 flex-1 overflow-auto border-t border-line-soft">
      <div className="relative" style={{ width, height }}>
        <svg aria-hidden width={width} height={height} className="absolute inset-0">
          {[...edges].map((at) => {
            const edge = graph.edges[at];
            const from = places.get(edge?.from ?? "");
            const to = places.get(edge?.to ?? "");
            if (from === undefined || to === undefined) return null;
            const isOpen = byId.get(from.id)?.status !== "done";
            const isNear = from.id === chosen || to.id === chosen;
            return <path key={at} d={curve(from, to)} fill="none" strokeWidth={isNear ? 2.5 : 1.5} strokeDasharray={isOpen ? "4 4" : undefined} className={isNear ? "stroke-accent-fill" : isOpen ? "stroke-ghost" : "stroke-good-line"} />;
          })}
        </svg>
        <ul>
          {seen.map((node) => {
            const card = byId.get(node.id);
            return card === undefined ? null : <Node key={node.id} node={node} card={card} isCurrent={node.id === current} holdsUp={joined.get(node.id)?.after ?? none} onChoose={setChosen} />;
          })}
        </ul>
      </div>
    </div>
  );
}

const none: readonly string[] = [];

interface NodeProps {
  node: Placed;
  card: CardView;
  isCurrent: boolean;
  holdsUp: readonly string[];
  onChoose: (id: string) => void;
}

const Node = memo(function Node({ node, card, isCurrent, holdsUp, onChoose }: NodeProps) {
  const isOver = card.status === "done";
  const border = card.status === "failed" ? "border-bad-fill" : card.request !== null ? "border-accent-fill" : card.run !== null ? "border-accent-fill/60" : "border-line";
  return (
    <li className="absolute" style={{ left: xOf(node), top: yOf(node), width: WIDTH, height: HEIGHT }}>
      <Link
        to="/task/$task"
        params={{ task: card.id }}
        tabIndex={isCurrent ? 0 : -1}
        data-node={card.id}
        onFocus={() => onChoose(card.id)}
        onMouseEnter={() => onChoose(card.id)}
        className={`flex h-full flex-col justify-center gap-1 rounded-card border px-2.5 shadow-card ${border} ${isOver ? "bg-sunken" : "bg-surface"}`}
      >
        <span className="flex items-center gap-1.5">
          {isOver ? null : <PriorityChip priority={card.priority} />}
          <span className="font-mono text-2xs text-muted">{card.id}</span>
          <span className="ml-auto">
            <StatusChip status={card.status} />
          </span>
        </span>
        <span className={`truncate text-xs font-medium ${isOver ? "text-muted" : ""}`}>{visible(card.title)}</span>
        <span className="sr-only">
          {card.depends_on.length === 0 ? "" : ` ${text.graph.waitsFor(card.depends_on)}.`}
          {holdsUp.length === 0 ? "" : ` ${text.graph.holdsUp(holdsUp)}.`}
        </span>
      </Link>
    </li>
  );
});

function curve(from: Placed, to: Placed): string {
  const [x1, y1, x2, y2] = [xOf(from) + WIDTH, yOf(from) + HEIGHT / 2, xOf(to), yOf(to) + HEIGHT / 2];
  const bend = Math.max(24, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function inSight(node: Placed, { left, top, right, bottom }: Sight): boolean {
  const [x, y] = [xOf(node), yOf(node)];
  return x + WIDTH >= left && x <= right && y + HEIGHT >= top && y <= bottom;
}

interface Joined {
  before: string[];
  after: string[];
  edges: number[];
}

function neighbours(graph: Graph): Map<string, Joined> {
  const joined = new Map<string, Joined>(graph.nodes.map(({ id }) => [id, { before: [], after: [], edges: [] }]));
  for (const [at, { from, to }] of graph.edges.entries()) {
    joined.get(from)?.after.push(to);
    joined.get(to)?.before.push(from);
    joined.get(from)?.edges.push(at);
    joined.get(to)?.edges.push(at);
  }
  return joined;
}

/** Left to what it waits for, right to what waits for it, up and down in its layer. */
export function stepFrom(id: string, key: string, graph: Graph, places: Map<string, Placed>, joined: Map<string, Joined>): Placed | null {
  const own = places.get(id);
  if (own === undefined) return null;
  const nearest = (ids: readonly string[]) => ids.map((other) => places.get(other)).filter((other) => other !== undefined).sort((a, b) => Math.abs(a.row - own.row) - Math.abs(b.row - own.row))[0];
  switch (key) {
    case "ArrowLeft":
      return nearest(joined.get(id)?.before ?? []) ?? null;
    case "ArrowRight":
      return nearest(joined.get(id)?.after ?? []) ?? null;
    case "ArrowUp":
      return nearest(graph.nodes.filter(({ layer, row }) => layer === own.layer && row < own.row).map((other) => other.id)) ?? null;
    case "ArrowDown":
      return nearest(graph.nodes.filter(({ layer, row }) => layer === own.layer && row > own.row).map((other) => other.id)) ?? null;
    default:
      return null;
  }
}

const FRAMES_TO_WAIT = 10;

function focusSoon(id: string, left = FRAMES_TO_WAIT): void {
  const node = document.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
  if (node !== null) node.focus({ preventScroll: true });
  else if (left > 0) requestAnimationFrame(() => focusSoon(id, left - 1));
}
