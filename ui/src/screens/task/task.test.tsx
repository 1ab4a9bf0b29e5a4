import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { cards } from "../../backend/fake/cards";
import { renderAt } from "../../testing/render";
import { fittingActions } from "./what-fits";

describe("the task page", () => {
  it("shows where the task stands and every handoff's words", async () => {
    renderAt("/task/TASK-112");
    expect(await screen.findByTestId("task-status")).toHaveTextContent("Review");
    const handoffs = screen.getByRole("tabpanel");
    expect(within(handoffs).getAllByRole("listitem")).toHaveLength(4);
    await waitFor(() => expect(handoffs).toHaveTextContent("One thing to look at: the window is sliding"));
    expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Rate-limit the login endpoint");
  });

  it("shows changes, feedback, runs and the file, each at its own address", async () => {
    const { user, path } = renderAt("/task/TASK-112");
    await user.click(await screen.findByTestId("tab-changes"));
    expect(await screen.findByRole("group", { name: "Changes in src/auth/limit.rs" })).toBeInTheDocument();
    expect(path()).toBe("/task/TASK-112?tab=changes");
    await user.click(screen.getByTestId("tab-feedback"));
    expect(await screen.findByText(/ended with exit code 100/)).toBeInTheDocument();
    await user.click(screen.getByTestId("tab-runs"));
    expect(await screen.findByText("Gate test")).toBeInTheDocument();
    await user.click(screen.getByTestId("tab-file"));
    expect(await screen.findByText(/# TASK-112: Rate-limit the login endpoint/)).toBeInTheDocument();
  });

  it("tells why it is not running and what would change it", async () => {
    renderAt("/task/TASK-119");
    expect(await screen.findByTestId("why")).toHaveTextContent("not done");
    expect(screen.getByTestId("why-dependencies")).toHaveTextContent("It starts by itself when they are done");
  });

  it("tells what its approval would start", async () => {
    renderAt("/task/TASK-117");
    expect(await screen.findByTestId("impact")).toHaveTextContent("at once");
  });

  it("opens on the live transcript while an agent works; calls are folded, edits are diffs", async () => {
    const { user } = renderAt("/task/TASK-117");
    const log = await screen.findByRole("log");
    await within(log).findByText(/The port has/);
    const edit = within(log).getByRole("button", { name: /Edit src\/pay\/mod\.rs/ });
    expect(edit).toHaveAttribute("aria-expanded", "false");
    await user.click(edit);
    expect(await screen.findByRole("group", { name: "Changes in src/pay/mod.rs" })).toHaveTextContent("pub mod stripe;");
    expect(within(log).getByRole("button", { name: /cargo check/ })).toHaveTextContent("failed");
  });

  it("appends to the transcript only what is new", async () => {
    const { backend } = renderAt("/task/TASK-117");
    await screen.findByRole("log");
    const call = vi.spyOn(backend, "call");
    const known = backend.world.transcript.length;
    backend.world.transcript = [...backend.world.transcript, { type: "says", text: "Allowed; going on." }];
    backend.tell("runs");
    expect(await screen.findByText("Allowed; going on.")).toBeInTheDocument();
    expect(call.mock.calls.filter(([name]) => name === "transcript")[0]?.[1]).toMatchObject({ from: known });
  });

  it("does not say that it waits for you where the button says so already", async () => {
    renderAt("/task/TASK-112");
    await screen.findByTestId("open-request");
    expect(screen.queryByTestId("why")).toBeNull();
  });

  it("leads back to the board from a task that is not there", async () => {
    const { user } = renderAt("/task/TASK-999");
    await user.click(await screen.findByRole("link", { name: "Go to the board" }));
    expect(await screen.findByTestId("card-TASK-112")).toBeInTheDocument();
  });

  it("says something to the agent while it works", async () => {
    const { backend, user } = renderAt("/task/TASK-117");
    await user.type(await screen.findByTestId("say"), "Use the sandbox keys.{Enter}");
    await waitFor(() => expect(backend.writes).toEqual([{ name: "words", input: { task: "TASK-117", text: "Use the sandbox keys." } }]));
    await waitFor(() => expect(screen.getByTestId("say")).toHaveValue(""));
  });

  it("interrupts the agent with words", async () => {
    const { backend, user } = renderAt("/task/TASK-117");
    const stop = await screen.findByTestId("say-interrupt");
    expect(stop).toBeDisabled();
    await user.type(screen.getByTestId("say"), "Not the live keys!");
    expect(stop).toHaveAccessibleDescription(/what it does now is stopped/);
    await user.click(stop);
    await waitFor(() => expect(backend.writes).toEqual([{ name: "intervene", input: { task: "TASK-117", text: "Not the live keys!" } }]));
    await waitFor(() => expect(screen.getByTestId("say")).toHaveValue(""));
  });

  it("copies an outside holder's context, and submits in its name", async () => {
    const { backend, user } = renderAt("/task/TASK-114");
    await user.click(await screen.findByTestId("copy-context"));
    await waitFor(async () => expect(await navigator.clipboard.readText()).toContain("# TASK-114 · implement · attempt 1"));
    await user.click(screen.getByTestId("do-submit"));
    await user.type(await screen.findByTestId("leg-note"), "Done in cursor.");
    await user.click(screen.getByTestId("leg-send"));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "submit", input: { task: "TASK-114", note: "Done in cursor.", agent: "cursor" } }]));
    await waitFor(() => expect(screen.getByTestId("task-status")).toHaveTextContent("Review"));
  });

  it("leads to what has to be decided", async () => {
    const { user, path } = renderAt("/task/TASK-112");
    await user.click(await screen.findByTestId("open-request"));
    await waitFor(() => expect(path()).toBe("/needs-you?request=12"));
  });

  it("moves by hand from the menu, and says when that is refused", async () => {
    const { backend, user } = renderAt("/task/TASK-122");
    await user.click(await screen.findByRole("button", { name: "More actions" }));
    backend.failNext.set("move", { code: "move_refused", message: "TASK-122 is held by architect.", hints: [], field: null });
    await user.click(await screen.findByRole("menuitem", { name: "Move to Ready" }));
    expect(await screen.findByTestId("toast")).toHaveTextContent("TASK-122 is held by architect.");
  });

  it("wants to know why before a task is failed", async () => {
    const { backend, user } = renderAt("/task/TASK-122");
    await user.click(await screen.findByRole("button", { name: "More actions" }));
    await user.click(await screen.findByRole("menuitem", { name: "Mark as failed" }));
    expect(await screen.findByTestId("leg-send")).toBeDisabled();
    await user.type(screen.getByTestId("leg-note"), "Not wanted any more.");
    await user.click(screen.getByTestId("leg-send"));
    await waitFor(() => expect(backend.writes).toMatchObject([{ name: "fail", input: { task: "TASK-122", note: "Not wanted any more." } }]));
  });

  it("says that there is no such task", async () => {
    renderAt("/task/TASK-999");
    expect(await screen.findByRole("alert")).toHaveTextContent("There is no task TASK-999.");
  });
});

describe("what fits", () => {
  const of = (id: string) => {
    const card = cards().find((one) => one.id === id);
    if (card === undefined) throw new Error(id);
    return fittingActions(card);
  };

  it("leaves what an agent does to the agent", () => {
    expect(of("TASK-117")).toMatchObject({ main: null, contextFor: null });
    expect(of("TASK-113")).toMatchObject({ main: null });
  });

  it("gives an outside holder's leg to whoever sits here", () => {
    expect(of("TASK-114")).toMatchObject({ main: "submit", contextFor: { leg: "implement", agent: "cursor" } });
  });

  it("never offers to approve by another way than deciding", () => {
    expect(of("TASK-112").main).toBeNull();
    expect(of("TASK-112").moves).not.toContain("done");
  });

  it("offers another try for what failed, nothing for what is done", () => {
    expect(of("TASK-098")).toMatchObject({ main: "retry", others: [] });
    expect(of("TASK-111")).toMatchObject({ main: null, others: [] });
  });
});
