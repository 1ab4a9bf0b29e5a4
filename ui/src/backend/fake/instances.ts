/** What was made from the fake's workflows. */
import type { InstanceView, StepView } from "../wire";
import { ARCHITECT, CLAUDE, PERSON } from "./chain";
import { minutesAgo } from "./clock";

export function part(name: string, task: string, title: string, change: Partial<StepView>): StepView {
  return { step: name, task, title, status: "pending", turn: null, line: null, waits_for: [], depends_on: [], moved: minutesAgo(90), criteria: { done: 0, all: 3 }, cost: 0, request: null, ...change };
}

export function instances(): InstanceView[] {
  return [
    {
      id: "stripe", workflow: "rpiv", state: "needs-you", started: minutesAgo(190), ended: null, parameters: [{ name: "goal", value: "take card payments" }, { name: "area", value: "src" }], done: 2, all: 5, cost: 2_140_000, line: "implement: waiting for you: npm install stripe@17",
      steps: [
        part("research", "TASK-110", "Research: take card payments", { status: "done", turn: ARCHITECT, cost: 610_000, criteria: { done: 3, all: 3 } }),
        part("plan", "TASK-111", "Plan: take card payments", { status: "done", turn: PERSON, depends_on: ["research"], cost: 920_000, criteria: { done: 3, all: 3 } }),
        part("implement", "TASK-117", "Take card payments with Stripe", { status: "in-progress", turn: CLAUDE, depends_on: ["plan"], line: "waiting for you: npm install stripe@17", cost: 610_000, request: 11, criteria: { done: 3, all: 7 } }),
        part("document", "TASK-116", "Document: take card payments", { status: "ready", turn: CLAUDE, depends_on: ["plan"], line: "all places are taken" }),
        part("verify", "TASK-119", "Verify: take card payments", { depends_on: ["implement", "document"], waits_for: ["TASK-117", "TASK-116"], line: "waits for TASK-117 and TASK-116" }),
      ],
    },
    {
      id: "hotfix-4", workflow: "hotfix", state: "done", started: minutesAgo(1_500), ended: minutesAgo(1_380), parameters: [{ name: "report", value: "double charge on retry" }], done: 2, all: 2, cost: 1_030_000, line: null,
      steps: [part("reproduce", "TASK-107", "Reproduce: double charge on retry", { status: "done", cost: 400_000, criteria: { done: 3, all: 3 } }), part("mend", "TASK-108", "Mend: double charge on retry", { status: "done", depends_on: ["reproduce"], cost: 630_000, criteria: { done: 3, all: 3 } })],
    },
  ];
}

