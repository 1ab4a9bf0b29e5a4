import { describe, expect, it } from "vitest";
import { assignFaces, faceByName } from "./faces";
import { dollars } from "./money";
import { age, moment, span } from "./time";
import { visible } from "./visible";

describe("money", () => {
  it.each([[0, "$0.00"], [4_000, "<$0.01"], [610_000, "$0.61"], [2_400_000, "$2.40"]])("%i millionths read %s", (money, words) => {
    expect(dollars(money)).toBe(words);
  });
});

describe("spans", () => {
  it.each([[400, "0.4 s"], [40_000, "40 s"], [3_400, "3 s"], [999, "0.9 s"], [9_970, "9 s"], [60, "<0.1 s"], [12 * 60_000, "12 min"], [3_600_000, "1 h"], [80 * 60_000, "1 h 20 min"], [3 * 86_400_000, "3 d"], [-5, "<0.1 s"]])("%i ms read %s", (ms, words) => {
    expect(span(ms)).toBe(words);
  });

  it("count on coarsely as ages", () => {
    expect([age(59_999), age(60_000), age(3_599_000), age(90 * 60_000)]).toEqual(["59 s", "1 min", "59 min", "1 h"]);
  });

  it("become dates when they are not of today", () => {
    const now = new Date(2026, 10, 20, 9, 24).getTime();
    expect(moment(now, now)).toBe("09:24");
    expect(moment(now - 86_400_000, now)).toBe("19 Nov");
  });
});

describe("text that deceives", () => {
  it("shows what turns the reading order around, and what is not seen at all", () => {
    expect(visible("rm \u202Efr- x\u200B")).toBe("rm ⟨U+202E⟩fr- x⟨U+200B⟩");
    expect(visible("a\u001B[2Kb\rc")).toBe("a⟨U+001B⟩[2Kb⟨U+000D⟩c");
  });

  it("leaves ordinary text alone, also emoji and other scripts", () => {
    const text = "tabs\tand\nlines, čeština, 日本語, 👍";
    expect(visible(text)).toBe(text);
    expect(visible("dos\r\nline")).toBe("dos\nline");
  });
});

describe("faces", () => {
  it("are known by family", () => {
    expect(faceByName("claude-impl").letter).toBe("C");
    expect(faceByName("codex-review").letter).toBe("X");
    expect(faceByName("architect").letter).toBe("A");
    expect(faceByName("cursor").letter).toBe("C");
  });

  it("begin with the name's own letter", () => {
    const letters = (...names: string[]) => [...assignFaces(names.map((name) => ({ name }))).values()].map(({ letter }) => letter);
    expect(letters("cursor")).toEqual(["C"]);
    expect(letters("claude-impl", "claude-review", "cursor")).toEqual(["C", "R", "Cu"]);
    expect(letters("cole", "cola", "col")).toEqual(["C", "Co", "Cl"]);
  });

  it("have a letter of their own in one project", () => {
    const faces = assignFaces(["claude-impl", "claude-docs", "codex", "cleo", "architect"].map((name) => ({ name })));
    expect(new Set([...faces.values()].map(({ letter }) => letter)).size).toBe(5);
    expect(faces.get("claude-docs")?.letter).toBe("D");
    expect(new Set([...faces.values()].map(({ colour }) => colour)).size).toBe(5);
  });

  it("are the same each time", () => {
    expect(faceByName("bella")).toEqual(faceByName("bella"));
  });
});
