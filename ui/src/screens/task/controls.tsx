/** What can be done about the run and its task: pause, stop, give it to another agent, take it over in a terminal, open its folder. */
import { useEffect, useState } from "react";
import { Form, MenuItem } from "react-aria-components";
import { useBackend } from "../../backend/context";
import { type Failure, toFailure } from "../../backend/failure";
import { useProject } from "../../backend/reads";
import type { AttachView, CardView, ErrorView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { Button } from "../../parts/button";
import { Code } from "../../parts/code";
import { CopyButton } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { Picker } from "../../parts/picker";
import { Loading, Trouble } from "../../parts/states";
import { text } from "../../text";

export type Control = "pause" | "resume" | "stop" | "reassign" | "attach" | "editor";

/** Those that make sense now. */
export function controlsOf(card: CardView, canOpen: boolean): Control[] {
  const isOver = card.status === "done";
  const works = card.run !== null;
  return [
    ...(isOver ? [] : (["pause", "resume"] as const)),
    ...(works ? (["stop"] as const) : []),
    ...(isOver || card.status === "failed" ? [] : (["reassign"] as const)),
    ...(card.attempts > 0 || works ? (["attach"] as const) : []),
    ...(canOpen && !isOver && card.status !== "pending" ? (["editor"] as const) : []),
  ];
}

const WORDS: Record<Control, string> = {
  pause: text.control.pauseTask,
  resume: text.control.resumeTask,
  stop: text.control.stop,
  reassign: text.control.reassign,
  attach: text.control.takeOver,
  editor: text.control.editor,
};

export function controlItems(controls: readonly Control[], className: string) {
  return controls.map((control) => (
    <MenuItem key={control} id={`control:${control}`} className={`${className} ${control === "stop" ? "text-bad" : ""}`}>
      {WORDS[control]}
    </MenuItem>
  ));
}

/** Does what needs no dialog; answers with the one that is needed. */
export function useControl(card: CardView): { control: (what: Control) => void; dialog: React.ReactNode } {
  const [asked, setAsked] = useState<"stop" | "reassign" | "attach" | null>(null);
  const pause = useWrite("pause");
  const resume = useWrite("resume");
  const open = useWrite("open");
  const close = () => setAsked(null);
  const control = (what: Control) => {
    if (what === "pause") pause.mutate({ why: null, task: card.id });
    else if (what === "resume") resume.mutate({ task: card.id });
    else if (what === "editor") open.mutate({ task: card.id, path: null, line: null });
    else setAsked(what);
  };
  const dialog = asked === "stop" ? <StopDialog card={card} onClose={close} /> : asked === "reassign" ? <ReassignDialog card={card} onClose={close} /> : asked === "attach" ? <AttachDialog task={card.id} onClose={close} /> : null;
  return { control, dialog };
}

interface DialogProps {
  card: CardView;
  onClose: () => void;
}

function StopDialog({ card, onClose }: DialogProps) {
  const [why, setWhy] = useState("");
  const [error, setError] = useState<ErrorView | null>(null);
  const stop = useWrite("stop", { onDone: onClose, onFailure: (failure) => setError(failure.view) });
  return (
    <Dialog title={text.control.stopTitle(card.turn.name === "" ? card.id : card.turn.name)} isOpen onClose={onClose}>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (!stop.isPending) stop.mutate({ what: card.id, why: why.trim() === "" ? null : why.trim() });
        }}
      >
        <div className="flex flex-col gap-3 px-4 py-3.5">
          <p className="text-sm text-muted">{text.control.stopWords}</p>
          {error === null ? null : <Trouble view={error} />}
          <Field autoFocus label={text.control.stopWhy} value={why} onChange={setWhy} />
        </div>
        <Footer onClose={onClose} words={text.control.stopDo} isPending={stop.isPending} testId="stop-send" />
      </Form>
    </Dialog>
  );
}

const CHAIN = "";

function ReassignDialog({ card, onClose }: DialogProps) {
  const agents = useProject().data?.agents ?? [];
  const [to, setTo] = useState(agents.find(({ name }) => name !== card.turn.name)?.name ?? CHAIN);
  const [why, setWhy] = useState("");
  const [error, setError] = useState<ErrorView | null>(null);
  const reassign = useWrite("reassign", { onDone: onClose, onFailure: (failure) => setError(failure.view) });
  return (
    <Dialog title={text.control.reassignTitle(card.id)} isOpen onClose={onClose}>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (!reassign.isPending) reassign.mutate({ task: card.id, agent: to === CHAIN ? null : to, leg: null, why: why.trim() === "" ? null : why.trim() });
        }}
      >
        <div className="flex flex-col gap-3 px-4 py-3.5">
          <p className="text-sm text-muted">{text.control.reassignWords}</p>
          {error === null ? null : <Trouble view={error} />}
          <div className="flex items-center gap-2">
            <span className="text-xs font-medium text-muted">{text.control.reassignTo}</span>
            <Picker isWide label={text.control.reassignTo} choices={[...agents.map(({ name }) => ({ id: name, name })), { id: CHAIN, name: text.control.reassignBack }]} chosen={to} onChoose={setTo} testId="reassign-to" />
          </div>
          <Field label={text.control.reassignWhy} value={why} onChange={setWhy} />
        </div>
        <Footer onClose={onClose} words={text.control.reassignDo} isPending={reassign.isPending} testId="reassign-send" />
      </Form>
    </Dialog>
  );
}

/** First it is told how, and nothing happens; the run is ended only when the person says so. */
function AttachDialog({ task, onClose }: { task: string; onClose: () => void }) {
  const backend = useBackend();
  const [shown, setShown] = useState<AttachView | null>(null);
  const [isFree, setFree] = useState(false);
  const [error, setError] = useState<Failure | null>(null);
  useEffect(() => {
    backend.call("attach", { task, only_show: true }).then(setShown, (cause: unknown) => setError(toFailure(cause)));
  }, [backend, task]);
  const takeOver = () =>
    backend.call("attach", { task }).then(
      (view) => {
        setShown(view);
        setFree(true);
      },
      (cause: unknown) => setError(toFailure(cause)),
    );
  return (
    <Dialog title={text.control.takeOverTitle} isOpen onClose={onClose} width="wide" testId="attach-dialog">
      <div className="flex flex-col gap-3 px-4 py-3.5">
        <p className="text-sm text-muted">{text.control.takeOverWords}</p>
        {error === null ? null : <Trouble view={error.view} />}
        {shown === null ? error === null ? <Loading what={text.control.takeOverTitle} /> : null : <Commands shown={shown} isFree={isFree} />}
      </div>
      <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
        <Button onPress={onClose}>{text.close}</Button>
        {isFree || shown === null ? null : (
          <Button look="solid" onPress={() => void takeOver()} data-testid="take-over">
            {text.control.takeOverDo}
          </Button>
        )}
      </footer>
    </Dialog>
  );
}

function Commands({ shown, isFree }: { shown: AttachView; isFree: boolean }) {
  return (
    <>
      <div className="flex items-start gap-1">
        <div className="min-w-0 flex-1">
          <Code label={text.control.command} value={shown.shell} prompt />
        </div>
        <CopyButton label={text.control.copyCommand} value={shown.shell} />
      </div>
      {shown.ending ? <p className="text-sm text-warn">{text.control.ending}</p> : isFree ? <p className="text-sm text-good">{text.control.free}</p> : null}
      <p className="text-sm text-muted">
        {text.control.back} <code className="text-xs">{shown.back}</code>
      </p>
    </>
  );
}

interface FooterProps {
  onClose: () => void;
  words: string;
  isPending: boolean;
  testId: string;
}

function Footer({ onClose, words, isPending, testId }: FooterProps) {
  return (
    <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
      <Button onPress={onClose}>{text.cancel}</Button>
      <Button type="submit" look="solid" isPending={isPending} data-testid={testId}>
        {words}
      </Button>
    </footer>
  );
}
