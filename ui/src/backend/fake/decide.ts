/** What a decision does to the fake's world. */
import type { CardView, Decide, Done, RequestView } from "../wire";
import { done, failure } from "./answers";
import { CLAUDE, chain } from "./chain";
import { NOW } from "./clock";
import type { World } from "./world";

export { done, failure };

export function decide(world: World, input: Decide): Done {
  const request = world.requests.find(({ id }) => id === input.request);
  if (request === undefined) throw failure("request_not_found", `There is no request ${input.request}.`);
  if (!request.open) throw failure("decision_stale", "This request was already decided.", ["Nothing was done. The list now shows what is open."]);
  if (request.commit !== null && input.commit !== request.commit) throw failure("decision_stale", `${request.task} has moved on: the branch is at ${request.commit.slice(0, 7)} now.`, ["Look at the new changes, then decide again."]);
  const card = world.cards.find(({ id }) => id === request.task);
  const answer = apply(world, request, card, input.decision);
  request.open = false;
  request.outcome = answer.did;
  return answer;
}

function apply(world: World, request: RequestView, card: CardView | undefined, decision: Decide["decision"]): Done {
  const id = request.task ?? "";
  if (card !== undefined) card.request = null;
  switch (decision.type) {
    case "approve":
      replace(world, id, { status: "done", moved: NOW, line: null, chain: chain({}), handoffs: (card?.handoffs ?? 0) + 1 });
      return done(`Approved ${id} and merged it into main`, { task: id, status: "done" });
    case "changes":
      replace(world, id, { status: "in-progress", chain: chain({ now: "implement", attempt: 3 }), turn: CLAUDE, line: "starting with your feedback", since: NOW, run: `${id}-again` });
      return done(`Sent ${id} back to claude-impl`, { task: id, status: "in-progress" });
    case "allow":
      replace(world, id, { line: "Bash npm install stripe@17" });
      return done("Allowed once: npm install stripe@17", { task: id });
    case "allow-alike":
      replace(world, id, { line: "Bash npm install stripe@17" });
      return done(`Allowed for the whole of ${id}: npm install stripe@17`, { task: id });
    case "allow-always":
      replace(world, id, { line: "Bash npm install stripe@17" });
      return done(`Wrote the rule ${decision.rule}`, { task: id });
    case "deny":
      replace(world, id, { line: "thinking" });
      return done("Denied: npm install stripe@17", { task: id });
    case "answer":
      replace(world, id, { line: "architect: writing the criteria" });
      return done(`Answered architect: ${decision.text}`, { task: id });
    case "retry":
      replace(world, id, { status: "ready", chain: chain({ now: "implement", state: "next" }), turn: CLAUDE, line: null, attempts: 0, moved: NOW });
      return done(`${id} is tried again`, { task: id, status: "ready" });
    case "raise":
      return done(`Granted $${(decision.by / 1_000_000).toFixed(2)} more`, { task: request.task });
    case "give-up":
      return done(`${id} stays failed`, { task: id, status: "failed" });
  }
}

export function replace(world: World, id: string, change: Partial<CardView>): void {
  world.cards = world.cards.map((card) => (card.id === id ? { ...card, ...change, request: change.request ?? null } : card));
}
