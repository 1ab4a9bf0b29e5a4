/** What jsdom lacks: sizes, observers, scrolling. */
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";
import { holding } from "../backend/held";
import { openOverlay } from "../parts/overlay";

const VIEW_HEIGHT = 800;
const VIEW_WIDTH = 1_200;
const ROW_HEIGHT = 90;

// Machines that build at the same time are slow.
configure({ asyncUtilTimeout: 10_000 });

// Lists draw only what is in sight: everything needs a size, rows a smaller one than what scrolls them.
function heightOf(element: HTMLElement): number {
  return element.dataset["index"] === undefined ? VIEW_HEIGHT : ROW_HEIGHT;
}

for (const height of ["offsetHeight", "clientHeight"]) {
  Object.defineProperty(HTMLElement.prototype, height, {
    configurable: true,
    get(this: HTMLElement) {
      return heightOf(this);
    },
  });
}
for (const width of ["offsetWidth", "clientWidth"]) Object.defineProperty(HTMLElement.prototype, width, { configurable: true, get: () => VIEW_WIDTH });

class NoResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver = NoResizeObserver;
Element.prototype.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
window.scrollTo = () => undefined;
globalThis.CSS ??= { escape: (word: string) => word.replace(/[^\w-]/g, (char) => `\\${char}`) } as typeof CSS;

// Decisions are sent at once, unless a test is about holding them back.
holding.ms = 0;

afterEach(() => {
  cleanup();
  holding.ms = 0;
  openOverlay(null);
  window.sessionStorage.clear();
  window.localStorage.clear();
});
