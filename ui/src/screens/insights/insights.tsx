/** How well the work goes: measures with their aims, and who and what it cost. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ChartColumn, CircleCheck, CircleDashed } from "lucide-react";
import { useRead } from "../../backend/reads";
import type { InsightsView, MeasureView } from "../../backend/wire";
import { measured } from "../../format/measure";
import { day } from "../../format/time";
import { Picker } from "../../parts/picker";
import { Segments } from "../../parts/segments";
import { Empty, Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { Chart } from "./chart";
import { ByAgent, BySteps, ByTask } from "./tables";

const PERIODS = [7, 14, 30, 90, 365] as const;
const USUAL_DAYS = 14;
const WEEK_MS = 7 * 86_400_000;

export interface InsightsSearch {
  days?: number;
  view?: "table";
}

export function Insights() {
  const search = useSearch({ from: "/insights" });
  const navigate = useNavigate({ from: "/insights" });
  const days = search.days ?? USUAL_DAYS;
  // Days begin where the person is.
  const insights = useRead("insights", { days, zone: -new Date().getTimezoneOffset() }, { keep: true });
  const set = (change: InsightsSearch) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  if (insights.data === undefined) {
    if (insights.isError) return <Failed level={1} title={text.insights.failed} cause={insights.error} onRetry={() => void insights.refetch()} />;
    return <Loading level={1} what={text.insights.loading} />;
  }
  const isEmpty = insights.data.agents.length === 0 && insights.data.measures.every(({ samples }) => samples === 0);
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-2.5 px-5">
        <h1 className="mr-1 text-md font-semibold">{text.nav.insights}</h1>
        <Picker label={text.insights.period} choices={PERIODS.map((period) => ({ id: String(period), name: text.insights.days(period) }))} chosen={String(days)} onChoose={(id) => set({ days: Number(id) === USUAL_DAYS ? undefined : Number(id) })} testId="insights-period" />
        <span className="flex-1" />
        <Segments
          label={text.insights.view}
          chosen={search.view ?? "charts"}
          onChoose={(id) => set({ view: id === "table" ? "table" : undefined })}
          choices={[
            { id: "charts", name: text.insights.charts },
            { id: "table", name: text.insights.table },
          ]}
          testId="insights-view"
        />
      </header>
      {isEmpty ? (
        <div className="min-h-0 flex-1">
          <Empty icon={<ChartColumn aria-hidden size={28} strokeWidth={1.5} />} title={text.insights.emptyTitle} words={text.insights.emptyWords} command="orchestron insights" />
        </div>
      ) : (
        <Body insights={insights.data} isTable={search.view === "table"} />
      )}
    </div>
  );
}

function Body({ insights, isTable }: { insights: InsightsView; isTable: boolean }) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-6" tabIndex={0} role="group" aria-label={text.nav.insights}>
      {isTable ? (
        <BySteps insights={insights} />
      ) : (
        <ul className="grid grid-cols-2 gap-3 wide:grid-cols-3">
          {insights.measures.map((measure) => (
            <Measure key={measure.what} measure={measure} insights={insights} />
          ))}
        </ul>
      )}
      <div className="mt-5 grid grid-cols-1 gap-5 wide:grid-cols-2">
        <ByAgent insights={insights} />
        <ByTask insights={insights} />
      </div>
    </div>
  );
}

function Measure({ measure, insights }: { measure: MeasureView; insights: InsightsView }) {
  const words = text.insights.measure[measure.what];
  const value = measure.value === null ? text.insights.none : measured(measure.unit, measure.value);
  const known = measure.points.filter((point) => point !== null);
  const summary = text.insights.summary(words.name, value, aimOf(measure), known.length === 0 ? "–" : measured(measure.unit, Math.min(...known)), known.length === 0 ? "–" : measured(measure.unit, Math.max(...known)));
  return (
    <li data-testid={`measure-${measure.what}`} className="flex flex-col rounded-xl border border-line bg-surface px-4 pt-3 pb-3.5 shadow-card">
      <h2 className="text-xs font-semibold">{words.name}</h2>
      <p className="truncate text-2xs text-muted" title={words.about}>
        {words.about}
      </p>
      <p className="mt-2 mb-2.5 flex items-baseline gap-2">
        <span className={measure.value === null ? "text-sm text-muted" : "text-lg font-semibold tabular-nums"}>{value}</span>
        <Aim measure={measure} />
      </p>
      <Chart measure={measure} label={summary} nameOf={(step) => `${stepName(insights, step)}: ${pointOf(measure, step)}`} />
      <p className="mt-1.5 flex justify-between text-2xs text-faint tabular-nums">
        <span>{stepName(insights, 0)}</span>
        <span className="truncate px-2">{text.insights.from(words.samples(measure.samples))}</span>
        <span>{text.insights.latest}</span>
      </p>
    </li>
  );
}

function Aim({ measure }: { measure: MeasureView }) {
  if (measure.target === null) return <span className="text-2xs text-faint">{text.insights.noAim}</span>;
  const isMet = measure.value === null ? null : measure.more_is_better ? measure.value >= measure.target : measure.value <= measure.target;
  return (
    <span className={`flex items-center gap-1 text-2xs ${isMet === true ? "text-good" : "text-muted"}`}>
      {isMet === null ? null : isMet ? <CircleCheck role="img" aria-label={text.insights.met} size={12} className="shrink-0" /> : <CircleDashed role="img" aria-label={text.insights.missed} size={12} className="shrink-0 text-warn" />}
      {aimOf(measure)}
    </span>
  );
}

function aimOf({ unit, target, more_is_better: more }: MeasureView): string {
  if (target === null) return text.insights.noAim;
  const value = measured(unit, target);
  return text.insights.aim(more ? text.insights.atLeast(value) : text.insights.below(value));
}

export function pointOf(measure: MeasureView, step: number): string {
  const point = measure.points[step];
  return point == null ? "–" : measured(measure.unit, point);
}

export function stepName({ from, step }: InsightsView, index: number): string {
  const name = day(from + index * step);
  return step >= WEEK_MS ? `${text.insights.week} ${name}` : name;
}
