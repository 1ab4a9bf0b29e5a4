import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderAt } from "../../testing/render";

describe("workflows", () => {
  it("show how far what was started is", async () => {
    renderAt("/workflows");
    const instance = await screen.findByTestId("instance");
    expect(instance).toHaveTextContent("2 of 5 done");
    expect(within(instance).getByTestId("step-implement")).toHaveTextContent("waiting for you: npm install stripe@17");
    expect(within(instance).getByRole("link", { name: "Take card payments with Stripe" })).toHaveAttribute("href", "/task/TASK-117");
  });

  it("are started with what they need to know", async () => {
    const { backend, user, path } = renderAt("/workflows?workflow=rpiv");
    const start = await screen.findByTestId("workflow-start");
    expect(start).toBeDisabled();
    await user.type(screen.getByTestId("parameter-goal"), "log in with a passkey");
    await user.click(within(screen.getByTestId("parameter-area")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "ui" }));
    await user.type(screen.getByTestId("workflow-key"), "passkeys");
    await user.click(start);
    await waitFor(() => expect(backend.writes).toEqual([{ name: "workflow-start", input: { workflow: "rpiv", set: [{ name: "goal", value: "log in with a passkey" }, { name: "area", value: "ui" }], key: "passkeys" } }]));
    await waitFor(() => expect(path()).toBe("/workflows?instance=passkeys"));
    expect(await screen.findByTestId("step-research")).toHaveTextContent("Research: log in with a passkey");
  });

  it("that are broken say where, and cannot be started", async () => {
    renderAt("/workflows?workflow=release");
    expect(await screen.findByRole("alert")).toHaveTextContent(".mcp/workflows/release.yaml:7notes depends on tag, which is no step");
    expect(screen.queryByTestId("workflow-start")).toBeNull();
  });

  it.each([["empty", "No workflows yet"], ["failing", "The workflows could not be read"]] as const)("say when they are %s", async (scenario, words) => {
    renderAt("/workflows", scenario);
    expect(await screen.findByText(words)).toBeInTheDocument();
  });
});
