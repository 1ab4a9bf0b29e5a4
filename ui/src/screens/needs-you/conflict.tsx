/** The merge could not be made without touching what is not ours. */
import { FileWarning } from "lucide-react";
import { useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useProject, useTask } from "../../backend/reads";
import type { RequestView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { ChainWords } from "../../parts/chain-strip";
import { CopyButton } from "../../parts/copy";
import { useChanges } from "../../parts/diff/changes";
import { DiffViewer } from "../../parts/diff/viewer";
import { OpenInEditor } from "../../parts/editor";
import { Section } from "../../parts/section";
import { useShortcut } from "../../parts/shortcuts";
import { text } from "../../text";
import { LastWords } from "./about";
import { type DetailProps, useDeciding } from "./decide";
import { DecisionBar } from "./decision-bar";
import { DetailHead } from "./head";
import { NextSteps } from "./next-steps";

export function ConflictDetail({ request, onDecided }: DetailProps) {
  const task = useTask(request.task ?? "").data;
  const base = useProject().data?.base_branch ?? null;
  const { decide, error, clearError } = useDeciding(request, onDecided);
  const [note, setNote] = useState("");
  const [isMissing, setMissing] = useState(false);
  const [chosen, setChosen] = useState<string | null>(request.files[0] ?? null);
  const noteBox = useRef<HTMLTextAreaElement>(null);
  const words = note.trim();
  const retry = () => decide({ type: "retry", note: words === "" ? null : words });
  const sendBack = () => {
    if (words !== "") decide({ type: "changes", note: words });
    else {
      setMissing(true);
      noteBox.current?.focus();
    }
  };
  useShortcut("r", text.kind.conflict, text.conflict.retry, retry);
  useShortcut("s", text.kind.conflict, text.conflict.sendBack, sendBack);
  const worker = task?.card.chain.find(({ leg }) => leg === "implement")?.holder.name || text.card.theImplementer;
  return (
    <div className="@container flex h-full flex-col">
      <DetailHead request={request} title={visible(request.title)}>
        {task === undefined ? null : (
          <div className="mt-1.5">
            <ChainWords chain={task.card.chain} />
          </div>
        )}
      </DetailHead>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto @min-[40rem]:flex-row @min-[40rem]:overflow-hidden">
        <div className="flex shrink-0 flex-col gap-5 px-5.5 py-4 @min-[40rem]:w-72 @min-[40rem]:overflow-y-auto @min-[40rem]:border-r @min-[40rem]:border-line-soft @min-[50rem]:w-86">
          {request.detail === "" ? null : <p className="text-sm wrap-anywhere">{visible(request.detail)}</p>}
          <Files request={request} chosen={chosen} onChoose={setChosen} />
          <NextSteps
            steps={[
              { hotkey: "r", name: text.conflict.retry, then: text.conflict.retryThen(base) },
              { hotkey: "s", name: text.conflict.sendBack, then: text.conflict.sendBackThen(worker) },
            ]}
          />
          {task === undefined ? null : <LastWords task={task} />}
        </div>
        {request.task === null ? null : <Branch task={request.task} chosen={chosen} onChoose={setChosen} />}
      </div>
      <DecisionBar
        note={note}
        onNote={(next) => {
          setNote(next);
          setMissing(false);
          clearError();
        }}
        noteRef={noteBox}
        label={text.conflict.note}
        placeholder={text.conflict.notePlaceholder}
        testId="conflict-note"
        missing={isMissing ? text.review.wordsMissing : null}
        error={error}
      >
        <Button look="bad" hotkey="s" onPress={sendBack} data-testid="send-back">
          {text.conflict.sendBack}
        </Button>
        <Button look="solid" hotkey="r" onPress={retry} data-testid="retry">
          {text.conflict.retry}
        </Button>
      </DecisionBar>
    </div>
  );
}

interface FilesProps {
  request: RequestView;
  chosen: string | null;
  onChoose: (file: string) => void;
}

function Files({ request, chosen, onChoose }: FilesProps) {
  if (request.files.length === 0) return null;
  return (
    <Section title={text.conflict.files(request.files.length)}>
      <ul className="divide-y divide-line-soft rounded-lg border border-line">
        {request.files.map((file) => (
          <li key={file} className="flex items-center gap-2.5 py-1 pr-1.5 pl-3 font-mono text-xs">
            <FileWarning aria-hidden size={13} className="shrink-0 text-bad" />
            <AriaButton onPress={() => onChoose(file)} aria-current={file === chosen ? "true" : undefined} className={`min-w-0 flex-1 truncate rounded text-left data-hovered:underline ${file === chosen ? "text-accent" : ""}`}>
              {visible(file)}
            </AriaButton>
            <CopyButton label={text.diff.copyPath} value={file} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What the branch changed: the evidence, beginning with a file that is in the way. */
function Branch({ task, chosen, onChoose }: { task: string; chosen: string | null; onChoose: (file: string) => void }) {
  const changes = useChanges(task);
  const files = changes.shown?.files ?? [];
  const at = Math.max(0, files.findIndex(({ path }) => path === chosen));
  return (
    <div className="h-[26rem] shrink-0 border-line-soft bg-code @min-[40rem]:h-auto @min-[40rem]:min-w-0 @min-[40rem]:flex-1 @min-[40rem]:shrink">
      <DiffViewer changes={changes} chosen={at} onChoose={(index) => onChoose(files[index]?.path ?? "")} tools={(file) => <OpenInEditor task={task} file={file} />} />
    </div>
  );
}
