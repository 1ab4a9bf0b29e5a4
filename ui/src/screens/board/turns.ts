/** Turns of holders as bars between two moments. */
import type { CardView, ChainStop } from "../../backend/wire";

/** How far back one can look, in hours. */
export const RANGES = [1, 3, 6, 24, 168, 720] as const;
const USUAL_RANGE = 6;
/** A range fits when it holds so much of the last day's turns. */
const MOST_OF = 0.8;

export interface Bar {
  stop: ChainStop;
  /** In percent of the whole. */
  left: number;
  width: number;
  /** How long, in milliseconds; none while it goes on. */
  took: number | null;
}

const HOUR = 3_600_000;

const isOn = ({ state }: ChainStop) => state === "current" || state === "waiting";

/** From when to when; a turn that is over ended at `at`, one under way began then. */
function turn(stop: ChainStop, now: number): [from: number, to: number] | null {
  if (stop.at === null || stop.state === "next") return null;
  return isOn(stop) ? [stop.at, now] : [stop.at - (stop.took ?? 0), stop.at];
}

export function barsOf(card: CardView, from: number, to: number): Bar[] {
  const whole = Math.max(1, to - from);
  return card.chain.flatMap((stop) => {
    const found = turn(stop, to);
    if (found === null || found[1] < from || found[0] > to) return [];
    const begin = Math.max(from, found[0]);
    return [{ stop, left: ((begin - from) / whole) * 100, width: ((Math.min(to, found[1]) - begin) / whole) * 100, took: isOn(stop) ? null : found[1] - found[0] }];
  });
}

/** When somebody last held it; never when nobody did. */
export function lastTouched(card: CardView, now: number): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...card.chain.map((stop) => turn(stop, now)?.[1] ?? Number.NEGATIVE_INFINITY));
}

/** The smallest range that holds most of what happened in the last day, from its beginning on. */
export function fittingRange(cards: readonly CardView[], now: number): number {
  const lately = cards.flatMap((card) => card.chain.map((stop) => turn(stop, now))).filter((found) => found !== null && found[1] > now - 24 * HOUR);
  if (lately.length === 0) return USUAL_RANGE;
  const holds = (hours: number) => lately.filter((found) => found !== null && found[0] >= now - hours * HOUR).length >= lately.length * MOST_OF;
  return RANGES.find(holds) ?? 24;
}

const STEPS_MS = [10, 15, 30, 60, 120, 180, 360, 720, 1_440].map((minutes) => minutes * 60_000);
const MOST_TICKS = 8;

/** Round moments, at most eight. */
export function ticksOf(from: number, to: number): { at: number; left: number }[] {
  const step = STEPS_MS.find((one) => (to - from) / one <= MOST_TICKS) ?? 1_440 * 60_000;
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at < to; at += step) ticks.push({ at, left: ((at - from) / (to - from)) * 100 });
  return ticks;
}
