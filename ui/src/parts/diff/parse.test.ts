import { describe, expect, it, vi } from "vitest";
import { HunkColours, languageOf } from "./highlight";
import { highlighter } from "./lowlight";
import { longestLine, parsePatch } from "./parse";

const PATCH = `diff --git a/x.rs b/x.rs
--- a/x.rs
+++ b/x.rs
@@ -14,3 +14,4 @@ impl X
 same
-old
+new
+++i;
\\ No newline at end of file
@@ -40 +41 @@
--- a comment in SQL
`;

describe("a patch", () => {
  const rows = parsePatch(PATCH);

  it("becomes rows with line numbers of both sides", () => {
    expect(rows.map(({ kind, before, after, text }) => [kind, before, after, text])).toEqual([
      ["hunk", null, null, "@@ -14,3 +14,4 @@ impl X"],
      ["same", 14, 14, "same"],
      ["del", 15, null, "old"],
      ["add", null, 15, "new"],
      ["add", null, 16, "++i;"],
      ["note", null, null, "No newline at end of file"],
      ["hunk", null, null, "@@ -40 +41 @@"],
      ["del", 40, null, "-- a comment in SQL"],
    ]);
  });

  it("may be empty or come from Windows", () => {
    expect(parsePatch("")).toEqual([]);
    expect(parsePatch("@@ -1 +1 @@\r\n a\r\n").at(-1)?.text).toBe("a");
  });

  it("knows how wide it is, tabs counted", () => {
    expect(longestLine(parsePatch("@@ -1 +1 @@\n \t\tab\n+abc\n"))).toBe(11);
  });
});

describe("syntax colours", () => {
  it("know a language by the file's name", () => {
    expect([languageOf("src/a.RS"), languageOf("a/b.tsx"), languageOf("Makefile"), languageOf("x.unknown")]).toEqual(["rust", "typescript", null, null]);
  });

  it("keep the text exactly, line by line, and colour across lines", async () => {
    const rows = parsePatch("@@ -1,3 +1,3 @@\n /* one\n-two */ let a = 1;\n+zwei */ let a = 2;\n same();\n");
    const colours = new HunkColours(rows, highlighter, "rust");
    const lines = rows.filter(({ kind }) => kind !== "hunk");
    // Nothing is coloured while it is drawn.
    expect(lines.map((row) => colours.of(row))).toEqual(lines.map(() => null));
    await new Promise<void>((resolve) => colours.subscribe(resolve));
    expect(colours.version()).toBeGreaterThan(0);
    await vi.waitFor(() => expect(lines.map((row) => colours.of(row)?.map(({ text }) => text).join(""))).toEqual(lines.map(({ text }) => text)));
    const added = rows.find(({ kind }) => kind === "add");
    expect(added && colours.of(added)?.[0]).toEqual({ text: "zwei */", style: "hljs-comment" });
  });

  it("read each line once where nothing was taken away, and what is the same as it is after the change", async () => {
    const read: string[] = [];
    const counting = { lines: (code: string, language: string) => (read.push(code), highlighter.lines(code, language)) };
    const fresh = parsePatch("@@ -0,0 +1,2 @@\n+let a = 1;\n+let b = 2;\n");
    const colours = new HunkColours(fresh, counting, "rust");
    fresh.forEach((row) => colours.of(row));
    await vi.waitFor(() => expect(read).toEqual(["let a = 1;\nlet b = 2;"]));
    const opened = parsePatch("@@ -1,2 +1,2 @@\n-let a = 1;\n+/* let a = 1;\n and more */\n");
    const both = new HunkColours(opened, counting, "rust");
    opened.forEach((row) => both.of(row));
    await vi.waitFor(() => expect(read).toHaveLength(3));
    expect(opened[3] && both.of(opened[3])).toEqual([{ text: "and more */", style: "hljs-comment" }]);
  });

  it("are left out for lines without end", async () => {
    const rows = parsePatch(`@@ -0,0 +1 @@\n+${"x".repeat(5_000)}\n`);
    const lines = vi.fn(highlighter.lines);
    const colours = new HunkColours(rows, { lines }, "javascript");
    expect(rows[1] && colours.of(rows[1])).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rows[1] && colours.of(rows[1])).toBeNull();
    expect(lines).not.toHaveBeenCalled();
  });
});
