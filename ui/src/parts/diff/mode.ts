/** Whether changes are shown as one column or two; remembered on this machine. */
import { useSyncExternalStore } from "react";

export type Mode = "unified" | "split";

const KEY = "orchestron-diff-mode";
const listeners = new Set<() => void>();

function mode(): Mode {
  return window.localStorage.getItem(KEY) === "split" ? "split" : "unified";
}

export function useMode(): [Mode, (mode: Mode) => void] {
  const now = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, mode);
  return [
    now,
    (next) => {
      window.localStorage.setItem(KEY, next);
      for (const listener of listeners) listener();
    },
  ];
}
