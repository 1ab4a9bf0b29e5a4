/** Carries out what dropping a card means. */
import { useCallback } from "react";
import { useWrite } from "../../backend/writes";
import type { CardView } from "../../backend/wire";
import type { ColumnId } from "./columns";
import { offerOf } from "./moves";

export function useMove(): (card: CardView, to: ColumnId) => void {
  const prepare = useWrite("prepare").mutate;
  const claim = useWrite("claim").mutate;
  const submit = useWrite("submit").mutate;
  const retry = useWrite("retry").mutate;
  const move = useWrite("move").mutate;
  return useCallback(
    (card, to) => {
      const { step } = offerOf(card, to);
      switch (step?.name) {
        case "prepare":
          return prepare(step.input);
        case "claim":
          return claim(step.input);
        case "submit":
          return submit(step.input);
        case "retry":
          return retry(step.input);
        case "move":
          return move(step.input);
        case undefined:
          return undefined;
      }
    },
    [prepare, claim, submit, retry, move],
  );
}
