/** What the approval of a task would start, and what still waits for others. */
import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { useImpact } from "../backend/reads";
import type { StartView } from "../backend/wire";
import { Section } from "./section";
import { text } from "../text";

interface ImpactProps {
  task: string;
  unblocks: readonly string[];
  /** Said where somebody is about to approve: that nothing waits for it is an answer, too. */
  isAlwaysSaid?: boolean;
}

export function Impact({ task, unblocks, isAlwaysSaid = false }: ImpactProps) {
  const impact = useImpact(task, unblocks.length > 0).data;
  if (unblocks.length === 0 && isAlwaysSaid) {
    return (
      <Section title={text.impact.title}>
        <p className="text-sm text-muted" data-testid="impact">
          {text.impact.nothing}
        </p>
      </Section>
    );
  }
  if (unblocks.length === 0 || impact === undefined) return null;
  return (
    <Section title={text.impact.title}>
      <ul className="flex flex-col gap-1.5 text-xs" data-testid="impact">
        {impact.starts.map((start) => (
          <Start key={start.task} start={start} />
        ))}
        {impact.still_waits.map((other) => (
          <li key={other.task} className="flex items-baseline gap-2">
            <TaskLink id={other.task} />
            <span className="min-w-0 text-muted">{text.impact.stillWaits(other.waits_for)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Start({ start }: { start: StartView }) {
  return (
    <li className="flex items-baseline gap-2" title={start.why}>
      <TaskLink id={start.task} />
      <ArrowRight aria-hidden size={12} className="mt-0.75 shrink-0 self-start text-muted" />
      <span className="min-w-0">
        {start.at_once ? text.impact.atOnce(text.leg[start.leg].next, start.who.name === "" ? text.you : start.who.name) : text.impact.later(text.leg[start.leg].next, start.who.name === "" ? text.you : start.who.name, start.position)}
      </span>
    </li>
  );
}

function TaskLink({ id }: { id: string }) {
  return (
    <Link to="/task/$task" params={{ task: id }} className="shrink-0 rounded font-mono text-accent underline-offset-2 hover:underline">
      {id}
    </Link>
  );
}
