/** Deciding a request: held back for a moment, bound to what was looked at; a stale decision is refused and says what changed. */
import { useHeld } from "../../backend/held";
import { useProject } from "../../backend/reads";
import type { DecisionInput, ErrorView, RequestView } from "../../backend/wire";

/** What each kind's detail is given. */
export interface DetailProps {
  request: RequestView;
  onDecided: () => void;
}

export interface Deciding {
  /** `clears`: what is written on this machine until it is sent. */
  decide: (decision: DecisionInput, clears?: string[]) => void;
  /** What was refused the last time. */
  error: ErrorView | null;
  clearError: () => void;
}

export function useDeciding(request: RequestView, onDecided: () => void): Deciding {
  const { store, now } = useHeld();
  const project = useProject().data?.path ?? "";
  return {
    decide: (decision, clears = []) => {
      store.hold({ input: { request: request.id, decision, commit: request.commit }, about: request.task ?? request.title, project, clears });
      onDecided();
    },
    error: now.refused.find((one) => one.request === request.id)?.error ?? null,
    clearError: () => store.forget(request.id),
  };
}
