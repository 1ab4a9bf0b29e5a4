/**
 * Keeps what is shown fresh: the backend says what changed, the queries about it are asked again. Nothing polls.
 * After a quiet moment a change is looked at at once; refreshes of one kind never overlap, so a storm of changes costs one refresh after
 * the other and nothing starves.
 */
import type { QueryClient } from "@tanstack/react-query";
import type { Backend } from "./backend";
import type { OperationName } from "./operations";
import type { BoardView, Topic } from "./wire";

/** Between two refreshes of one kind. */
const GATHER_MS = 30;
/** Lines on cards may be this old while agents work; the board is big, a transcript is not. */
const LINES_REST_MS = 400;
/** What takes long is done less often. */
const REST_PER_WORK = 4;
const LONGEST_REFRESH_MS = 10_000;
/** Measures read the whole log; a moment more or less changes nothing in them. */
const MEASURES_REST_MS = 5_000;

const ABOUT_RUNS: readonly OperationName[] = ["transcript"];
const ABOUT_MEASURES: readonly OperationName[] = ["insights"];
const APART: readonly OperationName[] = [...ABOUT_RUNS, ...ABOUT_MEASURES];
const ABOUT_LINES: readonly OperationName[] = ["project", "task"];
/** What people look at: the rest is asked for when this is here, so that nothing is before it. */
const FIRST: readonly OperationName[] = ["board", "task"];
const BOARD_KEY = ["board", {}];

export function keepFresh(backend: Backend, client: QueryClient): () => void {
  const refreshThose = (isThat: (name: OperationName) => boolean) =>
    client.invalidateQueries({ predicate: ({ queryKey: [name] }) => isThat(name as OperationName) }, { cancelRefetch: true });
  const refresh = (names: readonly OperationName[]) => refreshThose((name) => names.includes(name));
  const all = new Gatherer(GATHER_MS, 0, async () => {
    await refresh(FIRST);
    await refreshThose((name) => !FIRST.includes(name) && !APART.includes(name));
  });
  const transcripts = new Gatherer(GATHER_MS, 0, () => refresh(ABOUT_RUNS));
  const measures = new Gatherer(GATHER_MS, MEASURES_REST_MS, () => refresh(ABOUT_MEASURES));
  const lines = new Gatherer(GATHER_MS, LINES_REST_MS, () => Promise.all([refresh(ABOUT_LINES), refreshLines(backend, client)]));
  const stop = backend.subscribe((topic: Topic) => {
    if (topic === "store") {
      all.ask();
      measures.ask();
    }
    transcripts.ask();
    if (topic === "runs") lines.ask();
  });
  return () => {
    stop();
    for (const gatherer of [all, transcripts, measures, lines]) gatherer.stop();
  };
}

/** Asks again only for the columns in which somebody works; the whole board may be thousands of cards. */
async function refreshLines(backend: Backend, client: QueryClient): Promise<void> {
  const board = client.getQueryData<BoardView>(BOARD_KEY);
  if (board === undefined) return;
  const asOf = client.getQueryState(BOARD_KEY)?.dataUpdatedAt;
  const statuses = new Set(board.cards.filter(({ run }) => run !== null).map(({ status }) => status));
  const lists = await Promise.all([...statuses].map((status) => backend.call("list", { status, agent: null }))).catch(() => []);
  const fresh = new Map(lists.flat().map((card) => [card.id, card]));
  // A whole board that came meanwhile is newer than what was asked for before.
  if (fresh.size === 0 || client.getQueryState(BOARD_KEY)?.dataUpdatedAt !== asOf) return;
  client.setQueryData<BoardView>(BOARD_KEY, (before) => before && { ...before, cards: before.cards.map((card) => fresh.get(card.id) ?? card) });
}

/** Runs `work` at once when it is asked for after a quiet moment, else soon; never twice at once, and at least `rest` milliseconds apart. */
export class Gatherer {
  #state: "idle" | "gathering" | "busy" | "stopped" = "idle";
  #again = false;
  #timer: number | undefined;
  #ended = Number.NEGATIVE_INFINITY;
  readonly #gather: number;
  readonly #rest: number;
  readonly #work: () => Promise<unknown>;

  constructor(gather: number, rest: number, work: () => Promise<unknown>) {
    this.#gather = gather;
    this.#rest = rest;
    this.#work = work;
  }

  ask(): void {
    if (this.#state === "busy") this.#again = true;
    if (this.#state !== "idle") return;
    const left = this.#ended + this.#gather - performance.now();
    if (left <= 0) {
      void this.#run();
      return;
    }
    this.#state = "gathering";
    this.#timer = window.setTimeout(() => void this.#run(), left);
  }

  stop(): void {
    this.#state = "stopped";
    window.clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#state = "busy";
    const began = performance.now();
    const limit = new Promise((resolve) => window.setTimeout(resolve, LONGEST_REFRESH_MS));
    await Promise.race([this.#work(), limit]);
    this.#ended = performance.now();
    if (this.#stopped()) return;
    if (this.#rest === 0) this.#rested();
    else this.#timer = window.setTimeout(() => this.#rested(), Math.max(this.#rest, (this.#ended - began) * REST_PER_WORK));
  }

  #rested(): void {
    if (this.#stopped()) return;
    this.#state = "idle";
    if (!this.#again) return;
    this.#again = false;
    this.ask();
  }

  #stopped(): boolean {
    return this.#state === "stopped";
  }
}
