import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { COMMIT } from "../../backend/fake/requests";
import { renderAt } from "../../testing/render";
import { afterDeciding, verbOf } from "./order";

const chosen = () => document.querySelector("[data-testid^=needs-you-item-][aria-current]")?.getAttribute("data-testid")?.slice("needs-you-item-".length);

describe("Needs you", () => {
  it("lists what waits, most urgent first, and shows the first", async () => {
    renderAt("/needs-you");
    await screen.findByTestId("needs-you-item-11");
    expect([...document.querySelectorAll("[data-testid^=needs-you-item-]")].map((item) => item.getAttribute("data-testid"))).toEqual(["needs-you-item-11", "needs-you-item-12", "needs-you-item-14", "needs-you-item-15", "needs-you-item-16"]);
    expect(chosen()).toBe("11");
    expect(screen.getByTestId("needs-you-item-11")).toHaveTextContent("Permissionclaude-impl · TASK-117agent waiting 48 sRun npm install stripe@17");
  });

  it("shows with a budget what each answer leads to, and what the money went to", async () => {
    renderAt("/needs-you", "budget");
    expect(await screen.findByTestId("next-steps")).toHaveTextContent("Leave it starts nothing new until the budget's day is over");
    expect(await screen.findByText("$21.30")).toBeInTheDocument();
  });

  it("shows with a conflict what the branch changed, beginning with a file that is in the way", async () => {
    const { user } = renderAt("/needs-you?request=16");
    expect(await screen.findByRole("group", { name: "Changes in src/mail/order.rs" })).toBeInTheDocument();
    expect(screen.getByTestId("next-steps")).toHaveTextContent("Send back gives the task back to claude-impl with your words");
    await user.click(screen.getByRole("button", { name: "locales/de.toml" }));
    expect(await screen.findByRole("group", { name: "Changes in locales/de.toml" })).toBeInTheDocument();
  });

  it("shows with a question what led to it and what is wanted", async () => {
    renderAt("/needs-you?request=14");
    expect(await screen.findByRole("heading", { name: "What architect said before" })).toBeInTheDocument();
    expect(await screen.findByText(/accounting get all orders/)).toBeInTheDocument();
    // A cut placeholder is drawn with an ellipsis; the box keeps its own for those who hear it.
    expect(screen.getByTestId("placeholder")).toHaveTextContent("Or something else…");
  });

  it("grants more money in dollars, and asks when none are named", async () => {
    const { backend, user } = renderAt("/needs-you", "budget");
    await user.click(await screen.findByTestId("raise"));
    expect(await screen.findByRole("alert")).toHaveTextContent("how many dollars");
    await user.type(screen.getByTestId("budget-amount"), "$7.50");
    await user.click(screen.getByTestId("raise"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ name: "decide", input: { request: 17, decision: { type: "raise", by: 7_500_000 } } }]));
  });

  it("resolves a clash by one of the ways that the engine offers", async () => {
    const { backend, user } = renderAt("/needs-you?request=18", "budget");
    expect(await screen.findByText("src/pay/mod.rs")).toBeInTheDocument();
    expect(screen.getByTestId("resolve-queue")).toHaveTextContent("TASK-117 waits until TASK-116 is merged");
    await user.click(screen.getByTestId("resolve-queue"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ name: "resolve", input: { conflict: 210, how: "queue" } }]));
  });

  it("opens with the box for words ready when tray or notification ask for it", async () => {
    renderAt("/needs-you?request=12&do=changes");
    await waitFor(() => expect(document.activeElement?.tagName).toBe("TEXTAREA"));
    expect(chosen()).toBe("12");
  });

  it("moves with J and K and stops at the ends", async () => {
    const { user } = renderAt("/needs-you");
    await screen.findByTestId("needs-you-item-11");
    await user.keyboard("k");
    expect(chosen()).toBe("11");
    await user.keyboard("j");
    await waitFor(() => expect(chosen()).toBe("12"));
    await user.keyboard("jjjjjj");
    await waitFor(() => expect(chosen()).toBe("16"));
    await user.keyboard("k");
    await waitFor(() => expect(chosen()).toBe("15"));
  });

  it("shows a review whole: chain, criteria, checks, words, files, changes", async () => {
    const { user } = renderAt("/needs-you?request=12");
    const detail = await screen.findByTestId("needs-you-detail");
    await within(detail).findByText("Five failed logins per minute per account return 429");
    expect(within(detail).getByRole("list", { name: "Chain" })).toHaveTextContent("Preparedarchitect · 40 sCImplementedclaude-impl · 2nd tryXReviewedcodex-review · 1 min?Your decisionthen merge");
    expect(detail).toHaveTextContent("Acceptance criteria · 6 of 6");
    expect(detail).toHaveTextContent("212 passed · 31 s");
    await waitFor(() => expect(detail).toHaveTextContent("merges into mainno conflict"));
    expect(detail).toHaveTextContent("no lock is held across an await");
    expect(await within(detail).findByRole("group", { name: "Changes in src/auth/limit.rs" })).toHaveTextContent("Verdict::Allow");
    await user.keyboard("]");
    expect(await within(detail).findByRole("group", { name: "Changes in src/store.rs" })).toHaveTextContent("Failures survive a restart");
    await user.click(within(detail).getByRole("button", { name: /tests\/login\.rs/ }));
    await within(detail).findByRole("group", { name: "Changes in tests/login.rs" });
  });

  it("approves with A: bound to request and commit; the next one is shown, and a toast says what happened", async () => {
    const { backend, user } = renderAt("/needs-you?request=12");
    await screen.findByTestId("approve");
    await user.keyboard("a");
    expect(backend.writes).toEqual([{ name: "decide", input: { request: 12, decision: { type: "approve", note: null }, commit: COMMIT } }]);
    expect(await screen.findByTestId("toast")).toHaveTextContent("Approved TASK-112 and merged it into main");
    await waitFor(() => expect(chosen()).toBe("14"));
    expect(screen.queryByTestId("needs-you-item-12")).toBeNull();
    await waitFor(() => expect(screen.getByTestId("nav-needs-you")).toHaveTextContent("4"));
  });

  it("sends changes only with words: R first leads to the box", async () => {
    const { backend, user } = renderAt("/needs-you?request=12");
    const box = await screen.findByTestId("changes-note");
    await user.keyboard("r");
    expect(box).toHaveFocus();
    expect(screen.getByRole("alert")).toHaveTextContent("Say what to change first");
    expect(backend.writes).toEqual([]);
    // In the box letters are letters: no shortcut fires.
    await user.keyboard("a raja");
    expect(box).toHaveValue("a raja");
    expect(screen.queryByRole("alert")).toBeNull();
    await user.click(screen.getByTestId("request-changes"));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "decide", input: { request: 12, decision: { type: "changes", note: "a raja" }, commit: COMMIT } }]));
  });

  it("leaves the box with Escape, and then R sends", async () => {
    const { backend, user } = renderAt("/needs-you?request=12");
    await user.type(await screen.findByTestId("changes-note"), "smaller{Escape}");
    await user.keyboard("r");
    await waitFor(() => expect(backend.writes).toHaveLength(1));
  });

  it("says what changed when a decision came too late: nothing was decided, and what is new is one press away", async () => {
    const { backend, user } = renderAt("/needs-you?request=12");
    await screen.findByTestId("approve");
    backend.failNext.set("decide", { code: "decision_stale", message: "TASK-112 has moved on: the branch is at 77aa001 now.", hints: ["Look at the new changes, then decide again."], field: null });
    await user.click(screen.getByTestId("approve"));
    const refused = await screen.findByTestId("refused-decision");
    expect(refused).toHaveTextContent("Not decided: TASK-112");
    expect(refused).toHaveTextContent("the branch is at 77aa001 now");
    expect(screen.queryByTestId("toast")).toBeNull();
    expect(await screen.findByTestId("needs-you-item-12")).toBeInTheDocument();
    await user.click(within(refused).getByRole("link", { name: "Look" }));
    await waitFor(() => expect(chosen()).toBe("12"));
    const detail = await screen.findByTestId("needs-you-detail");
    expect(await within(detail).findByRole("alert")).toHaveTextContent("Not decided: something changed while you looked");
    expect(within(detail).getByTestId("diff-range")).toHaveTextContent("Since your last look");
    // It is said once: beside what it is about.
    expect(screen.queryByTestId("refused-decision")).toBeNull();
  });

  it("shows a permission's whole input and allows once with A, denies with words with D", async () => {
    const { backend, user } = renderAt("/needs-you?request=11");
    const detail = await screen.findByTestId("needs-you-detail");
    expect(within(detail).getByRole("group", { name: "Command" })).toHaveTextContent("$ npm install stripe@17");
    expect(detail).toHaveTextContent("Install the official Stripe SDK");
    expect(detail).toHaveTextContent('"timeout": 120000');
    await user.type(screen.getByTestId("deny-note"), "Use the vendored one.{Escape}");
    await user.keyboard("d");
    await waitFor(() => expect(backend.writes).toEqual([{ name: "decide", input: { request: 11, decision: { type: "deny", note: "Use the vendored one." }, commit: null } }]));
  });

  it("allows once", async () => {
    const { backend, user } = renderAt("/needs-you?request=11");
    await screen.findByTestId("allow");
    await user.keyboard("a");
    expect(backend.writes).toMatchObject([{ input: { request: 11, decision: { type: "allow" } } }]);
  });

  it("answers a question with a number or in own words", async () => {
    const first = renderAt("/needs-you?request=14");
    await screen.findByTestId("option-2");
    await first.user.keyboard("2");
    expect(first.backend.writes).toMatchObject([{ input: { request: 14, decision: { type: "answer", text: "All of them, in a background job" } } }]);
  });

  it("takes no empty answer", async () => {
    const { backend, user } = renderAt("/needs-you?request=14");
    await user.click(await screen.findByTestId("answer"));
    expect(screen.getByRole("alert")).toHaveTextContent("Write the answer first");
    await user.type(screen.getByTestId("answer-note"), "This year");
    await user.click(screen.getByTestId("answer"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ input: { decision: { type: "answer", text: "This year" } } }]));
  });

  it("retries an escalation with words, or gives up", async () => {
    const { backend, user } = renderAt("/needs-you?request=15");
    expect(await screen.findByText(/The same assertion failed in attempts/)).toBeInTheDocument();
    await user.type(screen.getByTestId("retry-note"), "Empty the basket first.");
    await user.click(screen.getByTestId("retry"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ input: { request: 15, decision: { type: "retry", note: "Empty the basket first." } } }]));
  });

  it("gives up on an escalation with G", async () => {
    const { backend, user } = renderAt("/needs-you?request=15");
    await screen.findByTestId("give-up");
    await user.keyboard("g");
    expect(backend.writes).toMatchObject([{ input: { request: 15, decision: { type: "give-up" } } }]);
  });

  it("shows a conflict's files; sending back needs words, retrying does not", async () => {
    const { backend, user } = renderAt("/needs-you?request=16");
    expect(await screen.findByText("locales/de.toml")).toBeInTheDocument();
    await user.keyboard("s");
    expect(screen.getByTestId("conflict-note")).toHaveFocus();
    expect(backend.writes).toEqual([]);
    await user.click(screen.getByTestId("retry"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ input: { request: 16, decision: { type: "retry", note: null } } }]));
  });

  it("shows all keys that work here with ?", async () => {
    const { user } = renderAt("/needs-you?request=12");
    await screen.findByTestId("approve");
    await user.keyboard("?");
    const help = await screen.findByTestId("keys-help");
    for (const words of ["Next request", "Previous request", "Approve & merge", "Request changes", "New task", "Next file"]) expect(help).toHaveTextContent(words);
  });

  it("is silent while a dialog is open", async () => {
    const { backend, user } = renderAt("/needs-you?request=12");
    await screen.findByTestId("approve");
    await user.keyboard("?");
    await screen.findByTestId("keys-help");
    await user.keyboard("a");
    expect(backend.writes).toEqual([]);
  });

  it("says that nothing waits", async () => {
    renderAt("/needs-you", "quiet");
    expect(await screen.findByText("Nothing needs you")).toBeInTheDocument();
    expect(screen.getByText(/3 agents are at work/)).toBeInTheDocument();
  });

  it("says so when it cannot be read", async () => {
    renderAt("/needs-you", "failing");
    expect(await screen.findByRole("alert")).toHaveTextContent("The requests could not be read");
  });
});

describe("after a decision", () => {
  const requests = [1, 2, 3].map((id) => ({ id }) as Parameters<typeof afterDeciding>[0][number]);

  it("comes the next one, at the end the one before, at last none", () => {
    expect([afterDeciding(requests, 1), afterDeciding(requests, 3), afterDeciding(requests.slice(0, 1), 1)]).toEqual([2, 2, undefined]);
  });

  it("a tool without a verb keeps its name", () => {
    expect([verbOf("Bash"), verbOf("mcp__db__drop")]).toEqual(["Run", "mcp__db__drop"]);
  });
});
