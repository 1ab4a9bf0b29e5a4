import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { renderAt } from "../../testing/render";

describe("the first run", () => {
  it("begins by itself where there is no project, sets a folder up and opens it", async () => {
    const { backend, user, path } = renderAt("/board", "welcome");
    const input = await screen.findByTestId("welcome-path");
    expect(path()).toBe("/welcome");
    expect(screen.queryByRole("navigation")).toBeNull();
    await user.type(input, "shop");
    await user.click(screen.getByTestId("welcome-look"));
    expect(await screen.findByText("Write the whole path, from / on.")).toBeInTheDocument();
    await user.clear(input);
    await user.type(input, "/home/dana/src/new-shop{Enter}");
    const agents = await screen.findByTestId("welcome-agents");
    expect(agents).toHaveTextContent("claudeversion 2.1.4");
    expect(agents).toHaveTextContent("npm install -g @openai/codex");
    await user.click(screen.getByTestId("welcome-set-up"));
    expect(await screen.findByText(/architect prepares · claude-impl implements/)).toBeInTheDocument();
    await user.click(screen.getByTestId("welcome-open"));
    await waitFor(() => expect(backend.writes.at(-1)).toEqual({ name: "desktop-open", input: { path: "/home/dana/src/new-shop", new_window: false } }));
  });

  it("picks a folder and knows one that was set up", async () => {
    const { user } = renderAt("/welcome", "welcome");
    await user.click(await screen.findByTestId("welcome-pick"));
    expect(await screen.findByText("It has been set up already: acme/storefront.")).toBeInTheDocument();
    expect(screen.getByTestId("welcome-open")).toBeInTheDocument();
  });

  it("keeps what was picked and found while the app is asked again whether there is a project", async () => {
    const { backend, user } = renderAt("/welcome", "welcome");
    await screen.findByTestId("welcome-pick");
    const call = backend.call.bind(backend);
    // As slow as a real one: in the meantime nothing is known of the project.
    vi.spyOn(backend, "call").mockImplementation(async (name, input) => {
      if (name === "project") await new Promise((done) => setTimeout(done, 200));
      return call(name, input);
    });
    await user.click(screen.getByTestId("welcome-pick"));
    expect(await screen.findByTestId("welcome-open")).toBeInTheDocument();
    await new Promise((done) => setTimeout(done, 400));
    expect(screen.getByTestId("welcome-path")).toHaveValue("/home/dana/src/storefront");
    expect(screen.getByTestId("welcome-open")).toBeInTheDocument();
  });

  it("goes on in the project: agents, chain, trust, the first task", async () => {
    const { backend, user } = renderAt("/welcome");
    const agents = await screen.findByTestId("step-agents");
    await waitFor(() => expect(agents).toHaveTextContent("4 agents ready to start."));
    expect(agents).toHaveTextContent("There is no key for the account openai-team");
    await user.click(within(await screen.findByTestId("choice-chain.review")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "you" }));
    await waitFor(() => expect(backend.writes).toMatchObject([{ name: "config-set", input: { changes: [{ key: "chain.review", values: ["person"] }] } }]));
    expect(screen.getByTestId("step-folder")).toHaveTextContent("For another project, start there: orchestron run --ui");
    await user.click(screen.getByTestId("welcome-task"));
    expect(await screen.findByTestId("new-task-dialog")).toBeInTheDocument();
  });
});

describe("projects", () => {
  it("are switched from the top bar of the desktop app", async () => {
    const { backend, user, path } = renderAt("/board", "desktop");
    await user.click(await screen.findByTestId("projects"));
    expect(screen.queryByText("old-shop")).toBeNull();
    await user.click(await screen.findByRole("menuitem", { name: /src\/pricing/ }));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "desktop-open", input: { path: "/home/dana/src/pricing", new_window: false } }]));
    await user.click(screen.getByTestId("projects"));
    await user.click(await screen.findByRole("menuitem", { name: "pricing in a window of its own" }));
    await waitFor(() => expect(backend.writes.at(-1)?.input).toEqual({ path: "/home/dana/src/pricing", new_window: true }));
    await user.click(screen.getByTestId("projects"));
    await user.click(await screen.findByRole("menuitem", { name: "Open another folder…" }));
    await waitFor(() => expect(path()).toBe("/welcome?another=true"));
  });

  it("are no menu in a browser, which shows one", async () => {
    renderAt("/board");
    await screen.findByText("acme/storefront");
    expect(screen.queryByTestId("projects")).toBeNull();
  });
});
