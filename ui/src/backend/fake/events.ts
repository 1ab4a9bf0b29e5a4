/** The fake's log. */
import type { EventView } from "../wire";
import { minutesAgo } from "./clock";

const LINES: readonly [minutes: number, by: string, kind: string, task: string | null, text: string][] = [
  [0.8, "claude-impl", "request-opened", "TASK-117", "asked whether it may run npm install stripe@17"],
  [2, "engine", "run-started", "TASK-113", "started codex-review on the review leg"],
  [2.1, "claude-impl", "handed-off", "TASK-113", "handed over to codex-review"],
  [3, "engine", "run-started", "TASK-115", "started claude-impl on the implement leg"],
  [6, "codex-review", "request-opened", "TASK-112", "approved; asked you to decide"],
  [9, "engine", "run-ended", "TASK-112", "gate cargo test passed in 31 s at 9f2c1ab"],
  [14, "architect", "request-opened", "TASK-121", "asked: Which orders does the export hold?"],
  [21, "engine", "run-ended", "TASK-112", "gate cargo test failed with exit code 100; wrote .mcp/feedback/TASK-112-1.md"],
  [33, "you", "merged", "TASK-111", "approved; merged into main as 77ac0e1"],
  [46, "cursor", "claimed", "TASK-114", "claimed"],
  [62.5, "engine", "failed", "TASK-098", "failed after three attempts; asked for a person"],
  [64, "you", "merged", "TASK-110", "approved; merged into main as 5d21b90"],
  [120, "you", "paused", null, "paused everything"],
  [121, "you", "task-created", "TASK-123", "created Drop the legacy session table"],
  [1_500, "you", "merged", "TASK-108", "approved; merged into main as 02bb7f4"],
  [1_560, "engine", "trusted", null, "this project's commands were trusted on this machine"],
];

export function events(): EventView[] {
  return LINES.map(([minutes, by, kind, task, text], index) => ({ seq: 1_204 - index, at: minutesAgo(minutes), by, kind, task, run: null, text }));
}
