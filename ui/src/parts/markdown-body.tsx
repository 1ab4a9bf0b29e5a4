/**
 * Drawing Markdown from agents; a chunk of its own. It is hostile until shown otherwise: no HTML, no images (they would be fetched), no link that can
 * be followed (a link is shown with where it points to, to be read and copied).
 */
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { visible } from "../format/visible";
import { text } from "../text";

const plugins = [remarkGfm];

const components: Components = {
  a: ({ children, node }) => {
    const target = visible(String(node?.properties["href"] ?? ""));
    const words = node?.children.map((child) => (child.type === "text" ? child.value : "")).join("");
    return (
      <span>
        <span className="underline decoration-ghost decoration-dotted underline-offset-2">{children}</span>
        {words === target ? null : <span className="text-faint"> ({target})</span>}
      </span>
    );
  },
  img: ({ alt }) => <span className="text-faint">[{text.image(alt ?? "")}]</span>,
  // Task lists: a drawn box; an input would want a label.
  input: ({ checked }) => <span className={`mr-1.5 font-semibold ${checked === true ? "text-good" : "text-faint"}`}>{checked === true ? "✓" : "○"}</span>,
  h1: ({ children }) => <p className="mt-3 mb-1 font-semibold first:mt-0">{children}</p>,
  h2: ({ children }) => <p className="mt-3 mb-1 font-semibold first:mt-0">{children}</p>,
  h3: ({ children }) => <p className="mt-3 mb-1 font-semibold first:mt-0">{children}</p>,
  h4: ({ children }) => <p className="mt-3 mb-1 font-semibold first:mt-0">{children}</p>,
  h5: ({ children }) => <p className="mt-3 mb-1 font-semibold first:mt-0">{children}</p>,
  h6: ({ children }) => <p className="mt-3 mb-1 font-semibold first:mt-0">{children}</p>,
  p: ({ children }) => <p className="my-1.5 first:mt-0 last:mb-0">{children}</p>,
  ul: ({ children }) => <ul className="my-1.5 list-disc pl-5 marker:text-ghost has-[>li>span:first-child]:list-none has-[>li>span:first-child]:pl-1">{children}</ul>,
  ol: ({ children }) => <ol className="my-1.5 list-decimal pl-5 marker:text-faint">{children}</ol>,
  li: ({ children }) => <li className="my-0.5">{children}</li>,
  blockquote: ({ children }) => <blockquote className="my-2 border-l-2 border-line pl-3 text-muted">{children}</blockquote>,
  code: ({ children }) => <code className="text-[0.94em] leading-none text-ink wrap-anywhere">{children}</code>,
  pre: ({ children }) => (
    <pre tabIndex={0} className="my-2 max-h-96 overflow-auto rounded-lg border border-line bg-code px-3 py-2 text-xs leading-5">
      {children}
    </pre>
  ),
  table: ({ children }) => (
    <div className="my-2 overflow-x-auto">
      <table className="border-collapse text-xs">{children}</table>
    </div>
  ),
  th: ({ children }) => <th className="border-b border-line px-2 py-1 text-left font-semibold">{children}</th>,
  td: ({ children }) => <td className="border-b border-line-soft px-2 py-1 align-top">{children}</td>,
  hr: () => <hr className="my-3 border-line" />,
};

export function MarkdownBlock({ source }: { source: string }) {
  return (
    // Every address is passed on as it is, because none becomes one: `a` and `img` above only name it.
    <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={(url) => url}>
      {source}
    </ReactMarkdown>
  );
}

/** One line: only code and emphasis matter. */
export function MarkdownLine({ source }: { source: string }) {
  return (
    <ReactMarkdown components={{ ...components, p: ({ children }) => <>{children}</> }} allowedElements={["p", "code", "em", "strong"]} unwrapDisallowed>
      {source}
    </ReactMarkdown>
  );
}
