/** Syntax colours. The highlighter and its languages come in a chunk of their own, after the diff is on the screen. */
import { useEffect, useState } from "react";
import type { DiffRow } from "./parse";

export interface Piece {
  text: string;
  /** Class of highlight.js, or empty. */
  style: string;
}

export interface Highlighter {
  /** Lines of coloured pieces; none when the language is unknown. */
  lines: (code: string, language: string) => Piece[][];
}

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

/** A hunk beyond this is shown without colours. */
const MOST_LINES = 1_500;
const LONGEST_LINE = 2_000;

/**
 * Colours rows hunk by hunk, when they are first asked for: old and new side apart, so that a string or comment over
 * several lines is coloured right.
 */
export class HunkColours {
  readonly #known = new Map<number, Map<DiffRow, Piece[]>>();
  readonly #byHunk = new Map<number, DiffRow[]>();
  readonly #highlighter: Highlighter;
  readonly #language: string;

  constructor(rows: readonly DiffRow[], highlighter: Highlighter, language: string) {
    this.#highlighter = highlighter;
    this.#language = language;
    for (const row of rows) {
      if (row.kind === "hunk" || row.kind === "note") continue;
      const own = this.#byHunk.get(row.hunk);
      if (own === undefined) this.#byHunk.set(row.hunk, [row]);
      else own.push(row);
    }
  }

  of(row: DiffRow): Piece[] | null {
    if (row.kind === "hunk" || row.kind === "note") return null;
    let hunk = this.#known.get(row.hunk);
    if (hunk === undefined) {
      hunk = this.#colour(this.#byHunk.get(row.hunk) ?? []);
      this.#known.set(row.hunk, hunk);
    }
    return hunk.get(row) ?? null;
  }

  #colour(rows: readonly DiffRow[]): Map<DiffRow, Piece[]> {
    const result = new Map<DiffRow, Piece[]>();
    if (rows.length > MOST_LINES || rows.some(({ text }) => text.length > LONGEST_LINE)) return result;
    for (const side of [rows.filter(({ kind }) => kind !== "add"), rows.filter(({ kind }) => kind !== "del")]) {
      const lines = this.#highlighter.lines(side.map(({ text }) => text).join("\n"), this.#language);
      side.forEach((row, index) => {
        const pieces = lines[index];
        if (pieces !== undefined) result.set(row, pieces);
      });
    }
    return result;
  }
}
