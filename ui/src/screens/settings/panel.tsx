/** One subject of the settings. */
import { type ReactNode, useId } from "react";

interface PanelProps {
  /** Its name in the address. */
  id: string;
  title: string;
  words: string;
  children: ReactNode;
}

export function Panel({ id: part, title, words, children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} data-part={part} className="scroll-mt-3 rounded-xl border border-line bg-surface shadow-card">
      <header className="border-b border-line-soft px-4 py-3">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        <p className="mt-0.5 text-xs text-muted">{words}</p>
      </header>
      <div className="px-4 py-3.5">{children}</div>
    </section>
  );
}
