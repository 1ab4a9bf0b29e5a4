/** What a call throws: always the wire's `ErrorView`, whatever went wrong below. */
import { text } from "../text";
import type { ErrorView } from "./wire";

export class Failure extends Error {
  readonly view: ErrorView;

  constructor(view: ErrorView) {
    super(view.message);
    this.name = "Failure";
    this.view = view;
  }
}

function isErrorView(value: unknown): value is ErrorView {
  if (typeof value !== "object" || value === null) return false;
  const view = value as Record<string, unknown>;
  return typeof view["code"] === "string" && typeof view["message"] === "string";
}

/** Makes a failure of anything that was thrown or answered. */
export function toFailure(cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  if (isErrorView(cause)) return new Failure({ code: cause.code, message: cause.message, hints: cause.hints ?? [], field: cause.field ?? null });
  const words = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : text.error.unknown;
  return new Failure({ code: "unexpected", message: words, hints: [], field: null });
}

export function unreachable(): Failure {
  return new Failure({ code: "unreachable", message: text.error.unreachable, hints: [text.error.unreachableCure], field: null });
}

export function unauthorised(): Failure {
  return new Failure({ code: "unauthorised", message: text.error.unauthorised, hints: [text.error.unauthorisedCure], field: null });
}
