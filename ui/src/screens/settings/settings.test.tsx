import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { text } from "../../text";
import { renderAt } from "../../testing/render";
import { PARTS } from "./fields-list";
import { lineIn } from "./file";

describe("settings of config.yaml", () => {
  it("name every setting there is", async () => {
    const { backend } = renderAt("/settings");
    await screen.findByTestId("setting-limits.attempts");
    const offered = Object.values(PARTS).flatMap((part) => part.map(([key]) => key as string));
    const { settings } = await backend.call("config", {});
    expect(settings.map(({ key }) => key).filter((key) => !offered.includes(key))).toEqual(["gates", "accounts"]);
    expect(offered.filter((key) => !settings.some((one) => one.key === key))).toEqual([]);
    expect(Object.keys(text.settings.field).sort()).toEqual([...offered].sort());
  });

  it("change one with what was looked at, and show where it is written", async () => {
    const { backend, user } = renderAt("/settings");
    const row = await screen.findByTestId("setting-limits.attempts");
    expect(row).toHaveTextContent("line 23");
    expect(screen.getByTestId("setting-limits.park")).toHaveTextContent("as usual");
    const { hash } = await backend.call("config", {});
    const input = within(row).getByTestId("input-limits.attempts");
    await user.clear(input);
    await user.type(input, "5{Enter}");
    await waitFor(() => expect(backend.writes).toEqual([{ name: "config-set", input: { changes: [{ key: "limits.attempts", values: ["5"] }], hash } }]));
    await waitFor(() => expect(screen.queryByTestId("save-limits.attempts")).toBeNull());
  });

  it("show the project's own rules apart from what the chain does", async () => {
    renderAt("/settings");
    const own = await screen.findByRole("region", { name: text.settings.rules.own });
    expect(own).toHaveTextContent("Pending→Failedstale ideasit stands there for 30 d and has priority P2");
    const chain = screen.getByRole("region", { name: text.settings.rules.chain });
    expect(within(chain).getAllByRole("listitem")).toHaveLength(3);
    expect(chain).toHaveTextContent("anywhere→Failed");
  });

  it("keep what was typed and say what is wrong with it", async () => {
    const { user } = renderAt("/settings");
    const row = await screen.findByTestId("setting-limits.attempts");
    const input = within(row).getByTestId("input-limits.attempts");
    await user.clear(input);
    await user.type(input, "many");
    await user.click(within(row).getByTestId("save-limits.attempts"));
    expect(await within(row).findByRole("alert")).toHaveTextContent("line 23: `limits.attempts` must be a whole number");
    expect(input).toHaveValue("many");
    await user.type(input, "{Escape}");
    expect(input).toHaveValue("3");
  });

  it("take one out, write lists, switch and choose", async () => {
    const { backend, user } = renderAt("/settings");
    const changes = () => backend.writes.map(({ input }) => (input as { changes: unknown[] }).changes[0]);
    await user.click(within(await screen.findByTestId("setting-limits.backoff")).getByRole("button", { name: "First wait: as usual" }));
    await waitFor(() => expect(changes()).toEqual([{ key: "limits.backoff", values: [] }]));
    const except = screen.getByTestId("input-notify.quiet.except");
    await user.clear(except);
    await user.type(except, "budget, permission{Enter}");
    await waitFor(() => expect(changes()[1]).toEqual({ key: "notify.quiet.except", values: ["budget", "permission"] }));
    await user.click(within(screen.getByTestId("setting-limits.same_files")).getByRole("switch"));
    await waitFor(() => expect(changes()[2]).toEqual({ key: "limits.same_files", values: ["true"] }));
    await user.click(within(screen.getByTestId("choice-notify.review")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "at once" }));
    await waitFor(() => expect(changes()[3]).toEqual({ key: "notify.review", values: ["now"] }));
  });

  it("edit the whole file, and select the line that is wrong", async () => {
    const { backend, user } = renderAt("/settings");
    const area = await screen.findByTestId<HTMLTextAreaElement>("config-text");
    const { text: before, hash } = await backend.call("config", {});
    fireEvent.change(area, { target: { value: before.replace("  attempts: 3", "\tattempts: 3") } });
    await user.click(screen.getByTestId("config-save"));
    expect(await screen.findByText(/line 23: this is no YAML/)).toBeInTheDocument();
    expect(area.value.slice(area.selectionStart, area.selectionEnd)).toMatch(/^\tattempts: 3/);
    fireEvent.change(area, { target: { value: before.replace("attempts: 3", "attempts: 4") } });
    await user.click(screen.getByTestId("config-save"));
    await waitFor(() => expect(backend.world.config).toContain("attempts: 4"));
    expect(backend.writes.at(-1)).toMatchObject({ name: "config-write", input: { hash } });
    expect(lineIn("nothing")).toBeNull();
  });

  it("test a key and say what its provider says", async () => {
    const { user } = renderAt("/settings");
    await user.click(await screen.findByTestId("key-test-anthropic"));
    expect(await screen.findByTestId("key-tested-anthropic")).toHaveTextContent("The key is good (api.anthropic.com, 0.2 s)");
    await user.click(screen.getByTestId("key-test-google"));
    expect(await screen.findByTestId("key-tested-google")).toHaveTextContent("The key is not accepted");
    expect(screen.queryByTestId("key-test-openai-team")).toBeNull();
  });
});

describe("agents", () => {
  it("are added with their keys", async () => {
    const { backend, user } = renderAt("/agents");
    await user.click(await screen.findByTestId("agent-add"));
    await user.type(await screen.findByTestId("agent-name"), "claude-docs");
    await user.type(screen.getByTestId("agent-capabilities"), "docs, german");
    await user.click(screen.getByTestId("agent-save"));
    await waitFor(() => expect(backend.writes).toEqual([{ name: "agent-add", input: { name: "claude-docs", keys: [{ key: "cli", values: ["claude"] }, { key: "capabilities", values: ["docs", "german"] }] } }]));
    expect(await screen.findByTestId("agent-claude-docs")).toBeInTheDocument();
  });

  it("are changed key by key, only where something was changed", async () => {
    const { backend, user } = renderAt("/agents");
    await user.click(await screen.findByTestId("agent-edit-claude-impl"));
    const model = await screen.findByTestId("agent-model");
    expect(screen.getByTestId("agent-save")).toBeDisabled();
    await user.clear(model);
    await user.type(model, "claude-opus-4-5");
    await user.clear(screen.getByTestId("agent-persona"));
    await user.click(screen.getByTestId("agent-save"));
    await waitFor(() => expect(backend.writes.map(({ input }) => input)).toEqual([{ name: "claude-impl", key: "model", values: ["claude-opus-4-5"] }, { name: "claude-impl", key: "persona", values: [] }]));
  });

  it("are removed after asking, and their key is tested", async () => {
    const { backend, user } = renderAt("/agents");
    await user.click(await screen.findByTestId("agent-test-claude-impl"));
    expect(await screen.findByTestId("toast")).toHaveTextContent("Anthropic: the key is good");
    await user.click(screen.getByTestId("agent-remove-cursor"));
    await user.click(await screen.findByTestId("agent-remove-yes"));
    await waitFor(() => expect(screen.queryByTestId("agent-cursor")).toBeNull());
    expect(backend.writes).toEqual([{ name: "agent-remove", input: { name: "cursor" } }]);
  });
});
