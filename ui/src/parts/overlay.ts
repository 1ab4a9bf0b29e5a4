/** Which dialog of the window is open; one at a time. */
import { useSyncExternalStore } from "react";

export type Overlay = "palette" | "new-task" | "problems" | "keys" | "trust";

let current: Overlay | null = null;
const listeners = new Set<() => void>();

export function openOverlay(overlay: Overlay | null): void {
  current = overlay;
  for (const listener of listeners) listener();
}

/** One is open, or about to be: what is typed meanwhile is meant for it. */
export const isOverlaid = (): boolean => current !== null;

export function useOverlay(): Overlay | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
