/** The backend inside the desktop window: one command, one event. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWindow } from "@tauri-apps/api/window";
import { type Backend, Link } from "./backend";
import { toFailure } from "./failure";
import type { Input, OperationName, Output } from "./operations";
import type { Topic } from "./wire";

/** After the first screen is there. */
const MISSED_MS = 1_000;

export class TauriBackend implements Backend {
  readonly isDesktop = true;
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
    // Each window has its own project; what changes in others is none of its business.
    const target = { kind: "AnyLabel", label: getCurrentWindow().label } as const;
    listen<Topic>("changed", (event) => listener(event.payload), { target }).then(
      (unlisten) => {
        if (stopped) unlisten();
        else stop = unlisten;
        // Something may have changed between the first answers and this moment.
        window.setTimeout(() => !stopped && listener("store"), MISSED_MS);
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
