import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";

const early = readFileSync("public/colours.js", "utf8");

describe("the shadow of cards", () => {
  it("is not blurred in either theme: there are many cards, and without a graphics card each blur is reckoned anew", () => {
    const shadows = [...readFileSync("src/theme.css", "utf8").matchAll(/--shadow-card: (\S+) (\S+) (\S+) rgb/g)];
    expect(shadows.map(([, , , blur]) => blur)).toEqual(["0", "0"]);
  });
});

describe("the colours of the first frame", () => {
  beforeEach(() => {
    vi.resetModules();
    window.localStorage.clear();
    delete document.documentElement.dataset["theme"];
  });

  const cases = [null, "light", "dark", "system", "nonsense"].flatMap((kept) => [true, false].map((system) => ({ kept, system })));

  it.each(cases)("are those that the window's own code chooses: $kept where the system is dark: $system", async ({ kept, system }) => {
    window.matchMedia = (query: string) => ({ matches: system, media: query, addEventListener: () => undefined }) as unknown as MediaQueryList;
    if (kept !== null) window.localStorage.setItem("orchestron-theme", kept);
    // The very text the page loads.
    new Function(early)();
    const first = document.documentElement.dataset["theme"];
    delete document.documentElement.dataset["theme"];
    const { startTheme } = await import("./theme");
    startTheme();
    expect(first).toBe(document.documentElement.dataset["theme"]);
  });

  it("are told to whoever follows, now and when they change", async () => {
    window.matchMedia = (query: string) => ({ matches: false, media: query, addEventListener: () => undefined }) as unknown as MediaQueryList;
    const { chooseTheme, followDark, startTheme } = await import("./theme");
    startTheme();
    const told: boolean[] = [];
    followDark((isDark) => told.push(isDark));
    chooseTheme("dark");
    expect(told).toEqual([false, true]);
  });
});
