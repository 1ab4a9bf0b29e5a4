/** What the fake's holders told each other. */
import type { MessageView } from "../wire";
import { minutesAgo } from "./clock";

export function message(id: number, from: string, to: string, change: Partial<MessageView>): MessageView {
  return { id, from, kind: "coordination", task: null, text: "", payload: null, reply_to: null, at: minutesAgo(10), receipts: [{ name: to, delivered: null, acked: null }], ...change };
}

export function messages(): MessageView[] {
  return [
    message(31, "codex-review", "person", { task: "TASK-112", kind: "progress_update", text: "I ran the login tests **under load** before I approved; the numbers are in my handoff.", at: minutesAgo(8), receipts: [{ name: "person", delivered: minutesAgo(8), acked: null }] }),
    message(30, "claude-impl", "codex-review", { task: "TASK-112", reply_to: 29, text: "The window slides: `Retry-After` is what is left of it. See `src/auth/limit.rs`.", at: minutesAgo(15), receipts: [{ name: "codex-review", delivered: minutesAgo(12), acked: minutesAgo(11) }] }),
    message(29, "codex-review", "claude-impl", { task: "TASK-112", text: "Is the window fixed or sliding? The criterion can be read both ways.", at: minutesAgo(17), receipts: [{ name: "claude-impl", delivered: minutesAgo(16), acked: minutesAgo(16) }] }),
    message(25, "architect", "everyone", { text: "The payment port moved to `src/pay/port.rs`; nothing else may talk to Stripe.", at: minutesAgo(40), payload: JSON.stringify({ port: "src/pay/port.rs" }), receipts: [{ name: "claude-impl", delivered: minutesAgo(39), acked: minutesAgo(38) }, { name: "gemini-docs", delivered: minutesAgo(39), acked: null }] }),
  ];
}
