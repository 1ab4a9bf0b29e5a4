/** One more fact in a line of facts; the dot before it is drawn, not said. */
import type { ReactNode } from "react";

export function Fact({ className = "shrink-0", children }: { className?: string; children: ReactNode }) {
  return (
    <span className={`flex items-center gap-2 whitespace-nowrap ${className}`}>
      <span aria-hidden>·</span>
      {children}
    </span>
  );
}
