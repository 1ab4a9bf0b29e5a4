/** The fake's `.mcp/config.yaml`, as simple as it can be and still be edited. */
import type { ConfigSet, ConfigView, ConfigWrite, Done, RuleView, SettingView } from "../wire";
import { done, failure } from "./answers";
import type { World } from "./world";

const HOLDS: Record<string, string> = {
  project: "acme/storefront", base_branch: "main", task_prefix: "TASK", worktrees: "",
  "chain.prepare": "architect", "chain.implement": "claude-impl", "chain.review": "codex-review", gates: "2",
  "limits.parallel": "4", "limits.attempts": "3", "limits.backoff": "5s", "limits.backoff_max": "5m", "limits.park": "5m", "limits.starts": "8",
  "limits.per_status.pending": "", "limits.per_status.in-progress": "", "limits.per_status.review": "",
  "limits.aging": "1h", "limits.stalled": "2h", "limits.same_files": "false",
  "limits.budget_usd.task": "5", "limits.budget_usd.day": "20", "limits.budget_usd.project": "", "limits.reserve_usd": "2",
  "limits.breaker": "2", "limits.breaker_rest": "5m", "limits.unchanged": "3", accounts: "0", "keep.days": "30", "keep.megabytes": "2000",
  "notify.review": "together", "notify.permission": "now", "notify.question": "now", "notify.escalation": "now", "notify.conflict": "together", "notify.budget": "now", "notify.message": "together", "notify.done": "digest",
  "notify.together": "2m", "notify.apart": "20s", "notify.quiet.from": "22:00", "notify.quiet.to": "07:00", "notify.quiet.except": "budget, P0", "notify.digest": "17:00", "notify.zone": "", "notify.sound": "true",
};
const WRITTEN: Record<string, number> = {
  project: 3, base_branch: 4, task_prefix: 5, "chain.prepare": 9, "chain.implement": 10, "chain.review": 11, gates: 14, "limits.parallel": 22, "limits.attempts": 23, "limits.backoff": 24, "limits.budget_usd.task": 25, "limits.budget_usd.day": 25,
  "notify.done": 28, "notify.digest": 29, "notify.quiet.from": 30, "notify.quiet.to": 30, "notify.quiet.except": 30,
};

const RULES: RuleView[] = [
  { name: null, from: "pending", to: "ready", when: "prepared: the prepare leg hands it on, or nobody prepares here" },
  { name: null, from: "in-progress", to: "review", when: "tests_pass: the work is submitted, committed, and every gate passed" },
  { name: null, from: null, to: "failed", when: "attempts_used_up: nobody got it done; you are asked" },
  { name: "stale ideas", from: "pending", to: "failed", when: "it stands there for 30 d and has priority P2" },
];

const hashOf = (text: string) => `h${text.length}-${[...text].reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 999_983, 7)}`;

export function config(world: World): ConfigView {
  const settings = Object.entries(HOLDS).map(([key, usual]): SettingView => {
    const own = world.settings.get(key);
    const isWritten = own === undefined ? key in WRITTEN : own !== null;
    const holds = own ?? (own === null ? "" : usual);
    return { key, written: isWritten ? (own ?? (key === "limits.parallel" ? "auto" : usual)) : null, line: isWritten ? (WRITTEN[key] ?? 31) : null, holds };
  });
  return { path: ".mcp/config.yaml", text: world.config, hash: hashOf(world.config), settings, problems: [], rules: RULES };
}

export function configSet(world: World, { changes, hash }: ConfigSet): Done {
  mustBeSeen(world, hash);
  for (const { key, values } of changes) {
    if (key === "limits.attempts" && !/^\d+$/.test(values[0] ?? "1")) throw refused(`line 23: \`limits.attempts\` must be a whole number from 1 to 100 (Write a number here, or leave it out.)`);
    world.settings.set(key, values.length === 0 ? null : values.join(", "));
  }
  world.config += `# ${changes.map(({ key, values }) => `${key}: ${values.join(", ")}`).join("; ")}\n`;
  return done(changes.map(({ key, values }) => (values.length === 0 ? `${key} is as usual now` : `${key} is ${values.join(", ")} now`)).join("; "));
}

export function configWrite(world: World, { text, hash }: ConfigWrite): Done {
  mustBeSeen(world, hash);
  const bad = text.split("\n").findIndex((line) => line.startsWith("\t"));
  if (bad >= 0) throw refused(`line ${bad + 1}: this is no YAML: a tab cannot indent (Indent with spaces.)`);
  world.config = text;
  return done("Wrote .mcp/config.yaml");
}

function mustBeSeen(world: World, hash: string | null): void {
  if (hash !== null && hash !== hashOf(world.config)) throw refused("somebody else has changed it since you looked at it; look again");
}

const refused = (why: string) => failure("input_invalid", `.mcp/config.yaml was not changed: ${why}`, [], "config");
