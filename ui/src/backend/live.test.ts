import { QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "./fake/backend";
import { Gatherer, keepFresh } from "./live";
import { newQueryClient } from "./reads";
import type { BoardView } from "./wire";

describe("keeping what is shown fresh", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watch() {
    const backend = new FakeBackend();
    const call = vi.spyOn(backend, "call");
    const client = newQueryClient([]);
    const asked: string[] = [];
    const answer = { ms: 0 };
    const queryFn = async (name: string) => {
      asked.push(name);
      if (answer.ms > 0) await new Promise((resolve) => setTimeout(resolve, answer.ms));
      return asked.length;
    };
    const keys = [["board", {}], ["requests", {}], ["diff", { task: "TASK-112" }], ["transcript", "r-117"]] as const;
    const stops = keys.map((queryKey) => new QueryObserver(client, { queryKey: [...queryKey], queryFn: () => queryFn(queryKey[0]) }).subscribe(() => undefined));
    const stop = keepFresh(backend, client);
    return { backend, call, client, asked, answer, stop: () => [...stops, stop].forEach((end) => end()) };
  }

  it("asks for the board the moment it hears of a change, and for the rest when the board is here", async () => {
    const { asked, answer, backend, stop } = watch();
    await vi.advanceTimersByTimeAsync(100);
    asked.length = 0;
    answer.ms = 20;
    backend.tell("store");
    // No timer has run: nothing is gathered after a quiet moment.
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual(["board", "transcript"]);
    await vi.advanceTimersByTimeAsync(19);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2);
    expect(asked.slice(2).sort()).toEqual(["diff", "requests"]);
    stop();
  });

  it("asks again for everything once at once and once for all that came meanwhile, however many changes come together", async () => {
    const { backend, asked, stop } = watch();
    await vi.advanceTimersByTimeAsync(100);
    asked.length = 0;
    for (let count = 0; count < 50; count += 1) backend.tell("store");
    await vi.advanceTimersByTimeAsync(1_000);
    expect([...asked].sort()).toEqual(["board", "board", "diff", "diff", "requests", "requests", "transcript", "transcript"]);
    stop();
  });

  it("asks only for transcripts and the columns at work when a run says something, and for these not too often", async () => {
    const { backend, call, client, asked, stop } = watch();
    await vi.advanceTimersByTimeAsync(100);
    client.setQueryData(["board", {}], { project: backend.world.project, cards: backend.world.cards });
    const moving = backend.world.cards.map((card) => (card.id === "TASK-115" ? { ...card, line: "Bash cargo test" } : card));
    backend.world.cards = moving;
    asked.length = 0;
    for (let count = 0; count < 20; count += 1) {
      backend.tell("runs");
      await vi.advanceTimersByTimeAsync(50);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(new Set(asked)).toEqual(new Set(["transcript"]));
    expect(asked.length).toBeGreaterThan(10);
    const lists = call.mock.calls.filter(([name]) => name === "list").map(([, input]) => (input as { status: string }).status);
    expect(new Set(lists)).toEqual(new Set(["pending", "in-progress", "review"]));
    expect(lists.length).toBeLessThan(5 * 3);
    const board = client.getQueryData<BoardView>(["board", {}]);
    expect(board?.cards.find(({ id }) => id === "TASK-115")?.line).toBe("Bash cargo test");
    expect(board?.cards).toHaveLength(moving.length);
    stop();
  });

  it("does nothing while nothing changes", async () => {
    const { asked, stop } = watch();
    await vi.advanceTimersByTimeAsync(100);
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toEqual([]);
    stop();
  });
});

describe("a gatherer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("never works twice at once, and works again for what came meanwhile", async () => {
    let busy = 0;
    let most = 0;
    let times = 0;
    const gatherer = new Gatherer(10, 0, async () => {
      busy += 1;
      most = Math.max(most, busy);
      times += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
      busy -= 1;
    });
    gatherer.ask();
    await vi.advanceTimersByTimeAsync(50);
    gatherer.ask();
    gatherer.ask();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([most, times]).toEqual([1, 2]);
    gatherer.stop();
  });

  it("goes on when the work never ends", async () => {
    let times = 0;
    const gatherer = new Gatherer(10, 0, () => {
      times += 1;
      return new Promise(() => undefined);
    });
    gatherer.ask();
    await vi.advanceTimersByTimeAsync(20);
    gatherer.ask();
    await vi.advanceTimersByTimeAsync(10_100);
    expect(times).toBe(2);
    gatherer.stop();
  });
});
