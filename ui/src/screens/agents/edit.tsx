/** An agent's entry in .mcp/agents.yaml: made, changed key by key, taken out. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { useQueryClient } from "@tanstack/react-query";
import { useBackend } from "../../backend/context";
import { toFailure } from "../../backend/failure";
import { tell } from "../../backend/tell";
import type { ErrorView, RegisteredView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { Trouble } from "../../parts/states";
import { text } from "../../text";
import { changesOf, type Draft, draftOf, EMPTY, keysOf, type Key, KEYS } from "./draft";

interface FieldsProps {
  draft: Draft;
  keys: readonly Key[];
  placeholder?: string;
  onChange: (change: Partial<Draft>) => void;
}

function Fields({ draft, keys, placeholder, onChange }: FieldsProps) {
  return (
    <>
      {keys.map((key) => {
        const { name, hint } = text.agent.field[key];
        return <Field key={key} label={name} hint={hint} value={draft[key]} onChange={(value) => onChange({ [key]: value })} testId={`agent-${key}`} {...(placeholder === undefined ? {} : { placeholder })} {...(key === "persona" ? { lines: 2 } : {})} />;
      })}
    </>
  );
}

interface DialogProps {
  onClose: () => void;
}

export function AddAgent({ onClose }: DialogProps) {
  const [draft, setDraft] = useState<Draft>({ ...EMPTY, cli: "claude" });
  const [error, setError] = useState<ErrorView | null>(null);
  const add = useWrite("agent-add", { onDone: onClose, onFailure: (failure) => setError(failure.view) });
  const [name, setName] = useState("");
  const { name: label, hint } = text.agent.field.name;
  return (
    <Dialog title={text.agent.addTitle} isOpen onClose={onClose} testId="agent-dialog">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "" && !add.isPending) add.mutate({ name: name.trim(), keys: keysOf(draft) });
        }}
      >
        <div className="flex max-h-[62vh] flex-col gap-3.5 overflow-auto px-4 py-3.5">
          {error === null || error.field === "name" ? null : <Trouble view={error} />}
          <Field
            autoFocus
            label={label}
            hint={hint}
            value={name}
            error={error?.field === "name" ? error.message : null}
            onChange={(value) => {
              setName(value);
              setError(null);
            }}
            testId="agent-name"
          />
          <Fields draft={draft} keys={KEYS} onChange={(change) => setDraft((before) => ({ ...before, ...change }))} />
        </div>
        <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
          <Button onPress={onClose}>{text.cancel}</Button>
          <Button type="submit" look="solid" isDisabled={name.trim() === ""} isPending={add.isPending} data-testid="agent-save">
            {text.agent.add}
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}

export function EditAgent({ registered, onClose }: DialogProps & { registered: RegisteredView }) {
  const { name } = registered.agent;
  const [before] = useState(() => draftOf(registered));
  const [draft, setDraft] = useState(before);
  const [error, setError] = useState<ErrorView | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const backend = useBackend();
  const client = useQueryClient();
  const changes = changesOf(before, draft);
  const save = async () => {
    setIsBusy(true);
    setError(null);
    try {
      // One key after the other: each is checked by itself, and what is wrong stops the rest.
      for (const { key, values } of changes) await backend.call("agent-set", { name, key, values });
      tell({ what: text.agent.saved(name, changes.length), more: [], good: true });
      onClose();
    } catch (cause) {
      setError(toFailure(cause).view);
    }
    setIsBusy(false);
    void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "transcript" });
  };
  return (
    <Dialog title={text.agent.editTitle(name)} isOpen onClose={onClose} testId="agent-dialog">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (changes.length > 0 && !isBusy) void save();
        }}
      >
        <div className="flex max-h-[62vh] flex-col gap-3.5 overflow-auto px-4 py-3.5">
          <p className="text-xs text-muted">{text.agent.editWords}</p>
          {error === null ? null : <Trouble view={error} />}
          <Fields draft={draft} keys={KEYS} placeholder={text.agent.asWritten} onChange={(change) => setDraft((old) => ({ ...old, ...change }))} />
        </div>
        <footer className="flex items-center justify-end gap-2 border-t border-line-soft px-4 py-3">
          <span className="flex-1 text-xs text-muted">{changes.length === 0 ? text.agent.nothing : null}</span>
          <Button onPress={onClose}>{text.cancel}</Button>
          <Button type="submit" look="solid" isDisabled={changes.length === 0} isPending={isBusy} data-testid="agent-save">
            {text.agent.save}
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}

export function RemoveAgent({ name, onClose }: DialogProps & { name: string }) {
  const remove = useWrite("agent-remove", { onDone: onClose });
  return (
    <Dialog title={text.agent.removeTitle(name)} isOpen onClose={onClose} width="narrow">
      <p className="px-4 py-3.5 text-sm text-muted">{text.agent.removeWords}</p>
      <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
        <Button onPress={onClose}>{text.cancel}</Button>
        <Button look="bad" isPending={remove.isPending} onPress={() => remove.mutate({ name })} data-testid="agent-remove-yes">
          {text.agent.remove}
        </Button>
      </footer>
    </Dialog>
  );
}
