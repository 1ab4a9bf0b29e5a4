/** How well the fake's work goes: numbers that look like a fortnight of it, always the same. */
import type { Insights, InsightsView, MeasureView, MeasureWord, UnitWord } from "../wire";
import { NOW } from "./clock";
import type { World } from "./world";

const DAY = 86_400_000;
const WEEKS_FROM = 120;

/** A wave that is the same each time: `middle` ± `swing`. */
const wave = (step: number, seed: number, middle: number, swing: number) => Math.max(0, Math.round(middle + swing * Math.sin(step * 1.7 + seed) + (swing / 2) * Math.sin(step * 0.45 + seed * 3)));

const SHAPES: readonly [what: MeasureWord, unit: UnitWord, value: number, swing: number, target: number | null, more: boolean, samples: number][] = [
  ["throughput", "per-day", 7_400, 3_000, 100_000, true, 104],
  ["cycle-time", "span", 31 * 60_000, 14 * 60_000, null, false, 104],
  ["hand-over", "span", 420, 160, 30_000, false, 412],
  ["first-pass", "share", 788, 120, 900, true, 104],
  ["human-share", "share", 135, 70, 100, false, 104],
  ["utilisation", "share", 412, 130, 800, true, 4],
  ["failed-starts", "share", 4, 4, 10, false, 538],
  ["cache-hits", "share", 872, 40, 800, true, 61_400_000],
  ["cost", "money", 4_900_000, 2_100_000, null, false, 538],
];

export function insights(world: World, { days: asked }: Insights): InsightsView {
  const days = asked ?? 14;
  const step = days > WEEKS_FROM ? 7 * DAY : DAY;
  const steps = Math.ceil((days * DAY) / step);
  const isEmpty = world.cards.length === 0;
  const measures = SHAPES.map(([what, unit, value, swing, target, more_is_better, samples], seed): MeasureView => {
    // Weekends are quiet, and before the project began there was nothing.
    const points = Array.from({ length: steps }, (_, at) => (isEmpty || at < steps - 60 ? null : unit === "span" && at % 7 === 2 ? null : wave(at, seed, value, swing)));
    return { what, unit, value: isEmpty ? null : what === "cost" ? points.reduce<number>((sum, point) => sum + (point ?? 0), 0) : value, target, more_is_better, samples: isEmpty ? 0 : samples, points };
  });
  return {
    from: NOW - (steps - 1) * step - (NOW % DAY),
    to: NOW,
    step,
    measures,
    agents: isEmpty
      ? []
      : days === 1 ? [
          { name: "claude-impl", runs: 22, failed: 1, busy: 4.1 * 3_600_000, utilisation: 702, cost: 21_300_000, cache_hits: 891 },
          { name: "architect", runs: 9, failed: 0, busy: 1.2 * 3_600_000, utilisation: 211, cost: 9_600_000, cache_hits: 864 },
          { name: "codex-review", runs: 12, failed: 0, busy: 1.4 * 3_600_000, utilisation: 331, cost: 6_200_000, cache_hits: 823 },
        ] : [
          { name: "claude-impl", runs: 214, failed: 9, busy: 31.5 * 3_600_000, utilisation: 702, cost: 38_400_000, cache_hits: 891 },
          { name: "architect", runs: 108, failed: 1, busy: 9.2 * 3_600_000, utilisation: 211, cost: 21_500_000, cache_hits: 864 },
          { name: "codex-review", runs: 131, failed: 2, busy: 12.4 * 3_600_000, utilisation: 331, cost: 12_100_000, cache_hits: 823 },
          { name: "gemini-docs", runs: 41, failed: 5, busy: 2.1 * 3_600_000, utilisation: 64, cost: 2_300_000, cache_hits: null },
        ],
    tasks: world.cards
      .filter(({ cost }) => cost > 0)
      .sort((a, b) => b.cost - a.cost)
      .slice(0, 50)
      .map(({ id, title, cost, attempts, handoffs, status }) => ({ task: id, title, cost, runs: attempts + handoffs, done: status === "done" })),
    more_tasks: isEmpty || days === 1 ? 0 : 92,
    cost: isEmpty ? 0 : days === 1 ? 37_100_000 : 74_300_000,
  };
}
