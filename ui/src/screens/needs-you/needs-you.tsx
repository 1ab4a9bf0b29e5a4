/** Every decision that waits, one list, one key each. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { CircleCheckBig } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useBackend } from "../../backend/context";
import { useHeld } from "../../backend/held";
import { tellHere } from "../../backend/here";
import { useProject, useRequests } from "../../backend/reads";
import { useShortcut } from "../../parts/shortcuts";
import { Empty, Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { BudgetDetail } from "./budget";
import { ClashDetail } from "./clash";
import { ConflictDetail } from "./conflict";
import type { DetailProps } from "./decide";
import { EscalationDetail } from "./escalation";
import { RequestList } from "./list";
import { afterDeciding, chosenOf, neighbour, openRequests } from "./order";
import { PermissionDetail } from "./permission";
import { QuestionDetail } from "./question";
import { ReviewDetail } from "./review";

export interface NeedsYouSearch {
  request?: number;
  /** The box for words is ready to be typed into. */
  do?: "changes";
}

const nothingDecided: ReadonlySet<number> = new Set();

export function NeedsYou() {
  const requests = useRequests();
  const [resolved, setResolved] = useState(nothingDecided);
  const { now: held } = useHeld();
  const decided = new Set([...resolved, ...held.gone, ...held.held.filter(({ until }) => until !== null).map(({ input }) => input.request)]);
  const search = useSearch({ from: "/needs-you" });
  const navigate = useNavigate();
  const open = openRequests(requests.data ?? [], decided);
  const chosen = chosenOf(open, search.request);

  useShown(chosen?.id ?? null);
  const choose = useCallback((id: number | undefined) => void navigate({ to: "/needs-you", search: id === undefined ? {} : { request: id }, replace: true }), [navigate]);
  const step = (by: 1 | -1) => {
    const next = chosen === undefined ? undefined : neighbour(open, chosen.id, by);
    if (next !== undefined) choose(next.id);
  };
  useShortcut("j", text.nav.needsYou, text.keys.next, () => step(1));
  useShortcut("k", text.nav.needsYou, text.keys.previous, () => step(-1));

  if (requests.data === undefined) {
    if (requests.isError) return <Failed level={1} title={text.needsYou.failed} cause={requests.error} onRetry={() => void requests.refetch()} />;
    return <Loading level={1} what={text.needsYou.loading} />;
  }
  if (chosen === undefined) return <NothingWaits />;
  const onDecided = () => {
    // A clash is resolved at once; the others are held back and told by the store.
    if (chosen.clash !== undefined) setResolved((before) => new Set(before).add(chosen.id));
    choose(afterDeciding(open, chosen.id));
  };
  return (
    <div className="flex h-full">
      <RequestList requests={open} chosen={chosen.id} />
      <section key={chosen.id} aria-label={chosen.title} className="min-w-0 flex-1 bg-surface" data-testid="needs-you-detail">
        <Detail request={chosen} onDecided={onDecided} />
      </section>
    </div>
  );
}

/** Whoever has a request before their eyes need not be told of it. */
function useShown(request: number | null): void {
  const backend = useBackend();
  useEffect(() => {
    tellHere(backend, { request });
    return () => tellHere(backend, { request: null });
  }, [backend, request]);
}

function Detail({ request, onDecided }: DetailProps) {
  switch (request.kind) {
    case "review":
      return <ReviewDetail request={request} onDecided={onDecided} />;
    case "permission":
      return <PermissionDetail request={request} onDecided={onDecided} />;
    case "question":
      return <QuestionDetail request={request} onDecided={onDecided} />;
    case "budget":
      return <BudgetDetail request={request} onDecided={onDecided} />;
    case "escalation":
      return <EscalationDetail request={request} onDecided={onDecided} />;
    case "conflict":
      return request.clash !== undefined ? <ClashDetail request={request} onDecided={onDecided} /> : <ConflictDetail request={request} onDecided={onDecided} />;
  }
}

function NothingWaits() {
  const project = useProject().data;
  const busy = project?.agents.filter((agent) => agent.busy).length ?? 0;
  return <Empty level={1} icon={<CircleCheckBig aria-hidden size={28} strokeWidth={1.5} />} title={text.needsYou.emptyTitle} words={busy > 0 ? text.needsYou.emptyBusy(busy) : text.needsYou.emptyIdle} />;
}
