/** What an agent is up to: as a dot and in words. */
import type { AgentView } from "../backend/wire";
import { text } from "../text";

export interface AgentState {
  /** Classes of the dot. */
  dot: string;
  words: string;
  pulses: boolean;
}

export function agentState(agent: AgentView): AgentState {
  if (agent.busy) return { dot: "bg-accent-fill", words: agent.doing ?? text.agent.busyOn(agent.task), pulses: false };
  if (agent.missing !== null) return { dot: "bg-warn-fill", words: agent.missing, pulses: false };
  if (agent.kind === "outside") return { dot: "border-2 border-ghost", words: text.agent.outside, pulses: false };
  return { dot: "bg-good-fill", words: text.agent.idle, pulses: false };
}
