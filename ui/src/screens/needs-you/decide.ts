/** Deciding a request: bound to what was looked at; a stale decision is refused and says what changed. */
import { useState } from "react";
import type { DecisionInput, ErrorView, RequestView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";

/** What each kind's detail is given. */
export interface DetailProps {
  request: RequestView;
  onDecided: () => void;
}

export interface Deciding {
  decide: (decision: DecisionInput) => void;
  /** Which kind of decision is on its way. */
  pending: DecisionInput["type"] | null;
  error: ErrorView | null;
  clearError: () => void;
}

export function useDeciding(request: RequestView, onDecided: () => void): Deciding {
  const [error, setError] = useState<ErrorView | null>(null);
  const write = useWrite("decide", { onDone: onDecided, onFailure: (failure) => setError(failure.view) });
  return {
    decide: (decision) => {
      if (write.isPending) return;
      setError(null);
      write.mutate({ request: request.id, decision, commit: request.commit });
    },
    pending: write.isPending ? (write.variables?.decision.type ?? null) : null,
    error,
    clearError: () => setError(null),
  };
}
