/** What the desktop app would answer. */
import type { DesktopUpdatesSet, DesktopView, FolderView, HooksView, SetUpView, UpdatesView } from "../wire";
import { minutesAgo } from "./clock";
import type { World } from "./world";

export const FOLDER = "/home/dana/src/storefront";

export function desktop(world: World): DesktopView {
  return {
    project: world.scenario === "welcome" ? null : FOLDER,
    problem: null,
    tray: true,
    close_to_tray: true,
    at_login: false,
    notifications: { name: "GNOME Shell", actions: true },
    recent: [
      { path: FOLDER, name: "acme/storefront", opened: minutesAgo(4), open: world.scenario !== "welcome", there: true },
      { path: "/home/dana/src/pricing", name: "pricing", opened: minutesAgo(2_000), open: false, there: true },
      { path: "/media/usb/old-shop", name: "old-shop", opened: minutesAgo(40_000), open: false, there: false },
    ],
    log: "/home/dana/.local/state/orchestron/desktop.log",
    version: "0.1.0",
  };
}

export function look(path: string): FolderView {
  return {
    path,
    problem: path.startsWith("/") ? null : "Write the whole path, from / on.",
    project: path === FOLDER ? "acme/storefront" : null,
    git: true,
    branch: "main",
    agents: [
      { cli: "claude", program: "/usr/local/bin/claude", version: "2.1.4", install: "" },
      { cli: "codex", program: null, version: null, install: "install it with `npm install -g @openai/codex`, then run `codex login`" },
    ],
  };
}

export function setUp(path: string): SetUpView {
  return { path, created: [".mcp/config.yaml", ".mcp/agents.yaml", ".mcp/prompts/implement.md"], kept: [], chain: "architect prepares · claude-impl implements · claude-review reviews · you approve", notes: [] };
}

export function updates(world: World): UpdatesView {
  return { version: "0.1.0", tell: false, url: null, key: null, built_in: false, cannot: null, looked: null, offer: null, problem: null, busy: false, ...world.updates };
}

export function updatesSet(world: World, wanted: DesktopUpdatesSet): UpdatesView {
  world.updates = { ...world.updates, ...wanted };
  return updates(world);
}

/** The list's words are anybody's: they are shown as they are. */
export function updatesFound(world: World): UpdatesView {
  const notes = "- Tasks can be **grouped**.\n- <script>alert(1)</script> is text.\n- [here](javascript:alert(1)) leads nowhere.";
  world.updates = { ...world.updates, looked: minutesAgo(0), offer: { version: "0.2.0", notes, published: "2026-11-20", from: "releases.example.org" } };
  return updates(world);
}

export function hooks(): HooksView {
  return {
    folder: ".git/hooks",
    managed_by: null,
    hooks: ["pre-commit", "post-commit", "commit-msg", "post-merge", "post-checkout"].map((name) => ({ name, state: "missing", theirs: null })),
    installed: false,
    problems: [],
  };
}
