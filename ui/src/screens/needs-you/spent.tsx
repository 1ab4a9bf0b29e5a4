/** Where the money went that is used up. */
import { Link } from "@tanstack/react-router";
import { useRead, useTask } from "../../backend/reads";
import { dollars } from "../../format/money";
import { visible } from "../../format/visible";
import { HolderBadge } from "../../parts/face";
import { Runs } from "../../parts/runs";
import { Section } from "../../parts/section";
import { text } from "../../text";

const MOST = 6;

/** Today's, by agent and by task. */
export function SpentToday() {
  const today = useRead("insights", { days: 1, zone: -new Date().getTimezoneOffset() }).data;
  if (today === undefined || today.cost === 0) return null;
  const agents = today.agents.filter(({ cost }) => cost > 0).slice(0, MOST);
  const tasks = today.tasks.slice(0, MOST);
  return (
    <div className="@container">
      <div className="grid grid-cols-1 gap-5 @min-[34rem]:grid-cols-2">
        <Section title={text.budget.byAgent}>
          <ul className="divide-y divide-line-soft rounded-lg border border-line">
            {agents.map(({ name, cost }) => (
              <Spent key={name} cost={cost} most={agents[0]?.cost ?? cost}>
                <HolderBadge holder={{ kind: "agent", name }} />
                <span className="truncate">{visible(name)}</span>
              </Spent>
            ))}
          </ul>
        </Section>
        <Section title={text.budget.byTask}>
          <ul className="divide-y divide-line-soft rounded-lg border border-line">
            {tasks.map(({ task, title, cost }) => (
              <Spent key={task} cost={cost} most={tasks[0]?.cost ?? cost}>
                <Link to="/task/$task" params={{ task }} className="flex min-w-0 items-baseline gap-2 rounded underline-offset-2 hover:underline">
                  <span className="shrink-0 font-mono text-muted">{task}</span>
                  <span className="truncate">{title === null ? "" : visible(title)}</span>
                </Link>
              </Spent>
            ))}
          </ul>
        </Section>
      </div>
    </div>
  );
}

/** A line with its share of the most as a bar behind it. */
function Spent({ cost, most, children }: { cost: number; most: number; children: React.ReactNode }) {
  return (
    <li className="relative flex items-center gap-2 px-3 py-2 text-xs">
      <span aria-hidden className="absolute inset-y-0 left-0 bg-warn-tint/60" style={{ width: `${(cost / Math.max(1, most)) * 100}%` }} />
      <span className="relative flex min-w-0 flex-1 items-center gap-2">{children}</span>
      <span className="relative shrink-0 tabular-nums">{dollars(cost)}</span>
    </li>
  );
}

/** A task's, run by run. */
export function SpentOn({ task }: { task: string }) {
  const found = useTask(task).data;
  if (found === undefined || found.runs.length === 0) return null;
  return (
    <Section title={text.task.runs}>
      <Runs task={task} runs={found.runs} />
    </Section>
  );
}
