/**
 * Keeps what is shown fresh: the backend says what changed, the queries about it are asked again. Nothing polls.
 * Refreshes of one kind never overlap, so a storm of changes costs one refresh after the other and nothing starves.
 */
import type { Query, QueryClient } from "@tanstack/react-query";
import type { Backend } from "./backend";
import type { OperationName } from "./operations";
import type { Topic } from "./wire";

const GATHER_MS = 30;
/** Lines on cards may be this old while agents work; the board is big, a transcript is not. */
const CARDS_EVERY_MS = 400;
const LONGEST_REFRESH_MS = 10_000;

const ABOUT_RUNS: readonly OperationName[] = ["transcript"];
const ABOUT_LINES: readonly OperationName[] = ["board", "project", "task"];

export function keepFresh(backend: Backend, client: QueryClient): () => void {
  const refresh = (names: readonly OperationName[] | null) =>
    client.invalidateQueries({ predicate: (query) => isAbout(query, names) }, { cancelRefetch: true });
  const all = new Gatherer(GATHER_MS, 0, () => refresh(null));
  const transcripts = new Gatherer(GATHER_MS, 0, () => refresh(ABOUT_RUNS));
  const lines = new Gatherer(GATHER_MS, CARDS_EVERY_MS, () => refresh(ABOUT_LINES));
  const stop = backend.subscribe((topic: Topic) => {
    if (topic === "store") all.ask();
    transcripts.ask();
    if (topic === "runs") lines.ask();
  });
  return () => {
    stop();
    for (const gatherer of [all, transcripts, lines]) gatherer.stop();
  };
}

function isAbout(query: Query, names: readonly OperationName[] | null): boolean {
  const name = query.queryKey[0] as OperationName;
  return names === null ? name !== "transcript" : names.includes(name);
}

/** Runs `work` soon after it was asked for, never twice at once, and rests for `rest` milliseconds after each time. */
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
    const limit = new Promise((resolve) => window.setTimeout(resolve, LONGEST_REFRESH_MS));
    await Promise.race([this.#work(), limit]);
    if (this.#stopped()) return;
    if (this.#rest === 0) this.#rested();
    else this.#timer = window.setTimeout(() => this.#rested(), this.#rest);
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
