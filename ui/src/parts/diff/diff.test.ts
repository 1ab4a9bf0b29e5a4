import { describe, expect, it } from "vitest";
import type { DiffView, RemarkView } from "../../backend/wire";
import { move, placeOf } from "./choosing";
import { kept, partsOf, saidIn } from "./commenting";
import { type Draft, EMPTY, type DraftComment } from "./draft";
import { entriesOf, NOTHING_SAID } from "./entries";
import { parsePatch } from "./parse";
import { pairsOf } from "./split";

const PATCH = "@@ -1,4 +1,5 @@ fn x\n one\n-two\n-three\n+zwei\n+drei\n+vier\n five\n@@ -20 +21,2 @@\n end\n+last\n";
const rows = parsePatch(PATCH);

const remark = (change: Partial<RemarkView>): RemarkView => ({ kind: "comment", state: "left", feedback: 1, by: "codex-review", at: "", path: "a.rs", before: false, line: 3, to: 3, now: 3, text: "hm", attempt: 2, ...change });
const comment = (change: Partial<DraftComment>): DraftComment => ({ id: "1", path: "a.rs", before: false, line: 2, to: 2, text: "why", commit: null, ...change });

describe("side by side", () => {
  it("puts what came beside what it came for", () => {
    expect(pairsOf(rows).map(({ left, right }) => [left?.text ?? null, right?.text ?? null])).toEqual([
      ["@@ -1,4 +1,5 @@ fn x", "@@ -1,4 +1,5 @@ fn x"],
      ["one", "one"],
      ["two", "zwei"],
      ["three", "drei"],
      [null, "vier"],
      ["five", "five"],
      ["@@ -20 +21,2 @@", "@@ -20 +21,2 @@"],
      ["end", "end"],
      [null, "last"],
    ]);
  });
});

describe("what was said", () => {
  const draw = (isSplit: boolean, said: Partial<typeof NOTHING_SAID>) => entriesOf("a.rs", rows, isSplit, { ...NOTHING_SAID, ...said });

  it.each([false, true])("stands below its line, once (side by side: %s)", (isSplit) => {
    const { entries, elsewhere } = draw(isSplit, { remarks: [remark({ now: 3 }), remark({ now: 99 }), remark({ path: "b.rs" })], comments: [comment({ before: true, line: 2, to: 3 })] });
    const kinds = entries.map((entry) => (entry.type === "line" ? entry.row.text : entry.type === "pair" ? `${entry.left?.text ?? ""}|${entry.right?.text ?? ""}` : entry.type));
    expect(kinds.filter((kind) => kind === "remark")).toHaveLength(1);
    // Both halves of a line have what was said about them below it.
    expect(kinds.slice(0, kinds.indexOf("remark")).findLast((kind) => kind !== "draft")).toMatch(/drei/);
    expect(kinds.filter((kind) => kind === "draft")).toHaveLength(1);
    expect(elsewhere).toHaveLength(1);
  });

  it("is left out when it is as it should be", () => {
    const { entries } = draw(false, { remarks: [remark({ kind: "keep", state: "left", text: "" }), remark({ kind: "again", state: "changed", text: "" })] });
    expect(entries.some(({ type }) => type === "remark")).toBe(false);
    const broken = draw(false, { remarks: [remark({ kind: "keep", state: "changed", text: "" }), remark({ kind: "again", state: "left", text: "" })] });
    expect(broken.entries.filter(({ type }) => type === "remark")).toHaveLength(2);
  });
});

describe("choosing lines", () => {
  const { entries } = entriesOf("a.rs", rows, false, NOTHING_SAID);

  it("goes over heads, extends with Shift, stops at the ends", () => {
    const first = move(entries, null, 1, false, 0);
    expect(first).toMatchObject({ anchor: 1, head: 1 });
    const down = [1, 1, 1].reduce((chosen) => move(entries, chosen, 1, true, 0), first);
    expect(down).toMatchObject({ anchor: 1, head: 4 });
    expect(move(entries, { anchor: 7, head: 7, side: null }, 1, false, 0)).toMatchObject({ head: 9 });
    expect(move(entries, { anchor: 1, head: 1, side: null }, -1, false, 0)).toMatchObject({ head: 1 });
  });

  it("names the lines after the change, or those before when only they are chosen", () => {
    expect(placeOf("a.rs", entries, { anchor: 2, head: 5, side: null })).toEqual({ path: "a.rs", before: false, line: 2, to: 3 });
    expect(placeOf("a.rs", entries, { anchor: 3, head: 2, side: null })).toEqual({ path: "a.rs", before: true, line: 2, to: 3 });
    expect(placeOf("a.rs", entries, { anchor: 0, head: 0, side: null })).toBeNull();
  });
});

describe("what is sent", () => {
  const diff: DiffView = { base: "main", commit: "c", files: [{ path: "a.rs", old_path: null, change: "modified", added: 4, removed: 2, patch: PATCH, cut: false }], conflicts: [], none: null, from: null, notes: [] };
  const draft = (change: Partial<Draft>): Draft => ({ ...EMPTY, ...change });

  it("sends the rest back once something is accepted, unless that is not wanted", () => {
    expect(partsOf(diff)).toEqual(["a.rs:1", "a.rs:21"]);
    const some = saidIn(draft({ parts: { "a.rs:1": true } }), diff);
    expect(some.hunks).toEqual([{ path: "a.rs", line: 1, keep: true }, { path: "a.rs", line: 21, keep: false }]);
    expect(saidIn(draft({ parts: { "a.rs:1": true }, rest: false }), diff).hunks).toEqual([{ path: "a.rs", line: 1, keep: true }]);
    expect(saidIn(draft({ parts: { "a.rs:21": false } }), diff).hunks).toEqual([{ path: "a.rs", line: 21, keep: false }]);
    expect(saidIn(draft({ parts: { "gone.rs:1": true } }), diff).hunks).toEqual([]);
  });

  it("counts what is being written, and not what says nothing", () => {
    const written = draft({ editing: comment({ id: "2", line: 2, to: 3, text: " so " }) });
    expect(saidIn(written, diff).comments).toEqual([{ path: "a.rs", line: 2, to: 3, text: "so" }]);
    expect(kept(draft({ editing: comment({ text: "  " }) })).comments).toEqual([]);
    expect(saidIn(draft({ comments: [comment({ before: true })] }), diff).comments).toEqual([{ path: "a.rs", line: 2, to: null, before: true, text: "why" }]);
  });
});
