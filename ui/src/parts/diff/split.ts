/** Rows of a unified diff side by side: what was taken away on the left, what came instead on the right. */
import type { DiffRow } from "./parse";

export interface Pair {
  left: DiffRow | null;
  right: DiffRow | null;
}

export function pairsOf(rows: readonly DiffRow[]): Pair[] {
  const pairs: Pair[] = [];
  let gone: DiffRow[] = [];
  let come: DiffRow[] = [];
  const flush = () => {
    for (let index = 0; index < Math.max(gone.length, come.length); index += 1) pairs.push({ left: gone[index] ?? null, right: come[index] ?? null });
    gone = [];
    come = [];
  };
  for (const row of rows) {
    if (row.kind === "del") {
      // A new block of changes begins.
      if (come.length > 0) flush();
      gone.push(row);
    } else if (row.kind === "add") come.push(row);
    else if (row.kind === "note") {
      // `No newline at end of file` belongs to what stands above it; it must not tear a change apart.
      continue;
    } else {
      flush();
      pairs.push({ left: row, right: row });
    }
  }
  flush();
  return pairs;
}
