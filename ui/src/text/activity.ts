/** Words of the log. */

export const activityText = {
  activity: {
    failed: "The log could not be read",
    loading: "Reading the log",
    filter: "Only this task",
    filterExample: "Only TASK-001…",
    clear: "Show all tasks",
    emptyTitle: "Nothing happened yet",
    emptyWords: "Every handoff, run, gate and decision is written here as it happens.",
    emptyTask: (id: string) => `Nothing is known about ${id}.`,
    older: "Older",
    beginning: "This is where it began.",
  },
} as const;
