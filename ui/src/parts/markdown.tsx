/**
 * Markdown from agents. It is hostile until shown otherwise: no HTML, no images (they would be fetched), no link that can
 * be followed (a link is shown with where it points to, to be copied).
 */
import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { visible } from "../format/visible";
import { text } from "../text";

/** Beyond this, laying it out costs more than it is worth. */
const LONGEST = 60_000;
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
  code: ({ children }) => <code className="rounded bg-sunken px-1 py-px text-[0.92em] wrap-anywhere in-[pre]:bg-transparent in-[pre]:p-0">{children}</code>,
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

interface MarkdownProps {
  source: string;
  className?: string;
}

export const Markdown = memo(function Markdown({ source, className = "" }: MarkdownProps) {
  const shown = visible(source);
  if (shown.length > LONGEST) return <pre className={`text-xs whitespace-pre-wrap wrap-anywhere ${className}`}>{shown}</pre>;
  return (
    <div className={`leading-5 wrap-anywhere ${className}`}>
      <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={(url) => url} skipHtml={false}>
        {shown}
      </ReactMarkdown>
    </div>
  );
});

/** One line: only code and emphasis matter. */
export const InlineMarkdown = memo(function InlineMarkdown({ source }: { source: string }) {
  return (
    <span className="wrap-anywhere">
      <ReactMarkdown components={{ ...components, p: ({ children }) => <>{children}</> }} allowedElements={["p", "code", "em", "strong"]} unwrapDisallowed>
        {visible(source)}
      </ReactMarkdown>
    </span>
  );
});
