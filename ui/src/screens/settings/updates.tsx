/** Newer versions of the desktop app: off until the person wants them, from where they say, installed when they say so. */
import { type FormEvent, useState } from "react";
import { Form, Radio, RadioGroup } from "react-aria-components";
import { useBackend } from "../../backend/context";
import { useRead } from "../../backend/reads";
import type { ErrorView, UpdatesView, UpdateView } from "../../backend/wire";
import { useAsk } from "../../backend/writes";
import { fullMoment } from "../../format/time";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Field } from "../../parts/fields";
import { Trouble } from "../../parts/states";
import { text } from "../../text";
import { Panel } from "./panel";

const { updates: words } = text.settings;

export function UpdatesPanel() {
  const { isDesktop } = useBackend();
  const updates = useRead("desktop-updates", {}, { enabled: isDesktop }).data;
  const [problem, setProblem] = useState<ErrorView | null>(null);
  const check = useAsk("desktop-updates-check", { onDone: () => setProblem(null), onFailure: (failure) => setProblem(failure.view) });
  const set = useAsk("desktop-updates-set");
  if (!isDesktop || updates === undefined) return null;
  const hasSource = updates.url !== null && updates.key !== null;
  const shown = problem ?? updates.problem;
  return (
    <Panel id="updates" title={text.settings.part.updates} words={words.words(updates.version)}>
      <div className="flex flex-col gap-4 text-sm">
        <div className="flex flex-wrap items-center gap-4">
          <span className="min-w-48 flex-1">
            <span className="block">{words.wish}</span>
            <span className="block text-2xs text-muted">{words.tellHint}</span>
          </span>
          <Wish tell={updates.tell} onChange={(tell) => set.mutate({ tell })} />
          <Button isDisabled={!hasSource} isPending={check.isPending} onPress={() => check.mutate({})} data-testid="updates-check">
            {words.check}
          </Button>
        </div>
        {shown === null ? <Found updates={updates} /> : <Trouble view={shown} />}
        {updates.offer === null ? null : <Offer key={updates.offer.version} offer={updates.offer} cannot={updates.cannot} onFailure={setProblem} />}
        <Source key={`${updates.url} ${updates.key}`} updates={updates} />
      </div>
    </Panel>
  );
}

function Wish({ tell, onChange }: { tell: boolean; onChange: (tell: boolean) => void }) {
  const choices = [
    ["off", words.off],
    ["tell", words.tell],
  ] as const;
  return (
    <RadioGroup aria-label={words.wish} value={tell ? "tell" : "off"} onChange={(id) => onChange(id === "tell")} orientation="horizontal" className="flex gap-2">
      {choices.map(([id, name]) => (
        <Radio
          key={id}
          value={id}
          data-testid={`updates-${id}`}
          className="flex h-8 items-center rounded-lg border border-line px-3 text-sm text-muted transition-colors duration-100 data-focus-visible:outline-2 data-hovered:text-ink data-selected:border-accent-fill data-selected:bg-accent-tint data-selected:text-ink"
        >
          {name}
        </Radio>
      ))}
    </RadioGroup>
  );
}

/** What the last look brought, when it brought nothing newer. */
function Found({ updates }: { updates: UpdatesView }) {
  if (updates.looked === null) return null;
  return (
    <p role="status" className="text-xs text-muted" data-testid="updates-looked">
      {words.looked(fullMoment(updates.looked))}. {updates.offer === null ? words.newest : ""}
    </p>
  );
}

interface OfferProps {
  offer: UpdateView;
  /** Why the app cannot replace itself. */
  cannot: string | null;
  onFailure: (problem: ErrorView) => void;
}

/** Nothing of this is signed until the package is here: it is shown as the text that it is. */
function Offer({ offer, cannot, onFailure }: OfferProps) {
  const install = useAsk("desktop-updates-install", { onFailure: (failure) => onFailure(failure.view) });
  return (
    <section aria-label={words.there(offer.version)} className="flex flex-col gap-2 rounded-lg border border-line bg-raised px-3.5 py-3" data-testid="updates-offer">
      <div className="flex items-center gap-4">
        <span className="min-w-0 flex-1">
          <span className="block font-semibold">{words.there(visible(offer.version))}</span>
          <span className="block truncate text-2xs text-muted">{words.from(visible(offer.from), offer.published === null ? null : visible(offer.published))}</span>
        </span>
        {cannot === null ? (
          <Button look="solid" isPending={install.isPending} onPress={() => install.mutate({ version: offer.version })} data-testid="updates-install">
            {words.install}
          </Button>
        ) : null}
      </div>
      <p className="text-2xs text-muted">{cannot === null ? (install.isPending ? words.installing : words.asked) : visible(cannot)}</p>
      <h3 className="text-xs font-medium text-muted">{words.notes}</h3>
      <p className="max-h-64 overflow-y-auto text-xs break-words whitespace-pre-wrap" tabIndex={0} data-testid="updates-notes">
        {offer.notes === "" ? words.noNotes : visible(offer.notes)}
      </p>
    </section>
  );
}

function Source({ updates }: { updates: UpdatesView }) {
  const [url, setUrl] = useState(updates.url ?? "");
  const [key, setKey] = useState(updates.key ?? "");
  const [wrong, setWrong] = useState<ErrorView | null>(null);
  const save = useAsk("desktop-updates-set", { onDone: () => setWrong(null), onFailure: (failure) => setWrong(failure.view) });
  const isChanged = url !== (updates.url ?? "") || key !== (updates.key ?? "");
  const errorOf = (field: string) => (wrong?.field === field ? `${wrong.message}. ${wrong.hints.join(" ")}` : null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ url, key });
  };
  return (
    <Form onSubmit={submit} className="flex flex-col gap-3" aria-label={words.source}>
      <Field label={words.url} hint={updates.built_in ? words.builtIn : words.urlHint} value={url} onChange={setUrl} isReadOnly={updates.built_in} error={errorOf("url")} mono testId="updates-url" />
      <Field label={words.key} hint={updates.built_in ? words.builtIn : words.keyHint} value={key} onChange={setKey} isReadOnly={updates.built_in} error={errorOf("key")} mono testId="updates-key" />
      {wrong !== null && wrong.field === null ? <Trouble view={wrong} /> : null}
      {updates.built_in ? null : (
        <Button type="submit" isDisabled={!isChanged} isPending={save.isPending} className="self-end" data-testid="updates-save">
          {words.save}
        </Button>
      )}
    </Form>
  );
}
