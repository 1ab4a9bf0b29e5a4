/** A task's runs, newest first; each leads to its transcript. */
import { Link } from "@tanstack/react-router";
import { Terminal } from "lucide-react";
import type { RunView } from "../backend/wire";
import { dollars } from "../format/money";
import { span } from "../format/time";
import { text } from "../text";
import { Chip } from "./chips";
import { HolderBadge } from "./face";
import { Age, Moment } from "./since";

const TONES = { starting: "accent", working: "accent", waiting: "warn", ending: "accent", completed: "good", failed: "bad" } as const;

export function runName(run: RunView): string {
  const what = run.gate !== null ? text.run.gate(run.gate) : run.leg === null ? text.run.run : text.leg[run.leg].next;
  return run.attempt > 1 ? `${what} · ${text.chain.attempt(run.attempt)}` : what;
}

export function Runs({ task, runs }: { task: string; runs: RunView[] }) {
  const newest = [...runs].sort((a, b) => b.since - a.since);
  return (
    <ul className="flex flex-col divide-y divide-line-soft rounded-lg border border-line">
      {newest.map((run) => (
        <li key={run.id}>
          <Link to="/task/$task" params={{ task }} search={{ tab: "transcript", run: run.id }} className="flex items-center gap-2.5 px-3 py-2 text-sm -outline-offset-2 hover:bg-raised">
            {run.agent === null ? (
              <span aria-hidden className="inline-flex size-5 shrink-0 items-center justify-center rounded-[0.3125rem] bg-badge text-on-badge">
                <Terminal size={12} />
              </span>
            ) : (
              <HolderBadge holder={{ kind: "agent", name: run.agent }} size="normal" />
            )}
            <span className="flex min-w-0 flex-1 flex-col">
              <span className="truncate font-medium">{runName(run)}</span>
              <span className="truncate text-2xs text-muted">{[run.agent, run.end === run.state ? null : (run.end ?? run.doing)].filter((part) => part !== null).join(" · ")}</span>
            </span>
            <span className="shrink-0 text-2xs text-muted">
              <Moment at={run.since} /> · {run.until === null ? <Age since={run.since} /> : span(run.until - run.since)}
              {run.cost === 0 ? null : ` · ${dollars(run.cost)}`}
            </span>
            <Chip tone={TONES[run.state]}>{text.run.state[run.state]}</Chip>
          </Link>
        </li>
      ))}
    </ul>
  );
}
