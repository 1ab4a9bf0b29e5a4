/** Words of the workflows. */
import { many } from "./counting";

export const workflowsText = {
  workflows: {
    failed: "The workflows could not be read",
    loading: "Reading the workflows",
    templates: "Templates",
    instances: "Started",
    emptyTitle: "No workflows yet",
    emptyWords: "A workflow is a file below .mcp/workflows that makes several tasks at once, each waiting for those before it.",
    none: "Nothing was started yet.",
    steps: (n: number) => many(n, "step"),
    stepsTitle: "Steps",
    broken: "cannot be started",
    problems: "What is wrong with it",
    start: "Start",
    startIt: (name: string) => `Start ${name}`,
    parameters: "What it needs to know",
    noParameters: "It needs to know nothing.",
    key: "Name",
    keyHint: "To find it again. Left out: the template's name with a number. The same name is never started twice.",
    usual: (value: string) => `Left out: ${value}`,
    again: (id: string) => `${id} was started before; nothing was made.`,
    started: (id: string, tasks: number) => `Started ${id}: ${many(tasks, "task")}`,
    after: (steps: readonly string[]) => `after ${steps.join(", ")}`,
    state: { running: "running", "needs-you": "needs you", stuck: "stuck", done: "done" },
    progress: (done: number, all: number) => `${done} of ${all} done`,
    gone: "its task is gone",
    choose: "Choose…",
    pick: "Choose a template to see its steps and start it.",
    file: "File",
  },
} as const;
