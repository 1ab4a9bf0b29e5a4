import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Failure } from "../../backend/failure";
import { text } from "../../text";
import { renderAt } from "../../testing/render";

const { updates: words } = text.settings;
const URL = "https://releases.example.org/latest.json";
const KEY = "RWRkAXR5ja22TsTKb2l+tPEFwxWl0uejvyBrK5AzV3vRz/uOslqhSWLm";

async function panel() {
  return within(await screen.findByRole("region", { name: text.settings.part.updates }));
}

describe("updates", () => {
  it("are off, and nothing can be looked for until it is known where", async () => {
    const { backend } = renderAt("/settings?part=updates", "desktop");
    const updates = await panel();
    expect(updates.getByRole("radio", { name: words.off })).toBeChecked();
    expect(updates.getByTestId("updates-check")).toBeDisabled();
    expect(updates.queryByTestId("updates-offer")).toBeNull();
    expect(backend.writes).toEqual([]);
  });

  it("are told, looked for and installed as the person says", async () => {
    const { backend, user } = renderAt("/settings?part=updates", "desktop");
    const updates = await panel();
    fireEvent.change(updates.getByTestId("updates-url"), { target: { value: URL } });
    fireEvent.change(updates.getByTestId("updates-key"), { target: { value: KEY } });
    await user.click(updates.getByTestId("updates-save"));
    await waitFor(() => expect(updates.getByTestId("updates-check")).toBeEnabled());
    await user.click(updates.getByTestId("updates-tell"));
    await user.click(updates.getByTestId("updates-check"));
    await user.click(await updates.findByTestId("updates-install"));
    await waitFor(() =>
      expect(backend.writes).toEqual([
        { name: "desktop-updates-set", input: { url: URL, key: KEY } },
        { name: "desktop-updates-set", input: { tell: true } },
        { name: "desktop-updates-check", input: {} },
        { name: "desktop-updates-install", input: { version: "0.2.0" } },
      ]),
    );
  });

  it("show what is new as the text that it is", async () => {
    const { backend } = renderAt("/settings?part=updates", "desktop");
    backend.world.updates = { offer: { version: "0.2.0", notes: "**bold** <img src=x onerror=alert(1)>\n[here](javascript:x) \u202etxt", published: null, from: "evil\u202e.example" } };
    const updates = await panel();
    const notes = await updates.findByTestId("updates-notes");
    expect(notes.textContent).toBe("**bold** <img src=x onerror=alert(1)>\n[here](javascript:x) ⟨U+202E⟩txt");
    expect(notes.querySelector("*")).toBeNull();
    expect(updates.getByTestId("updates-offer")).toHaveTextContent("evil⟨U+202E⟩.example");
  });

  it("say what went wrong, beside the field it is about", async () => {
    const { backend, user } = renderAt("/settings?part=updates", "desktop");
    const updates = await panel();
    backend.failNext.set("desktop-updates-set", new Failure({ code: "update_bad_key", message: "this is not a public key", hints: ["it is the text of a .pub file"], field: "key" }));
    await user.type(updates.getByTestId("updates-key"), "no key");
    await user.click(updates.getByTestId("updates-save"));
    expect(await updates.findByText(/this is not a public key. it is the text/)).toBeInTheDocument();
    expect(updates.getByTestId("updates-key")).toHaveValue("no key");
  });

  it("offer no button where the app cannot replace itself, and nothing where it was built in", async () => {
    const { backend } = renderAt("/settings?part=updates", "desktop");
    backend.world.updates = { built_in: true, url: URL, key: KEY, cannot: "this app cannot replace itself", offer: { version: "0.2.0", notes: "", published: null, from: "x" } };
    const updates = await panel();
    await updates.findByTestId("updates-offer");
    expect(updates.queryByTestId("updates-install")).toBeNull();
    expect(updates.queryByTestId("updates-save")).toBeNull();
    expect(updates.getByTestId("updates-url")).toHaveAttribute("readonly");
  });

  it("are nothing of a browser's", async () => {
    renderAt("/settings");
    await screen.findByRole("region", { name: text.about.title });
    expect(screen.queryByRole("region", { name: text.settings.part.updates })).toBeNull();
  });
});
