/** Chains of the fake, by how far they have come. */
import type { ChainStop, HolderView, LegWord, StopState } from "../wire";
import { minutesAgo } from "./clock";

export const ARCHITECT: HolderView = { kind: "agent", name: "architect" };
export const CLAUDE: HolderView = { kind: "agent", name: "claude-impl" };
export const CODEX: HolderView = { kind: "agent", name: "codex-review" };
export const GEMINI: HolderView = { kind: "agent", name: "gemini-docs" };
export const CURSOR: HolderView = { kind: "outside", name: "cursor" };
export const PERSON: HolderView = { kind: "person", name: "" };

const LEGS: readonly LegWord[] = ["prepare", "implement", "review", "approve"];

interface ChainOptions {
  implementer?: HolderView;
  /** The leg under way; those before it are over. None: all are over. */
  now?: LegWord | null;
  state?: StopState;
  attempt?: number;
  /** Spans of the legs that are over, in seconds. */
  took?: number[];
  /** When the leg under way began, or the last one ended; in minutes. */
  ago?: number;
}

export function chain({ implementer = CLAUDE, now = null, state = "current", attempt = 1, took = [40, 540, 100, 0], ago = 8 }: ChainOptions): ChainStop[] {
  const holders: Record<LegWord, HolderView> = { prepare: ARCHITECT, implement: implementer, review: CODEX, approve: PERSON };
  const at = now === null ? LEGS.length : LEGS.indexOf(now);
  // Each leg begins when the one before has ended; the last one ended a while ago, as long as its next took.
  const minutes = took.map((seconds) => seconds / 60);
  const endOf = (index: number) => ago + minutes.slice(index + 1, at).reduce((sum, one) => sum + one, 0);
  return LEGS.map((leg, index) => ({
    leg,
    holder: holders[leg],
    state: index < at ? "done" : index === at ? state : "next",
    attempt: leg === "implement" ? attempt : 1,
    at: index <= at ? minutesAgo(index < at ? endOf(index) : endOf(at - 1) - 0.01) : null,
    took: index < at ? (took[index] ?? 60) * 1_000 : null,
  }));
}
