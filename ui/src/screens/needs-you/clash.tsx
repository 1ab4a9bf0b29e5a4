/** Tasks clash and there is no way out that is surely safe: a person chooses one. */
import { Link } from "@tanstack/react-router";
import { FileWarning } from "lucide-react";
import { useState } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useRead } from "../../backend/reads";
import type { ConflictView, ErrorView, ResolveWord } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { visible } from "../../format/visible";
import { Chip } from "../../parts/chips";
import { Kbd } from "../../parts/kbd";
import { Section } from "../../parts/section";
import { useShortcut } from "../../parts/shortcuts";
import { Trouble } from "../../parts/states";
import { text } from "../../text";
import type { DetailProps } from "./decide";
import { DetailHead } from "./head";

export function ClashDetail({ request, onDecided }: DetailProps) {
  const found = useRead("conflicts", {}).data?.conflicts.find(({ id }) => id === request.clash);
  const [error, setError] = useState<ErrorView | null>(null);
  const resolve = useWrite("resolve", { onDone: onDecided, onFailure: (failure) => setError(failure.view) });
  const choose = (how: ResolveWord) => {
    if (resolve.isPending || request.clash === undefined) return;
    setError(null);
    resolve.mutate({ conflict: request.clash, how, task: null, note: null });
  };
  return (
    <div className="flex h-full flex-col">
      <DetailHead request={request} title={visible(request.title)} />
      <div className="min-h-0 flex-1 overflow-y-auto px-5.5 py-4">
        <div className="flex max-w-2xl flex-col gap-5">
          <p className="text-sm wrap-anywhere">{visible(request.detail)}</p>
          {found?.stuck == null ? null : <p className="text-sm text-muted wrap-anywhere">{visible(found.stuck)}</p>}
          {found === undefined ? null : <Evidence found={found} />}
          {error === null ? null : <Trouble view={error} />}
          <ul aria-label={text.clash.ways} className="flex flex-col gap-2">
            {(found?.options ?? []).map((way, index) => (
              <Way key={way} way={way} found={found} number={index + 1} isFirst={index === 0} isPending={resolve.isPending} onChoose={() => choose(way)} />
            ))}
          </ul>
        </div>
      </div>
    </div>
  );
}

function Evidence({ found }: { found: ConflictView }) {
  return (
    <>
      <Section title={text.clash.tasks}>
        <ul className="flex flex-wrap gap-1.5">
          {found.tasks.map((id) => (
            <li key={id}>
              <Link to="/task/$task" params={{ task: id }} className="inline-flex h-5 items-center rounded bg-sunken px-1.5 font-mono text-2xs text-muted hover:text-ink">
                {id}
              </Link>
            </li>
          ))}
        </ul>
      </Section>
      {found.files.length === 0 ? null : (
        <Section title={text.diff.files(found.files.length)}>
          <ul className="divide-y divide-line-soft rounded-lg border border-line">
            {found.files.map((file) => (
              <li key={file} className="flex items-center gap-2.5 px-3 py-1.5 font-mono text-xs">
                <FileWarning aria-hidden size={13} className="shrink-0 text-bad" />
                <span className="min-w-0 flex-1 truncate">{visible(file)}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

interface WayProps {
  way: ResolveWord;
  found: ConflictView | undefined;
  number: number;
  isFirst: boolean;
  isPending: boolean;
  onChoose: () => void;
}

function Way({ way, found, number, isFirst, isPending, onChoose }: WayProps) {
  const later = found?.tasks.at(-1) ?? "";
  const first = found?.tasks[0] ?? "";
  const words = { queue: text.clash.queue(later, first), reassign: text.clash.reassign(later), gone: text.clash.gone }[way];
  useShortcut(String(number), text.kind.conflict, words, onChoose);
  return (
    <li>
      <AriaButton onPress={onChoose} isDisabled={isPending} data-testid={`resolve-${way}`} className="flex w-full items-center gap-3 rounded-lg border border-line bg-surface px-3.5 py-2.5 text-left text-sm font-medium transition-colors duration-100 data-disabled:opacity-50 data-hovered:border-accent-fill data-hovered:bg-accent-tint">
        <span className="min-w-0 flex-1 wrap-anywhere">{words}</span>
        {isFirst ? <Chip tone="good">{text.question.recommended}</Chip> : null}
        <Kbd>{String(number)}</Kbd>
      </AriaButton>
    </li>
  );
}
