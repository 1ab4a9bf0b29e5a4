/** The bar at the bottom: words for whoever gets the decision, and the buttons. */
import { useSearch } from "@tanstack/react-router";
import { type ReactNode, type RefObject, useEffect, useId } from "react";
import { Label, TextArea, TextField } from "react-aria-components";
import type { ErrorView } from "../../backend/wire";
import { INPUT } from "../../parts/fields";
import { Trouble } from "../../parts/states";
import { text } from "../../text";

// Where the browser does not size the box by its content (`field-sizing`), the words are counted.
const MOST_ROWS = 6;
const CHARS_PER_ROW = 70;

interface DecisionBarProps {
  note: string;
  onNote: (note: string) => void;
  label: string;
  placeholder: string;
  noteRef: RefObject<HTMLTextAreaElement | null>;
  testId?: string;
  /** Words are missing, and this says so. */
  missing?: string | null;
  error: ErrorView | null;
  /** Stands above the box. */
  above?: ReactNode;
  /** The buttons. */
  children: ReactNode;
}

export function DecisionBar({ note, onNote, label, placeholder, noteRef, testId, missing = null, error, above, children }: DecisionBarProps) {
  const missingId = useId();
  // Tray and notification lead here for words of one's own.
  const { do: wanted } = useSearch({ from: "/needs-you" });
  useEffect(() => {
    if (wanted === "changes") noteRef.current?.focus();
  }, [wanted, noteRef]);
  const rows = Math.min(MOST_ROWS, note.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / CHARS_PER_ROW)), 0));
  return (
    <footer className="flex shrink-0 flex-col gap-2 border-t border-line px-5.5 py-2.75">
      {error === null ? null : <Trouble view={error} {...(error.code === "decision_stale" ? { title: text.needsYou.stale } : {})} />}
      {above}
      {missing === null ? null : (
        <p id={missingId} role="alert" className="text-xs text-bad">
          {missing}
        </p>
      )}
      <div className="flex flex-wrap items-end justify-end gap-2.5">
        <TextField value={note} onChange={onNote} isInvalid={missing !== null} aria-describedby={missing === null ? undefined : missingId} className="relative min-w-64 flex-1">
          <Label className="sr-only">{label}</Label>
          <TextArea
            ref={noteRef}
            rows={rows}
            placeholder={placeholder}
            className={`${INPUT} field-sizing-content block max-h-32 resize-none py-1.75 leading-4.5 placeholder:text-transparent placeholder-shown:overflow-hidden placeholder-shown:whitespace-nowrap`}
            onKeyDown={(event) => {
              // Out of the box, back to single keys.
              if (event.key === "Escape") event.currentTarget.blur();
            }}
            {...(testId ? { "data-testid": testId } : {})}
          />
          {/* Browsers cut a box's placeholder anywhere; this one ends in an ellipsis. */}
          {note === "" ? (
            <span aria-hidden className="pointer-events-none absolute inset-x-0 bottom-0 truncate px-[calc(0.625rem+1px)] py-2 text-sm leading-4.5 text-faint" data-testid="placeholder">
              {placeholder}
            </span>
          ) : null}
        </TextField>
        <span className="flex min-h-8.75 flex-wrap items-center justify-end gap-2.5">{children}</span>
      </div>
    </footer>
  );
}

