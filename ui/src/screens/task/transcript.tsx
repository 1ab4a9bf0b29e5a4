/** A run's transcript, which run, and words to the agent while it works. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Hand, SendHorizontal } from "lucide-react";
import { useId, useState } from "react";
import { Form, Input, Label, TextField } from "react-aria-components";
import { useTranscript } from "../../backend/reads";
import type { RunView, TaskView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { dollars } from "../../format/money";
import { clock, span } from "../../format/time";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { INPUT } from "../../parts/fields";
import { Picker } from "../../parts/picker";
import { runName } from "../../parts/runs";
import { Age } from "../../parts/since";
import { Empty, Failed, Loading } from "../../parts/states";
import { Transcript } from "../../parts/transcript/transcript";
import { text } from "../../text";

export function TaskTranscript({ task }: { task: TaskView }) {
  const search = useSearch({ from: "/task/$task" });
  const navigate = useNavigate({ from: "/task/$task" });
  const newest = [...task.runs].sort((a, b) => b.since - a.since);
  const run = newest.find(({ id }) => id === search.run) ?? newest.find(({ id }) => id === task.card.run) ?? newest.find(({ gate }) => gate === null) ?? newest[0];
  const transcript = useTranscript(run?.id ?? null);
  if (run === undefined) return <Empty title={text.task.noRuns} words={text.task.noRunsWords} />;
  return (
    <div className="flex h-full flex-col bg-canvas">
      <header className="flex h-10.5 shrink-0 items-center gap-3 border-b border-line-soft bg-surface px-4 text-xs text-muted">
        <Picker isWide label={text.run.choose} choices={newest.map((one) => ({ id: one.id, name: [runName(one), one.agent, clock(one.since)].filter((part) => part !== null).join(" · ") }))} chosen={run.id} onChoose={(id) => void navigate({ search: (before) => ({ ...before, run: id }), replace: true })} />
        <RunFacts run={run} isLive={transcript.data?.live ?? false} />
      </header>
      <div className="min-h-0 flex-1">
        {transcript.data !== undefined ? (
          transcript.data.items.length === 0 ? <Empty title={text.transcript.empty} words={transcript.data.live ? text.transcript.emptyLive : text.transcript.emptyOver} /> : <Transcript key={run.id} transcript={transcript.data} />
        ) : transcript.isError ? (
          <Failed title={text.transcript.failedToRead} cause={transcript.error} onRetry={() => void transcript.refetch()} />
        ) : (
          <Loading what={text.transcript.loading} />
        )}
      </div>
      {task.card.run === run.id && run.gate === null ? <SayBar task={task.card.id} agent={run.agent ?? ""} /> : null}
    </div>
  );
}

function RunFacts({ run, isLive }: { run: RunView; isLive: boolean }) {
  return (
    <>
      <span className="flex items-center gap-1.5">
        {isLive ? <span aria-hidden className="size-1.5 animate-breathe rounded-full bg-accent-fill" /> : null}
        {run.until === null ? <Age since={run.since} /> : span(run.until - run.since)}
        {run.cost === 0 ? null : ` · ${dollars(run.cost)}`}
      </span>
      <span className="min-w-0 flex-1 truncate font-mono">{run.end ?? run.doing}</span>
      <Chip tone={run.state === "failed" ? "bad" : run.state === "completed" ? "good" : run.state === "waiting" ? "warn" : "accent"}>{text.run.state[run.state]}</Chip>
    </>
  );
}

/** Words reach the agent in the middle of its work: at its next step, or at once when what it does now is the wrong thing. */
function SayBar({ task, agent }: { task: string; agent: string }) {
  const [words, setWords] = useState("");
  const onDone = () => setWords("");
  const say = useWrite("words", { onDone });
  const interrupt = useWrite("intervene", { onDone });
  const isEmpty = words.trim() === "";
  const helpId = useId();
  const isBusy = say.isPending || interrupt.isPending;
  return (
    <Form
      className="flex shrink-0 flex-wrap items-center justify-end gap-2 border-t border-line bg-surface px-4 py-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty && !isBusy) say.mutate({ task, text: words.trim() });
      }}
    >
      <TextField value={words} onChange={setWords} className="min-w-56 flex-1">
        <Label className="sr-only">{text.transcript.say(agent)}</Label>
        <Input placeholder={text.transcript.sayPlaceholder(agent)} data-testid="say" className={`${INPUT} h-8 text-ellipsis`} />
      </TextField>
      <Button look="bad" isDisabled={isEmpty || say.isPending} isPending={interrupt.isPending} aria-describedby={helpId} onPress={() => interrupt.mutate({ task, text: words.trim() })} data-testid="say-interrupt">
        <Hand aria-hidden size={13} />
        {text.transcript.interrupt}
      </Button>
      <Button type="submit" isDisabled={isEmpty || interrupt.isPending} isPending={say.isPending} data-testid="say-send">
        <SendHorizontal aria-hidden size={13} />
        {text.transcript.send}
      </Button>
      <p id={helpId} className={isEmpty ? "sr-only" : "w-full text-2xs text-muted"}>
        {text.transcript.interruptWords}
      </p>
    </Form>
  );
}
