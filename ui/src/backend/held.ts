/**
 * Decisions that were made and are held back for a moment, so that they can be undone. Nothing is merged, started or told to an agent
 * before the moment is over; then the decision is sent as it was made, bound to the commit that was looked at.
 *
 * Whoever closes the window has decided: what is held then is sent at once; the desktop app asks for that and waits, because a page that
 * is being closed may not be heard any more, and the window may show another project by then. Should even that fail, the decision stays
 * written on this machine, and the next window says that it was not sent. It never sends such a one by itself: time has passed, a person
 * looks again.
 */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { Backend } from "./backend";
import { useBackend } from "./context";
import { toFailure } from "./failure";
import { tellHere } from "./here";
import { tell } from "./tell";
import type { Decide, ErrorView } from "./wire";

/** How long a decision can be undone; tests shorten it. */
export const holding = { ms: 5_000 };

export interface HeldDecision {
  input: Decide;
  /** What it is about: `TASK-112`. */
  about: string;
  project: string;
  /** When it is sent, in milliseconds since 1970; none = it was left over from a window that is gone. */
  until: number | null;
  /** What is written on this machine only until it is sent: drafts. */
  clears: string[];
}

export interface Refusal {
  request: number;
  about: string;
  error: ErrorView;
}

export interface HeldNow {
  held: readonly HeldDecision[];
  refused: readonly Refusal[];
  /** Requests that are decided here; the list says so only once it was asked again. */
  gone: ReadonlySet<number>;
}

const KEY = "orchestron-held";
const NOTHING: HeldNow = { held: [], refused: [], gone: new Set() };

export class Held {
  #now: HeldNow = NOTHING;
  /** Sent, and not answered yet. */
  #sending: readonly HeldDecision[] = [];
  /** Whose decisions this window writes down; those of others are left as they are. */
  readonly #projects = new Set<string>();
  readonly #timers = new Map<number, number>();
  readonly #listeners = new Set<() => void>();
  readonly #backend: Backend;
  readonly #client: QueryClient;

  constructor(backend: Backend, client: QueryClient) {
    this.#backend = backend;
    this.#client = client;
    this.#now = { ...NOTHING, held: written().map((one) => ({ ...one, until: null })) };
    // The second is what the desktop app says (`src-tauri/src/pages.rs`).
    window.addEventListener(backend.isDesktop ? "orchestron-send" : "pagehide", () => this.flush());
  }

  readonly now = (): HeldNow => this.#now;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  hold(decision: Omit<HeldDecision, "until">): void {
    const request = decision.input.request;
    if (this.#now.held.some(({ input }) => input.request === request)) return;
    const refused = this.#now.refused.filter((one) => one.request !== request);
    this.#projects.add(decision.project);
    this.#set({ refused, held: [...this.#now.held, { ...decision, until: Date.now() + holding.ms }] });
    if (holding.ms === 0) void this.send(request);
    else this.#timers.set(request, window.setTimeout(() => void this.send(request), holding.ms));
  }

  /** Takes the newest one back; which. */
  undo(): HeldDecision | undefined {
    const last = this.#now.held.findLast(({ until }) => until !== null);
    if (last !== undefined) this.drop(last.input.request);
    return last;
  }

  /** Nothing is decided. */
  drop(request: number): void {
    window.clearTimeout(this.#timers.get(request));
    this.#timers.delete(request);
    for (const { input, project } of this.#now.held) if (input.request === request) this.#projects.add(project);
    this.#set({ held: this.#now.held.filter(({ input }) => input.request !== request) });
  }

  async send(request: number): Promise<void> {
    const found = this.#now.held.find(({ input }) => input.request === request);
    if (found === undefined) return;
    window.clearTimeout(this.#timers.get(request));
    this.#timers.delete(request);
    this.#projects.add(found.project);
    // It stays written until there is an answer.
    this.#sending = [...this.#sending, found];
    this.#set({ held: this.#now.held.filter((one) => one !== found), gone: new Set(this.#now.gone).add(request) });
    try {
      const done = await this.#backend.call("decide", found.input);
      for (const key of found.clears) window.localStorage.removeItem(key);
      window.dispatchEvent(new StorageEvent("storage"));
      tell({ what: done.did, more: done.not_done, good: true });
      this.#sending = this.#sending.filter((one) => one !== found);
      this.#set({});
    } catch (cause) {
      const gone = new Set(this.#now.gone);
      gone.delete(request);
      const error = toFailure(cause).view;
      this.#sending = this.#sending.filter((one) => one !== found);
      this.#set({ gone, refused: [...this.#now.refused.filter((one) => one.request !== request), { request, about: found.about, error }] });
    }
    void this.#client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "transcript" });
  }

  /** What was refused has been read. */
  forget(request: number): void {
    if (this.#now.refused.some((one) => one.request === request)) this.#set({ refused: this.#now.refused.filter((one) => one.request !== request) });
  }

  /** Sends everything that is held at once. */
  flush(): void {
    for (const { input, until } of this.#now.held) if (until !== null) void this.send(input.request);
  }

  #set(change: Partial<HeldNow>): void {
    this.#now = { ...this.#now, ...change };
    const own = [...this.#now.held, ...this.#sending].filter(({ project }) => this.#projects.has(project));
    // All windows write in the same place, each for its own project.
    const all = [...written().filter(({ project }) => !this.#projects.has(project)), ...own];
    tellHere(this.#backend, { held: this.#now.held.filter(({ until }) => until !== null).length + this.#sending.length });
    try {
      if (all.length === 0) window.localStorage.removeItem(KEY);
      else window.localStorage.setItem(KEY, JSON.stringify(all));
    } catch {
      // No room: then it is held in this window only.
    }
    for (const listener of this.#listeners) listener();
  }
}

function written(): HeldDecision[] {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter((one): one is HeldDecision => typeof one === "object" && one !== null && "input" in one && "about" in one) : [];
  } catch {
    return [];
  }
}

const stores = new WeakMap<Backend, Held>();

export function useHeld(): { store: Held; now: HeldNow } {
  const backend = useBackend();
  const client = useQueryClient();
  let store = stores.get(backend);
  if (store === undefined) {
    store = new Held(backend, client);
    stores.set(backend, store);
  }
  return { store, now: useSyncExternalStore(store.subscribe, store.now) };
}
