/** Which settings of `.mcp/config.yaml` stand in which part, and how each is given. */
import type { text } from "../../text";

export type SettingKey = keyof typeof text.settings.field;
export type SettingKind = "words" | "list" | "holder" | "truth" | "manner" | "short";

const short = (...keys: SettingKey[]) => keys.map((key) => [key, "short"] as const);
const manner = (...keys: SettingKey[]) => keys.map((key) => [key, "manner"] as const);

export const PARTS = {
  chain: [["chain.prepare", "holder"], ["chain.implement", "list"], ["chain.review", "holder"]],
  limits: [
    ...short("limits.parallel", "limits.attempts", "limits.backoff", "limits.backoff_max", "limits.park", "limits.starts", "limits.per_status.pending", "limits.per_status.in-progress", "limits.per_status.review", "limits.aging", "limits.stalled"),
    ["limits.same_files", "truth"],
    ...short("limits.breaker", "limits.breaker_rest", "limits.unchanged", "keep.days", "keep.megabytes"),
  ],
  money: short("limits.budget_usd.task", "limits.budget_usd.day", "limits.budget_usd.project", "limits.reserve_usd"),
  notify: [
    ...manner("notify.review", "notify.permission", "notify.question", "notify.escalation", "notify.conflict", "notify.budget", "notify.message", "notify.done"),
    ...short("notify.together", "notify.apart", "notify.quiet.from", "notify.quiet.to"),
    ["notify.quiet.except", "list"],
    ...short("notify.digest", "notify.zone"),
    ["notify.sound", "truth"],
  ],
  project: [["project", "words"], ["base_branch", "words"], ["task_prefix", "short"], ["worktrees", "words"]],
} as const satisfies Record<string, readonly (readonly [SettingKey, SettingKind])[]>;

export type ConfigPart = keyof typeof PARTS;
