/** What clashes: tasks about the same files, branches that would not merge, work that stalls; what became of it, and ways out. */
import { Link } from "@tanstack/react-router";
import { GitMerge } from "lucide-react";
import { useState } from "react";
import { useRead } from "../../backend/reads";
import type { ConflictView, ErrorView, ResolveWord } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { Moment } from "../../parts/since";
import { Empty, Failed, Loading, Trouble } from "../../parts/states";
import { sentence, Ticked } from "../../parts/ticked";
import { WaysOut } from "../../parts/ways-out";
import { text } from "../../text";

export function Conflicts() {
  const [all, setAll] = useState(false);
  const found = useRead("conflicts", all ? { all } : {}, { keep: true });
  const over = found.data?.over ?? 0;
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 px-5">
        <h1 className="text-md font-semibold">{text.conflicts.title}</h1>
        {over > 0 ? <span className="text-xs text-faint">{text.conflicts.over(over)}</span> : null}
        <span className="flex-1" />
        {over > 0 || all ? <Button onPress={() => setAll(!all)}>{all ? text.conflicts.hideOver : text.conflicts.showOver}</Button> : null}
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto border-t border-line bg-surface">
        {found.data === undefined ? (
          found.isError ? <Failed title={text.conflicts.failed} cause={found.error} onRetry={() => void found.refetch()} /> : <Loading what={text.conflicts.loading} />
        ) : found.data.conflicts.length === 0 ? (
          <Empty icon={<GitMerge aria-hidden size={28} strokeWidth={1.5} />} title={text.conflicts.empty} words={text.conflicts.emptyWords} />
        ) : (
          <ul aria-label={text.conflicts.title} className="flex max-w-3xl flex-col gap-3 px-5 py-4">
            {found.data.conflicts.map((one) => (
              <Conflict key={one.id} found={one} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

const TONES = { open: "bad", queued: "accent", due: "accent", accepted: "plain", over: "good" } as const;

function Conflict({ found }: { found: ConflictView }) {
  const [error, setError] = useState<ErrorView | null>(null);
  const [isOpen, setOpen] = useState(found.stage === "open");
  const resolve = useWrite("resolve", { onFailure: (failure) => setError(failure.view) });
  const choose = (how: ResolveWord) => {
    setError(null);
    resolve.mutate({ conflict: found.id, how, task: null, note: null });
  };
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-line px-3.5 py-3" data-testid={`conflict-${found.id}`}>
      <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
        <Chip tone={TONES[found.stage]}>{text.conflicts.stage[found.stage]}</Chip>
        <span className="font-medium text-ink">{text.conflicts.kind[found.kind]}</span>
        {found.tasks.map((id) => (
          <Link key={id} to="/task/$task" params={{ task: id }} className="inline-flex h-5 items-center rounded bg-raised px-1.5 font-mono text-2xs text-muted hover:text-ink">
            {id}
          </Link>
        ))}
        <Moment at={found.since} />
        <span className="flex-1" />
        {found.options.length === 0 || isOpen ? null : (
          <Button size="small" onPress={() => setOpen(true)}>
            {text.conflicts.decide}
          </Button>
        )}
      </p>
      <p className="text-sm wrap-anywhere">
        <Ticked words={sentence(found.evidence)} />
      </p>
      {found.files.length === 0 ? null : <p className="font-mono text-xs text-muted wrap-anywhere">{found.files.map(visible).join(", ")}</p>}
      {found.resolution === null ? null : (
        <p className="text-sm text-muted">
          {visible(sentence(found.resolution))}
          {found.why === null ? null : ` · ${visible(found.why)}`}
        </p>
      )}
      {found.stuck === null ? null : <p className="text-sm text-warn">{visible(found.stuck)}</p>}
      {error === null ? null : <Trouble view={error} />}
      {isOpen ? <WaysOut found={found} isPending={resolve.isPending} onChoose={choose} /> : null}
    </li>
  );
}
