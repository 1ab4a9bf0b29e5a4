/** axe on every screen. What needs real layout (contrast) is checked in a browser: scripts/shots.mjs. */
import { screen, waitFor } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { openOverlay, type Overlay } from "../parts/overlay";
import { renderAt } from "../testing/render";

async function violations(): Promise<string[]> {
  const { violations: found } = await axe.run(document, { rules: { "color-contrast": { enabled: false } } });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

const SCREENS: readonly [address: string, shows: string][] = [
  ["/board", "card-TASK-112"],
  ["/needs-you?request=11", "allow"],
  ["/needs-you?request=12", "approve"],
  ["/needs-you?request=14", "answer"],
  ["/needs-you?request=15", "give-up"],
  ["/needs-you?request=16", "send-back"],
  ["/task/TASK-112", "task-status"],
  ["/task/TASK-117?tab=transcript", "say"],
  ["/task/TASK-112?tab=changes", "tab-changes"],
  ["/task/TASK-098?tab=feedback", "tab-feedback"],
  ["/task/TASK-112?tab=runs", "tab-runs"],
  ["/agents", "agent-claude-impl"],
  ["/activity", "older"],
  ["/messages", "message-31"],
  ["/conflicts", "conflict-210"],
  ["/task/TASK-112?tab=messages", "message-31"],
  ["/settings", "key-openai-team"],
  ["/settings", "config-text"],
  ["/board?view=graph", "graph"],
  ["/board?view=timeline", "timeline"],
  ["/insights", "measure-cost"],
  ["/insights?view=table", "insight-agent-claude-impl"],
  ["/workflows", "instance"],
  ["/workflows?workflow=rpiv", "workflow-start"],
  ["/welcome", "step-chain"],
];

const OVERLAYS: readonly Overlay[] = ["palette", "new-task", "problems", "keys", "trust"];

describe("axe finds nothing", () => {
  it.each(SCREENS)("at %s", async (address, shows) => {
    document.title = "Orchestron";
    document.documentElement.lang = "en";
    renderAt(address);
    await screen.findByTestId(shows);
    await waitFor(() => expect(screen.queryAllByRole("status", { name: /Reading/ })).toEqual([]));
    expect(await violations()).toEqual([]);
  });

  it.each(OVERLAYS)("in the dialog %s", async (overlay) => {
    renderAt("/board");
    await screen.findByTestId("card-TASK-112");
    openOverlay(overlay);
    await screen.findByRole("dialog");
    expect(await violations()).toEqual([]);
  });

  it.each(["empty", "failing", "refused"] as const)("when the board is %s", async (scenario) => {
    renderAt("/board", scenario);
    await screen.findByRole("heading", { level: 1, name: /No tasks|could not|needs its link/ });
    expect(await violations()).toEqual([]);
  });
});
