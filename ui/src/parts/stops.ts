/** How a stop of the chain looks and reads. */
import type { ChainStop } from "../backend/wire";
import { type Face, faceOf } from "../format/faces";
import { span } from "../format/time";
import { text } from "../text";

/** The person's own stop shows what it asks, not who. */
export function stopBadge(stop: ChainStop, faces: Map<string, Face>): { letter: string; colour: string } {
  if (stop.leg === "approve") {
    if (stop.state === "done") return { letter: "✓", colour: "bg-good-fill text-on-good" };
    if (stop.state === "next") return { letter: "?", colour: "bg-badge text-on-badge" };
    return { letter: "?", colour: "bg-accent-fill text-on-accent" };
  }
  const face = faceOf(stop.holder, faces);
  if (stop.state === "next") return { letter: face.letter, colour: "bg-badge text-on-badge" };
  return { letter: face.letter, colour: stop.holder.kind === "nobody" ? "bg-badge text-on-badge" : face.colour };
}

/** The line from this stop to the next. */
export function lineColour(stop: ChainStop, following: ChainStop): string {
  if (stop.state !== "done") return "bg-line";
  return following.state === "waiting" ? "bg-accent-fill/50" : "bg-good-line";
}

/** `Implemented`, `Implementing`, `Implement`. */
export function stopTitle(stop: ChainStop): string {
  const words = text.leg[stop.leg];
  if (stop.leg === "approve" && stop.state === "waiting") return text.chain.yourDecision;
  return { done: words.done, current: words.now, waiting: words.now, failed: words.failed, next: words.next }[stop.state];
}

/** `claude-impl · 2nd try · 40 s`. */
export function stopDetail(stop: ChainStop): string {
  const parts = [holderName(stop)];
  if (stop.attempt > 1 && stop.state !== "next") parts.push(text.chain.attempt(stop.attempt));
  else if (stop.took !== null) parts.push(span(stop.took));
  return parts.join(" · ");
}

function holderName(stop: ChainStop): string {
  if (stop.holder.kind === "person") return text.you;
  if (stop.holder.kind === "nobody") return text.nobody;
  return stop.holder.name;
}

/** The whole chain in one sentence, for those who do not see the strip. */
export function chainInWords(chain: readonly ChainStop[]): string {
  return chain.map((stop) => `${stopTitle(stop)}: ${holderName(stop)}`).join(", ");
}
