/** What waits for the person in the fake. */
import type { ConflictView, RequestView } from "../wire";
import { minutesAgo } from "./clock";

export const COMMIT = "9f2c1ab47d0e5b8836a1c7f2d4e6b9a0c3d5e7f1";

function request(id: number, kind: RequestView["kind"], task: string | null, change: Partial<RequestView>): RequestView {
  return { id, kind, task, task_title: null, title: "", detail: "", since: minutesAgo(1), from: null, run: null, commit: null, tool: null, input: null, options: [], files: [], open: true, outcome: null, effect: null, urgency: 0, ...change };
}

export function requests(): RequestView[] {
  return [
    request(11, "permission", "TASK-117", {
      task_title: "Take card payments with Stripe", title: "npm install stripe@17", detail: "Network access · adds 1 dependency", since: minutesAgo(0.8), from: "claude-impl", run: "r-117", tool: "Bash", urgency: 90, effect: "runs once", rule: "Bash(npm install stripe@17)",
      input: JSON.stringify({ command: "npm install stripe@17", description: "Install the official Stripe SDK; the task names it in its notes", timeout: 120_000 }),
    }),
    request(12, "review", "TASK-112", { task_title: "Rate-limit the login endpoint", title: "Rate-limit the login endpoint", detail: "codex-review approved · all 6 criteria met · checks pass", since: minutesAgo(6), from: "codex-review", commit: COMMIT, effect: "then merge", urgency: 80 }),
    request(14, "question", "TASK-121", {
      task_title: "Export orders as CSV", title: "Which orders does the export hold?", detail: "The goal says “all orders”. There are 2.3 million, and the biggest shop has 410,000. A CSV of that size takes about four minutes to write and cannot be opened by most spreadsheets.\n\n- **The last 12 months** fit what the admin page shows.\n- **All** needs a background job and a mail with a link.", since: minutesAgo(14), from: "architect", run: "r-121", options: ["The last 12 months", "All of them, in a background job", "What the page's filter shows"], urgency: 70,
    }),
    request(15, "escalation", "TASK-098", { task_title: "Flaky checkout test", title: "Flaky checkout test blocks TASK-124 and 2 more", detail: "The gate “test” failed three times with the same assertion: expected 2 line items, found 3.", since: minutesAgo(62.5), from: "claude-impl", urgency: 40 }),
    request(16, "conflict", "TASK-109", { task_title: "Send the order mail in the buyer's language", title: "Merging into main conflicts in 2 files", detail: "main has moved: TASK-111 changed the same lines.", since: minutesAgo(22), from: "claude-impl", files: ["src/mail/order.rs", "locales/de.toml"], urgency: 30 }),
  ];
}

/** The day's budget is used up. */
export function usedUp(): RequestView {
  return request(17, "budget", null, { title: "The day's budget is used up", detail: "$39.20 of $40.00 is spent or reserved; nothing more is started. TASK-118, TASK-119 and 3 more wait for it.", since: minutesAgo(4), urgency: 60, effect: "grants more money, and work goes on" });
}

const CLASH = 210;

/** Two branches that would not merge, and no safe order. */
export function clash(): ConflictView {
  return { id: CLASH, kind: "forecast", tasks: ["TASK-116", "TASK-117"], files: ["src/pay/mod.rs", "Cargo.toml"], evidence: "the branches of TASK-116 and TASK-117 would conflict in src/pay/mod.rs and Cargo.toml", since: minutesAgo(6), stage: "open", resolution: null, why: null, resolved_at: null, stuck: "Both are at work and neither depends on the other, so no order is surely right.", request: 18, options: ["queue", "reassign", "gone"] };
}

export function clashing(): RequestView {
  return request(18, "conflict", "TASK-117", { title: "TASK-116 and TASK-117 clash", detail: clash().evidence, since: minutesAgo(3), urgency: 50, clash: CLASH, options: ["TASK-117 waits for TASK-116", "another agent takes it", "it is fine as it is"] });
}

/** One that the engine has put into a queue. */
export function queued(): ConflictView[] {
  return [{ ...clash(), id: 205, kind: "same-files", tasks: ["TASK-115", "TASK-120"], files: ["src/pay/rates.rs"], evidence: "TASK-115 and TASK-120 are both about src/pay/rates.rs", stage: "queued", resolution: "TASK-120 waits for TASK-115", why: "TASK-115 began first", resolved_at: minutesAgo(30), stuck: null, request: null, options: ["reassign", "gone"] }];
}

/** With those that are over. */
export function pastClashes(): ConflictView[] {
  return [...queued(), { ...clash(), id: 190, kind: "drift", tasks: ["TASK-111"], files: ["src/address.rs"], evidence: "the branch of TASK-111 was 14 commits behind main", stage: "over", resolution: "TASK-111 was brought up to main", why: "it merged without a conflict", resolved_at: minutesAgo(90), stuck: null, request: null, options: [] }];
}
