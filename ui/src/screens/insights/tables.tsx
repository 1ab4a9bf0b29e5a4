/** The same as tables: step by step, by agent, by task. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useId } from "react";
import type { InsightsView } from "../../backend/wire";
import { measured, percent } from "../../format/measure";
import { dollars } from "../../format/money";
import { day, span } from "../../format/time";
import { visible } from "../../format/visible";
import { HolderBadge } from "../../parts/face";
import { text } from "../../text";

const WEEK_MS = 7 * 86_400_000;
const HEAD = "px-3 py-2 font-medium whitespace-nowrap text-muted";
const CELL = "px-3 py-1.5 whitespace-nowrap tabular-nums";

function Table({ title, heads, children }: { title: string; heads: readonly string[]; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0">
      <h2 id={id} className="mb-2 text-xs font-semibold text-muted">
        {title}
      </h2>
      <div className="overflow-x-auto rounded-xl border border-line bg-surface" tabIndex={0} role="group" aria-labelledby={id}>
        <table className="w-full text-xs">
          <thead className="border-b border-line text-left">
            <tr>
              {heads.map((head, at) => (
                <th key={head} scope="col" className={`${HEAD} ${at === 0 ? "" : "text-right"}`}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line-soft">{children}</tbody>
        </table>
      </div>
    </section>
  );
}

/** Newest first, as people read tables. */
export function BySteps({ insights }: { insights: InsightsView }) {
  const { measures, from, step } = insights;
  const steps = measures[0]?.points.map((_, at) => at).reverse() ?? [];
  return (
    <Table title={step >= WEEK_MS ? text.insights.byWeek : text.insights.byStep} heads={[text.insights.step, ...measures.map(({ what }) => text.insights.measure[what].name)]}>
      {steps.map((at) => (
        <tr key={at}>
          <th scope="row" className={`${CELL} text-left font-medium`}>
            {day(from + at * step)}
          </th>
          {measures.map((measure) => {
            const point = measure.points[at];
            return (
              <td key={measure.what} className={`${CELL} text-right`}>
                {point == null ? <span className="text-faint">–</span> : measured(measure.unit, point)}
              </td>
            );
          })}
        </tr>
      ))}
    </Table>
  );
}

export function ByAgent({ insights }: { insights: InsightsView }) {
  const { column } = text.insights;
  return (
    <Table title={text.insights.agents} heads={[column.agent, column.cost, column.runs, column.failed, column.busy, column.utilisation, column.cacheHits]}>
      {insights.agents.map((agent) => (
        <tr key={agent.name} data-testid={`insight-agent-${agent.name}`}>
          <th scope="row" className={`${CELL} text-left font-medium`}>
            <span className="flex items-center gap-2">
              <HolderBadge holder={{ kind: "agent", name: agent.name }} />
              {agent.name}
            </span>
          </th>
          <td className={`${CELL} text-right`}>{dollars(agent.cost)}</td>
          <td className={`${CELL} text-right`}>{agent.runs}</td>
          <td className={`${CELL} text-right`}>{agent.failed}</td>
          <td className={`${CELL} text-right`}>{span(agent.busy)}</td>
          <td className={`${CELL} text-right`}>{agent.utilisation === null ? "–" : percent(agent.utilisation)}</td>
          <td className={`${CELL} text-right`}>{agent.cache_hits === null ? "–" : percent(agent.cache_hits)}</td>
        </tr>
      ))}
    </Table>
  );
}

const MOST_TASKS = 12;

export function ByTask({ insights }: { insights: InsightsView }) {
  const { column } = text.insights;
  const tasks = insights.tasks.slice(0, MOST_TASKS);
  const more = insights.more_tasks + insights.tasks.length - tasks.length;
  return (
    <div className="min-w-0">
      <Table title={text.insights.tasks} heads={[column.task, column.cost, column.runs, column.state]}>
        {tasks.map((task) => (
          <tr key={task.task}>
            <th scope="row" className={`${CELL} max-w-0 w-full text-left font-normal`}>
              <Link to="/task/$task" params={{ task: task.task }} className="block truncate rounded underline-offset-2 hover:underline">
                <span className="mr-2 font-mono text-muted">{task.task}</span>
                {task.title === null ? <span className="text-faint">{text.insights.gone}</span> : visible(task.title)}
              </Link>
            </th>
            <td className={`${CELL} text-right`}>{dollars(task.cost)}</td>
            <td className={`${CELL} text-right`}>{task.runs}</td>
            <td className={`${CELL} text-right text-muted`}>{task.done ? text.insights.done : text.insights.open}</td>
          </tr>
        ))}
      </Table>
      {more === 0 ? null : <p className="mt-2 text-2xs text-faint">{text.insights.moreTasks(more)}</p>}
    </div>
  );
}
