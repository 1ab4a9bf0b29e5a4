import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { holding } from "../../backend/held";
import { renderAt } from "../../testing/render";
import { stepFrom } from "./arrows";
import { columnsOf, keepSame, passes } from "./columns";
import { FakeBackend } from "../../backend/fake/backend";

const idsIn = (column: string) => [...screen.getByTestId(`column-${column}`).querySelectorAll("[data-testid^=card-]")].map((card) => card.getAttribute("data-testid")?.slice(5));

describe("the board", () => {
  it("shows every card in its column, in order, and what failed among what is over", async () => {
    renderAt("/board");
    await screen.findByTestId("card-TASK-121");
    expect(idsIn("pending")).toEqual(["TASK-121", "TASK-122", "TASK-123"]);
    expect(idsIn("ready")).toEqual(["TASK-118", "TASK-119", "TASK-120"]);
    expect(idsIn("in-progress")).toEqual(["TASK-117", "TASK-115", "TASK-116", "TASK-114"]);
    expect(idsIn("review")).toEqual(["TASK-112", "TASK-113", "TASK-109"]);
    expect(idsIn("done")).toEqual(["TASK-111", "TASK-098", "TASK-110", "TASK-108", "TASK-107"]);
    expect(screen.getByTestId("card-TASK-098")).toHaveTextContent("failed ×3");
  });

  it("says on each card what it is about", async () => {
    renderAt("/board");
    const card = await screen.findByTestId("card-TASK-117");
    expect(card).toHaveTextContent("P1");
    expect(card).toHaveTextContent("12 min·$0.61");
    expect(card).toHaveTextContent("waiting for you: npm install stripe@17");
    expect(within(card).getByRole("img")).toHaveAccessibleName("Prepared: architect, Implementing: claude-impl, Review: codex-review, Approve: you");
    expect(within(card).getByRole("progressbar")).toHaveAttribute("aria-valuetext", "Acceptance criteria · 3 of 7");
    expect(screen.getByTestId("card-TASK-119")).toHaveTextContent("TASK-117 first");
    expect(screen.getByTestId("card-TASK-122")).toHaveTextContent("3 of 5 “ready” boxes ticked");
    expect(screen.getByTestId("card-TASK-110")).toHaveTextContent("6 handoffs · 2 tries");
  });

  it("approves a card with its request and the commit it stands at", async () => {
    const { backend, user } = renderAt("/board");
    const card = await screen.findByTestId("card-TASK-112");
    const approve = within(card).getByTestId("approve");
    await waitFor(() => expect(approve).toBeEnabled());
    await user.click(approve);
    expect(backend.writes).toEqual([{ name: "decide", input: { request: 12, decision: { type: "approve", note: null }, commit: backend.world.requests.find(({ id }) => id === 12)?.commit } }]);
    expect(await screen.findByTestId("toast")).toHaveTextContent("Approved TASK-112 and merged it into main");
    await waitFor(() => expect(idsIn("done")[0]).toBe("TASK-112"));
  });

  it("can take an approval back for a moment", async () => {
    holding.ms = 60_000;
    const { backend, user } = renderAt("/board");
    const approve = within(await screen.findByTestId("card-TASK-112")).getByTestId("approve");
    await waitFor(() => expect(approve).toBeEnabled());
    await user.click(approve);
    expect(await screen.findByTestId("held")).toHaveTextContent("TASK-112");
    expect(approve).toBeDisabled();
    await user.click(screen.getByTestId("undo"));
    await waitFor(() => expect(approve).toBeEnabled());
    expect(backend.writes).toEqual([]);
  });

  it("asks for words before it sends a card back", async () => {
    const { backend, user } = renderAt("/board");
    const card = await screen.findByTestId("card-TASK-112");
    await waitFor(() => expect(within(card).getByTestId("request-changes")).toBeEnabled());
    await user.click(within(card).getByTestId("request-changes"));
    const send = await screen.findByTestId("send-changes");
    expect(send).toBeDisabled();
    await user.type(screen.getByTestId("changes-note"), "Name the limit.");
    await user.click(send);
    await waitFor(() => expect(backend.writes).toMatchObject([{ name: "decide", input: { request: 12, decision: { type: "changes", note: "Name the limit." } } }]));
    await waitFor(() => expect(screen.queryByTestId("changes-dialog")).toBeNull());
  });

  it("can take words that send a card back, back; they are kept for the next time, here and in the review", async () => {
    holding.ms = 60_000;
    const { backend, user } = renderAt("/board");
    const changes = within(await screen.findByTestId("card-TASK-112")).getByTestId("request-changes");
    await waitFor(() => expect(changes).toBeEnabled());
    await user.click(changes);
    await user.type(await screen.findByTestId("changes-note"), "Name the limit.");
    await user.click(screen.getByTestId("send-changes"));
    expect(await screen.findByTestId("held")).toHaveTextContent("Sent TASK-112 back");
    expect(screen.queryByTestId("changes-dialog")).toBeNull();
    await user.click(screen.getByTestId("undo"));
    expect(backend.writes).toEqual([]);
    await waitFor(() => expect(changes).toBeEnabled());
    await user.click(changes);
    expect(await screen.findByTestId("changes-note")).toHaveValue("Name the limit.");
    await user.keyboard("{Escape}");
    await user.click(screen.getByTestId("nav-needs-you"));
    await user.click(await screen.findByTestId("needs-you-item-12"));
    expect(await screen.findByTestId("changes-note")).toHaveValue("Name the limit.");
  });

  it("keeps the words of a card that could not be sent back", async () => {
    const { backend, user } = renderAt("/board");
    backend.failNext.set("decide", { code: "decision_stale", message: "the branch is at 77aa001 now", hints: [], field: null });
    const changes = within(await screen.findByTestId("card-TASK-112")).getByTestId("request-changes");
    await waitFor(() => expect(changes).toBeEnabled());
    await user.click(changes);
    await user.type(await screen.findByTestId("changes-note"), "Name the limit.");
    await user.click(screen.getByTestId("send-changes"));
    await user.click(within(await screen.findByTestId("refused-decision")).getByRole("link", { name: "Look" }));
    expect(await screen.findByTestId("changes-note")).toHaveValue("Name the limit.");
  });

  it("leads to the review when something was said about its lines: that goes back with the words", async () => {
    window.localStorage.setItem("orchestron-review:/home/dana/src/storefront:TASK-112", JSON.stringify({ note: "", comments: [{ id: "1", path: "src/store.rs", before: false, line: 3, to: 3, text: "Why?", commit: null }], parts: {}, editing: null }));
    const { user, path } = renderAt("/board");
    const changes = within(await screen.findByTestId("card-TASK-112")).getByTestId("request-changes");
    await waitFor(() => expect(changes).toBeEnabled());
    await user.click(changes);
    await waitFor(() => expect(path()).toBe("/needs-you?request=12&do=changes"));
    expect(screen.queryByTestId("changes-dialog")).toBeNull();
  });

  it("filters by agent and by priority, in the address", async () => {
    const { user, path } = renderAt("/board?priority=P0");
    await screen.findByTestId("card-TASK-112");
    expect([...idsIn("ready"), ...idsIn("in-progress"), ...idsIn("review")]).toEqual(["TASK-118", "TASK-112"]);
    await user.click(screen.getByText("Clear"));
    await user.click(within(screen.getByTestId("filter-agent")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "cursor" }));
    await waitFor(() => expect(idsIn("in-progress")).toEqual(["TASK-114"]));
    expect(path()).toBe("/board?agent=cursor");
  });

  it("hears its keys after a view was chosen by mouse", async () => {
    const { user } = renderAt("/board");
    await user.click(await screen.findByTestId("board-view-graph"));
    await screen.findByTestId("graph");
    await user.click(screen.getByTestId("board-view-columns"));
    await screen.findByTestId("card-TASK-112");
    expect(document.activeElement?.getAttribute("type")).toBe("radio");
    await user.keyboard("f");
    expect(screen.getByTestId("board-search")).toHaveFocus();
    await user.keyboard("checkout");
    await waitFor(() => expect(idsIn("done")).toEqual(["TASK-111", "TASK-098"]));
  });

  it("is walked with arrows; Enter opens", async () => {
    const { user, path } = renderAt("/board");
    const first = (await screen.findByTestId("card-TASK-121")).querySelector("a");
    first?.focus();
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("data-card", "TASK-122"));
    await user.keyboard("{ArrowRight}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("data-card", "TASK-119"));
    await user.keyboard("{End}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("data-card", "TASK-120"));
    await user.keyboard("{ArrowRight}{ArrowRight}{ArrowUp}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("data-card", "TASK-113"));
    await user.keyboard("{Enter}");
    await waitFor(() => expect(path()).toBe("/task/TASK-113"));
  });

  it("draws few of many cards", async () => {
    renderAt("/board", "many");
    await screen.findByTestId("card-TASK-121");
    expect(screen.getByTestId("column-pending")).toHaveTextContent("Pending3,003");
    expect(document.querySelectorAll("[data-testid^=card-]").length).toBeLessThan(120);
  });

  it("invites to write the first task when there is none", async () => {
    const { user } = renderAt("/board", "empty");
    await screen.findByText("No tasks yet");
    await user.click(screen.getByTestId("new-task"));
    expect(await screen.findByTestId("new-task-dialog")).toBeInTheDocument();
  });

  it("says what is wrong when it cannot be read, and tries again", async () => {
    const { backend, user } = renderAt("/board", "failing");
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("The board could not be read");
    expect(alert).toHaveTextContent("orchestron doctor says more");
    backend.world.scenario = "ordinary";
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await screen.findByTestId("card-TASK-112");
  });

  it("follows what others change", async () => {
    const { backend } = renderAt("/board");
    await screen.findByTestId("card-TASK-118");
    const [moving] = backend.world.cards.filter(({ id }) => id === "TASK-118");
    if (moving !== undefined) moving.status = "done";
    backend.tell("store");
    await waitFor(() => expect(idsIn("done")).toContain("TASK-118"));
  });
});

describe("columns", () => {
  const { world } = new FakeBackend();
  const board = { project: world.project, cards: world.cards };
  const columns = columnsOf(board, { agent: undefined, priority: undefined });

  it("hold every card once", () => {
    expect(columns.flatMap(({ cards }) => cards.map(({ id }) => id)).sort()).toEqual(world.cards.map(({ id }) => id).sort());
  });

  it("stay the very same ones when another column changes, and so do cards that only moved up", () => {
    const cards = board.cards.map((card) => ({ ...card }));
    const gone = columns.find(({ id }) => id === "ready")?.cards[0];
    const next = cards.filter(({ id }) => id !== gone?.id).map((card) => (card.status === "ready" ? { ...card, order: card.order - 1 } : card));
    const kept = keepSame(columns, columnsOf({ ...board, cards: next }, { agent: undefined, priority: undefined }));
    expect(kept.filter((column) => !columns.includes(column)).map(({ id }) => id)).toEqual(["ready"]);
    const before = columns.find(({ id }) => id === "ready")?.cards ?? [];
    expect(kept.find(({ id }) => id === "ready")?.cards).toEqual(before.slice(1));
    expect(kept.find(({ id }) => id === "ready")?.cards.every((card) => before.includes(card))).toBe(true);
  });

  it("let an agent's filter pass whoever has it in the chain", () => {
    const [card] = world.cards.filter(({ id }) => id === "TASK-114");
    expect(card && passes(card, { agent: "architect", priority: undefined })).toBe(true);
    expect(card && passes(card, { agent: "claude-impl", priority: undefined })).toBe(false);
  });

  it("are crossed over empty ones, and not left at their ends", () => {
    const three = columns.map((column, index) => (index === 1 ? { ...column, cards: [] } : column));
    expect(stepFrom(three, { column: 0, row: 2 }, "ArrowRight")).toEqual({ column: 2, row: 2 });
    expect(stepFrom(three, { column: 0, row: 0 }, "ArrowLeft")).toBeNull();
    expect(stepFrom(three, { column: 0, row: 0 }, "ArrowUp")).toBeNull();
    expect(stepFrom(three, { column: 0, row: 2 }, "ArrowDown")).toBeNull();
    expect(stepFrom(three, { column: 0, row: 0 }, "x")).toBeNull();
  });
});
