/** The fake's state: small enough to change by hand, rich enough to look real. */
import type { CardView, DiffView, EventView, InstanceView, KeyView, MessageView, ProjectView, RequestView, TranscriptItemView, UpdatesView } from "../wire";
import { cards, manyCards } from "./cards";
import { diff, longDiff } from "./diff";
import { CONFIG } from "./config-text";
import { events } from "./events";
import { messages } from "./messages";
import { project } from "./project";
import { clashing, requests, usedUp } from "./requests";
import { transcript } from "./transcripts";
import { instances } from "./instances";

/** What is different from an ordinary morning. */
export type Scenario = "ordinary" | "empty" | "quiet" | "many" | "long" | "scripted" | "untrusted" | "stopped" | "paused" | "failing" | "offline" | "slow" | "refused" | "budget" | "welcome" | "desktop" | "stale";

export const SCENARIOS: readonly Scenario[] = ["ordinary", "empty", "quiet", "many", "long", "scripted", "untrusted", "stopped", "paused", "failing", "offline", "slow", "refused", "budget", "welcome", "desktop", "stale"];

const MANY_CARDS = 10_000;
const LONG_DIFF = 5_000;

export interface World {
  scenario: Scenario;
  project: ProjectView;
  cards: CardView[];
  requests: RequestView[];
  events: EventView[];
  keys: KeyView[];
  /** What the configuration runs, a line each; those with `+ ` in front were not accepted before. */
  commands: string[];
  transcript: TranscriptItemView[];
  instances: InstanceView[];
  /** The text of .mcp/config.yaml, and what was changed in it; null = taken out. */
  config: string;
  settings: Map<string, string | null>;
  /** What was set and found of newer versions of the app. */
  updates: Partial<UpdatesView>;
  diff: (task: string) => DiffView;
  messages: MessageView[];
  /** By task, the commit that was looked at. */
  seen: Map<string, string>;
}

export function newWorld(scenario: Scenario): World {
  const isEmpty = scenario === "empty";
  const world: World = {
    scenario,
    project: project(),
    cards: isEmpty ? [] : [...cards(), ...(scenario === "many" ? manyCards(MANY_CARDS) : [])],
    requests: isEmpty || scenario === "quiet" ? [] : scenario === "budget" ? [usedUp(), clashing()] : requests(),
    events: isEmpty ? [] : events(),
    keys: [
      { account: "anthropic", source: "keyring", agents: ["claude-impl", "architect"] },
      { account: "openai", source: "environment", agents: ["codex-review"] },
      { account: "google", source: "keyring", agents: ["gemini-docs"] },
      { account: "openai-team", source: null, agents: ["gpt-security"] },
    ],
    commands: [
      "gate tests: npm test",
      "+ gate lint: npm run lint -- --max-warnings 0",
      'agent claude-impl: claude, allowed without asking ["Read", "Glob", "Grep", "Bash(npm test)"], never ["WebFetch"], key of "anthropic"',
      '+ agent codex-review: codex, allowed without asking ["Read"], talks to "https://proxy.example.com/v1", key of "openai"',
    ],
    transcript: transcript(),
    instances: isEmpty ? [] : instances(),
    config: CONFIG,
    settings: new Map(),
    updates: {},
    messages: isEmpty ? [] : messages(),
    seen: new Map(),
    diff: scenario === "long" ? () => longDiff(LONG_DIFF) : diff,
  };
  if (scenario === "quiet") for (const card of world.cards) card.request = null;
  if (isEmpty) world.project = { ...world.project, agents: [], problems: [], median_handoff: null, spent_today: 0 };
  world.project.scripted = scenario === "scripted";
  if (scenario === "untrusted") world.project.engine.trusted = false;
  if (scenario === "stopped") world.project.engine.running = false;
  if (scenario === "paused") world.project.engine.paused = "";
  return world;
}

/** The project, with what follows from the cards. */
export function projectNow(world: World): ProjectView {
  return {
    ...world.project,
    ...(world.scenario === "budget" ? { spent_today: 37_100_000, budget_today: 40_000_000 } : {}),
    tasks: world.cards.length,
    in_flight: world.cards.filter(({ run }) => run !== null).length,
    needs_you: world.requests.filter(({ open }) => open).length,
  };
}
