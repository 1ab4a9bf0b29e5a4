/** The fake's workflows: templates, and what was made from them. */
import type { InstanceView, TemplateStepView, WorkflowsView, WorkflowStart, WorkflowStartView, WorkflowView } from "../wire";
import { ARCHITECT, CLAUDE, CODEX, PERSON } from "./chain";
import { NOW } from "./clock";
import { done, failure } from "./answers";
import { part } from "./instances";
import type { World } from "./world";

function step(name: string, title: string, depends_on: string[], change: Partial<TemplateStepView> = {}): TemplateStepView {
  return { step: name, title, goal: "", priority: "P1", chain: [], depends_on, criteria: [], files: [], needs: [], ...change };
}

const RPIV: WorkflowView = {
  name: "rpiv",
  file: ".mcp/workflows/rpiv.yaml",
  about: "Research, plan, implement, verify: for what is too big for one task.",
  parameters: [
    { name: "goal", about: "What is wanted, in a sentence", default: null, choices: [] },
    { name: "area", about: "Where in the code", default: "src", choices: ["src", "ui", "docs"] },
  ],
  steps: [
    step("research", "Research: ${goal}", [], { goal: "Find out what there is already and what would have to change.", chain: [{ leg: "implement", holder: ARCHITECT }], criteria: ["Every file that matters is named"] }),
    step("plan", "Plan: ${goal}", ["research"], { goal: "Write the steps down, small enough to be reviewed.", chain: [{ leg: "implement", holder: ARCHITECT }, { leg: "review", holder: PERSON }] }),
    step("implement", "Implement: ${goal}", ["plan"], { chain: [{ leg: "implement", holder: CLAUDE }], criteria: ["All tests pass"] }),
    step("document", "Document: ${goal}", ["plan"], { priority: "P2" }),
    step("verify", "Verify: ${goal}", ["implement", "document"], { chain: [{ leg: "implement", holder: CODEX }] }),
  ],
  problems: [],
  usable: true,
};

const HOTFIX: WorkflowView = {
  name: "hotfix",
  file: ".mcp/workflows/hotfix.yaml",
  about: "Reproduce, mend, release: for what hurts now.",
  parameters: [{ name: "report", about: "What goes wrong, as it was reported", default: null, choices: [] }],
  steps: [step("reproduce", "Reproduce: ${report}", [], { priority: "P0" }), step("mend", "Mend: ${report}", ["reproduce"], { priority: "P0" })],
  problems: [],
  usable: true,
};

const BROKEN: WorkflowView = {
  name: "release",
  file: ".mcp/workflows/release.yaml",
  about: "Cut a release.",
  parameters: [],
  steps: [step("notes", "Write the release notes", ["tag"])],
  problems: [{ path: ".mcp/workflows/release.yaml", line: 7, what: "`notes` depends on `tag`, which is no step", cure: "Name a step of this workflow, or leave it out." }],
  usable: false,
};

export function workflows(world: World): WorkflowsView {
  return world.scenario === "empty" ? { workflows: [], instances: [] } : { workflows: [HOTFIX, BROKEN, RPIV].sort((a, b) => Number(b.usable) - Number(a.usable) || b.steps.length - a.steps.length), instances: world.instances };
}

export function startWorkflow(world: World, input: WorkflowStart): WorkflowStartView {
  const template = [RPIV, HOTFIX].find(({ name }) => name === input.workflow);
  if (template === undefined) throw failure("not_found", `There is no workflow ${input.workflow}.`);
  const missing = template.parameters.find(({ name, default: usual }) => usual === null && !(input.set ?? []).some((set) => set.name === name && set.value.trim() !== ""));
  if (missing !== undefined) throw failure("input_invalid", `${missing.name} must be said.`, [missing.about], missing.name);
  const id = input.key ?? `${template.name}-${world.instances.length + 3}`;
  const known = world.instances.find((instance) => instance.id === id);
  if (known !== undefined) return { instance: known, again: true, done: done(`${id} was started before`) };
  const numbers = template.steps.map((_, index) => `TASK-${130 + world.instances.length * 10 + index}`);
  const steps = template.steps.map((one, index) => part(one.step, numbers[index] ?? "", one.title.replace(/\$\{(\w+)\}/g, (_, name: string) => input.set?.find((set) => set.name === name)?.value ?? ""), { depends_on: one.depends_on, moved: NOW, turn: ARCHITECT }));
  const instance: InstanceView = { id, workflow: template.name, state: "running", started: NOW, ended: null, parameters: input.set ?? [], steps, done: 0, all: steps.length, cost: 0, line: null };
  world.instances = [instance, ...world.instances];
  return { instance, again: false, done: done(`Started ${id}: ${steps.length} tasks`) };
}
