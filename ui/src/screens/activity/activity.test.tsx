import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { EventView } from "../../backend/wire";
import * as save from "../../parts/save";
import { renderAt } from "../../testing/render";
import { asCsv, asJson } from "./export";

const event = (change: Partial<EventView>): EventView => ({ seq: 1, at: 0, by: "you", kind: "noted", task: null, run: null, text: "", ...change });

describe("the log as a file", () => {
  it("is CSV that spreadsheets read as it was meant", () => {
    const csv = asCsv([event({ text: 'said "go", twice\nat least' }), event({ seq: 2, by: "claude", task: "TASK-001", text: "=cmd|' /C calc'!A0" })]);
    expect(csv).toBe("\uFEFFseq,at,by,kind,task,run,text\r\n" + '1,1970-01-01T00:00:00.000Z,you,noted,,,"said ""go"", twice\nat least"\r\n' + "2,1970-01-01T00:00:00.000Z,claude,noted,TASK-001,,'=cmd|' /C calc'!A0\r\n");
  });

  it("is JSON with times that people read too", () => {
    expect(JSON.parse(asJson([event({ seq: 7 })]))).toEqual([{ seq: 7, at: "1970-01-01T00:00:00.000Z", by: "you", kind: "noted", task: null, run: null, text: "" }]);
  });
});

describe("activity", () => {
  it("is shown by who and by what", async () => {
    const { user, path } = renderAt("/activity");
    await screen.findByText("claimed");
    await user.click(within(screen.getByTestId("activity-by")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "engine" }));
    await waitFor(() => expect(screen.queryByText("claimed")).toBeNull());
    expect(await screen.findByText("started claude-impl on the implement leg")).toBeInTheDocument();
    await user.click(within(screen.getByTestId("activity-kind")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "Engine" }));
    await waitFor(() => expect(path()).toBe("/activity?by=engine&kind=engine"));
    expect(await screen.findByText("this project's commands were trusted on this machine")).toBeInTheDocument();
    expect(screen.queryByText("started claude-impl on the implement leg")).toBeNull();
  });

  it("is taken along whole, not only the page that is seen", async () => {
    const saved = vi.spyOn(save, "saveFile").mockResolvedValue("");
    const { user } = renderAt("/activity?by=you");
    await user.click(await screen.findByTestId("activity-export"));
    await user.click(await screen.findByRole("menuitem", { name: "As JSON" }));
    await waitFor(() => expect(saved).toHaveBeenCalledOnce());
    const [, name, type, content] = saved.mock.calls[0] ?? [];
    expect([name, type]).toEqual(["orchestron-activity.json", "application/json"]);
    expect((JSON.parse(content ?? "") as EventView[]).map(({ by }) => by)).toEqual(["you", "you", "you", "you", "you"]);
    expect(await screen.findByTestId("toast")).toHaveTextContent("Saved 5 entries as orchestron-activity.json");
    saved.mockRestore();
  });

  it("is written by the desktop app where the person says, because its window has no downloads", async () => {
    const { backend, user } = renderAt("/activity?by=you", "desktop");
    const call = vi.spyOn(backend, "call");
    await user.click(await screen.findByTestId("activity-export"));
    await user.click(await screen.findByRole("menuitem", { name: "As CSV, for spreadsheets" }));
    expect(await screen.findByTestId("toast")).toHaveTextContent("/home/dana/orchestron-activity.csv");
    const asked = call.mock.calls.find(([operation]) => operation === "desktop-save")?.[1] as { name: string; text: string } | undefined;
    expect(asked?.text).toContain("seq,at,by,kind,task,run,text\r\n");
  });
});
