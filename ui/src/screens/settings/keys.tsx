/** API keys: entered once, kept in the operating system's keyring, never shown again. */
import { CircleAlert, CircleCheck, KeyRound } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { useProject, useRead } from "../../backend/reads";
import type { ErrorView, KeyTestView, KeyView } from "../../backend/wire";
import { useAsk, useWrite } from "../../backend/writes";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { Failed, Loading, Trouble } from "../../parts/states";
import { span } from "../../format/time";
import { text } from "../../text";
import { Panel } from "./panel";

export function Keys() {
  const keys = useRead("keys", {});
  if (keys.data === undefined) {
    return (
      <Panel id="keys" title={text.keysPanel.title} words={text.keysPanel.looking}>
        {keys.isError ? <Failed title={text.keysPanel.failed} cause={keys.error} onRetry={() => void keys.refetch()} /> : <Loading what={text.keysPanel.looking} />}
      </Panel>
    );
  }
  const { store, usable, accounts } = keys.data;
  return (
    <Panel id="keys" title={text.keysPanel.title} words={usable ? text.keysPanel.stored(store) : text.keysPanel.noStore(store.split("\n").map((line) => line.trim()).join(". "))}>
      {accounts.length === 0 ? (
        <p className="text-sm text-muted">{text.keysPanel.none}</p>
      ) : (
        <ul className="-my-1 flex flex-col divide-y divide-line-soft">
          {accounts.map((key) => (
            <Account key={key.account} account={key} usable={usable} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Account({ account, usable }: { account: KeyView; usable: boolean }) {
  const [open, setOpen] = useState<"enter" | "delete" | null>(null);
  const isStored = account.source === "keyring";
  // The scripted model takes no key.
  const [tested, setTested] = useState<KeyTestView | null>(null);
  const test = useAsk("key-test", { onDone: setTested });
  const isNeeded = useProject().data?.scripted !== true;
  return (
    <li className="flex items-center gap-3 py-2" data-testid={`key-${account.account}`}>
      <KeyRound aria-hidden size={15} className="shrink-0 text-faint" />
      <span className="min-w-0 flex-1">
        <span className="block text-sm font-medium">{account.account}</span>
        <span className="block truncate text-xs text-muted">{account.agents.length === 0 ? text.keysPanel.unused : text.keysPanel.usedBy(account.agents)}</span>
        {tested === null ? null : <Tested tested={tested} />}
      </span>
      {isNeeded || account.source !== null ? <Chip tone={account.source === null ? "warn" : "good"}>{text.keysPanel.source(account.source)}</Chip> : <Chip>{text.keysPanel.notNeeded}</Chip>}
      {account.source === null ? null : (
        <Button size="small" aria-label={text.keysPanel.testOf(account.account)} isPending={test.isPending} onPress={() => test.mutate({ account: account.account })} data-testid={`key-test-${account.account}`}>
          {text.keysPanel.test}
        </Button>
      )}
      {isStored ? (
        <Button look="bad" size="small" onPress={() => setOpen("delete")} data-testid={`key-delete-${account.account}`}>
          {text.keysPanel.remove}
        </Button>
      ) : null}
      <Button size="small" isDisabled={!usable} onPress={() => setOpen("enter")} data-testid={`key-enter-${account.account}`}>
        {isStored ? text.keysPanel.replace : text.keysPanel.enter}
      </Button>
      {open === "enter" ? <EnterKey account={account.account} onClose={() => setOpen(null)} /> : null}
      {open === "delete" ? <DeleteKey account={account} onClose={() => setOpen(null)} /> : null}
    </li>
  );
}

/** What the account's API said of it. */
function Tested({ tested }: { tested: KeyTestView }) {
  const Mark = tested.good ? CircleCheck : CircleAlert;
  return (
    <span role="status" data-testid={`key-tested-${tested.account}`} className={`mt-0.5 flex items-start gap-1.5 text-xs ${tested.good ? "text-good" : "text-bad"}`}>
      <Mark aria-hidden size={13} className="mt-0.5 shrink-0" />
      <span className="wrap-anywhere">
        {tested.said.charAt(0).toUpperCase() + tested.said.slice(1)} <span className="text-muted">({text.keysPanel.asked(tested.host, span(tested.took))})</span>
        {tested.cure === null ? null : <span className="block text-muted">{tested.cure.charAt(0).toUpperCase() + tested.cure.slice(1)}.</span>}
      </span>
    </span>
  );
}

function EnterKey({ account, onClose }: { account: string; onClose: () => void }) {
  const [key, setKey] = useState("");
  const [error, setError] = useState<ErrorView | null>(null);
  const write = useWrite("key-set", { onDone: onClose, onFailure: (failure) => setError(failure.view) });
  const isEmpty = key.trim() === "";
  return (
    <Dialog title={text.keysPanel.enterFor(account)} isOpen onClose={onClose} width="narrow">
      <Form
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isEmpty && !write.isPending) write.mutate({ account, key: key.trim() });
        }}
      >
        <div className="flex flex-col gap-3 px-4 py-3.5">
          {error === null ? null : <Trouble view={error} />}
          <Field autoFocus type="password" autoComplete="off" mono label={text.keysPanel.key} hint={text.keysPanel.keyHint} value={key} onChange={setKey} testId="key-input" />
        </div>
        <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
          <Button onPress={onClose}>{text.cancel}</Button>
          <Button type="submit" look="solid" isDisabled={isEmpty} isPending={write.isPending} data-testid="key-save">
            {text.keysPanel.save}
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}

function DeleteKey({ account, onClose }: { account: KeyView; onClose: () => void }) {
  const write = useWrite("key-delete", { onDone: onClose });
  return (
    <Dialog title={text.keysPanel.deleteTitle(account.account)} isOpen onClose={onClose} width="narrow">
      <p className="px-4 py-3.5 text-sm text-muted">{text.keysPanel.deleteWords(account.agents)}</p>
      <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
        <Button onPress={onClose}>{text.cancel}</Button>
        <Button look="bad" isPending={write.isPending} onPress={() => write.mutate({ account: account.account })} data-testid="key-delete-yes">
          {text.keysPanel.remove}
        </Button>
      </footer>
    </Dialog>
  );
}
