/** What a person can do with a task right now. */
import type { CardView, LegWord, StatusWord } from "../../backend/wire";

export type Action = "prepare" | "claim" | "submit" | "complete" | "retry" | "fail";

export interface Fitting {
  /** The step that makes sense next. */
  main: Action | null;
  /** What else can be done; in a menu. */
  others: Action[];
  /** Columns it can be put into by hand. */
  moves: StatusWord[];
  /** Whose context can be copied: an outside holder or the person. */
  contextFor: { leg: LegWord; agent: string | null } | null;
}

export function fittingActions(card: CardView): Fitting {
  const leg = legNow(card);
  const isHandsOn = card.turn.kind !== "agent";
  return {
    main: mainAction(card, leg, isHandsOn),
    others: card.status === "done" || card.status === "failed" ? [] : ["fail"],
    moves: movesFrom(card.status),
    contextFor: leg === null || leg === "approve" || card.turn.kind === "agent" || card.turn.kind === "nobody" ? null : { leg, agent: card.turn.kind === "outside" ? card.turn.name : null },
  };
}

function legNow(card: CardView): LegWord | null {
  return card.chain.find(({ state }) => state === "current" || state === "waiting")?.leg ?? legOf(card.status);
}

function legOf(status: StatusWord): LegWord | null {
  return status === "pending" ? "prepare" : status === "ready" || status === "in-progress" ? "implement" : null;
}

function mainAction(card: CardView, leg: LegWord | null, isHandsOn: boolean): Action | null {
  switch (card.status) {
    case "pending":
      return isHandsOn ? "prepare" : null;
    case "ready":
      return isHandsOn ? "claim" : null;
    case "in-progress":
      return isHandsOn ? "submit" : null;
    case "review":
      // Approving is a decision; it has its own place.
      return isHandsOn && leg === "review" ? "complete" : null;
    case "failed":
      return "retry";
    case "done":
      return null;
  }
}

function movesFrom(status: StatusWord): StatusWord[] {
  const all: StatusWord[] = ["pending", "ready", "in-progress", "review", "done", "failed"];
  return all.filter((other) => other !== status && other !== "done" && other !== "failed");
}
