/** The backend over HTTP on loopback: one POST for each call, one stream of changes. */
import { type Backend, Link } from "./backend";
import { Failure, toFailure, unauthorised, unreachable } from "./failure";
import type { Input, OperationName, Output } from "./operations";
import { readEvents } from "./sse";
import type { Topic } from "./wire";

const SHORTEST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** After the first screen is there. */
const MISSED_MS = 1_000;

export class HttpBackend implements Backend {
  readonly isDesktop = false;
  readonly link = new Link();
  readonly #token: string | null;
  readonly #listeners = new Set<(topic: Topic) => void>();
  #stream: AbortController | null = null;

  constructor(token: string | null) {
    this.#token = token;
    if (token === null) this.link.set("refused");
  }

  async call<N extends OperationName>(name: N, input: Input<N>, signal?: AbortSignal): Promise<Output<N>> {
    const response = await this.#fetch(`/api/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(input),
      // A decision goes out even if the window closes with it.
      keepalive: name === "decide",
      signal: signal ?? null,
    });
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer as Output<N>;
    throw answer === null ? statusFailure(response) : toFailure(answer);
  }

  subscribe(listener: (topic: Topic) => void): () => void {
    this.#listeners.add(listener);
    if (this.#stream === null && this.#token !== null) {
      this.#stream = new AbortController();
      void this.#follow(this.#stream.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stream?.abort();
      this.#stream = null;
    };
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#token !== null) headers.set("Authorization", `Bearer ${this.#token}`);
    const response = await fetch(path, { ...init, headers, cache: "no-store" }).catch((cause: unknown) => {
      if (init.signal?.aborted) throw cause;
      throw unreachable();
    });
    if (response.status !== 401) return response;
    this.link.set("refused");
    throw unauthorised();
  }

  /** Keeps one stream of changes open, for as long as anyone listens. */
  async #follow(signal: AbortSignal): Promise<void> {
    let wait = SHORTEST_WAIT_MS;
    let lostSome = false;
    while (!signal.aborted) {
      try {
        const response = await this.#fetch("/api/changes", { method: "GET", headers: { Accept: "text/event-stream" }, signal });
        if (!response.ok || response.body === null) throw statusFailure(response);
        this.link.set("online");
        wait = SHORTEST_WAIT_MS;
        // Nobody told us what happened in between, or between the first answers and this moment.
        if (lostSome) this.#tellAll();
        else setTimeout(() => this.#tell("store"), MISSED_MS);
        await readEvents(response.body, (data) => this.#tell(topicOf(data)));
      } catch (cause) {
        if (signal.aborted || toFailure(cause).view.code === "unauthorised") return;
      }
      if (signal.aborted) return;
      lostSome = true;
      this.link.set("offline");
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  #tellAll(): void {
    this.#tell("store");
    this.#tell("runs");
  }

  #tell(topic: Topic): void {
    for (const listener of this.#listeners) listener(topic);
  }
}

function topicOf(data: string): Topic {
  return data.replaceAll('"', "").trim() === "runs" ? "runs" : "store";
}

function statusFailure(response: Response): Failure {
  return new Failure({ code: `http_${response.status}`, message: `${response.status} ${response.statusText}`.trim(), hints: [], field: null });
}

/** Waits, but not longer than until the machine says that it is online again. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      window.clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = window.setTimeout(end, milliseconds);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
