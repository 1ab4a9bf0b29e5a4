/**
 * Single-key shortcuts. A component offers one while it is on the screen; one listener serves all of them, in the
 * capture phase, so that a list's type-ahead does not swallow them. They are silent while somebody types or a dialog is open.
 */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { isOverlaid } from "./overlay";

export interface Shortcut {
  /** As in `KeyboardEvent.key`, lower case: `j`, `?`, `[`. */
  key: string;
  /** What it does, for the list of all keys. */
  does: string;
  group: string;
}

interface Offered extends Shortcut {
  run: () => void;
}

let offered: readonly Offered[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Offered[]): void {
  offered = next;
  for (const listener of listeners) listener();
}

export function useShortcut(key: string, group: string, does: string, run: () => void, enabled = true): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!enabled) return;
    const own: Offered = { key, does, group, run: () => latest.current() };
    change([...offered, own]);
    return () => change(offered.filter((other) => other !== own));
  }, [key, group, does, enabled]);
}

/** All that work right now. */
export function useOffered(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => offered,
  );
}

/** Starts listening; returns the way to stop. */
export function listenForShortcuts(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !isRepeatable(event.key)) return;
    if (isOverlaid() || isTyping(event.target) || document.querySelector("[data-overlay]") !== null) return;
    const found = offered.findLast(({ key }) => key === event.key.toLowerCase());
    if (found === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    found.run();
  };
  window.addEventListener("keydown", onKey, { capture: true });
  return () => window.removeEventListener("keydown", onKey, { capture: true });
}

function isRepeatable(key: string): boolean {
  return key === "j" || key === "k";
}

/** In what is only switched nobody types: a chosen view must not silence every key. */
const TYPED_INTO = "input:not([type='radio'], [type='checkbox']), textarea, select, [contenteditable='true']";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest(TYPED_INTO) !== null;
}
