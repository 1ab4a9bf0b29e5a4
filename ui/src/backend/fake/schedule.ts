/** Why the fake's tasks wait, and what they hold up. */
import type { CardView, ImpactView, ReasonView, WhyView } from "../wire";
import type { World } from "./world";

const BASE = { tasks: [], agent: null, files: [], until: null } as const;

export function why(card: CardView): WhyView {
  const reasons: ReasonView[] = [];
  if (card.blocked_by.length > 0) reasons.push({ ...BASE, kind: "dependencies", evidence: `it depends on ${card.blocked_by.join(", ")}, which ${card.blocked_by.length === 1 ? "is" : "are"} not done`, change: "it starts by itself when they are done", tasks: [...card.blocked_by], files: [] });
  if (card.status === "ready" && card.turn.kind === "agent") reasons.push({ ...BASE, kind: "full", evidence: "2 of 2 places are taken: TASK-116, TASK-117", change: "it starts when one of them is handed on, or raise `limits.parallel` in .mcp/config.yaml", tasks: ["TASK-116", "TASK-117"], files: [] });
  if (card.turn.kind === "person") reasons.push({ ...BASE, kind: "turn", evidence: "you have the turn; nothing is launched for that", change: `\`orchestron approve ${card.id}\``, tasks: [], files: [] });
  if (card.turn.kind === "outside") reasons.push({ ...BASE, kind: "turn", evidence: `it is the turn of ${card.turn.name}, a tool outside; nothing is launched`, change: `orchestron next --agent ${card.turn.name}`, tasks: [], files: [] });
  return { task: card.id, title: card.title, status: card.status, leg: "implement", turn: card.turn, reasons, route: card.turn.kind === "agent" ? { to: card.turn.name, why: "the chain names it", passed: [] } : null, position: reasons.some(({ kind }) => kind === "full") ? 2 : null, before: [], starts_next: false, priority: card.priority, counts_as: card.priority, waiting_since: card.since, order: null, rules: [] };
}

export function impact(world: World, card: CardView): ImpactView {
  const waiting = world.cards.filter((other) => other.blocked_by.includes(card.id));
  const last = waiting.filter((other) => other.blocked_by.length === 1);
  return {
    task: card.id,
    title: card.title,
    starts: last.map((other, index) => ({ task: other.id, title: other.title, leg: "implement", who: other.turn, why: "the chain names it", position: index + 1, at_once: index === 0, holds: index === 0 ? "next" : "full" })),
    still_waits: waiting.filter((other) => other.blocked_by.length > 1).map((other) => ({ task: other.id, title: other.title, waits_for: other.blocked_by.filter((id) => id !== card.id) })),
    all: waiting.map((other) => other.id),
  };
}
