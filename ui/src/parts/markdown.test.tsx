import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { InlineMarkdown, Markdown } from "./markdown";

const HOSTILE = `
<script>steal()</script><img src=x onerror=steal()><iframe src="https://evil.example"></iframe>

[click me](javascript:steal()) and [docs](https://evil.example/?q=secret) and https://evil.example/auto

![pixel](https://evil.example/pixel.png)

[ref]: https://evil.example "t"

<a href="https://evil.example" style="position:fixed;inset:0">cover</a>

harmless end
`;

describe("Markdown from an agent", () => {
  it("becomes nothing that runs, loads or leads away", async () => {
    const { container } = render(<Markdown source={HOSTILE} />);
    await screen.findByText("harmless end", { selector: "p" });
    expect(container.querySelectorAll("script, img, iframe, a, style, link, object, form, [style], [onerror], [href], [src]")).toHaveLength(0);
    // What a link points to is read, not hidden.
    expect(container.textContent).toContain("click me (javascript:steal())");
    expect(container.textContent).toContain("docs (https://evil.example/?q=secret)");
    expect(container.textContent).toContain("image, not shown: pixel");
  });

  it("cannot draw headings that look like ours", async () => {
    const { container } = render(<Markdown source={"# Approved\n\ntext"} />);
    await screen.findByText("Approved", { selector: "p" });
    expect(container.querySelector("h1, h2, h3")).toBeNull();
  });

  it("shows characters that deceive", async () => {
    render(<Markdown source={"safe\u202Eevil"} />);
    await screen.findByText("safe⟨U+202E⟩evil", { selector: "p" });
  });

  it("is plain text when it is too long to be laid out", () => {
    const { container } = render(<Markdown source={`**a** ${"x ".repeat(40_000)}`} />);
    expect(container.querySelector("strong")).toBeNull();
  });

  it("keeps one line one line", async () => {
    const { container } = render(<InlineMarkdown source={"`Retry-After` is **set** <b>now</b> ![x](y)"} />);
    await screen.findByText("Retry-After", { selector: "code" });
    expect(container.querySelectorAll("p, img, b")).toHaveLength(0);
  });
});
