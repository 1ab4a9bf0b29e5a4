import { describe, expect, it } from "vitest";
import type { GateView } from "../backend/wire";
import { receiptOf } from "./checks";

const gate = (name: string, command: string): GateView => ({ name, command, state: "passed", result: null, took: null, stale: false, commit: null, run: null });
const gates = [gate("tests", "npm test"), gate("lint", "npm run lint -- --max-warnings 0"), gate("clippy", "cargo clippy")];
const receipt = (text: string) => receiptOf({ done: true, text }, gates)?.name;

describe("the receipt of a criterion", () => {
  it("is the gate whose command or name it gives", () => {
    expect(receipt("`npm test` passes")).toBe("tests");
    expect(receipt("npm test passes on a clean checkout")).toBe("tests");
    expect(receipt("The gate `lint` passes")).toBe("lint");
  });

  it("is the gate it names in plain words", () => {
    expect(receipt("All tests pass")).toBe("tests");
    expect(receipt("The test suite is green")).toBe("tests");
    expect(receipt("Clippy stays clean")).toBe("clippy");
  });

  it("is none where tests are only mentioned", () => {
    expect(receipt("Add tests for the limit")).toBeUndefined();
    expect(receipt("Login tests cover a wrong password")).toBeUndefined();
    expect(receipt("The contest passes")).toBeUndefined();
    expect(receipt("npm tests are fast")).toBeUndefined();
    expect(receipt("Passing a token tests nothing")).toBeUndefined();
  });
});
