/** The changed files, with how much changed in each. */
import { MessageSquare } from "lucide-react";
import type { DiffView, FileDiffView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { text } from "../../text";

interface FilesProps {
  files: FileDiffView[];
  chosen: number;
  onChoose: (index: number) => void;
  /** How much was said about each. */
  said?: ReadonlyMap<string, number>;
}

export function Files({ files, chosen, onChoose, said }: FilesProps) {
  return (
    <ul className="-mx-2 flex flex-col">
      {files.map((file, index) => (
        <li key={file.path}>
          <button
            type="button"
            aria-current={index === chosen ? "true" : undefined}
            onClick={() => onChoose(index)}
            className={`flex w-full items-baseline gap-3 rounded-md px-2 py-1 text-left font-mono text-xs hover:bg-raised ${index === chosen ? "text-accent" : "text-ink"}`}
          >
            <FilePath path={file.path} />
            {file.change === "modified" ? null : <span className="shrink-0 font-sans text-2xs text-faint">{text.diff.change[file.change]}</span>}
            <SaidCount count={said?.get(file.path) ?? 0} />
            <Amount file={file} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function SaidCount({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span className="flex shrink-0 items-center gap-0.5 self-center font-sans text-2xs text-muted">
      <MessageSquare aria-hidden size={11} />
      {count}
      <span className="sr-only"> {text.diff.comments(count)}</span>
    </span>
  );
}

/** Cut on the left: the end of a path says more than its beginning. */
function FilePath({ path }: { path: string }) {
  return (
    <span dir="rtl" title={visible(path)} className="min-w-0 flex-1 truncate text-left">
      <bdi dir="ltr">{visible(path)}</bdi>
    </span>
  );
}

function Amount({ file }: { file: FileDiffView }) {
  if (file.added === null || file.removed === null) return <span className="shrink-0 font-sans text-2xs text-faint">{text.diff.binary}</span>;
  return (
    <span className="shrink-0 tabular-nums">
      <span className="text-good">
        <span className="sr-only">{text.diff.added}</span>+{file.added}
      </span>{" "}
      <span className="text-bad">
        <span className="sr-only">{text.diff.removed}</span>−{file.removed}
      </span>
    </span>
  );
}

export function sumOf(diff: DiffView): { added: number; removed: number } {
  return diff.files.reduce((sum, file) => ({ added: sum.added + (file.added ?? 0), removed: sum.removed + (file.removed ?? 0) }), { added: 0, removed: 0 });
}
