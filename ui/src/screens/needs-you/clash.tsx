/** Tasks clash and there is no way out that is surely safe: a person chooses one. */
import { Link } from "@tanstack/react-router";
import { FileWarning } from "lucide-react";
import { useState } from "react";
import { useRead } from "../../backend/reads";
import type { ConflictView, ErrorView, ResolveWord } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { visible } from "../../format/visible";
import { Section } from "../../parts/section";
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
          <p className="text-sm wrap-anywhere">{visible(request.detail)}</p>
          {found?.stuck == null ? null : <p className="text-sm text-muted wrap-anywhere">{visible(found.stuck)}</p>}
          {found === undefined ? null : <Evidence found={found} />}
          {error === null ? null : <Trouble view={error} />}
          {found === undefined ? null : <WaysOut found={found} isPending={resolve.isPending} hasKeys onChoose={choose} />}
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
