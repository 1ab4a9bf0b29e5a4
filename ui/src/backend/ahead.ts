/** The first questions, asked before the window's code has run: who asks them then gets the answer that is already on its way. */
import type { Backend } from "./backend";
import type { Input, OperationName, Output } from "./operations";
import type { Topic } from "./wire";

/** Reads that take no input. */
export type FirstQuestion = "board" | "project" | "requests" | "workflows";

/** What nobody has asked for until then is asked anew. */
const FRESH_MS = 3_000;

export class AskedAhead implements Backend {
  readonly isDesktop: boolean;
  readonly link: Backend["link"];
  readonly #backend: Backend;
  readonly #asked = new Map<OperationName, Promise<unknown>>();
  readonly #answers = new Map<FirstQuestion, unknown>();

  constructor(backend: Backend, questions: readonly FirstQuestion[]) {
    this.#backend = backend;
    this.isDesktop = backend.isDesktop;
    this.link = backend.link;
    for (const name of questions) {
      const answer = backend.call(name, {});
      this.#asked.set(name, answer);
      answer.then(
        (known) => this.#asked.get(name) === answer && this.#answers.set(name, known),
        // Whoever takes it hears of its failure.
        () => undefined,
      );
    }
    setTimeout(() => this.#asked.clear(), FRESH_MS);
  }

  /** When this is answered, one way or the other. */
  async answered(name: FirstQuestion): Promise<void> {
    await this.#asked.get(name)?.catch(() => undefined);
  }

  /** The answers that are there, to be drawn at once. */
  takeAnswers(): [FirstQuestion, unknown][] {
    const answers = [...this.#answers];
    for (const [name] of answers) this.#asked.delete(name);
    this.#answers.clear();
    return answers;
  }

  call<N extends OperationName>(name: N, input: Input<N>, signal?: AbortSignal): Promise<Output<N>> {
    const answer = Object.keys(input).length === 0 ? this.#asked.get(name) : undefined;
    // Each is given once: whoever asks again wants to know what has changed.
    this.#asked.delete(name);
    return answer === undefined ? this.#backend.call(name, input, signal) : (answer as Promise<Output<N>>);
  }

  subscribe(listener: (topic: Topic) => void): () => void {
    return this.#backend.subscribe(listener);
  }
}

/** What the screen at an address needs before it can be drawn, and then what is around it. */
export function firstQuestions(path: string): FirstQuestion[] {
  if (path === "/welcome") return [];
  const around: FirstQuestion[] = ["project", "requests", "workflows"];
  return path === "/" || path === "/board" ? ["board", ...around] : around;
}
