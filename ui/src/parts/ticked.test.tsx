import { render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { sentence, Ticked } from "./ticked";

const drawn = (words: string) => render(<Ticked words={words} />).container.innerHTML.replace(/ class="[^"]*"/g, "");

describe("words of the backend", () => {
  it("show what stands between backticks as code, and nothing else as anything", () => {
    expect(drawn("run `orchestron doctor`, then *look*")).toBe("run <code>orchestron doctor</code>, then *look*");
    expect(drawn("`a` and `b`")).toBe("<code>a</code> and <code>b</code>");
    expect(drawn("<b>`</b>")).toBe("&lt;b&gt;`&lt;/b&gt;");
  });

  it("begin like a sentence, unless they begin with a name", () => {
    expect(sentence("the branches of TASK-1 and TASK-2 differ")).toBe("The branches of TASK-1 and TASK-2 differ");
    expect(sentence("src/a.rs is gone")).toBe("src/a.rs is gone");
    expect(sentence("claude-impl is at work")).toBe("claude-impl is at work");
    expect(sentence("TASK-1 waits")).toBe("TASK-1 waits");
  });
});
