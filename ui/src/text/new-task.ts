/** Words of writing a task. */

export const newTaskText = {
  newTask: {
    title: "New task",
    create: "Create task",
    what: "What is to be done?",
    whatExample: "Rate-limit the login endpoint",
    goal: "Goal",
    goalHint: "Why it is wanted and what is true when it is done. Agents read this first.",
    criteria: "Acceptance criteria",
    criteriaHint: "One on each line. The implementer ticks them off; the reviewer and you check them.",
    agent: "Implementer",
    anyone: "As the chain says",
    more: "Dependencies, files, notes",
    dependsOn: "Depends on",
    files: "Files affected",
    filesHint: "One on each line.",
    notes: "Implementation notes",
  },
} as const;
