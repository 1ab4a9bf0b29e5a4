/** Edits an agent makes, as diffs. */

export interface Edit {
  path: string;
  patch: string;
}

/** What a call of an editing tool changes; none when it is another tool or its input reads differently. */
export function editsOf(tool: string, input: string): Edit[] {
  const fields = parseInput(input);
  const path = fields?.["file_path"];
  if (fields === null || typeof path !== "string") return [];
  if (tool === "Write") return typeof fields["content"] === "string" ? [{ path, patch: patchOf("", fields["content"]) }] : [];
  if (tool === "Edit") return editOf(path, fields);
  if (tool === "MultiEdit" && Array.isArray(fields["edits"])) return fields["edits"].flatMap((edit: unknown) => (isObject(edit) ? editOf(path, edit) : []));
  return [];
}

function editOf(path: string, fields: Record<string, unknown>): Edit[] {
  const { old_string: before, new_string: after } = fields;
  return typeof before === "string" && typeof after === "string" ? [{ path, patch: patchOf(before, after) }] : [];
}

export function parseInput(input: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(input);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Both texts side by side in one hunk; what they share at both ends is context. */
export function patchOf(before: string, after: string): string {
  const old = linesOf(before);
  const fresh = linesOf(after);
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < fresh.length - head && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail += 1;
  const rows = [
    ...old.slice(0, head).map((line) => ` ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...fresh.slice(head, fresh.length - tail).map((line) => `+${line}`),
    ...old.slice(old.length - tail).map((line) => ` ${line}`),
  ];
  return [`@@ -1,${old.length} +1,${fresh.length} @@`, ...rows].join("\n");
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
