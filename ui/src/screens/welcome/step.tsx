/** One step, with its number or a tick. */
import { Check } from "lucide-react";
import { type ReactNode, useId } from "react";
import { text } from "../../text";

interface StepProps {
  number: number;
  title: string;
  words: string;
  isDone?: boolean;
  testId: string;
  children?: ReactNode;
}

export function Step({ number, title, words, isDone = false, testId, children }: StepProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} data-testid={testId} data-done={isDone} className="rounded-xl border border-line bg-surface shadow-card">
      <header className="flex gap-3 px-4 py-3">
        <span className={`mt-0.5 flex size-5 shrink-0 items-center justify-center rounded-full text-2xs font-semibold ${isDone ? "bg-good-fill text-on-good" : "bg-accent-tint text-accent"}`}>
          {isDone ? <Check role="img" aria-label={text.welcome.done} size={12} strokeWidth={3} /> : number}
        </span>
        <span className="min-w-0">
          <h2 id={id} className="text-sm font-semibold">
            {title}
          </h2>
          <p className="text-xs text-muted">{words}</p>
        </span>
      </header>
      {children === undefined ? null : <div className="border-t border-line-soft px-4 py-3.5">{children}</div>}
    </section>
  );
}
