/** A review: what was asked, what was checked, what changed; approve or say what to change. */
import { type ReactNode, useRef, useState } from "react";
import { useDiff, useProject, useTask } from "../../backend/reads";
import type { DiffView, RequestView, TaskView } from "../../backend/wire";
import { dollars } from "../../format/money";
import { span } from "../../format/time";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { ChainWords } from "../../parts/chain-strip";
import { DiffViewer } from "../../parts/diff/viewer";
import { Fact } from "../../parts/fact";
import { useShortcut } from "../../parts/shortcuts";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { type DetailProps, useDeciding } from "./decide";
import { DecisionBar } from "./decision-bar";
import { DetailHead } from "./head";
import { ReviewFacts } from "./review-facts";

export function ReviewDetail({ request, onDecided }: DetailProps) {
  const id = request.task ?? "";
  const task = useTask(id);
  const diff = useDiff(id);
  const [chosen, setChosen] = useState(0);
  if (task.data === undefined) {
    if (task.isError) return <Failed title={text.task.failed(id)} cause={task.error} onRetry={() => void task.refetch()} />;
    return <Loading what={text.task.loading} />;
  }
  return (
    <div className="@container flex h-full flex-col">
      <DetailHead request={request} priority={task.data.card.priority} facts={<Facts task={task.data} />} title={visible(task.data.card.title)}>
        <div className="mt-1.5">
          <ChainWords chain={task.data.card.chain} effect={request.effect} />
        </div>
      </DetailHead>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto @min-[40rem]:flex-row @min-[40rem]:overflow-hidden">
        <ReviewFacts task={task.data} diff={diff.data} chosen={chosen} onChoose={setChosen} />
        <div className="h-[26rem] shrink-0 border-line-soft bg-code @min-[40rem]:h-auto @min-[40rem]:min-w-0 @min-[40rem]:flex-1 @min-[40rem]:shrink">
          <Changes diff={diff.data} failed={diff.isError ? <Failed title={text.diff.failed} cause={diff.error} onRetry={() => void diff.refetch()} /> : null} chosen={chosen} onChoose={setChosen} />
        </div>
      </div>
      <Decision request={request} task={task.data} onDecided={onDecided} />
    </div>
  );
}

function Changes({ diff, failed, chosen, onChoose }: { diff: DiffView | undefined; failed: ReactNode; chosen: number; onChoose: (index: number) => void }) {
  if (diff !== undefined) return <DiffViewer diff={diff} chosen={Math.min(chosen, Math.max(0, diff.files.length - 1))} onChoose={onChoose} />;
  return failed ?? <Loading what={text.diff.loading} />;
}

function Facts({ task }: { task: TaskView }) {
  const agentTime = task.runs.reduce((sum, run) => sum + (run.agent === null || run.until === null ? 0 : run.until - run.since), 0);
  const spent = [task.card.cost === 0 ? null : dollars(task.card.cost), agentTime === 0 ? null : text.task.agentTime(span(agentTime))].filter((fact) => fact !== null);
  return (
    <>
      {task.branch === null ? null : (
        <Fact className="min-w-0">
          <span className="max-wide:hidden">{text.task.branch}</span>
          <span className="truncate font-mono">{task.branch}</span>
        </Fact>
      )}
      {spent.length === 0 ? null : <Fact>{spent.join(" · ")}</Fact>}
    </>
  );
}

function Decision({ request, task, onDecided }: { request: RequestView; task: TaskView; onDecided: () => void }) {
  const base = useProject().data?.base_branch ?? null;
  const [note, setNote] = useState("");
  const [isMissing, setMissing] = useState(false);
  const noteBox = useRef<HTMLTextAreaElement>(null);
  const { decide, pending, error, clearError } = useDeciding(request, onDecided);
  const worker = task.card.chain.find(({ leg }) => leg === "implement")?.holder.name || text.card.theImplementer;
  const words = note.trim();
  const approve = () => decide({ type: "approve", note: words === "" ? null : words });
  const requestChanges = () => {
    if (words !== "") {
      decide({ type: "changes", note: words });
      return;
    }
    setMissing(true);
    noteBox.current?.focus();
  };
  useShortcut("a", text.kind.review, text.review.approve, approve);
  useShortcut("r", text.kind.review, text.review.requestChanges, requestChanges);
  return (
    <DecisionBar
      note={note}
      onNote={(next) => {
        setNote(next);
        setMissing(false);
        clearError();
      }}
      noteRef={noteBox}
      label={text.review.note}
      placeholder={text.review.changesPlaceholder(worker)}
      testId="changes-note"
      missing={isMissing ? text.review.wordsMissing : null}
      error={error}
    >
      <Button look="bad" hotkey="r" onPress={requestChanges} isPending={pending === "changes"} isDisabled={pending === "approve"} data-testid="request-changes">
        {text.review.requestChanges}
      </Button>
      <Button look="good" hotkey="a" onPress={approve} isPending={pending === "approve"} isDisabled={pending === "changes"} data-testid="approve">
        {base === null ? text.review.approveShort : text.review.approve}
      </Button>
    </DecisionBar>
  );
}
