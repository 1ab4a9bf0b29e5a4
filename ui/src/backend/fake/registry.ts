/** What the fake's agents have done so far. */
import type { AgentView, RegisteredView } from "../wire";
import { minutesAgo } from "./clock";

const RECORDS: Record<string, Partial<RegisteredView>> = {
  "claude-impl": { completed: 64, failed: 3, submitted: 61, approved: 52, average: 11 * 60_000, error_rate: 4, first_pass: 71, cost: 38_400_000, cost_per_approved: 738_000, instances: 2, capabilities: ["backend", "frontend", "tests"] },
  "codex-review": { completed: 58, submitted: 58, approved: 52, average: 4 * 60_000, error_rate: 0, first_pass: 93, cost: 12_100_000, cost_per_approved: 232_000, capabilities: ["review"] },
  architect: { completed: 57, failed: 1, submitted: 57, approved: 50, average: 6 * 60_000, error_rate: 2, first_pass: 88, cost: 21_500_000, cost_per_approved: 430_000, capabilities: ["architecture", "planning"] },
};

export function registry(agents: AgentView[]): RegisteredView[] {
  return agents.map((agent) => ({
    agent,
    status: agent.missing !== null ? "offline" : agent.busy ? "busy" : "available",
    why: agent.missing,
    tasks: agent.task === null ? [] : [agent.task],
    runs: agent.busy ? 1 : 0,
    instances: null,
    capabilities: [],
    heard: agent.busy ? minutesAgo(0.1) : null,
    completed: 0,
    failed: 0,
    failed_in_a_row: 0,
    submitted: 0,
    approved: 0,
    average: null,
    error_rate: null,
    first_pass: null,
    legs: [],
    cost: 0,
    cost_per_approved: null,
    ...RECORDS[agent.name],
  }));
}
