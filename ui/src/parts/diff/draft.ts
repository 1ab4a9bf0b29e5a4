/**
 * What a person has said about a task's changes and not sent yet: words, comments on lines, verdicts on parts. It is kept on this
 * machine until it is sent, so that a reload or a closed window loses nothing.
 */
import { useCallback, useSyncExternalStore } from "react";

export interface DraftComment {
  id: string;
  path: string;
  before: boolean;
  line: number;
  to: number;
  text: string;
  /** The tip when it was written. */
  commit: string | null;
}

export interface Draft {
  note: string;
  comments: DraftComment[];
  /** By `partKey`: accepted, or to be done again. */
  parts: Record<string, boolean>;
  /** What is not accepted goes back; undefined = as it is best. */
  rest?: boolean;
  /** The comment that is being written. */
  editing: DraftComment | null;
}

export const EMPTY: Draft = { note: "", comments: [], parts: {}, editing: null };

const PREFIX = "orchestron-review:";
const listeners = new Set<() => void>();
const read = new Map<string, { raw: string; draft: Draft }>();

export function draftKey(project: string, task: string): string {
  return `${project}:${task}`;
}

/** Under which name it is kept. */
export function storageKey(key: string): string {
  return PREFIX + key;
}

function load(key: string): Draft {
  const raw = window.localStorage.getItem(PREFIX + key);
  if (raw === null) return EMPTY;
  const known = read.get(key);
  if (known?.raw === raw) return known.draft;
  const draft = parse(raw);
  read.set(key, { raw, draft });
  return draft;
}

function parse(raw: string): Draft {
  try {
    const value: unknown = JSON.parse(raw);
    // Written by another version: what cannot be read is not made up.
    return typeof value === "object" && value !== null && Array.isArray((value as Draft).comments) ? { ...EMPTY, ...(value as Draft) } : EMPTY;
  } catch {
    return EMPTY;
  }
}

function isEmpty(draft: Draft): boolean {
  return draft.note === "" && draft.comments.length === 0 && Object.keys(draft.parts).length === 0 && draft.editing === null;
}

export function saveDraft(key: string, draft: Draft): void {
  try {
    if (isEmpty(draft)) window.localStorage.removeItem(PREFIX + key);
    else window.localStorage.setItem(PREFIX + key, JSON.stringify(draft));
  } catch {
    // No room: it stays in what is on the screen.
    read.set(key, { raw: window.localStorage.getItem(PREFIX + key) ?? "", draft });
  }
  for (const listener of listeners) listener();
}

export type ChangeDraft = (change: (draft: Draft) => Draft) => void;

export function useDraft(key: string): [Draft, ChangeDraft] {
  const draft = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      window.addEventListener("storage", listener);
      return () => {
        listeners.delete(listener);
        window.removeEventListener("storage", listener);
      };
    },
    () => load(key),
  );
  const change = useCallback<ChangeDraft>((how) => saveDraft(key, how(load(key))), [key]);
  return [draft, change];
}

/** Parts are known by the line of the file after the change at which they begin. */
export function partKey(path: string, line: number): string {
  return `${path}:${line}`;
}

export function partOf(key: string): { path: string; line: number } {
  const at = key.lastIndexOf(":");
  return { path: key.slice(0, at), line: Number(key.slice(at + 1)) };
}

let made = 0;

/** An id for a comment, unlike all others on this machine. */
export function newId(): string {
  made += 1;
  return `${Date.now().toString(36)}-${made}`;
}
