/** Syntax colours. The highlighter and its languages come in a chunk of their own, after the diff is on the screen. */
import { useEffect, useState } from "react";
import type { DiffRow } from "./parse";
import type { Highlighter, Piece } from "./pieces";

const LANGUAGES: Record<string, string> = {
  rs: "rust", ts: "typescript", tsx: "typescript", mts: "typescript", js: "javascript", jsx: "javascript", mjs: "javascript", cjs: "javascript",
  py: "python", go: "go", java: "java", kt: "kotlin", rb: "ruby", php: "php", c: "c", h: "c", cc: "cpp", cpp: "cpp", hpp: "cpp", cs: "csharp",
  swift: "swift", sh: "bash", bash: "bash", zsh: "bash", json: "json", yaml: "yaml", yml: "yaml", toml: "ini", ini: "ini", md: "markdown",
  css: "css", scss: "scss", html: "xml", xml: "xml", svg: "xml", vue: "xml", sql: "sql",
};

export function languageOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return LANGUAGES[name.slice(name.lastIndexOf(".") + 1)] ?? null;
}

let loaded: Highlighter | null = null;
let loading: Promise<Highlighter> | null = null;

/** The highlighter, once it is there. */
export function useHighlighter(): Highlighter | null {
  const [highlighter, setHighlighter] = useState(loaded);
  useEffect(() => {
    if (highlighter !== null) return;
    let gone = false;
    loading ??= import("./lowlight").then((module) => module.highlighter);
    loading.then(
      (found) => {
        loaded = found;
        if (!gone) setHighlighter(found);
      },
      // Without colours the diff is still a diff.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [highlighter]);
  return highlighter;
}

/** So many rows of a hunk are coloured at once; a hunk of a new file can be very long. */
const BLOCK_ROWS = 200;
const LONGEST_LINE = 2_000;

/**
 * Colours rows block by block, when they are first asked for: old and new side apart, so that a string or comment over
 * several lines is coloured right.
 */
export class HunkColours {
  readonly #coloured = new Set<DiffRow[]>();
  readonly #known = new Map<DiffRow, Piece[]>();
  readonly #blocks = new Map<DiffRow, DiffRow[]>();
  readonly #highlighter: Highlighter;
  readonly #language: string;

  constructor(rows: readonly DiffRow[], highlighter: Highlighter, language: string) {
    this.#highlighter = highlighter;
    this.#language = language;
    let block: DiffRow[] = [];
    for (const row of rows) {
      if (row.kind === "note") continue;
      if (row.kind === "hunk" || block.length >= BLOCK_ROWS) block = [];
      if (row.kind === "hunk") continue;
      block.push(row);
      this.#blocks.set(row, block);
    }
  }

  of(row: DiffRow): Piece[] | null {
    const block = this.#blocks.get(row);
    if (block !== undefined && !this.#coloured.has(block)) {
      this.#coloured.add(block);
      this.#colour(block);
    }
    return this.#known.get(row) ?? null;
  }

  #colour(rows: readonly DiffRow[]): void {
    if (rows.some(({ text }) => text.length > LONGEST_LINE)) return;
    for (const side of [rows.filter(({ kind }) => kind !== "add"), rows.filter(({ kind }) => kind !== "del")]) {
      const lines = this.#highlighter.lines(side.map(({ text }) => text).join("\n"), this.#language);
      side.forEach((row, index) => {
        const pieces = lines[index];
        if (pieces !== undefined) this.#known.set(row, pieces);
      });
    }
  }
}
