import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "./fake/backend";
import { Held, holding } from "./held";
import type { DesktopTell } from "./wire";

const KEY = "orchestron-held";
const decision = (request: number, project = "/shop") => ({ input: { request, decision: { type: "approve" as const, note: null }, commit: null }, about: `TASK-${request}`, project, clears: [] });
const written = () => (JSON.parse(localStorage.getItem(KEY) ?? "[]") as { about: string }[]).map(({ about }) => about);

function holdIn(scenario: "ordinary" | "desktop") {
  holding.ms = 60_000;
  const backend = new FakeBackend(scenario);
  const told: DesktopTell[] = [];
  const sent: number[] = [];
  const answers: (() => void)[] = [];
  vi.spyOn(backend, "call").mockImplementation((name, input) => {
    if (name === "desktop-tell") told.push(input as DesktopTell);
    if (name !== "decide") return Promise.resolve({ did: "noted", not_done: [], task: null, status: null, next: [] } as never);
    sent.push((input as { request: number }).request);
    return new Promise((done) => answers.push(() => done({ did: "done", not_done: [], task: null, status: null, next: [] } as never)));
  });
  return { store: new Held(backend, new QueryClient()), told, sent, answers };
}

afterEach(() => localStorage.clear());

describe("what is held back", () => {
  it("is sent when the desktop app says that the window goes, and the app is told when all has been answered", async () => {
    const { store, told, sent, answers } = holdIn("desktop");
    store.hold(decision(1));
    store.hold(decision(2));
    window.dispatchEvent(new Event("pagehide"));
    expect(sent).toEqual([]);
    window.dispatchEvent(new Event("orchestron-send"));
    expect(sent).toEqual([1, 2]);
    expect(told.map(({ held }) => held)).toEqual([1, 2]);
    answers[0]?.();
    await vi.waitFor(() => expect(told.at(-1)?.held).toBe(1));
    // The other one stays written until it is answered.
    expect(written()).toEqual(["TASK-2"]);
    answers[1]?.();
    await vi.waitFor(() => expect(told.at(-1)?.held).toBe(0));
    expect(written()).toEqual([]);
  });

  it("is sent when a browser's page goes, and there is no app to tell", () => {
    const { store, told, sent } = holdIn("ordinary");
    store.hold(decision(3));
    window.dispatchEvent(new Event("pagehide"));
    expect(sent).toEqual([3]);
    expect(told).toEqual([]);
  });

  it("leaves alone what windows of other projects have written in the same place", () => {
    const other = holdIn("ordinary");
    other.store.hold(decision(4, "/other"));
    const { store } = holdIn("ordinary");
    store.hold(decision(5));
    expect(written()).toEqual(["TASK-4", "TASK-5"]);
    store.drop(5);
    expect(written()).toEqual(["TASK-4"]);
    other.store.drop(4);
    expect(written()).toEqual([]);
  });
});
