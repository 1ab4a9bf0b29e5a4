/** A review: what was asked, what was checked, what changed; approve, or say what to change, line by line where it helps. */
import { useEffect, useRef, useState } from "react";
import { Checkbox } from "react-aria-components";
import { useProject, useTask } from "../../backend/reads";
import type { RequestView, TaskView } from "../../backend/wire";
import { dollars } from "../../format/money";
import { span } from "../../format/time";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { ChainWords } from "../../parts/chain-strip";
import { type Changes, useChanges } from "../../parts/diff/changes";
import { saidIn, useCommenting } from "../../parts/diff/commenting";
import { type ChangeDraft, type Draft, draftKey, EMPTY, storageKey, useDraft } from "../../parts/diff/draft";
import { DiffViewer } from "../../parts/diff/viewer";
import { OpenInEditor } from "../../parts/editor";
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
  const project = useProject().data?.path ?? "";
  const changes = useChanges(id);
  const [draft, change] = useDraft(draftKey(project, id));
  const commenting = useCommenting(change, draft, changes.whole?.commit ?? null, changes.range === "whole");
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
        <ReviewFacts task={task.data} changes={changes} draft={draft} chosen={chosen} onChoose={setChosen} />
        <div className="h-[26rem] shrink-0 border-line-soft bg-code @min-[40rem]:h-auto @min-[40rem]:min-w-0 @min-[40rem]:flex-1 @min-[40rem]:shrink">
          <DiffViewer changes={changes} chosen={chosen} onChoose={setChosen} draft={draft} commenting={commenting} tools={(file) => <OpenInEditor task={id} file={file} />} />
        </div>
      </div>
      <Decision request={request} task={task.data} changes={changes} draft={draft} change={change} project={project} onDecided={onDecided} />
    </div>
  );
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

interface DecisionProps extends DetailProps {
  request: RequestView;
  task: TaskView;
  changes: Changes;
  draft: Draft;
  change: ChangeDraft;
  project: string;
}

function Decision({ request, task, changes, draft, change, project, onDecided }: DecisionProps) {
  const base = useProject().data?.base_branch ?? null;
  const [missing, setMissing] = useState<string | null>(null);
  const noteBox = useRef<HTMLTextAreaElement>(null);
  const { decide, error, clearError } = useDeciding(request, onDecided);
  useWhatChanged(error?.code === "decision_stale", changes);
  const worker = task.card.chain.find(({ leg }) => leg === "implement")?.holder.name || text.card.theImplementer;
  const words = draft.note.trim();
  const said = saidIn(draft, changes.whole);
  const clears = [storageKey(draftKey(project, task.card.id))];
  const approve = () => {
    // What was written for the next try would go nowhere: that is said once.
    if (said.comments.length > 0 && missing !== text.review.commentsStay) setMissing(text.review.commentsStay);
    else decide({ type: "approve", note: words === "" ? null : words }, clears);
  };
  const requestChanges = () => {
    if (words !== "" || said.comments.length > 0 || said.back > 0) {
      decide({ type: "changes", note: words, ...(said.comments.length === 0 ? {} : { comments: said.comments }), ...(said.hunks.length === 0 ? {} : { hunks: said.hunks }) }, clears);
      return;
    }
    setMissing(said.kept > 0 ? text.hunk.allKept : text.review.wordsMissing);
    noteBox.current?.focus();
  };
  useShortcut("a", text.kind.review, text.review.approve, approve);
  useShortcut("r", text.kind.review, text.review.requestChanges, requestChanges);
  return (
    <DecisionBar
      note={draft.note}
      onNote={(next) => {
        change((before) => ({ ...before, note: next }));
        setMissing(null);
        clearError();
      }}
      noteRef={noteBox}
      label={text.review.note}
      placeholder={text.review.changesPlaceholder(worker)}
      testId="changes-note"
      missing={missing}
      error={error}
      above={<SaidSoFar said={said} change={change} />}
    >
      <Button look="bad" hotkey="r" onPress={requestChanges} data-testid="request-changes">
        {text.review.requestChanges}
      </Button>
      <Button look="good" hotkey="a" onPress={approve} data-testid="approve">
        {base === null ? text.review.approveShort : text.review.approve}
      </Button>
    </DecisionBar>
  );
}

/** A decision came too late: what is new since the last look is shown at once. */
function useWhatChanged(isStale: boolean, { onRange, ranges }: Changes): void {
  const canShow = ranges.some(({ id }) => id === "look");
  const show = useRef(onRange);
  useEffect(() => {
    show.current = onRange;
  });
  useEffect(() => {
    if (isStale && canShow) show.current("look");
  }, [isStale, canShow]);
}

/** What goes back with Request changes, beside the words. */
function SaidSoFar({ said, change }: { said: ReturnType<typeof saidIn>; change: ChangeDraft }) {
  const words = text.hunk.count(said.comments.length, said.kept, said.back);
  if (words === "") return null;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted" data-testid="said">
      <span className="font-medium text-ink">{words}</span>
      {said.kept > 0 && said.others > 0 ? (
        <Checkbox isSelected={said.rest} onChange={(rest) => change((before) => ({ ...before, rest }))} className="group flex items-center gap-1.5" data-testid="send-rest">
          <span aria-hidden className="flex size-3.5 items-center justify-center rounded border border-ghost text-2xs leading-none group-data-selected:border-accent-fill group-data-selected:bg-accent-fill group-data-selected:text-on-accent group-data-focus-visible:outline-2">
            {said.rest ? "✓" : ""}
          </span>
          {text.hunk.rest(said.others)}
        </Checkbox>
      ) : null}
      <Button size="small" look="bare" onPress={() => change((before) => ({ ...EMPTY, note: before.note }))}>
        {text.hunk.clear}
      </Button>
    </div>
  );
}
