/** Kinds of facts as people look for them. */
export const KINDS = {
  decisions: ["request-opened", "request-decided", "request-withdrawn", "reviewed"],
  chain: ["claimed", "submitted", "handed-off", "sent-back", "failed", "merged", "merge-refused", "reassigned", "rethought", "released", "start-asked"],
  runs: ["run-started", "run-up", "run-halting", "run-turn-ended", "run-ended", "tool-called", "ask-withdrawn", "person-said", "run-cost"],
  files: ["task-created", "task-moved", "task-removed", "task-edited", "text-replaced", "committed", "worktree-ready", "worktree-removed", "undone"],
  talk: ["message-sent", "message-delivered", "message-acked", "context-saved"],
  engine: ["engine-started", "trusted", "paused", "resumed", "breaker-opened", "breaker-closed", "parked", "command-failed", "noted", "conflict-found", "conflict-resolved", "caught-up"],
} as const;

export type KindGroup = keyof typeof KINDS;
export const KIND_GROUPS = Object.keys(KINDS) as KindGroup[];
