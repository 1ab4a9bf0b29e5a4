/** Tasks clash and there is no way out that is surely safe: a person chooses one. */
import { Link } from "@tanstack/react-router";
import { FileWarning } from "lucide-react";
import { useState } from "react";
import { useBoard, useRead } from "../../backend/reads";
import type { ConflictView, ErrorView, ResolveWord } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { visible } from "../../format/visible";
import { StatusChip } from "../../parts/chips";
import { Section } from "../../parts/section";
import { sentence, Ticked } from "../../parts/ticked";
import { Trouble } from "../../parts/states";
import { WaysOut } from "../../parts/ways-out";
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
          <p className="text-sm wrap-anywhere">
            <Ticked words={sentence(request.detail)} />
          </p>
          {found?.stuck == null ? null : <p className="text-sm text-muted wrap-anywhere">{visible(sentence(found.stuck))}</p>}
          {found === undefined ? null : <Evidence found={found} />}
          {error === null ? null : <Trouble view={error} />}
          {found === undefined ? null : (
            <Section title={text.clash.ways}>
              <WaysOut found={found} isPending={resolve.isPending} hasKeys onChoose={choose} />
            </Section>
          )}
        </div>
      </div>
    </div>
  );
}

function Evidence({ found }: { found: ConflictView }) {
  const cards = useBoard().data?.cards;
  return (
    <>
      <Section title={text.clash.tasks}>
        <ul className="divide-y divide-line-soft rounded-lg border border-line">
          {found.tasks.map((id) => {
            const card = cards?.find((one) => one.id === id);
            return (
              <li key={id}>
                <Link to="/task/$task" params={{ task: id }} className="flex items-center gap-2.5 rounded-lg px-3 py-1.5 text-sm -outline-offset-2 hover:bg-raised">
                  <span className="shrink-0 font-mono text-xs text-muted">{id}</span>
                  <span className="min-w-0 flex-1 truncate">{card === undefined ? "" : visible(card.title)}</span>
                  {card === undefined ? null : <StatusChip status={card.status} />}
                </Link>
              </li>
            );
          })}
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
