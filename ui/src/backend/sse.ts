/** Server-sent events out of a byte stream, whatever way the stream is cut. */
export class EventParser {
  #rest = "";
  #data: string[] = [];
  readonly #onData: (data: string) => void;

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  push(chunk: string): void {
    this.#rest += chunk;
    for (;;) {
      const end = this.#rest.search(/[\r\n]/);
      if (end < 0) return;
      const isReturn = this.#rest[end] === "\r";
      // A return at the very end may be half of a CRLF: wait for more.
      if (isReturn && end === this.#rest.length - 1) return;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (isReturn && this.#rest[end + 1] === "\n" ? 2 : 1));
      this.#line(line);
    }
  }

  #line(line: string): void {
    if (line === "") {
      if (this.#data.length > 0) this.#onData(this.#data.join("\n"));
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field !== "data") return;
    const value = colon < 0 ? "" : line.slice(colon + 1);
    this.#data.push(value.startsWith(" ") ? value.slice(1) : value);
  }
}

/** Calls `onData` for each event until the stream ends. */
export async function readEvents(body: ReadableStream<Uint8Array>, onData: (data: string) => void): Promise<void> {
  const parser = new EventParser(onData);
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.push(decoder.decode(value, { stream: true }));
  }
}
