/** Tasks clash and there is no way out that is surely safe: a person chooses one. */
import { Link } from "@tanstack/react-router";
import { FileWarning } from "lucide-react";
import { useState } from "react";
import { useBoard, useRead, useTask } from "../../backend/reads";
import type { CardView, ConflictView, ErrorView, ResolveWord } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { visible } from "../../format/visible";
import { ChainStrip } from "../../parts/chain-strip";
import { StatusChip } from "../../parts/chips";
import { Markdown } from "../../parts/markdown";
import { Section } from "../../parts/section";
import { sentence, Ticked } from "../../parts/ticked";
import { Trouble } from "../../parts/states";
import { WaysOut } from "../../parts/ways-out";
import { text } from "../../text";
import type { DetailProps } from "./decide";
import { DetailHead } from "./head";
import { BESIDE, EVIDENCE } from "./layout";

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
      <div className="@container min-h-0 flex-1 overflow-y-auto px-5.5 py-4">
        <div className={BESIDE}>
          <div className="flex max-w-2xl flex-col gap-5 @min-[64rem]:flex-1">
            <p className="text-sm wrap-anywhere">
              <Ticked words={sentence(request.detail)} />
            </p>
            {found?.stuck == null ? null : <p className="text-sm text-muted wrap-anywhere">{visible(sentence(found.stuck))}</p>}
            {error === null ? null : <Trouble view={error} />}
            {found === undefined ? null : (
              <Section title={text.clash.ways}>
                <WaysOut found={found} isPending={resolve.isPending} hasKeys onChoose={choose} />
              </Section>
            )}
          </div>
          <div className={EVIDENCE}>{found === undefined ? null : <Evidence found={found} />}</div>
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
            return <ClashingTask key={id} id={id} card={cards?.find((one) => one.id === id)} />;
          })}
        </ul>
      </Section>
      {found.files.length === 0 ? null : (
        <Section title={text.conflict.files(found.files.length)}>
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

/** One of them: where it is, whose turn it is, and what its last holder wrote about it. */
function ClashingTask({ id, card }: { id: string; card: CardView | undefined }) {
  const last = useTask(id).data?.handoffs.at(-1);
  return (
    <li className="flex flex-col gap-1.5 px-3 py-2.5">
      <div className="flex items-center gap-2.5 text-sm">
        <Link to="/task/$task" params={{ task: id }} className="flex min-w-0 flex-1 items-center gap-2.5 rounded underline-offset-2 hover:underline">
          <span className="shrink-0 font-mono text-xs text-muted">{id}</span>
          <span className="min-w-0 font-medium wrap-anywhere">{card === undefined ? "" : visible(card.title)}</span>
        </Link>
        {card === undefined ? null : <StatusChip status={card.status} />}
      </div>
      {card === undefined ? null : <ChainStrip chain={card.chain} />}
      {last === undefined || last.note.trim() === "" ? null : (
        <div className="mt-0.5 text-xs text-muted">
          <p className="font-medium">{text.review.lastHolder(last.who)}</p>
          <Markdown source={last.note} className="mt-0.5" />
        </div>
      )}
    </li>
  );
}
