/** A transcript's items as entries to draw: a call and what it gave back are one. */
import type { ImageView, TranscriptItemView } from "../../backend/wire";

export type Entry =
  | { type: "told" | "says" | "thinks" | "note"; key: string; text: string }
  | { type: "call"; key: string; tool: string; summary: string; input: string; result: { failed: boolean; text: string; images: ImageView[] } | null };

export function entriesOf(items: readonly TranscriptItemView[]): Entry[] {
  const entries: Entry[] = [];
  const calls = new Map<string, Extract<Entry, { type: "call" }>>();
  items.forEach((item, index) => {
    if (item.type === "uses") {
      const call: Entry = { type: "call", key: `call-${index}`, tool: item.tool, summary: item.summary, input: item.input, result: null };
      calls.set(item.id, call);
      entries.push(call);
    } else if (item.type === "got") {
      const call = calls.get(item.id);
      const result = { failed: item.failed, text: item.text, images: item.images ?? [] };
      if (call === undefined) entries.push({ type: "call", key: `got-${index}`, tool: "", summary: "", input: "", result });
      else call.result = result;
    } else if (item.text.trim() !== "") {
      entries.push({ type: item.type, key: `${item.type}-${index}`, text: item.text });
    }
  });
  return entries;
}
