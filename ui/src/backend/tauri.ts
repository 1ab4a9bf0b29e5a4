/** The backend inside the desktop window: one command, one event. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { type Backend, Link } from "./backend";
import { toFailure } from "./failure";
import type { Input, OperationName, Output } from "./operations";
import type { Topic } from "./wire";

export class TauriBackend implements Backend {
  readonly link = new Link();

  async call<N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>> {
    try {
      return await invoke<Output<N>>("call", { name, input });
    } catch (cause) {
      throw toFailure(cause);
    }
  }

  subscribe(listener: (topic: Topic) => void): () => void {
    let stopped = false;
    let stop: (() => void) | undefined;
    listen<Topic>("changed", (event) => listener(event.payload)).then(
      (unlisten) => {
        if (stopped) unlisten();
        else stop = unlisten;
        // Something may have changed before the window listened.
        if (!stopped) listener("store");
      },
      () => this.link.set("offline"),
    );
    return () => {
      stopped = true;
      stop?.();
    };
  }
}

export function insideTauri(): boolean {
  return "__TAURI_INTERNALS__" in window;
}
