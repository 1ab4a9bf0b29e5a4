/** The one seam between the screens and the product: Tauri, HTTP and the fake all implement it. */
import type { Input, OperationName, Output } from "./operations";
import type { Topic } from "./wire";

export interface Backend {
  call<N extends OperationName>(name: N, input: Input<N>, signal?: AbortSignal): Promise<Output<N>>;
  /** Tells what changed; ask again for what is shown. Returns the way to stop. */
  subscribe(listener: (topic: Topic) => void): () => void;
  readonly link: Link;
  /** Whether this is a window of the desktop app, which answers the operations `desktop…`. */
  readonly isDesktop: boolean;
}

/** `refused` means that the server is there but does not accept our token. */
export type LinkState = "online" | "offline" | "refused";

/** Whether changes reach us at the moment. */
export class Link {
  #state: LinkState = "online";
  readonly #listeners = new Set<() => void>();

  readonly state = (): LinkState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
