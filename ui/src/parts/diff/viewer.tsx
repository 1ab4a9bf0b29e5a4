/** One file of the changes at a time, with its head line: which changes, and how they are shown. */
import { useMemo, type ReactNode } from "react";
import type { FileDiffView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { text } from "../../text";
import { Button } from "../button";
import { CopyButton } from "../copy";
import { Picker } from "../picker";
import { useShortcut } from "../shortcuts";
import { Empty, Failed, Loading } from "../states";
import type { Changes } from "./changes";
import type { Commenting } from "./commenting";
import type { Draft } from "./draft";
import { EMPTY } from "./draft";
import { NOTHING_SAID, type Said } from "./entries";
import { DiffLines } from "./lines";
import { useMode } from "./mode";

interface DiffViewerProps {
  changes: Changes;
  chosen: number;
  onChoose: (index: number) => void;
  /** What the person said so far, and the way to say more. */
  draft?: Draft;
  commenting?: Commenting | null;
  /** More buttons in the head line, for the file that is shown. */
  tools?: (file: FileDiffView) => ReactNode;
}

export function DiffViewer({ changes, chosen, onChoose, draft = EMPTY, commenting = null, tools }: DiffViewerProps) {
  const [mode, setMode] = useMode();
  const files = changes.shown?.files ?? [];
  const many = files.length;
  const index = Math.min(chosen, Math.max(0, many - 1));
  const step = (by: number) => many > 0 && onChoose((index + by + many) % many);
  useShortcut("[", text.keys.diff, text.keys.previousFile, () => step(-1), many > 1);
  useShortcut("]", text.keys.diff, text.keys.nextFile, () => step(1), many > 1);
  const remarks = changes.review?.remarks;
  const said = useMemo<Said>(() => (changes.canComment ? { remarks: remarks ?? [], comments: draft.comments, editing: draft.editing } : NOTHING_SAID), [changes.canComment, remarks, draft.comments, draft.editing]);
  const file = files[index];
  return (
    <div className="flex h-full min-w-0 flex-col">
      <header className="flex h-10.5 shrink-0 items-center gap-3 border-b border-line-soft bg-surface px-3.5">
        {file === undefined ? null : (
          <>
            {/* The name says more than its folders: what is cut is the beginning. */}
            <h2 dir="rtl" className="min-w-0 truncate text-left font-mono text-xs" title={visible(file.path)}>
              <bdi dir="ltr">
                {file.old_path !== null && file.old_path !== file.path ? <span className="text-faint">{visible(file.old_path)} → </span> : null}
                {visible(file.path)}
              </bdi>
            </h2>
            <span className="shrink-0 text-xs text-faint">{text.diff.count(index + 1, many)}</span>
            <CopyButton label={text.diff.copyPath} value={file.path} className="-ml-2 max-wide:hidden" />
            {tools?.(file)}
          </>
        )}
        <span className="ml-auto flex shrink-0 items-center gap-2">
          {changes.ranges.length > 1 ? <Picker label={text.changes.range} choices={changes.ranges} chosen={changes.range} onChoose={changes.onRange} testId="diff-range" /> : null}
          <Picker
            label={text.changes.mode}
            choices={[
              { id: "unified", name: text.changes.unified },
              { id: "split", name: text.changes.split },
            ]}
            chosen={mode}
            onChoose={(id) => setMode(id === "split" ? "split" : "unified")}
            testId="diff-mode"
          />
        </span>
      </header>
      {changes.shown?.notes.map((note) => (
        <p key={note} className="shrink-0 border-b border-line-soft bg-warn-tint px-3.5 py-1.5 text-xs text-warn">
          {note}
        </p>
      ))}
      <div className="min-h-0 flex-1">
        {file === undefined ? <NoFile changes={changes} /> : <FileBody key={`${changes.range} ${file.path}`} file={file} isSplit={mode === "split"} said={said} commenting={changes.canComment ? commenting : null} />}
      </div>
    </div>
  );
}

function NoFile({ changes }: { changes: Changes }) {
  const { shown, error, range } = changes;
  if (shown === undefined) return error === null ? <Loading what={text.diff.loading} /> : <Failed title={text.diff.failed} cause={error} onRetry={changes.refetch} />;
  if (range === "whole") return <Empty title={text.diff.none} words={shown.none ?? text.diff.noneWords} />;
  return (
    <Empty title={range === "look" ? text.changes.noneSinceLook : text.changes.noneInHandoff} words={shown.none ?? text.diff.noneWords}>
      <Button onPress={() => changes.onRange("whole")}>{text.changes.showWhole}</Button>
    </Empty>
  );
}

interface FileBodyProps {
  file: FileDiffView;
  isSplit: boolean;
  said: Said;
  commenting: Commenting | null;
}

function FileBody({ file, isSplit, said, commenting }: FileBodyProps) {
  if (file.added === null) return <Empty title={text.diff.binary} words={text.diff.binaryWords} />;
  if (file.patch === "") return <Empty title={text.diff.change[file.change]} words={text.diff.noLines} />;
  return (
    <div className="flex h-full flex-col">
      {file.cut ? <p className="shrink-0 border-b border-line-soft bg-warn-tint px-3.5 py-1.5 text-xs text-warn">{text.diff.cut}</p> : null}
      <div className="min-h-0 flex-1">
        <DiffLines path={file.path} patch={file.patch} isSplit={isSplit} said={said} commenting={commenting} />
      </div>
    </div>
  );
}
