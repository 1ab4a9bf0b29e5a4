/**
 * Keeps what is shown fresh: the backend says what changed, the queries about it are asked again. Nothing polls.
 * Refreshes of one kind never overlap, so a storm of changes costs one refresh after the other and nothing starves.
 */
import type { Query, QueryClient } from "@tanstack/react-query";
import type { Backend } from "./backend";
import type { OperationName } from "./operations";
import type { BoardView, Topic } from "./wire";

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
const BOARD_KEY = ["board", {}];

export function keepFresh(backend: Backend, client: QueryClient): () => void {
  const refresh = (names: readonly OperationName[] | null) =>
    client.invalidateQueries({ predicate: (query) => isAbout(query, names) }, { cancelRefetch: true });
  const all = new Gatherer(GATHER_MS, 0, () => refresh(null));
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

function isAbout(query: Query, names: readonly OperationName[] | null): boolean {
  const name = query.queryKey[0] as OperationName;
  return names === null ? !APART.includes(name) : names.includes(name);
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

/** Runs `work` soon after it was asked for, never twice at once, and rests for at least `rest` milliseconds after each time. */
export class Gatherer {
  #state: "idle" | "gathering" | "busy" | "stopped" = "idle";
  #again = false;
  #timer: number | undefined;
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
    this.#state = "gathering";
    this.#timer = window.setTimeout(() => void this.#run(), this.#gather);
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
    if (this.#stopped()) return;
    if (this.#rest === 0) this.#rested();
    else this.#timer = window.setTimeout(() => this.#rested(), Math.max(this.#rest, (performance.now() - began) * REST_PER_WORK));
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
