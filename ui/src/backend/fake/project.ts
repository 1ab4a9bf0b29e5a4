/** The fake's project: the storefront of the design pictures. */
import type { AgentView, ProjectView } from "../wire";

function agent(name: string, change: Partial<AgentView>): AgentView {
  return { name, kind: "agent", cli: "claude", model: "claude-sonnet-4-5", persona: null, legs: [], busy: false, task: null, doing: null, account: "anthropic", missing: null, ...change };
}

export function agents(): AgentView[] {
  return [
    agent("claude-impl", { legs: ["implement"], busy: true, task: "TASK-117", doing: "waiting for you: npm install stripe@17", persona: "Writes the smallest change that does the whole job." }),
    agent("codex-review", { cli: "codex", model: "gpt-5-codex", legs: ["review"], busy: true, task: "TASK-113", doing: "reading the diff", account: "openai", persona: "Looks for what breaks in production." }),
    agent("architect", { model: "claude-opus-4-1", legs: ["prepare"], persona: "Asks before it assumes." }),
    agent("gemini-docs", { cli: "gemini", model: "gemini-2.5-pro", legs: ["implement"], busy: true, task: "TASK-116", doing: "Read docs/openapi.yaml", account: "google", persona: "Writes for people who have five minutes." }),
    agent("cursor", { kind: "outside", cli: null, model: null, legs: ["implement"], account: "" }),
    agent("gpt-security", { cli: "codex", model: "gpt-5", legs: [], account: "openai-team", missing: "There is no key for the account openai-team. Enter it under Settings, API keys." }),
  ];
}

export function project(): ProjectView {
  return {
    name: "acme/storefront",
    path: "/home/dana/src/storefront",
    git: true,
    base_branch: "main",
    scripted: false,
    engine: { running: true, paused: null, trusted: true },
    agents: agents(),
    tasks: 0,
    in_flight: 0,
    needs_you: 0,
    spent_today: 4_120_000,
    budget_today: 20_000_000,
    median_handoff: 400,
    problems: [
      { path: ".mcp/tasks/ready/TASK-104-coupons.md", line: 31, what: "Merge-conflict markers (<<<<<<< HEAD)", cure: "Resolve the conflict in an editor; the task appears by itself once the markers are gone." },
      { path: ".mcp/tasks/pending/TASK-099-old.md", line: null, what: "TASK-099 is also in done/TASK-099-old.md", cure: "Delete or renumber one of the two files." },
    ],
    generation: 1_204,
    version: "orchestron 0.1.0",
  };
}
