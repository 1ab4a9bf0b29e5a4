/** A heading with what belongs to it, in a side column. */
import { type ReactNode, useId } from "react";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="mb-2 text-xs font-semibold text-muted">
        {title}
      </h2>
      {children}
    </section>
  );
}
