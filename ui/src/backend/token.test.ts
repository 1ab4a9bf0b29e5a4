import { beforeEach, describe, expect, it } from "vitest";
import { forgetToken, readToken, takeToken } from "./token";

describe("the session token", () => {
  beforeEach(() => {
    forgetToken();
    window.history.replaceState(null, "", "/");
  });

  it("is taken out of the address and kept for the tab", () => {
    window.history.replaceState(null, "", "/board?agent=cursor#token=s3cret");
    expect(takeToken()).toBe("s3cret");
    expect(window.location.href).not.toContain("s3cret");
    expect(window.location.pathname + window.location.search + window.location.hash).toBe("/board?agent=cursor");
    expect(window.sessionStorage.getItem("orchestron-token")).toBe("s3cret");
    expect(window.localStorage.length).toBe(0);
  });

  it("leaves the rest of the fragment", () => {
    window.history.replaceState(null, "", "/#token=a&place=b");
    takeToken();
    expect(window.location.hash).toBe("#place=b");
  });

  it("is remembered after a reload", () => {
    window.sessionStorage.setItem("orchestron-token", "kept");
    expect(takeToken()).toBe("kept");
    expect(readToken()).toBe("kept");
  });

  it("may be missing", () => {
    expect(takeToken()).toBeNull();
  });
});
