/**
 * What dropping a card on a column means: each move is the step of the chain that leads there, and what is no step of it is refused,
 * with what to do instead. The server checks again; this says it while the card is still in the air.
 */
import type { Input, WriteName } from "../../backend/operations";
import type { CardView, StatusWord } from "../../backend/wire";
import { text } from "../../text";
import type { ColumnId } from "./columns";

type Step = { [N in "prepare" | "claim" | "submit" | "retry" | "move"]: { name: N; input: Input<N> } }["prepare" | "claim" | "submit" | "retry" | "move"];

export type Offer = { step: Step; does: string; refused: null } | { step: null; does: null; refused: string };

const no = (refused: string): Offer => ({ step: null, does: null, refused });
const yes = (step: Step): Offer => ({ step, does: text.drag.does[step.name], refused: null });

export const STEPS = ["prepare", "claim", "submit", "retry", "move"] as const satisfies readonly WriteName[];

export function offerOf(card: CardView, to: ColumnId): Offer {
  const { id, status } = card;
  const byHand = yes({ name: "move", input: { task: id, to } });
  if (columnOfStatus(status) === to) return no(text.drag.same);
  if (card.run !== null) return no(text.drag.atWork(card.turn.name || text.card.theImplementer));
  switch (to) {
    case "pending":
      return status === "review" ? no(text.drag.words) : byHand;
    case "ready":
      if (status === "pending") return yes({ name: "prepare", input: { task: id, note: null, agent: null } });
      if (status === "failed") return yes({ name: "retry", input: { task: id, note: null, agent: null } });
      return status === "review" ? no(text.drag.words) : byHand;
    case "in-progress":
      if (status === "pending") return no(text.drag.prepareFirst);
      if (status === "review") return no(text.drag.words);
      if (status === "done") return no(text.drag.merged);
      if (status === "failed") return no(text.drag.tryAgain);
      if (card.blocked_by.length > 0) return no(text.drag.waits(card.blocked_by));
      return yes({ name: "claim", input: { task: id, agent: null } });
    case "review":
      if (status !== "in-progress") return no(text.drag.nothingDone);
      return card.turn.kind === "agent" ? no(text.drag.agentSubmits(card.turn.name)) : yes({ name: "submit", input: { task: id, note: null, agent: null } });
    case "done":
      if (status === "review") return no(text.drag.approve);
      return status === "in-progress" ? no(text.drag.review) : byHand;
  }
}

function columnOfStatus(status: StatusWord): ColumnId {
  return status === "failed" ? "done" : status;
}
