/** Deciding a review right on its card. */
import { useState } from "react";
import { useHeld } from "../../backend/held";
import { useProject, useRequests } from "../../backend/reads";
import type { CardView, ErrorView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { Button } from "../../parts/button";
import { text } from "../../text";
import { ChangesDialog } from "./changes-dialog";

interface CardDecisionProps {
  card: CardView;
  request: number;
}

export function CardDecision({ card, request }: CardDecisionProps) {
  const found = useRequests().data?.find(({ id }) => id === request);
  const [asksChanges, setAsksChanges] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);
  const { store, now } = useHeld();
  const project = useProject().data?.path ?? "";
  const isDecided = now.gone.has(request) || now.held.some(({ input, until }) => until !== null && input.request === request);
  // One click merges, so it can be undone for a moment. Words in the dialog are sent at once: they stay there when it is refused.
  const requestChanges = useWrite("decide", { onDone: () => setAsksChanges(false), onFailure: (failure) => setError(failure.view) });
  const commit = found?.commit ?? null;
  return (
    // Above the link that covers the card.
    <div className="relative flex gap-1.5 self-start">
      <Button look="good" size="small" isDisabled={found === undefined || isDecided} onPress={() => store.hold({ input: { request, decision: { type: "approve", note: null }, commit }, about: card.id, project, clears: [] })} data-testid="approve">
        {text.review.approveShort}
        <span className="sr-only"> {card.id}</span>
      </Button>
      <Button look="bad" size="small" isDisabled={found === undefined || isDecided} onPress={() => setAsksChanges(true)} data-testid="request-changes">
        {text.review.requestChanges}
        <span className="sr-only"> {card.id}</span>
      </Button>
      <ChangesDialog
        card={card}
        isOpen={asksChanges}
        error={error}
        isPending={requestChanges.isPending}
        onClose={() => setAsksChanges(false)}
        onSend={(note) => {
          setError(null);
          requestChanges.mutate({ request, decision: { type: "changes", note }, commit });
        }}
      />
    </div>
  );
}
