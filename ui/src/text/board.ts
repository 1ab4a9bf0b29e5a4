/** Words of the board and its cards. */
import { many } from "./counting";

export const boardText = {
  board: {
    failed: "The board could not be read",
    loading: "Reading the board",
    allAgents: "All agents",
    anyPriority: "Any priority",
    byAgent: "Filter by agent",
    byPriority: "Filter by priority",
    clearFilters: "Clear",
    noneFiltered: "Nothing here matches the filter.",
    emptyTitle: "No tasks yet",
    emptyWords: "Write down what you want; the chain prepares, implements and reviews it, and calls you to approve.",
    emptyColumn: { pending: "New tasks start here.", ready: "Prepared tasks wait here.", "in-progress": "Nobody is at work.", review: "Nothing to review.", done: "Merged work ends here." },
    prepares: (agent: string) => `${agent} prepares`,
    nextFirst: "next first",
    agents: (n: number) => many(n, "agent"),
    thenYou: (agent: string) => `${agent}, then you`,
    today: (n: number) => `${n} today`,
  },
  card: {
    first: (ids: readonly string[]) => (ids.length > 1 ? `${ids[0] ?? ""} +${ids.length - 1}` : `${ids[0] ?? ""} first`),
    merged: "merged",
    failed: (attempts: number) => (attempts > 1 ? `failed ×${attempts}` : "failed"),
    escalated: "escalated to you",
    readyBoxes: (done: number, all: number) => `${done} of ${all} “ready” boxes ticked`,
    handoffs: (n: number) => many(n, "handoff"),
    tries: (n: number) => many(n, "try", "tries"),
    theImplementer: "the implementer",
  },
} as const;
