/** Deciding a review right on its card; both ways can be undone for a moment. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useHeld } from "../../backend/held";
import { useCommitOf, useProject } from "../../backend/reads";
import type { CardView, DecisionInput } from "../../backend/wire";
import { Button } from "../../parts/button";
import { draftKey, storageKey, useDraft } from "../../parts/diff/draft";
import { text } from "../../text";
import { ChangesDialog } from "./changes-dialog";

interface CardDecisionProps {
  card: CardView;
  request: number;
}

export function CardDecision({ card, request }: CardDecisionProps) {
  const found = useCommitOf(request);
  const [asksChanges, setAsksChanges] = useState(false);
  const { store, now } = useHeld();
  const project = useProject().data?.path ?? "";
  const navigate = useNavigate();
  // The words are those of the review: undone or refused, they are there as well as here.
  const key = draftKey(project, card.id);
  const [draft, change] = useDraft(key);
  const isDecided = now.gone.has(request) || now.held.some(({ input, until }) => until !== null && input.request === request);
  const hold = (decision: DecisionInput, clears: string[]) => store.hold({ input: { request, decision, commit: found?.commit ?? null }, about: card.id, project, clears });
  const ask = () => {
    // What was said about single lines goes back with the words, and only the review knows where those lines are now.
    if (draft.comments.length > 0 || Object.keys(draft.parts).length > 0) void navigate({ to: "/needs-you", search: { request, do: "changes" } });
    else setAsksChanges(true);
  };
  return (
    // Above the link that covers the card.
    <div className="relative flex gap-1.5 self-start max-wide:gap-1">
      <Button look="good" size="small" className="max-wide:px-1" isDisabled={found === undefined || isDecided} onPress={() => hold({ type: "approve", note: null }, [])} data-testid="approve">
        {text.review.approveShort}
        <span className="sr-only"> {card.id}</span>
      </Button>
      <Button look="bad" size="small" className="max-wide:px-1" isDisabled={found === undefined || isDecided} onPress={ask} data-testid="request-changes">
        {text.review.requestChanges}
        <span className="sr-only"> {card.id}</span>
      </Button>
      <ChangesDialog
        card={card}
        isOpen={asksChanges}
        note={draft.note}
        onNote={(note) => change((before) => ({ ...before, note }))}
        onClose={() => setAsksChanges(false)}
        onSend={(note) => {
          setAsksChanges(false);
          hold({ type: "changes", note }, [storageKey(key)]);
        }}
      />
    </div>
  );
}
