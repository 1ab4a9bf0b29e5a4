import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AskedAhead, firstQuestions } from "./ahead";
import { FakeBackend } from "./fake/backend";

describe("what is asked ahead", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is asked once, and given to the first who asks", async () => {
    const behind = new FakeBackend("ordinary");
    const call = vi.spyOn(behind, "call");
    const ahead = new AskedAhead(behind, ["board", "project"]);
    expect(call.mock.calls.map(([name]) => name)).toEqual(["board", "project"]);
    const [first] = await Promise.all([ahead.call("board", {}), vi.runAllTimersAsync()]);
    expect(first.cards.length).toBeGreaterThan(0);
    expect(call).toHaveBeenCalledTimes(2);
    await Promise.all([ahead.call("board", {}), vi.runAllTimersAsync()]);
    expect(call).toHaveBeenCalledTimes(3);
  });

  it("is not given to who asks something else, or late", async () => {
    const behind = new FakeBackend("ordinary");
    const call = vi.spyOn(behind, "call");
    const ahead = new AskedAhead(behind, ["board"]);
    await Promise.all([ahead.call("list", { status: "ready", agent: null }), vi.advanceTimersByTimeAsync(1_000)]);
    expect(call).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(3_000);
    await Promise.all([ahead.call("board", {}), vi.runAllTimersAsync()]);
    expect(call).toHaveBeenCalledTimes(3);
  });

  it("is drawn at once where the answer is there already", async () => {
    const behind = new FakeBackend("ordinary");
    const call = vi.spyOn(behind, "call");
    const ahead = new AskedAhead(behind, ["board", "project"]);
    expect(ahead.takeAnswers()).toEqual([]);
    await Promise.all([ahead.answered("board"), ahead.answered("project"), vi.advanceTimersByTimeAsync(1_000)]);
    expect(ahead.takeAnswers().map(([name]) => name)).toEqual(["board", "project"]);
    expect(ahead.takeAnswers()).toEqual([]);
    await Promise.all([ahead.call("board", {}), vi.runAllTimersAsync()]);
    expect(call).toHaveBeenCalledTimes(3);
  });

  it("fails for who asks, and for nobody else", async () => {
    const behind = new FakeBackend("ordinary");
    vi.spyOn(behind, "call").mockRejectedValue(new Error("away"));
    const ahead = new AskedAhead(behind, ["board", "project"]);
    await ahead.answered("board");
    expect(ahead.takeAnswers()).toEqual([]);
    await expect(ahead.call("board", {})).rejects.toThrow("away");
  });

  it("is what the screen at the address needs", () => {
    expect(firstQuestions("/board")[0]).toBe("board");
    expect(firstQuestions("/task/TASK-7")).not.toContain("board");
    expect(firstQuestions("/welcome")).toEqual([]);
  });
});
