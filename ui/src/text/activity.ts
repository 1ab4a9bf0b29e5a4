/** Words of the log. */
import { many } from "./counting";

export const activityText = {
  activity: {
    failed: "The log could not be read",
    loading: "Reading the log",
    filter: "Only this task",
    filterExample: "Only TASK-001…",
    byActor: "Who",
    anyone: "Anyone",
    engine: "engine",
    byKind: "What",
    anything: "Anything",
    kind: { decisions: "Decisions", chain: "Handoffs", runs: "Runs and gates", files: "Task files", talk: "Messages", engine: "Engine" },
    export: "Export",
    exportAs: "Export what is shown",
    json: "As JSON",
    csv: "As CSV, for spreadsheets",
    exported: (n: number, file: string) => `Saved ${many(n, "entry", "entries")} as ${file}`,
    exportWhere: "It is where your downloads go.",
    exportFailed: "Not exported",
    emptyTitle: "Nothing happened yet",
    emptyWords: "Every handoff, run, gate and decision is written here as it happens.",
    emptyTask: (id: string) => `Nothing is known about ${id}.`,
    emptyFilter: "Nothing in the log matches what you chose.",
    older: "Older",
    beginning: "This is where it began.",
  },
} as const;
