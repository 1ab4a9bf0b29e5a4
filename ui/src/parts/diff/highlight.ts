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

/** So many rows of a hunk are coloured together, so that a string or comment over several lines is coloured right. */
const BLOCK_ROWS = 200;
const LONGEST_LINE = 2_000;
/** Half a frame: the rest is for scrolling. */
const SLICE_MS = 8;

/** A side of a block: what was before, or what is after. */
type Side = readonly DiffRow[];

/**
 * Colours the blocks in sight: first they are drawn as they are, then, in slices between frames, in colours. Old and new side
 * apart, and what was asked for last goes first.
 */
export class HunkColours {
  readonly #known = new Map<DiffRow, Piece[]>();
  readonly #blocks = new Map<DiffRow, DiffRow[]>();
  readonly #asked = new Set<DiffRow[]>();
  readonly #listeners = new Set<() => void>();
  readonly #highlighter: Highlighter;
  readonly #language: string;
  #waiting: Side[] = [];
  #isAwaited = false;
  #version = 0;

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

  /** The colours of a row; none yet when they are still to be found. */
  of(row: DiffRow): Piece[] | null {
    const block = this.#blocks.get(row);
    if (block !== undefined && !this.#asked.has(block)) {
      this.#asked.add(block);
      this.#waiting.push(...sidesOf(block));
      this.#awaitSlice();
    }
    return this.#known.get(row) ?? null;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Another number when more is coloured. */
  readonly version = (): number => this.#version;

  #awaitSlice(): void {
    if (this.#isAwaited || this.#waiting.length === 0) return;
    this.#isAwaited = true;
    setTimeout(() => {
      this.#isAwaited = false;
      this.#slice();
    });
  }

  #slice(): void {
    const end = performance.now() + SLICE_MS;
    do {
      const side = this.#waiting.pop();
      if (side !== undefined) this.#colour(side);
    } while (this.#waiting.length > 0 && performance.now() < end);
    this.#version += 1;
    for (const listener of this.#listeners) listener();
    this.#awaitSlice();
  }

  #colour(side: Side): void {
    const lines = this.#highlighter.lines(side.map(({ text }) => text).join("\n"), this.#language);
    side.forEach((row, index) => {
      const pieces = lines[index];
      // A row that is the same on both sides is as it is after the change, whichever side comes first.
      if (pieces !== undefined && (row.kind !== "same" || !this.#known.has(row) || isAfter(side))) this.#known.set(row, pieces);
    });
  }
}

const isAfter = (side: Side): boolean => side.every(({ kind }) => kind !== "del");

function sidesOf(block: readonly DiffRow[]): Side[] {
  if (block.some(({ text }) => text.length > LONGEST_LINE)) return [];
  const after = block.filter(({ kind }) => kind !== "del");
  // Without a line that was taken away, all that there was is also there now.
  const before = block.some(({ kind }) => kind === "del") ? block.filter(({ kind }) => kind !== "add") : [];
  return [before, after].filter((side) => side.length > 0);
}
