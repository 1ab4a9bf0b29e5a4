import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderAt } from "../../testing/render";

async function choose(user: ReturnType<typeof renderAt>["user"], name: string) {
  await user.click(await screen.findByRole("button", { name: "More actions" }));
  await user.click(await screen.findByRole("menuitem", { name }));
}

describe("what can be done about a run", () => {
  it("pauses the task, gives it to another", async () => {
    const { backend, user } = renderAt("/task/TASK-117");
    await choose(user, "Pause this task");
    await waitFor(() => expect(backend.writes).toEqual([{ name: "pause", input: { why: null, task: "TASK-117" } }]));
    await choose(user, "Give it to another agent…");
    await user.click(await screen.findByTestId("reassign-send"));
    await waitFor(() => expect(backend.writes.at(-1)).toMatchObject({ name: "reassign", input: { task: "TASK-117", leg: null, why: null } }));
  });

  it("stops its agent with a reason", async () => {
    const { backend, user } = renderAt("/task/TASK-117");
    await choose(user, "Stop the agent…");
    await user.type(await screen.findByRole("textbox", { name: "Why (optional)" }), "wrong way");
    await user.click(screen.getByTestId("stop-send"));
    await waitFor(() => expect(backend.writes.at(-1)).toEqual({ name: "stop", input: { what: "TASK-117", why: "wrong way" } }));
  });

  it("shows how to take the conversation over before anything is ended", async () => {
    const { backend, user } = renderAt("/task/TASK-117");
    await choose(user, "Take over in a terminal…");
    const dialog = await screen.findByTestId("attach-dialog");
    await within(dialog).findByText(/claude --resume 6f0c2d1e/);
    expect(backend.writes.map(({ input }) => input)).toEqual([{ task: "TASK-117", only_show: true }]);
    await user.click(within(dialog).getByTestId("take-over"));
    await waitFor(() => expect(backend.writes.map(({ input }) => input)).toContainEqual({ task: "TASK-117" }));
    expect(await within(dialog).findByText("The conversation is yours now.")).toBeInTheDocument();
  });
});

describe("the transcript", () => {
  it("shows only what was asked for", async () => {
    const { user } = renderAt("/task/TASK-117?tab=transcript");
    const log = await screen.findByRole("log");
    await within(log).findByText(/payment port to see/);
    await user.click(within(screen.getByTestId("transcript-shown")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "Failures" }));
    await waitFor(() => expect(within(log).queryByText(/payment port to see/)).toBeNull());
    expect(within(log).getByText("cargo check -p storefront")).toBeInTheDocument();
    expect(within(log).queryByText("src/pay/mod.rs")).toBeNull();
  });

  it("is searched, also in what is folded", async () => {
    const { user } = renderAt("/task/TASK-117?tab=transcript");
    await screen.findByRole("log");
    await user.type(screen.getByTestId("transcript-search"), "E0583");
    expect(await screen.findByText("1 of 1")).toBeInTheDocument();
    await user.clear(screen.getByTestId("transcript-search"));
    await user.type(screen.getByTestId("transcript-search"), "nowhere at all");
    expect(await screen.findByText("nothing found")).toBeInTheDocument();
  });
});

describe("messages", () => {
  it("are those of the task; answered and read", async () => {
    const { backend, user } = renderAt("/task/TASK-112?tab=messages");
    const board = await screen.findByTestId("messages");
    await within(board).findByTestId("message-31");
    expect(within(board).queryByTestId("message-25")).toBeNull();
    await user.click(within(board).getByTestId("ack-31"));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "message-ack", input: { message: 31, agent: null } }]));
    await waitFor(() => expect(within(board).queryByTestId("ack-31")).toBeNull());
    await user.click(within(within(board).getByTestId("message-29")).getByRole("button", { name: "Answer" }));
    await user.type(within(board).getByTestId("message-words"), "Sliding.");
    await user.click(within(board).getByTestId("message-send"));
    await waitFor(() => expect(backend.writes.at(-1)).toMatchObject({ name: "message-send", input: { to: "codex-review", text: "Sliding.", task: "TASK-112", reply_to: 29 } }));
    expect(await within(board).findByText("Sliding.")).toBeInTheDocument();
  });

  it("are all of them on their own page", async () => {
    renderAt("/messages");
    expect(await screen.findByTestId("message-25")).toHaveTextContent("architect→ claude-impl, gemini-docs");
  });
});

describe("conflicts", () => {
  it("are listed with what became of them, and decided by a way out", async () => {
    const { backend, user } = renderAt("/conflicts");
    const open = await screen.findByTestId("conflict-210");
    expect(screen.getByTestId("conflict-205")).toHaveTextContent("in a queue");
    expect(screen.queryByTestId("conflict-190")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Show what is over" }));
    expect(await screen.findByTestId("conflict-190")).toHaveTextContent("TASK-111 was brought up to main");
    await user.click(within(open).getByTestId("resolve-queue"));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "resolve", input: { conflict: 210, how: "queue", task: null, note: null } }]));
  });
});
