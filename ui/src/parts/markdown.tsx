/** Markdown from agents, drawn without trusting it (markdown-body.tsx). Until the code for it is there: the plain text. */
import { lazy, memo, Suspense } from "react";
import { visible } from "../format/visible";

/** Fetches the code; ahead of its first use, where that is known. */
export const loadMarkdown = () => import("./markdown-body");
const Block = lazy(() => loadMarkdown().then(({ MarkdownBlock }) => ({ default: MarkdownBlock })));
const Line = lazy(() => loadMarkdown().then(({ MarkdownLine }) => ({ default: MarkdownLine })));

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
