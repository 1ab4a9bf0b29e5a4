/** A task failed as often as it may; a person says whether it is worth another try. */
import { useRef, useState } from "react";
import { useTask } from "../../backend/reads";
import type { TaskView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { ChainWords } from "../../parts/chain-strip";
import { Feedback } from "../../parts/feedback";
import { Markdown } from "../../parts/markdown";
import { Runs } from "../../parts/runs";
import { Section } from "../../parts/section";
import { useShortcut } from "../../parts/shortcuts";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { type DetailProps, useDeciding } from "./decide";
import { DecisionBar } from "./decision-bar";
import { DetailHead } from "./head";
import { NextSteps } from "./next-steps";

export function EscalationDetail({ request, onDecided }: DetailProps) {
  const task = useTask(request.task ?? "");
  const { decide, error, clearError } = useDeciding(request, onDecided);
  const [note, setNote] = useState("");
  const noteBox = useRef<HTMLTextAreaElement>(null);
  const words = note.trim();
  const retry = () => decide({ type: "retry", note: words === "" ? null : words });
  const giveUp = () => decide({ type: "give-up" });
  useShortcut("r", text.kind.escalation, text.escalation.retry, retry);
  useShortcut("g", text.kind.escalation, text.escalation.giveUp, giveUp);
  return (
    <div className="flex h-full flex-col">
      <DetailHead request={request} title={visible(request.title)}>
        {task.data === undefined ? null : (
          <div className="mt-1.5">
            <ChainWords chain={task.data.card.chain} />
          </div>
        )}
      </DetailHead>
      <div className="min-h-0 flex-1 overflow-y-auto px-5.5 py-4">
        <div className="flex max-w-3xl flex-col gap-5">
          <Section title={text.escalation.why}>
            <p className="text-sm wrap-anywhere">{visible(request.detail || (task.data?.card.why ?? ""))}</p>
          </Section>
          <NextSteps
            steps={[
              { hotkey: "r", name: text.escalation.retry, then: text.escalation.retryThen(task.data?.card.chain.find(({ leg }) => leg === "implement")?.holder.name || text.card.theImplementer) },
              { hotkey: "g", name: text.escalation.giveUp, then: text.escalation.giveUpThen(task.data?.unblocks ?? []) },
            ]}
          />
          {request.task === null ? null : task.data !== undefined ? <WhatHappened task={task.data} /> : task.isError ? <Failed title={text.task.failed(request.task ?? "")} cause={task.error} onRetry={() => void task.refetch()} /> : <Loading what={text.task.loading} />}
        </div>
      </div>
      <DecisionBar
        note={note}
        onNote={(next) => {
          setNote(next);
          clearError();
        }}
        noteRef={noteBox}
        label={text.escalation.note}
        placeholder={text.escalation.notePlaceholder}
        testId="retry-note"
        error={error}
      >
        <Button look="bad" hotkey="g" onPress={giveUp} data-testid="give-up">
          {text.escalation.giveUp}
        </Button>
        <Button look="solid" hotkey="r" onPress={retry} data-testid="retry">
          {text.escalation.retry}
        </Button>
      </DecisionBar>
    </div>
  );
}

function WhatHappened({ task }: { task: TaskView }) {
  return (
    <>
      {task.error_context.trim() === "" ? null : (
        <Section title={text.task.errorContext}>
          <Markdown source={task.error_context} className="text-sm" />
        </Section>
      )}
      {task.feedback.length === 0 ? null : (
        <Section title={text.task.feedback}>
          <Feedback feedback={task.feedback} />
        </Section>
      )}
      {task.runs.length === 0 ? null : (
        <Section title={text.task.runs}>
          <Runs task={task.card.id} runs={task.runs} />
        </Section>
      )}
    </>
  );
}
