import { describe, expect, it } from "vitest";
import { editsOf, patchOf } from "./edits";
import { entriesOf } from "./entries";

describe("a transcript's entries", () => {
  it("join a call and what it gave back, also when something is said between", () => {
    const entries = entriesOf([
      { type: "uses", id: "1", tool: "Bash", summary: "ls", input: "{}" },
      { type: "says", text: "meanwhile" },
      { type: "got", id: "1", failed: true, text: "no", images: [{ media: "image/png", data: "aGk=" }] },
    ]);
    expect(entries).toMatchObject([{ type: "call", tool: "Bash", result: { failed: true, text: "no", images: [{ media: "image/png", data: "aGk=" }] } }, { type: "says", text: "meanwhile" }]);
  });

  it("keep a result whose call is not known, and leave out what says nothing", () => {
    expect(entriesOf([{ type: "got", id: "9", failed: false, text: "late" }, { type: "says", text: "  \n" }])).toMatchObject([{ type: "call", tool: "", result: { text: "late" } }]);
  });

  it("have keys that stay when more comes", () => {
    const items = [{ type: "says" as const, text: "a" }, { type: "note" as const, text: "b" }];
    expect(entriesOf([...items, { type: "says", text: "c" }]).slice(0, 2).map(({ key }) => key)).toEqual(entriesOf(items).map(({ key }) => key));
  });
});

describe("edits", () => {
  it("are diffs with what is shared as context", () => {
    expect(patchOf("a\nb\nc\n", "a\nB\nc\n")).toBe("@@ -1,3 +1,3 @@\n a\n-b\n+B\n c");
    expect(patchOf("", "x\ny\n")).toBe("@@ -1,0 +1,2 @@\n+x\n+y");
    expect(patchOf("a\na\n", "a\n")).toBe("@@ -1,2 +1,1 @@\n a\n-a");
  });

  it("come from the editing tools only", () => {
    expect(editsOf("Edit", JSON.stringify({ file_path: "a", old_string: "x", new_string: "y" }))).toHaveLength(1);
    expect(editsOf("MultiEdit", JSON.stringify({ file_path: "a", edits: [{ old_string: "x", new_string: "y" }, { old_string: "1", new_string: "2" }, "?"] }))).toHaveLength(2);
    expect(editsOf("Write", JSON.stringify({ file_path: "a", content: "x" }))).toHaveLength(1);
    expect(editsOf("Bash", JSON.stringify({ command: "ls", file_path: "a" }))).toEqual([]);
    expect(editsOf("Edit", "no JSON")).toEqual([]);
    expect(editsOf("Edit", JSON.stringify({ file_path: 4 }))).toEqual([]);
  });
});
