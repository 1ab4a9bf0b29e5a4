/** The merge could not be made without touching what is not ours. */
import { FileWarning } from "lucide-react";
import { useRef, useState } from "react";
import { useTask } from "../../backend/reads";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { ChainWords } from "../../parts/chain-strip";
import { CopyButton } from "../../parts/copy";
import { Section } from "../../parts/section";
import { useShortcut } from "../../parts/shortcuts";
import { text } from "../../text";
import { type DetailProps, useDeciding } from "./decide";
import { DecisionBar } from "./decision-bar";
import { DetailHead } from "./head";

export function ConflictDetail({ request, onDecided }: DetailProps) {
  const task = useTask(request.task ?? "").data;
  const { decide, error, clearError } = useDeciding(request, onDecided);
  const [note, setNote] = useState("");
  const [isMissing, setMissing] = useState(false);
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
  return (
    <div className="flex h-full flex-col">
      <DetailHead request={request} title={visible(request.title)}>
        {task === undefined ? null : (
          <div className="mt-1.5">
            <ChainWords chain={task.card.chain} />
          </div>
        )}
      </DetailHead>
      <div className="min-h-0 flex-1 overflow-y-auto px-5.5 py-4">
        <div className="flex max-w-3xl flex-col gap-5">
          {request.detail === "" ? null : <p className="text-sm wrap-anywhere">{visible(request.detail)}</p>}
          {request.files.length === 0 ? null : (
            <Section title={text.diff.files(request.files.length)}>
              <ul className="divide-y divide-line-soft rounded-lg border border-line">
                {request.files.map((file) => (
                  <li key={file} className="flex items-center gap-2.5 py-1 pr-1.5 pl-3 font-mono text-xs">
                    <FileWarning aria-hidden size={13} className="shrink-0 text-bad" />
                    <span className="min-w-0 flex-1 truncate">{visible(file)}</span>
                    <CopyButton label={text.diff.copyPath} value={file} />
                  </li>
                ))}
              </ul>
            </Section>
          )}
          <p className="text-sm text-muted">{text.conflict.words}</p>
        </div>
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
