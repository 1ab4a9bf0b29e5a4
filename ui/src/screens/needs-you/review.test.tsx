import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { holding } from "../../backend/held";
import { COMMIT } from "../../backend/fake/requests";
import { SEEN } from "../../backend/fake/review";
import { renderAt } from "../../testing/render";

const REVIEW = "/needs-you?request=12";
const lines = () => screen.findByRole("group", { name: "Changes in src/auth/limit.rs" });

async function wholeChanges(user: ReturnType<typeof renderAt>["user"]) {
  await user.click(within(await screen.findByTestId("diff-range")).getByRole("button"));
  await user.click(await screen.findByRole("option", { name: "All changes" }));
  await screen.findByRole("button", { name: /src\/auth\/login\.rs/ });
}

describe("reviewing changes", () => {
  it("begins with what is new since the last look, and shows all or one handoff's when asked", async () => {
    const { backend, user } = renderAt(REVIEW);
    const call = vi.spyOn(backend, "call");
    await lines();
    expect(screen.getByTestId("diff-range")).toHaveTextContent("Since your last look");
    expect(call.mock.calls).toContainEqual(["diff", { task: "TASK-112", from: SEEN }, expect.anything()]);
    expect(screen.queryByRole("button", { name: /src\/auth\/login\.rs/ })).toBeNull();
    await wholeChanges(user);
    await user.click(within(screen.getByTestId("diff-range")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: /Handoff 2/ }));
    await waitFor(() => expect(call.mock.calls).toContainEqual(["diff", { task: "TASK-112", to: SEEN }, expect.anything()]));
    // What one handoff changed is looked at, not spoken about: its lines are not those of today.
    (await lines()).focus();
    await user.keyboard("{ArrowDown}{Enter}");
    expect(screen.queryByTestId("comment-words")).toBeNull();
  });

  it("shows at its line what a reviewer said and what became of it", async () => {
    renderAt(REVIEW);
    expect(await screen.findByTestId("remark-20")).toHaveTextContent("codex-reviewline 20 · resolved in attempt 2Retry-After was the whole window");
  });

  it("comments by keyboard on several lines; it survives a reload and goes back with Request changes", async () => {
    const { user, container } = renderAt(REVIEW);
    (await lines()).focus();
    await user.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}{Shift>}{ArrowDown}{/Shift}{Enter}");
    const box = await screen.findByTestId("comment-words");
    expect(box).toHaveFocus();
    await user.keyboard("Which clock");
    // The window is closed in the middle of a word.
    container.remove();
    document.body.replaceChildren();
    const again = renderAt(REVIEW);
    const kept = await screen.findByTestId("comment-words");
    expect(kept).toHaveValue("Which clock");
    await again.user.type(kept, "?");
    await again.user.click(screen.getByTestId("comment-keep"));
    expect(await screen.findByTestId("draft")).toHaveTextContent("lines 15–16 · not sent yet");
    expect(screen.getByTestId("said")).toHaveTextContent("1 comment");
    await again.user.click(screen.getByTestId("request-changes"));
    await waitFor(() => expect(again.backend.writes).toEqual([{ name: "decide", input: { request: 12, commit: COMMIT, decision: { type: "changes", note: "", comments: [{ path: "src/auth/limit.rs", line: 15, to: 16, text: "Which clock?" }] } } }]));
    await waitFor(() => expect(window.localStorage.getItem("orchestron-review:/home/dana/src/storefront:TASK-112")).toBeNull());
  });

  it("accepts a part and sends the rest back with a comment, in one action", async () => {
    const { backend, user } = renderAt(REVIEW);
    await wholeChanges(user);
    await user.click(await screen.findByTestId("keep-src/auth/limit.rs:14"));
    expect(screen.getByTestId("said")).toHaveTextContent("1 accepted · 4 parts back");
    await user.type(screen.getByTestId("changes-note"), "Only the limiter is right.");
    await user.click(screen.getByTestId("request-changes"));
    await waitFor(() => expect(backend.writes).toHaveLength(1));
    const { decision } = backend.writes[0]?.input as { decision: { hunks: { path: string; keep: boolean }[] } };
    expect(decision.hunks.map(({ path, keep }) => [path, keep])).toEqual([
      ["src/auth/limit.rs", true],
      ["src/auth/limit.rs", false],
      ["src/auth/login.rs", false],
      ["src/store.rs", false],
      ["tests/login.rs", false],
    ]);
  });

  it("does not merge away comments without a word", async () => {
    const { backend, user } = renderAt(REVIEW);
    (await lines()).focus();
    await user.keyboard("{ArrowDown}{Enter}hm{Control>}{Enter}{/Control}");
    await screen.findByTestId("draft");
    await user.click(screen.getByTestId("approve"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Your comments go back only with Request changes");
    expect(backend.writes).toEqual([]);
    await user.click(screen.getByTestId("approve"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ input: { decision: { type: "approve" } } }]));
  });

  it("says what the approval starts, also when that is nothing", async () => {
    renderAt(REVIEW);
    expect(await screen.findByTestId("impact")).toHaveTextContent("Nothing waits for it.");
  });

  it("opens a check to its receipt", async () => {
    const { user } = renderAt(REVIEW);
    const detail = await screen.findByTestId("needs-you-detail");
    await user.click(await within(detail).findByRole("button", { name: /cargo test/ }));
    expect(detail).toHaveTextContent("cargo nextest run");
    expect(detail).toHaveTextContent(`at ${COMMIT.slice(0, 7)}`);
  });

  it("remembers what was looked at", async () => {
    const { backend } = renderAt(REVIEW);
    await lines();
    await waitFor(() => expect(backend.world.seen.get("TASK-112")).toBe(COMMIT), { timeout: 5_000 });
  });
});

describe("undo", () => {
  it("holds a decision back, and takes it back with U: nothing was sent", async () => {
    holding.ms = 60_000;
    const { backend, user } = renderAt(REVIEW);
    await screen.findByTestId("approve");
    await user.keyboard("a");
    expect(await screen.findByTestId("held")).toHaveTextContent("Approved TASK-112");
    await waitFor(() => expect(screen.queryByTestId("needs-you-item-12")).toBeNull());
    await user.keyboard("u");
    expect(await screen.findByTestId("needs-you-item-12")).toBeInTheDocument();
    expect(screen.queryByTestId("held")).toBeNull();
    expect(backend.writes).toEqual([]);
  });

  it("sends what is held when its time is over", async () => {
    holding.ms = 300;
    const { backend, user } = renderAt(REVIEW);
    await screen.findByTestId("approve");
    await user.keyboard("a");
    expect(backend.writes).toEqual([]);
    await waitFor(() => expect(backend.writes).toMatchObject([{ input: { request: 12, decision: { type: "approve" } } }]));
  });

  it("sends what is held when the window closes", async () => {
    holding.ms = 60_000;
    const { backend, user } = renderAt(REVIEW);
    await screen.findByTestId("approve");
    await user.keyboard("a");
    await screen.findByTestId("held");
    act(() => void window.dispatchEvent(new Event("pagehide")));
    await waitFor(() => expect(backend.writes).toHaveLength(1));
  });

  it("says what a closed window did not send, and sends it only when told to", async () => {
    const left = [{ input: { request: 12, decision: { type: "approve", note: null }, commit: COMMIT }, about: "TASK-112", project: "/home/dana/src/storefront", until: 1, clears: [] }];
    window.localStorage.setItem("orchestron-held", JSON.stringify(left));
    const { backend, user } = renderAt("/board");
    const card = await screen.findByTestId("held-left");
    expect(card).toHaveTextContent("Decided, but not sent: the window was closed too soon: Approved TASK-112");
    expect(backend.writes).toEqual([]);
    await user.click(within(card).getByRole("button", { name: "Send now" }));
    await waitFor(() => expect(backend.writes).toHaveLength(1));
  });
});

describe("a permission", () => {
  it("is allowed for the task with T", async () => {
    const { backend, user } = renderAt("/needs-you?request=11");
    await screen.findByTestId("allow-task");
    await user.keyboard("t");
    await waitFor(() => expect(backend.writes).toMatchObject([{ input: { request: 11, decision: { type: "allow-alike" } } }]));
  });

  it("is allowed always only after the rule was shown", async () => {
    const { backend, user } = renderAt("/needs-you?request=11");
    await screen.findByTestId("allow-always");
    await user.keyboard("y");
    expect(await screen.findByTestId("always-dialog")).toHaveTextContent("- Bash(npm install stripe@17)");
    expect(backend.writes).toEqual([]);
    await user.click(screen.getByTestId("write-rule"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ input: { decision: { type: "allow-always", rule: "Bash(npm install stripe@17)" } } }]));
  });
});
