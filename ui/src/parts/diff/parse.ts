/** A unified diff as rows to draw. */
export interface DiffRow {
  kind: "hunk" | "same" | "add" | "del" | "note";
  /** Line numbers before and after, where there is one. */
  before: number | null;
  after: number | null;
  text: string;
  /** Which hunk the row belongs to. */
  hunk: number;
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

export function parsePatch(patch: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let before = 0;
  let after = 0;
  let hunk = -1;
  const lines = patch.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const raw of lines) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    const start = HUNK.exec(line);
    if (start !== null) {
      before = Number(start[1]);
      after = Number(start[2]);
      hunk += 1;
      rows.push({ kind: "hunk", before: null, after: null, text: line, hunk });
      continue;
    }
    // Headers before the first hunk say nothing that the file list does not.
    if (hunk < 0) continue;
    const text = line.slice(1);
    if (line.startsWith("+")) rows.push({ kind: "add", before: null, after: after++, text, hunk });
    else if (line.startsWith("-")) rows.push({ kind: "del", before: before++, after: null, text, hunk });
    else if (line.startsWith("\\")) rows.push({ kind: "note", before: null, after: null, text: text.trim(), hunk });
    else rows.push({ kind: "same", before: before++, after: after++, text, hunk });
  }
  return rows;
}

export function longestLine(rows: readonly DiffRow[]): number {
  let longest = 0;
  for (const { text } of rows) longest = Math.max(longest, widthOf(text));
  return longest;
}

const TAB = 4;

function widthOf(line: string): number {
  let width = 0;
  for (const char of line) width += char === "\t" ? TAB : 1;
  return width;
}
