/** Which parts of a transcript are shown, and where the words that are searched for stand. */
import { editsOf } from "./edits";
import type { Entry } from "./entries";

export type Shown = "all" | "words" | "calls" | "edits" | "failures";

export const SHOWN: readonly Shown[] = ["all", "words", "calls", "edits", "failures"];

export function shownOf(entries: readonly Entry[], shown: Shown): Entry[] {
  return entries.filter((entry) => {
    switch (shown) {
      case "all":
        return true;
      case "words":
        return entry.type === "told" || entry.type === "says";
      case "calls":
        return entry.type === "call";
      case "edits":
        return entry.type === "call" && editsOf(entry.tool, entry.input).length > 0;
      case "failures":
        return entry.type === "call" && entry.result?.failed === true;
    }
  });
}

/** The indices of entries that contain the words, whatever their case. */
export function placesOf(entries: readonly Entry[], words: string): number[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return [];
  return entries.flatMap((entry, index) => (textOf(entry).toLowerCase().includes(wanted) ? [index] : []));
}

function textOf(entry: Entry): string {
  return entry.type === "call" ? `${entry.tool} ${entry.summary} ${entry.input} ${entry.result?.text ?? ""}` : entry.text;
}
