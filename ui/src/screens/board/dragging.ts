/** Which card is in the air, for the columns that say what dropping it there would do. */
import { useSyncExternalStore } from "react";
import type { CardView } from "../../backend/wire";

export const DRAGGED_TYPE = "application/x-orchestron-task";

let current: CardView | null = null;
const listeners = new Set<() => void>();

export function setDragged(card: CardView | null): void {
  current = card;
  for (const listener of listeners) listener();
}

export const isInTheAir = (): boolean => current !== null;

export function useDragged(): CardView | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
