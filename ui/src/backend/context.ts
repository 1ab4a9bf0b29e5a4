/** The backend and the clock, for every component below. */
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Backend, LinkState } from "./backend";

export interface Surroundings {
  backend: Backend;
  /** Milliseconds since 1970; fixed in tests and pictures. */
  now: () => number;
}

export const SurroundingsContext = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (found === null) throw new Error("a component was rendered outside of <App>");
  return found;
}

export function useBackend(): Backend {
  return useSurroundings().backend;
}

export function useLinkState(): LinkState {
  const { link } = useBackend();
  return useSyncExternalStore(link.subscribe, link.state);
}
