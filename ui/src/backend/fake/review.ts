/** What is known for a review, beside the changes. */
import type { CardView, Diff, DiffView, RemarkView, ReviewView } from "../wire";
import { iso, minutesAgo } from "./clock";
import { COMMIT } from "./requests";
import type { World } from "./world";

/** What was seen the last time. */
export const SEEN = "41be07c2d9f0a1b3c5d7e9f1a3b5c7d9e1f3a5b7";

const REMARKS: RemarkView[] = [
  { kind: "comment", state: "changed", feedback: 2, by: "codex-review", at: iso(minutesAgo(18)), path: "src/auth/limit.rs", before: false, line: 20, to: 20, now: 20, text: "Retry-After was the whole window; it should be what is left of it.", attempt: 2 },
  { kind: "comment", state: "left", feedback: 2, by: "codex-review", at: iso(minutesAgo(18)), path: "src/store.rs", before: false, line: 12, to: 13, now: 13, text: "`read_to_string` fails when there is no file yet: the very first start.", attempt: 2 },
];

export function review(world: World, card: CardView): ReviewView {
  const isLooked = card.id === "TASK-112" && world.scenario !== "long";
  return {
    task: card.id,
    commit: COMMIT,
    last_look: isLooked ? { commit: SEEN, at: minutesAgo(20) } : null,
    points: isLooked
      ? [
          { handoff: 1, leg: "prepare", who: "architect", attempt: 1, at: minutesAgo(27.3), from: null, to: null },
          { handoff: 2, leg: "implement", who: "claude-impl", attempt: 1, at: minutesAgo(21), from: null, to: SEEN },
          { handoff: 3, leg: "implement", who: "claude-impl", attempt: 2, at: minutesAgo(16), from: SEEN, to: COMMIT },
          { handoff: 4, leg: "review", who: "codex-review", attempt: 2, at: minutesAgo(8.3), from: COMMIT, to: COMMIT },
        ]
      : [],
    remarks: isLooked ? REMARKS : [],
  };
}

/** Since the last look everything but the login page changed; the first handoff had only the limiter. */
export function partOf(whole: DiffView, { from, to }: Diff): DiffView {
  const files = from === SEEN ? whole.files.filter(({ path }) => path !== "src/auth/login.rs") : whole.files.slice(0, 1);
  return { ...whole, from: from ?? null, commit: to ?? whole.commit, files };
}
