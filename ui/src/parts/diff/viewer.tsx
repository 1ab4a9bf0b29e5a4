/** One file of a diff at a time, with its head line. */
import { ChevronLeft, ChevronRight } from "lucide-react";
import type { DiffView, FileDiffView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { text } from "../../text";
import { IconButton } from "../button";
import { CopyButton } from "../copy";
import { useShortcut } from "../shortcuts";
import { Empty } from "../states";
import { DiffLines } from "./lines";

interface DiffViewerProps {
  diff: DiffView;
  chosen: number;
  onChoose: (index: number) => void;
}

export function DiffViewer({ diff, chosen, onChoose }: DiffViewerProps) {
  const many = diff.files.length;
  const step = (by: number) => many > 0 && onChoose((chosen + by + many) % many);
  useShortcut("[", text.keys.diff, text.keys.previousFile, () => step(-1), many > 1);
  useShortcut("]", text.keys.diff, text.keys.nextFile, () => step(1), many > 1);
  const file = diff.files[chosen];
  if (file === undefined) return <Empty title={text.diff.none} words={diff.none ?? text.diff.noneWords} />;
  return (
    <div className="flex h-full min-w-0 flex-col">
      <header className="flex h-10.5 shrink-0 items-center gap-3 border-b border-line-soft bg-surface pr-2 pl-3.5">
        <h2 className="min-w-0 truncate font-mono text-xs" title={visible(file.path)}>
          {file.old_path !== null && file.old_path !== file.path ? <span className="text-faint">{visible(file.old_path)} → </span> : null}
          {visible(file.path)}
        </h2>
        <span className="shrink-0 text-xs text-faint">{text.diff.count(chosen + 1, many)}</span>
        <span className="ml-auto flex items-center">
          <CopyButton label={text.diff.copyPath} value={file.path} />
          <IconButton label={text.keys.previousFile} onPress={() => step(-1)} isDisabled={many < 2}>
            <ChevronLeft aria-hidden size={15} />
          </IconButton>
          <IconButton label={text.keys.nextFile} onPress={() => step(1)} isDisabled={many < 2}>
            <ChevronRight aria-hidden size={15} />
          </IconButton>
        </span>
      </header>
      <div className="min-h-0 flex-1">
        <FileBody key={file.path} file={file} />
      </div>
    </div>
  );
}

function FileBody({ file }: { file: FileDiffView }) {
  if (file.added === null) return <Empty title={text.diff.binary} words={text.diff.binaryWords} />;
  if (file.patch === "") return <Empty title={text.diff.change[file.change]} words={text.diff.noLines} />;
  return (
    <div className="flex h-full flex-col">
      {file.cut ? <p className="shrink-0 border-b border-line-soft bg-warn-tint px-3.5 py-1.5 text-xs text-warn">{text.diff.cut}</p> : null}
      <div className="min-h-0 flex-1">
        <DiffLines path={file.path} patch={file.patch} />
      </div>
    </div>
  );
}
