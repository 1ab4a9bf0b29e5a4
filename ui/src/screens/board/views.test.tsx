import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { FakeBackend } from "../../backend/fake/backend";
import type { CardView } from "../../backend/wire";
import { renderAt } from "../../testing/render";
import type { ColumnId } from "./columns";
import { layout } from "./layers";
import { offerOf } from "./moves";
import { barsOf, ticksOf } from "./turns";

const { world } = new FakeBackend();
const card = (id: string, change: Partial<CardView> = {}): CardView => {
  const [found] = world.cards.filter((one) => one.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return { ...found, ...change };
};

describe("what dropping a card means", () => {
  const step = (id: string, to: ColumnId, change: Partial<CardView> = {}) => offerOf(card(id, change), to).step?.name;
  const refused = (id: string, to: ColumnId, change: Partial<CardView> = {}) => offerOf(card(id, change), to).refused;

  it("is the step of the chain that leads there", () => {
    expect(offerOf(card("TASK-122"), "ready").step).toEqual({ name: "prepare", input: { task: "TASK-122", note: null, agent: null } });
    expect(offerOf(card("TASK-118"), "in-progress").step).toEqual({ name: "claim", input: { task: "TASK-118", agent: null } });
    expect(offerOf(card("TASK-114"), "review").step?.name).toBe("submit");
    expect(step("TASK-098", "ready")).toBe("retry");
    expect(step("TASK-118", "pending")).toBe("move");
    expect(step("TASK-110", "ready")).toBe("move");
    expect(step("TASK-123", "done")).toBe("move");
  });

  it("is refused with what to do instead", () => {
    expect(refused("TASK-117", "ready")).toContain("claude-impl is at work on it");
    expect(refused("TASK-119", "in-progress")).toBe("It waits for TASK-117.");
    expect(refused("TASK-122", "in-progress")).toContain("Move it to Ready first");
    expect(refused("TASK-112", "done")).toContain("Approve it instead");
    expect(refused("TASK-112", "in-progress")).toContain("Request changes");
    expect(refused("TASK-118", "review")).toContain("nothing to review");
    expect(refused("TASK-115", "review", { run: null })).toContain("claude-impl submits it");
    expect(refused("TASK-115", "done", { run: null })).toContain("Move it to Review first");
    expect(refused("TASK-098", "in-progress")).toContain("Move it to Ready");
    expect(refused("TASK-118", "ready")).toContain("already");
  });
});

describe("the layout of what depends on what", () => {
  const task = (id: string, ...depends_on: string[]) => ({ id, depends_on });
  const layers = (...tasks: { id: string; depends_on: string[] }[]) => Object.fromEntries(layout(tasks).nodes.map(({ id, layer }) => [id, layer]));

  it("puts what is waited for left of what waits", () => {
    expect(layers(task("a"), task("b", "a"), task("c", "a", "b"), task("alone"))).toEqual({ a: 0, b: 1, c: 2 });
    expect(layout([task("a"), task("b", "gone"), task("c", "c")]).alone).toBe(3);
  });

  it("ends for circles too", () => {
    const graph = layout([task("a", "c"), task("b", "a"), task("c", "b"), task("d", "c")]);
    expect(graph.nodes).toHaveLength(4);
    expect(graph.edges).toHaveLength(4);
  });

  it("gives nobody another's place", () => {
    const tasks = Array.from({ length: 200 }, (_, n) => task(`t${n}`, ...[n - 1, n - 7, n - 20].filter((other) => other >= 0 && n % 3 > 0).map((other) => `t${other}`)));
    const { nodes } = layout(tasks);
    const places = nodes.map(({ layer, row }) => `${layer} ${row}`);
    expect(new Set(places).size).toBe(nodes.length);
    for (const one of nodes) for (const other of nodes) if (one !== other && one.layer === other.layer) expect(Math.abs(one.row - other.row)).toBeGreaterThanOrEqual(1);
    expect(Math.min(...nodes.map(({ row }) => row))).toBe(0);
  });

  it("takes thousands at once", () => {
    const { world: many } = new FakeBackend("many");
    const tookFor = (cards: typeof many.cards) => {
      const began = performance.now();
      layout(cards);
      return performance.now() - began;
    };
    expect(layout(many.cards).nodes.length).toBeGreaterThan(9_000);
    // Ten times as many take about ten times as long, not a hundred times; a busy machine slows both.
    const few = many.cards.slice(0, many.cards.length / 10);
    const ratios = [1, 2, 3].map(() => tookFor(many.cards) / tookFor(few));
    expect(Math.min(...ratios)).toBeLessThan(40);
  });
});

describe("turns", () => {
  it("are bars between two moments, cut at their edges", () => {
    const HOUR = 3_600_000;
    const [implement] = card("TASK-117").chain.filter(({ leg }) => leg === "implement");
    if (implement === undefined) throw new Error("no leg");
    const one = card("TASK-117", { chain: [{ ...implement, state: "done", at: 3 * HOUR, took: 2 * HOUR }, { ...implement, leg: "review", state: "current", at: 3 * HOUR, took: null }, { ...implement, leg: "approve", state: "next", at: null }] });
    expect(barsOf(one, 2 * HOUR, 4 * HOUR).map(({ left, width, took }) => [left, width, took])).toEqual([[0, 50, 2 * HOUR], [50, 50, null]]);
    expect(barsOf(one, 3.5 * HOUR, 4 * HOUR)).toHaveLength(1);
    expect(ticksOf(0, 6 * HOUR).length).toBeLessThanOrEqual(8);
  });
});

describe("the board", () => {
  it("searches, and filters by workflow", async () => {
    const { user, path } = renderAt("/board");
    await user.type(await screen.findByTestId("board-search"), "admin page");
    await waitFor(() => expect(document.querySelectorAll("[data-testid^=card-]")).toHaveLength(2));
    expect(path()).toBe("/board?q=admin+page");
    await user.click(screen.getByText("Clear"));
    await user.click(within(await screen.findByTestId("filter-workflow")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "stripe" }));
    await waitFor(() => expect(document.querySelectorAll("[data-testid^=card-]")).toHaveLength(5));
    expect(path()).toBe("/board?workflow=stripe");
  });

  it("shows what waits for what", async () => {
    const { user, path } = renderAt("/board");
    await user.click(await screen.findByTestId("board-view-graph"));
    const graph = await screen.findByTestId("graph");
    expect(path()).toBe("/board?view=graph");
    expect(graph.querySelector("[data-node=TASK-119]")).toHaveTextContent("waits for TASK-117.");
    graph.querySelector<HTMLElement>("[data-node=TASK-117]")?.focus();
    await user.keyboard("{ArrowRight}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("data-node", "TASK-119"));
    await user.keyboard("{ArrowLeft}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("data-node", "TASK-117"));
  });

  it("shows who held what when", async () => {
    renderAt("/board?view=timeline&hours=1");
    const row = await screen.findByTestId("turns-TASK-112");
    expect(row).toHaveTextContent("Prepared: architect, Implemented: claude-impl, Reviewed: codex-review, Your decision: you");
    expect(row.querySelector("[title^='Implemented']")).toHaveAttribute("title", "Implemented · claude-impl · 2nd try · 9 min");
  });

  it("does one thing with many, and says what was not done", async () => {
    const { backend, user } = renderAt("/board");
    await screen.findByTestId("card-TASK-122");
    screen.getByTestId("card-TASK-122").querySelector("a")?.focus();
    await user.keyboard("x");
    await user.click(within(screen.getByTestId("select-TASK-118")).getByRole("checkbox"));
    const bar = await screen.findByTestId("bulk-bar");
    expect(bar).toHaveTextContent("2 selected");
    backend.failNext.set("priority", { code: "task_busy", message: "Somebody keeps changing the file.", hints: [], field: null });
    await user.click(within(bar).getByTestId("bulk-priority"));
    await user.click(await screen.findByRole("menuitem", { name: /P2/ }));
    await waitFor(() => expect(backend.writes.map(({ input }) => input)).toEqual([{ task: "TASK-122", to: "P2" }, { task: "TASK-118", to: "P2" }]));
    const toast = await screen.findByTestId("toast");
    expect(toast).toHaveTextContent("1 task is P2 now");
    expect(toast).toHaveTextContent("1 task not: Somebody keeps changing the file.");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("bulk-bar")).toBeNull());
  });

  it("gives many to another agent", async () => {
    const { backend, user } = renderAt("/board?priority=P2");
    await user.hover(await screen.findByTestId("card-TASK-122"));
    await user.click(within(screen.getByTestId("select-TASK-122")).getByRole("checkbox"));
    await user.click(await screen.findByTestId("bulk-reassign"));
    await user.click(await screen.findByRole("menuitem", { name: "gemini-docs" }));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "reassign", input: { task: "TASK-122", agent: "gemini-docs", leg: null, why: null } }]));
    expect(await screen.findByTestId("toast")).toHaveTextContent("1 task goes to gemini-docs");
  });

  it("selects all that is shown", async () => {
    const { backend, user } = renderAt("/board?priority=P0");
    await user.hover(await screen.findByTestId("card-TASK-118"));
    await user.click(within(screen.getByTestId("select-TASK-118")).getByRole("checkbox"));
    await user.click(await screen.findByTestId("select-all"));
    await user.click(screen.getByTestId("bulk-pause"));
    await waitFor(() => expect(backend.writes.map(({ name, input }) => [name, (input as { task: string }).task])).toEqual([["pause", "TASK-118"], ["pause", "TASK-112"]]));
  });

  it("moves a card by keyboard, and says why not", async () => {
    const { backend, user } = renderAt("/board");
    await user.hover(await screen.findByTestId("card-TASK-122"));
    screen.getByTestId("drag-TASK-122").focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByTestId("column-ready")).toHaveAttribute("data-offer", "yes"));
    expect(screen.getByTestId("column-in-progress")).toHaveAttribute("data-offer", "no");
    await focusColumn(user, "in-progress");
    expect(screen.getByTestId("column-in-progress")).toHaveTextContent("It is not prepared yet. Move it to Ready first.");
    fireEvent.keyDown(document.activeElement ?? document.body, { key: "Enter" });
    fireEvent.keyUp(document.activeElement ?? document.body, { key: "Enter" });
    expect(await screen.findByTestId("toast")).toHaveTextContent("TASK-122 stays where it is");
    expect(backend.writes).toEqual([]);
    await waitFor(() => expect(screen.getByTestId("column-ready")).not.toHaveAttribute("data-offer"));
    screen.getByTestId("card-TASK-122").querySelector("a")?.focus();
    await user.keyboard("m");
    await focusColumn(user, "ready");
    fireEvent.keyDown(document.activeElement ?? document.body, { key: "Enter" });
    fireEvent.keyUp(document.activeElement ?? document.body, { key: "Enter" });
    await waitFor(() => expect(backend.writes).toEqual([{ name: "prepare", input: { task: "TASK-122", note: null, agent: null } }]));
  });
});

async function focusColumn(user: { keyboard: (keys: string) => Promise<void> }, id: string): Promise<void> {
  await waitFor(() => expect(document.activeElement?.getAttribute("data-testid")).toMatch(/^column-/));
  for (let turn = 0; turn < 6 && document.activeElement?.getAttribute("data-testid") !== `column-${id}`; turn += 1) await user.keyboard("{Tab}");
  expect(document.activeElement).toHaveAttribute("data-testid", `column-${id}`);
}
