/** Tells the desktop app what it cannot know of this page by itself; in a browser there is nobody to tell. */
import type { Backend } from "./backend";
import type { DesktopTell } from "./wire";

const told = new WeakMap<Backend, DesktopTell>();

export function tellHere(backend: Backend, change: Partial<DesktopTell>): void {
  if (!backend.isDesktop) return;
  const before = told.get(backend) ?? { held: 0, request: null, dark: null };
  const next = { ...before, ...change };
  if (next.held === before.held && next.request === before.request && next.dark === before.dark) return;
  told.set(backend, next);
  // An app that does not hear it only knows less: it waits for nothing when it is closed, and tells what is being looked at.
  backend.call("desktop-tell", next).catch(() => undefined);
}
