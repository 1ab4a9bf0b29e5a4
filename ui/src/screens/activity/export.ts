/** The log as a file: JSON for programs, CSV for spreadsheets. */
import type { EventView } from "../../backend/wire";

const COLUMNS = ["seq", "at", "by", "kind", "task", "run", "text"] as const;

export function asJson(events: readonly EventView[]): string {
  return `${JSON.stringify(
    events.map((event) => ({ ...event, at: new Date(event.at).toISOString() })),
    null,
    2,
  )}\n`;
}

/** RFC 4180, with a mark that tells spreadsheets it is UTF-8. */
export function asCsv(events: readonly EventView[]): string {
  const rows = events.map((event) => COLUMNS.map((column) => cell(column === "at" ? new Date(event.at).toISOString() : event[column])).join(","));
  return `\uFEFF${[COLUMNS.join(","), ...rows].join("\r\n")}\r\n`;
}

/** A spreadsheet takes what begins with these for a formula and carries it out; an apostrophe makes it a text. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string | number | null): string {
  const raw = value === null ? "" : String(value);
  const text = typeof value === "string" && FORMULA.test(raw) ? `'${raw}` : raw;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
