/** An agent asks whether it may use a tool. */
import { useRef, useState } from "react";
import type { RequestView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Code } from "../../parts/code";
import { Dialog } from "../../parts/dialog";
import { DiffLines } from "../../parts/diff/lines";
import { Fact } from "../../parts/fact";
import { Section } from "../../parts/section";
import { useShortcut } from "../../parts/shortcuts";
import { editsOf, parseInput } from "../../parts/transcript/edits";
import { text } from "../../text";
import { JustBefore } from "./before";
import { type DetailProps, useDeciding } from "./decide";
import { DecisionBar } from "./decision-bar";
import { DetailHead } from "./head";
import { BESIDE, EVIDENCE } from "./layout";
import { RequestTitle } from "./title";

export function PermissionDetail({ request, onDecided }: DetailProps) {
  const { decide, error, clearError } = useDeciding(request, onDecided);
  const [note, setNote] = useState("");
  const noteBox = useRef<HTMLTextAreaElement>(null);
  const words = note.trim();
  const allow = () => decide({ type: "allow" });
  const forTask = () => decide({ type: "allow-alike" });
  const [asksAlways, setAsksAlways] = useState(false);
  const deny = () => decide({ type: "deny", note: words === "" ? null : words });
  useShortcut("a", text.kind.permission, text.permission.allow, allow);
  useShortcut("t", text.kind.permission, text.permission.forTask, forTask);
  useShortcut("y", text.kind.permission, text.permission.always, () => setAsksAlways(true), request.rule !== undefined);
  useShortcut("d", text.kind.permission, text.permission.deny, deny);
  return (
    <div className="flex h-full flex-col">
      <DetailHead request={request} facts={request.from === null ? null : <Fact>{request.from}</Fact>} title={<RequestTitle request={request} />}>
        {request.detail === "" ? null : <p className="text-sm text-muted">{visible(request.detail)}</p>}
      </DetailHead>
      <div className="@container min-h-0 flex-1 overflow-y-auto px-5.5 py-4">
        <div className={BESIDE}>
          <div className="flex min-w-0 max-w-3xl flex-col gap-5 @min-[64rem]:flex-1">
            <WhatItWants request={request} />
          </div>
          <div className={EVIDENCE}>
            <JustBefore request={request} />
          </div>
        </div>
      </div>
      <DecisionBar
        note={note}
        onNote={(next) => {
          setNote(next);
          clearError();
        }}
        noteRef={noteBox}
        label={text.permission.note}
        placeholder={text.permission.notePlaceholder(request.from ?? text.card.theImplementer)}
        testId="deny-note"
        error={error}
      >
        <Button look="bad" hotkey="d" onPress={deny} data-testid="deny">
          {text.permission.deny}
        </Button>
        {request.rule === undefined ? null : (
          <Button hotkey="y" onPress={() => setAsksAlways(true)} data-testid="allow-always">
            {text.permission.always}
          </Button>
        )}
        <Button hotkey="t" onPress={forTask} data-testid="allow-task">
          {text.permission.forTask}
        </Button>
        <Button look="good" hotkey="a" onPress={allow} data-testid="allow">
          {text.permission.allow}
        </Button>
      </DecisionBar>
      {asksAlways && request.rule !== undefined ? (
        <AlwaysDialog
          rule={request.rule}
          agent={request.from ?? text.card.theImplementer}
          onClose={() => setAsksAlways(false)}
          onAllow={(rule) => {
            setAsksAlways(false);
            decide({ type: "allow-always", rule });
          }}
        />
      ) : null}
    </div>
  );
}

interface AlwaysProps {
  rule: string;
  agent: string;
  onClose: () => void;
  onAllow: (rule: string) => void;
}

/** The rule is seen before it is written. */
function AlwaysDialog({ rule, agent, onClose, onAllow }: AlwaysProps) {
  return (
    <Dialog title={text.permission.alwaysTitle} isOpen onClose={onClose} testId="always-dialog">
      <div className="flex flex-col gap-3 px-4 py-3.5">
        <p className="text-sm text-muted">{text.permission.alwaysWords(agent)}</p>
        <Code label={text.permission.rule} value={`${agent}:\n  tools_allowed:\n    - ${rule}`} />
      </div>
      <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
        <Button onPress={onClose}>{text.cancel}</Button>
        <Button look="solid" onPress={() => onAllow(rule)} data-testid="write-rule">
          {text.permission.writeRule}
        </Button>
      </footer>
    </Dialog>
  );
}

/** The whole input, nothing left out: what is hidden cannot be judged. */
function WhatItWants({ request }: { request: RequestView }) {
  const { tool, input } = request;
  if (input === null) return null;
  const fields = parseInput(input);
  const command = fields?.["command"];
  const reason = fields?.["description"];
  const edits = editsOf(tool ?? "", input);
  const rest = fields === null ? null : Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "command" && name !== "description"));
  const hasRest = rest !== null && Object.keys(rest).length > 0;
  return (
    <>
      {typeof command === "string" ? (
        <Section title={text.permission.command}>
          <Code label={text.permission.command} value={command} prompt tall />
        </Section>
      ) : null}
      {typeof reason === "string" ? (
        <Section title={text.permission.reason}>
          <p className="text-sm">{visible(reason)}</p>
        </Section>
      ) : null}
      {edits.map((edit, index) => (
        <Section key={`${index} ${edit.path}`} title={visible(edit.path)}>
          <div className="overflow-hidden rounded-lg border border-line">
            <DiffLines path={edit.path} patch={edit.patch} inline />
          </div>
        </Section>
      ))}
      {edits.length === 0 && (hasRest || fields === null) ? (
        <Section title={typeof command === "string" ? text.permission.rest : text.permission.input(tool ?? "")}>
          <Code label={text.permission.input(tool ?? "")} value={fields === null ? input : JSON.stringify(rest, null, 2)} tall />
        </Section>
      ) : null}
    </>
  );
}
