/** Markdown from agents, drawn without trusting it (markdown-body.tsx). Until the code for it is there: the plain text. */
import { lazy, memo, Suspense } from "react";
import { visible } from "../format/visible";

const load = () => import("./markdown-body");
const Block = lazy(() => load().then(({ MarkdownBlock }) => ({ default: MarkdownBlock })));
const Line = lazy(() => load().then(({ MarkdownLine }) => ({ default: MarkdownLine })));

/** Fetches the code ahead of its first use. */
export function preloadMarkdown(): void {
  load().catch(() => undefined);
}

/** Beyond this, laying it out costs more than it is worth. */
const LONGEST = 60_000;

interface MarkdownProps {
  source: string;
  className?: string;
}

export const Markdown = memo(function Markdown({ source, className = "" }: MarkdownProps) {
  const shown = visible(source);
  const plain = <div className="whitespace-pre-wrap">{shown}</div>;
  return <div className={`leading-[1.45] wrap-anywhere ${className}`}>{shown.length > LONGEST ? plain : <Suspense fallback={plain}>{<Block source={shown} />}</Suspense>}</div>;
});

/** One line: only code and emphasis matter. */
export const InlineMarkdown = memo(function InlineMarkdown({ source }: { source: string }) {
  const shown = visible(source);
  return (
    <span className="wrap-anywhere">
      <Suspense fallback={shown}>
        <Line source={shown} />
      </Suspense>
    </span>
  );
});
