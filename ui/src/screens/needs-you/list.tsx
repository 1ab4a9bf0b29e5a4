/** Everything that waits for the person. */
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useRead } from "../../backend/reads";
import type { RequestView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { KindChip } from "../../parts/chips";
import { Age } from "../../parts/since";
import { text } from "../../text";
import { RequestTitle } from "./title";

interface ListProps {
  requests: RequestView[];
  chosen: number;
}

export function RequestList({ requests, chosen }: ListProps) {
  return (
    <section aria-label={text.nav.needsYou} className="flex w-64 shrink-0 flex-col border-r border-line bg-list wide:w-87">
      <header className="flex h-10.5 shrink-0 items-center gap-2.5 border-b border-line px-3.5">
        <h1 className="text-sm font-semibold">{text.nav.needsYou}</h1>
        <span className="text-sm font-medium text-faint tabular-nums">{requests.length}</span>
        <span className="ml-auto text-xs text-faint">{text.needsYou.order}</span>
      </header>
      <ul className="min-h-0 flex-1 overflow-y-auto">
        {requests.map((request) => (
          <Item key={request.id} request={request} isChosen={request.id === chosen} />
        ))}
      </ul>
      <Beside />
    </section>
  );
}

/** What is no decision but may want a look: messages, and what clashes. */
function Beside() {
  const messages = useRead("messages", { inbox: "person", after: null, limit: null }).data;
  const conflicts = useRead("conflicts", {}).data;
  const unread = messages === undefined ? 0 : messages.messages.filter(({ receipts }) => receipts.some(({ name, acked }) => name === "person" && acked === null)).length + messages.more;
  return (
    <nav aria-label={text.needsYou.beside} className="flex shrink-0 gap-4 border-t border-line px-3.5 py-2 text-xs text-muted">
      <Link to="/messages" className="rounded underline-offset-2 hover:text-ink hover:underline">
        {text.messages.title}
        {unread > 0 ? <span className="ml-1.5 font-medium text-accent tabular-nums">{unread}</span> : null}
      </Link>
      <Link to="/conflicts" className="rounded underline-offset-2 hover:text-ink hover:underline">
        {text.conflicts.title}
        {conflicts === undefined || conflicts.conflicts.length === 0 ? null : <span className="ml-1.5 font-medium tabular-nums">{conflicts.conflicts.length}</span>}
      </Link>
    </nav>
  );
}

function Item({ request, isChosen }: { request: RequestView; isChosen: boolean }) {
  const own = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isChosen) own.current?.scrollIntoView?.({ block: "nearest" });
  }, [isChosen]);
  const isAgentWaiting = request.kind === "permission" || request.kind === "question";
  return (
    <li ref={own}>
      <Link
        to="/needs-you"
        search={{ request: request.id }}
        aria-current={isChosen ? "true" : undefined}
        data-testid={`needs-you-item-${request.id}`}
        className={`relative flex flex-col gap-1 border-b border-line py-2.5 pr-3.5 pl-3.5 -outline-offset-2 ${isChosen ? "bg-accent-tint before:absolute before:inset-y-0 before:left-0 before:w-0.75 before:bg-accent-fill" : "hover:bg-raised"}`}
      >
        <span className="flex h-5 items-center gap-2 text-xs text-muted">
          <KindChip kind={request.kind} />
          {isAgentWaiting && request.from !== null ? <span className="min-w-0 truncate">{visible(request.from)}</span> : null}
          {isAgentWaiting && request.from !== null && request.task !== null ? <span className="-mx-2 shrink-0 whitespace-pre"> · </span> : null}
          {request.task === null ? null : <span className="shrink-0">{request.task}</span>}
          <span className={`ml-auto shrink-0 text-2xs ${isAgentWaiting && request.run !== null ? "text-bad" : "text-muted"}`}>
            {request.kind === "permission" && request.run !== null ? <span className="max-wide:hidden">{text.needsYou.agentWaiting} </span> : null}
            <Age since={request.since} />
          </span>
        </span>
        <span className="line-clamp-2 text-sm leading-5 font-semibold wrap-anywhere wide:line-clamp-1">
          <RequestTitle request={request} />
        </span>
        {request.detail === "" ? null : <span className="truncate text-xs text-muted">{visible(request.detail)}</span>}
      </Link>
    </li>
  );
}
