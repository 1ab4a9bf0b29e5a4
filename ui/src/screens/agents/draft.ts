/** What is typed about an agent, and the keys of its entry that it becomes. */
import type { AgentKey, RegisteredView } from "../../backend/wire";

export const KEYS = ["cli", "model", "persona", "capabilities", "account", "instances", "timeout", "budget_usd"] as const;
export type Key = (typeof KEYS)[number];
export type Draft = Record<Key, string>;

const LISTS: readonly Key[] = ["capabilities"];

export const EMPTY: Draft = { cli: "", model: "", persona: "", capabilities: "", account: "", instances: "", timeout: "", budget_usd: "" };

/** What is known of an entry; what is not stays empty and is left as it is written. */
export function draftOf({ agent, capabilities, instances }: RegisteredView): Draft {
  return { ...EMPTY, cli: agent.cli ?? "", model: agent.model ?? "", persona: agent.persona ?? "", capabilities: capabilities.join(", "), account: agent.account, instances: instances === null ? "" : String(instances) };
}

function valuesOf(key: Key, value: string): string[] {
  const parts = LISTS.includes(key) ? value.split(",") : [value];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

export function keysOf(draft: Draft): AgentKey[] {
  return KEYS.map((key) => ({ key, values: valuesOf(key, draft[key]) })).filter(({ values }) => values.length > 0);
}

/** Only what was changed; a key that was emptied is taken out. */
export function changesOf(before: Draft, after: Draft): AgentKey[] {
  return KEYS.filter((key) => before[key].trim() !== after[key].trim()).map((key) => ({ key, values: valuesOf(key, after[key]) }));
}
