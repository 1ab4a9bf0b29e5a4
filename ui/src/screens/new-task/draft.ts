/** What has been typed, and the operation's input it becomes. */
import type { Create } from "../../backend/wire";

export interface TaskDraft {
  title: string;
  priority: string;
  agent: string;
  goal: string;
  /** One on each line. */
  criteria: string;
  dependsOn: string;
  files: string;
  notes: string;
}

export const EMPTY_DRAFT: TaskDraft = { title: "", priority: "P1", agent: "", goal: "", criteria: "", dependsOn: "", files: "", notes: "" };

export function asInput(draft: TaskDraft): Create {
  return {
    title: draft.title.trim(),
    priority: draft.priority,
    agent: orNothing(draft.agent),
    goal: orNothing(draft.goal),
    // People paste lists: their bullets and boxes are not part of the words.
    criteria: linesOf(draft.criteria).map((line) => line.replace(/^(?:[-*+•]|\d+[.)])\s+(?:\[[ xX]?\]\s*)?/, "")),
    depends_on: draft.dependsOn.split(/[\s,;]+/).filter((id) => id !== ""),
    files: linesOf(draft.files),
    notes: orNothing(draft.notes),
  };
}

function orNothing(words: string): string | null {
  return words.trim() === "" ? null : words.trim();
}

function linesOf(words: string): string[] {
  return words.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}
