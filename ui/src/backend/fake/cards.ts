/** The fake's board. */
import type { CardView, StatusWord } from "../wire";
import { ARCHITECT, CLAUDE, CODEX, CURSOR, GEMINI, PERSON, chain } from "./chain";
import { minutesAgo } from "./clock";

export function card(id: string, title: string, status: StatusWord, change: Partial<CardView>): CardView {
  return {
    id, title, status, priority: "P1", agent: null, chain: chain({ now: "prepare", state: "next" }), turn: ARCHITECT, line: null, since: null, cost: 0,
    criteria: { done: 0, all: 4 }, ready_boxes: { done: 0, all: 5 }, depends_on: [], blocked_by: [], request: null, run: null, attempts: 0, handoffs: 0,
    moved: minutesAgo(90), why: null, order: 0, ...change,
  };
}

export function cards(): CardView[] {
  return [...pending(), ...ready(), ...inProgress(), ...review(), ...over()];
}

function pending(): CardView[] {
  return [
    card("TASK-121", "Export orders as CSV", "pending", { order: 1, chain: chain({ now: "prepare", state: "waiting", ago: 14 }), run: "r-121", request: { id: 14, kind: "question" }, line: "architect is asking: which orders does the export hold?", since: minutesAgo(14) }),
    card("TASK-122", "Document the webhook retries", "pending", { order: 2, priority: "P2", ready_boxes: { done: 3, all: 5 } }),
    card("TASK-123", "Drop the legacy session table", "pending", { order: 3, priority: "P2", ready_boxes: { done: 0, all: 0 } }),
  ];
}

function ready(): CardView[] {
  const waiting = (ago: number) => chain({ now: "implement", state: "next", ago });
  return [
    card("TASK-118", "Rotate leaked webhook secret", "ready", { order: 1, priority: "P0", chain: waiting(18), turn: CLAUDE, handoffs: 1 }),
    card("TASK-119", "Refund from the admin page", "ready", { order: 2, chain: waiting(37), turn: CLAUDE, depends_on: ["TASK-117"], blocked_by: ["TASK-117"], handoffs: 1 }),
    card("TASK-120", "Cache exchange rates for a day", "ready", { order: 3, chain: waiting(51), turn: CLAUDE, line: "queued: TASK-117 also touches src/pay/rates.rs", handoffs: 1 }),
  ];
}

function inProgress(): CardView[] {
  return [
    card("TASK-117", "Take card payments with Stripe", "in-progress", { depends_on: ["TASK-111", "TASK-110"],
      order: 1, chain: chain({ now: "implement", ago: 12 }), turn: CLAUDE, request: { id: 11, kind: "permission" }, run: "r-117", line: "waiting for you: npm install stripe@17", since: minutesAgo(12), cost: 610_000, criteria: { done: 3, all: 7 }, handoffs: 1, attempts: 1,
    }),
    card("TASK-115", "Speed up the product search query", "in-progress", { depends_on: ["TASK-108"], order: 2, chain: chain({ now: "implement", ago: 3 }), turn: CLAUDE, run: "r-115", line: "Edit src/search/index.rs", since: minutesAgo(3), cost: 120_000, criteria: { done: 7, all: 10 }, handoffs: 1, attempts: 1 }),
    card("TASK-116", "Write the API reference for orders", "in-progress", { depends_on: ["TASK-107"], order: 3, priority: "P2", chain: chain({ implementer: GEMINI, now: "implement", ago: 0.7 }), turn: GEMINI, run: "r-116", line: "Read docs/openapi.yaml", since: minutesAgo(0.7), criteria: { done: 1, all: 8 }, handoffs: 1, attempts: 1 }),
    card("TASK-114", "Tidy the styles of the admin pages", "in-progress", { order: 4, priority: "P2", chain: chain({ implementer: CURSOR, now: "implement", ago: 46 }), turn: CURSOR, line: "with cursor, outside", since: minutesAgo(46), criteria: { done: 0, all: 3 }, handoffs: 1, attempts: 1 }),
  ];
}

function review(): CardView[] {
  return [
    card("TASK-112", "Rate-limit the login endpoint", "review", { depends_on: ["TASK-110"],
      order: 1, priority: "P0", chain: chain({ now: "approve", state: "waiting", attempt: 2, ago: 6 }), turn: PERSON, request: { id: 12, kind: "review" }, cost: 840_000, criteria: { done: 6, all: 6 }, ready_boxes: { done: 5, all: 5 }, handoffs: 4, attempts: 2, since: minutesAgo(6), moved: minutesAgo(9),
    }),
    card("TASK-113", "Show stock on the product card", "review", { depends_on: ["TASK-108"], order: 2, chain: chain({ now: "review", ago: 2 }), turn: CODEX, run: "r-113", line: "codex-review: reading the diff", cost: 330_000, criteria: { done: 4, all: 4 }, handoffs: 2, attempts: 1, since: minutesAgo(2) }),
    card("TASK-109", "Send the order mail in the buyer's language", "review", { order: 3, chain: chain({ now: "approve", state: "waiting", ago: 22 }), turn: PERSON, request: { id: 16, kind: "conflict" }, line: "could not merge: 2 files changed on main", cost: 480_000, criteria: { done: 5, all: 5 }, handoffs: 3, attempts: 1, since: minutesAgo(22) }),
  ];
}

function over(): CardView[] {
  const all = (ago: number) => chain({ took: [40, 960, 140, 10], ago });
  return [
    card("TASK-111", "Validate addresses at checkout", "done", { chain: all(33), turn: PERSON, cost: 1_020_000, criteria: { done: 5, all: 5 }, handoffs: 4, attempts: 1, moved: minutesAgo(33) }),
    card("TASK-110", "Fix the double charge on retry", "done", { chain: chain({ took: [60, 2_500, 200, 10], attempt: 2, ago: 64 }), turn: PERSON, cost: 2_400_000, criteria: { done: 3, all: 3 }, handoffs: 6, attempts: 2, moved: minutesAgo(64) }),
    card("TASK-098", "Flaky checkout test", "failed", { chain: chain({ now: "implement", state: "failed", attempt: 3, ago: 62 }), turn: PERSON, request: { id: 15, kind: "escalation" }, cost: 1_950_000, criteria: { done: 1, all: 3 }, handoffs: 1, attempts: 3, moved: minutesAgo(62.5), why: "the same gate failed three times: test" }),
    card("TASK-108", "Log slow queries", "done", { priority: "P2", chain: all(26 * 60), turn: PERSON, cost: 310_000, criteria: { done: 2, all: 2 }, handoffs: 4, attempts: 1, moved: minutesAgo(26 * 60) }),
    card("TASK-107", "Use the new tax table for Austria", "done", { chain: all(30 * 60), turn: PERSON, cost: 740_000, criteria: { done: 4, all: 4 }, handoffs: 4, attempts: 1, moved: minutesAgo(30 * 60) }),
  ];
}

const SUBJECTS = ["checkout", "search", "invoices", "the basket", "returns", "stock", "the admin pages", "login"];
const VERBS = ["Speed up", "Tidy", "Translate", "Log errors of", "Test", "Document", "Fix rounding in"];
const STATUSES: readonly StatusWord[] = ["pending", "pending", "pending", "ready", "ready", "in-progress", "review", "done", "done", "done"];

/** As many more as are wanted, to see that many stay fluid. */
export function manyCards(count: number): CardView[] {
  return Array.from({ length: count }, (_, index) => {
    const status = STATUSES[index % STATUSES.length] ?? "pending";
    const title = `${VERBS[index % VERBS.length]} ${SUBJECTS[index % SUBJECTS.length]} (${index + 1})`;
    const now = status === "in-progress" ? "implement" : status === "review" ? "review" : status === "ready" ? "implement" : "prepare";
    const ended = status === "done" ? chain({}) : chain({ now, state: status === "pending" || status === "ready" ? "next" : "current" });
    return card(`TASK-${1_000 + index}`, title, status, { order: 10 + index, priority: `P${index % 3}`, chain: ended, turn: CLAUDE, depends_on: index % 4 === 0 ? [] : [`TASK-${1_000 + index - 1}`, ...(index % 8 === 7 ? [`TASK-${1_000 + index - 5}`] : [])], moved: minutesAgo(60 * 24 + index), cost: (index % 90) * 10_000, handoffs: index % 5, line: status === "in-progress" ? "Edit src/lib.rs" : null, run: status === "in-progress" ? `r-${index}` : null, since: minutesAgo(index % 50) });
  });
}
