/** Notes when a screen is drawn, where the system's own tools and `./dev bench` look for it. */
import { useEffect } from "react";

/** Two frames later what is in the document is on the screen. */
export function useDrawn(name: string): void {
  useEffect(() => {
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => performance.mark(name));
    });
    return () => cancelAnimationFrame(frame);
  }, [name]);
}
