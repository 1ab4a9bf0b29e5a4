/** A clock that makes ages on the screen count on: one timer for all of them. */
import { useSyncExternalStore } from "react";
import { useSurroundings } from "../backend/context";

const listeners = new Set<() => void>();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    for (const tick of listeners) tick();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** Now, in steps of so many milliseconds; the component is drawn again at each step. */
export function useNow(step: number): number {
  const { now } = useSurroundings();
  return useSyncExternalStore(subscribe, () => Math.floor(now() / step) * step);
}
