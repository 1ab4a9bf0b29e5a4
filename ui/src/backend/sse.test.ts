import { describe, expect, it } from "vitest";
import { EventParser, readEvents } from "./sse";

function parse(...chunks: string[]): string[] {
  const found: string[] = [];
  const parser = new EventParser((data) => found.push(data));
  for (const chunk of chunks) parser.push(chunk);
  return found;
}

describe("server-sent events", () => {
  it("gives the data of each event", () => {
    expect(parse("data: store\n\ndata: runs\n\n")).toEqual(["store", "runs"]);
  });

  it("does not care where the stream is cut", () => {
    const stream = "event: x\r\ndata: store\r\n\r\n: keep-alive\r\n\r\ndata:runs\r\n\r\n";
    for (let at = 1; at < stream.length; at += 1) expect(parse(stream.slice(0, at), stream.slice(at))).toEqual(["store", "runs"]);
    expect(parse(...stream)).toEqual(["store", "runs"]);
  });

  it("joins lines of data and ignores comments, other fields and empty events", () => {
    expect(parse(": hello\n\nid: 4\nretry: 10\n\ndata: a\ndata: b\n\ndata\n\n")).toEqual(["a\nb", ""]);
  });

  it("says nothing about an event that is not complete", () => {
    expect(parse("data: store\n")).toEqual([]);
  });

  it("reads until the stream ends, also when a letter is cut in two", async () => {
    const bytes = new TextEncoder().encode("data: ä\n\n");
    const found: string[] = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, 7));
        controller.enqueue(bytes.slice(7));
        controller.close();
      },
    });
    await readEvents(body, (data) => found.push(data));
    expect(found).toEqual(["ä"]);
  });
});
