/** Numbers of measures in their units. */
import { text } from "../text";
import type { UnitWord } from "../backend/wire";
import { dollars } from "./money";
import { span } from "./time";

/** Thousandths as percent: `90 %`, `0.4 %`. */
export function percent(thousandths: number): string {
  const tenth = thousandths % 10;
  return thousandths < 100 && tenth !== 0 ? `${(thousandths / 10).toFixed(1)} %` : `${Math.round(thousandths / 10)} %`;
}

export function measured(unit: UnitWord, value: number): string {
  switch (unit) {
    case "per-day": {
      const perDay = value / 1_000;
      return text.insights.perDay(Number.isInteger(perDay) ? String(perDay) : perDay.toFixed(1));
    }
    case "span":
      return span(value);
    case "share":
      return percent(value);
    case "money":
      return dollars(value);
  }
}
