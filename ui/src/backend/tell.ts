/** What is to be said to the person in passing; parts/toasts.tsx shows it. */
import type { Failure } from "./failure";

export interface Notice {
  what: string;
  more: string[];
  good: boolean;
}

const listeners = new Set<(notice: Notice) => void>();

export function tell(notice: Notice): void {
  // Operations speak in the middle of a sentence; here it begins one.
  const what = notice.what.charAt(0).toUpperCase() + notice.what.slice(1);
  for (const listener of listeners) listener({ ...notice, what });
}

export function tellFailure(failure: Failure): void {
  tell({ what: failure.view.message, more: failure.view.hints, good: false });
}

export function onNotice(listener: (notice: Notice) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
