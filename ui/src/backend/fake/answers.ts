/** What a write answers, when it worked and when it did not. */
import { Failure } from "../failure";
import type { Done } from "../wire";

export function done(did: string, change: Partial<Done> = {}): Done {
  return { task: null, status: null, did, not_done: [], next: [], ...change };
}

export function failure(code: string, message: string, hints: string[] = [], field: string | null = null): Failure {
  return new Failure({ code, message, hints, field });
}
