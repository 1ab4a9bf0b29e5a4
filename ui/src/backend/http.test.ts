import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Failure } from "./failure";
import { HttpBackend } from "./http";
import type { Topic } from "./wire";

type Answer = () => Response | Promise<Response>;

/** Answers requests for a path one after the other; the last answer is for all that follow. */
function serve(answers: Record<string, Answer[]>) {
  const asked: { path: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push({ path, init });
    const left = answers[path] ?? [];
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer === undefined) throw new TypeError("Failed to fetch");
    return answer();
  });
  return asked;
}

const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const headerOf = (init: RequestInit | undefined, name: string) => new Headers(init?.headers).get(name);

function stream(text: string, ends: boolean): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      if (ends) controller.close();
    },
  });
  return new Response(body, { status: 200 });
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  return call.then(
    () => expect.unreachable("the call should have failed"),
    (failure: unknown) => failure as Failure,
  );
}

describe("calls over HTTP", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("post JSON with the token in the header, never in the address", async () => {
    const asked = serve({ "/api/key-set": [() => json(200, { did: "Stored" })] });
    await new HttpBackend("s3cret").call("key-set", { account: "a", key: "k" });
    expect(asked[0]?.path).toBe("/api/key-set");
    expect(asked[0]?.init.method).toBe("POST");
    expect(headerOf(asked[0]?.init, "Authorization")).toBe("Bearer s3cret");
    expect(headerOf(asked[0]?.init, "Content-Type")).toBe("application/json");
    expect(asked[0]?.init.body).toBe('{"account":"a","key":"k"}');
  });

  it("throw the server's error as it is", async () => {
    serve({ "/api/decide": [() => json(409, { code: "stale_decision", message: "The branch has moved.", hints: ["Look again."], field: null })] });
    const failure = await failureOf(new HttpBackend("t").call("decide", { request: 1, decision: { type: "allow" }, commit: null }));
    expect(failure.view).toEqual({ code: "stale_decision", message: "The branch has moved.", hints: ["Look again."], field: null });
  });

  it("say so when the answer is no error of ours", async () => {
    serve({ "/api/board": [() => new Response("<html>", { status: 502, statusText: "Bad Gateway" })] });
    expect((await failureOf(new HttpBackend("t").call("board", {}))).view).toMatchObject({ code: "http_502", message: "502 Bad Gateway" });
  });

  it("say so when nobody answers", async () => {
    serve({});
    expect((await failureOf(new HttpBackend("t").call("board", {}))).view.code).toBe("unreachable");
  });

  it("notice that the token is not accepted", async () => {
    serve({ "/api/board": [() => json(401, { code: "token_invalid", message: "no", hints: [], field: null })] });
    const backend = new HttpBackend("old");
    expect((await failureOf(backend.call("board", {}))).view.code).toBe("unauthorised");
    expect(backend.link.state()).toBe("refused");
  });

  it("are hopeless without a token, and that is known at once", () => {
    expect(new HttpBackend(null).link.state()).toBe("refused");
  });
});

describe("changes over HTTP", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("are told as they come, with the token in the header", async () => {
    const asked = serve({ "/api/changes": [() => stream('data: store\n\ndata: "runs"\n\n', false)] });
    const told: Topic[] = [];
    const stop = new HttpBackend("s3cret").subscribe((topic) => told.push(topic));
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(["store", "runs"]);
    expect(headerOf(asked[0]?.init, "Authorization")).toBe("Bearer s3cret");
    stop();
    expect(asked[0]?.init.signal?.aborted).toBe(true);
  });

  it("are looked for again after a break, more and more slowly, and then everything is stale", async () => {
    const asked = serve({ "/api/changes": [() => stream("", true), () => Promise.reject(new TypeError()), () => Promise.reject(new TypeError()), () => stream("", false)] });
    const backend = new HttpBackend("t");
    const told: Topic[] = [];
    backend.subscribe((topic) => told.push(topic));
    await vi.advanceTimersByTimeAsync(1);
    expect(backend.link.state()).toBe("offline");
    await vi.advanceTimersByTimeAsync(250);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(250);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(250);
    expect(asked).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toHaveLength(4);
    expect(backend.link.state()).toBe("online");
    // Once for what was missed before the first answers, then for all that was missed in the break.
    expect(told).toEqual(["store", "store", "runs"]);
  });

  it("are looked for at once when the machine is online again", async () => {
    const asked = serve({ "/api/changes": [() => Promise.reject(new TypeError()), () => stream("", false)] });
    new HttpBackend("t").subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(1);
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
  });

  it("are not looked for again with a token that is not accepted", async () => {
    const asked = serve({ "/api/changes": [() => json(401, {})] });
    const backend = new HttpBackend("old");
    backend.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
    expect(backend.link.state()).toBe("refused");
  });
});
