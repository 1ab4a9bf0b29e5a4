/** Every reason why a task is not running, with what would change it. */
import { Link } from "@tanstack/react-router";
import { Hourglass } from "lucide-react";
import { useWhy } from "../../backend/reads";
import type { ReasonView, TaskView, WaitWord, WhyView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Section } from "../../parts/section";
import { sentence, Ticked } from "../../parts/ticked";
import { text } from "../../text";

/** Reasons that the page shows elsewhere already. */
const TOLD: readonly WaitWord[] = ["under-way", "over", "request"];

export function Why({ task }: { task: TaskView }) {
  const isOver = task.card.status === "done" || task.card.status === "failed";
  const why = useWhy(task.card.id, !isOver && task.card.run === null).data;
  if (isOver || task.card.run !== null || why === undefined) return null;
  // Whose decision it waits for is what the button at the top says.
  const isAsked = task.requests.some(({ open }) => open);
  const reasons = why.reasons.filter(({ kind }) => !TOLD.includes(kind) && !(isAsked && kind === "turn"));
  if (reasons.length === 0) return null;
  return (
    <Section title={text.why.title}>
      <ul className="flex flex-col gap-2.5 rounded-lg border border-line bg-raised px-3 py-2.5" data-testid="why">
        {reasons.map((reason, index) => (
          <Reason key={`${reason.kind}-${index}`} reason={reason} />
        ))}
        <Line why={why} />
      </ul>
    </Section>
  );
}

function Reason({ reason }: { reason: ReasonView }) {
  return (
    <li className="flex gap-2 text-xs" data-testid={`why-${reason.kind}`}>
      <Hourglass aria-hidden size={13} className="mt-0.5 shrink-0 text-warn" />
      <div className="min-w-0">
        <p className="text-ink wrap-anywhere">
          <Ticked words={sentence(reason.evidence)} />
        </p>
        {reason.change === "" ? null : <p className="mt-0.5 text-muted wrap-anywhere">
            <Change words={reason.change} />
          </p>}
        {reason.tasks.length === 0 ? null : (
          <p className="mt-1 flex flex-wrap gap-1.5">
            {reason.tasks.map((id) => (
              <Link key={id} to="/task/$task" params={{ task: id }} className="inline-flex h-5 items-center rounded bg-surface px-1.5 font-mono text-2xs text-muted hover:text-ink">
                {id}
              </Link>
            ))}
          </p>
        )}
      </div>
    </li>
  );
}

/** A command is shown as one. */
function Change({ words }: { words: string }) {
  return /^orchestron /.test(words) ? <code className="text-[0.94em] select-all">{visible(words)}</code> : <Ticked words={sentence(words)} />;
}

/** Its place in the line, when it only waits for one. */
function Line({ why }: { why: WhyView }) {
  const words = [why.position === null ? null : text.why.position(why.position), why.counts_as === why.priority ? null : text.why.countsAs(why.priority, why.counts_as), why.turn.kind !== "agent" || why.route?.to == null ? null : text.why.takes(why.route.to)].filter((part) => part !== null);
  if (words.length === 0) return null;
  return <li className="border-t border-line-soft pt-2 text-xs text-muted">{words.join(" · ")}</li>;
}
