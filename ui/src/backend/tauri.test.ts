import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "./failure";
import { insideTauri, TauriBackend } from "./tauri";

describe("the backend inside the window", () => {
  afterEach(() => clearMocks());

  it("is recognised", () => {
    delete (window as { __TAURI_INTERNALS__?: unknown }).__TAURI_INTERNALS__;
    expect(insideTauri()).toBe(false);
    mockIPC(() => null);
    expect(insideTauri()).toBe(true);
  });

  it("calls the one command with name and input", async () => {
    const asked: unknown[] = [];
    mockIPC((command, args) => {
      asked.push([command, args]);
      return { findings: [], healthy: true };
    });
    expect(await new TauriBackend().call("doctor", {})).toEqual({ findings: [], healthy: true });
    expect(asked).toEqual([["call", { name: "doctor", input: {} }]]);
  });

  it("throws the error it is given", async () => {
    mockIPC(() => {
      throw { code: "task_not_found", message: "There is no TASK-9.", hints: [], field: "task" };
    });
    const failure = await new TauriBackend().call("task", { task: "TASK-9" }).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).view).toMatchObject({ code: "task_not_found", field: "task" });
  });

  it("makes an error of whatever else goes wrong", async () => {
    mockIPC(() => {
      throw "command call not allowed by ACL";
    });
    const failure = (await new TauriBackend().call("board", {}).catch((cause: unknown) => cause)) as Failure;
    expect(failure.view).toMatchObject({ code: "unexpected", message: "command call not allowed by ACL" });
  });
});
