/** The cards that are selected. Kept outside of React, so that a card is drawn again only when it changes itself. */
import { useSyncExternalStore } from "react";

let selected: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function select(ids: Iterable<string>): void {
  selected = new Set(ids);
  for (const listener of listeners) listener();
}

export function toggle(id: string): void {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  select(next);
}

export const useSelected = (): ReadonlySet<string> => useSyncExternalStore(subscribe, () => selected);
export const useIsSelected = (id: string): boolean => useSyncExternalStore(subscribe, () => selected.has(id));
export const useIsSelecting = (): boolean => useSyncExternalStore(subscribe, () => selected.size > 0);
