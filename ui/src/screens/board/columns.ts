/** Which cards stand in which column, in which order, and what a column's head says about it. */
import type { AgentView, BoardView, CardView, ProjectView, StatusWord } from "../../backend/wire";
import { isSameDay } from "../../format/time";
import { text } from "../../text";

export type ColumnId = "pending" | "ready" | "in-progress" | "review" | "done";

export interface Column {
  id: ColumnId;
  cards: CardView[];
}

export interface Filter {
  agent: string | undefined;
  priority: string | undefined;
  /** Words that must stand in the id or the title. */
  words?: string | undefined;
  /** The tasks that one workflow made. */
  tasks?: ReadonlySet<string> | undefined;
}

export const COLUMNS: readonly ColumnId[] = ["pending", "ready", "in-progress", "review", "done"];

function columnOf(status: StatusWord): ColumnId {
  return status === "failed" ? "done" : status;
}

export function columnsOf(board: BoardView, filter: Filter): Column[] {
  const columns = new Map<ColumnId, CardView[]>(COLUMNS.map((id) => [id, []]));
  for (const card of board.cards) {
    if (passes(card, filter)) columns.get(columnOf(card.status))?.push(card);
  }
  return COLUMNS.map((id) => {
    const cards = columns.get(id) ?? [];
    // What is over: the newest first. Everything else: what comes next first.
    cards.sort(id === "done" ? (a, b) => (b.moved ?? 0) - (a.moved ?? 0) || a.order - b.order : (a, b) => a.order - b.order);
    return { id, cards };
  });
}

/** The columns, with those of `before` in the place of what is the same: who has nothing new need not be drawn again. */
export function keepSame(before: readonly Column[], now: readonly Column[]): Column[] {
  return now.map((column) => {
    const known = before.find(({ id }) => id === column.id);
    if (known === undefined) return column;
    const cards = new Map(known.cards.map((card) => [card.id, card]));
    const kept = column.cards.map((card) => {
      const old = cards.get(card.id);
      return old !== undefined && isDrawnAlike(old, card) ? old : card;
    });
    const isSame = kept.length === known.cards.length && kept.every((card, index) => card === known.cards[index]);
    return isSame ? known : { id: column.id, cards: kept };
  });
}

/** The place in the order is where a card stands, not what is drawn of it: one that leaves changes it for all behind it. */
function isDrawnAlike(one: CardView, other: CardView): boolean {
  return one === other || (Object.keys(other) as (keyof CardView)[]).every((key) => key === "order" || one[key] === other[key]);
}

export function passes(card: CardView, { agent, priority, words, tasks }: Filter): boolean {
  if (priority !== undefined && card.priority !== priority) return false;
  if (tasks !== undefined && !tasks.has(card.id)) return false;
  if (words !== undefined && !words.toLowerCase().split(/\s+/).every((word) => card.id.toLowerCase().includes(word) || card.title.toLowerCase().includes(word))) return false;
  return agent === undefined || card.agent === agent || card.turn.name === agent || card.chain.some(({ holder }) => holder.name === agent);
}

/** The quiet words at the right of a column's head. */
export function columnHint(column: Column, project: ProjectView, now: number): string {
  switch (column.id) {
    case "pending": {
      const preparer = withLeg(project.agents, "prepare")[0];
      return preparer === undefined ? "" : text.board.prepares(preparer.name);
    }
    case "ready":
      return column.cards.length > 0 ? text.board.nextFirst : "";
    case "in-progress": {
      const working = new Set(column.cards.filter(({ run }) => run !== null).map(({ turn }) => turn.name)).size;
      return working === 0 ? "" : text.board.agents(working);
    }
    case "review": {
      const reviewer = withLeg(project.agents, "review")[0];
      return reviewer === undefined ? text.you : text.board.thenYou(reviewer.name);
    }
    case "done": {
      const today = column.cards.filter(({ status, moved }) => status === "done" && moved !== null && isSameDay(moved, now)).length;
      return today === 0 ? "" : text.board.today(today);
    }
  }
}

function withLeg(agents: readonly AgentView[], leg: "prepare" | "review"): AgentView[] {
  return agents.filter(({ legs }) => legs.includes(leg));
}
