/** The head of a request's detail: which task, and the line that names it. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RequestView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { KindChip, PriorityChip } from "../../parts/chips";
import { Fact } from "../../parts/fact";

interface HeadProps {
  request: RequestView;
  priority?: string | undefined;
  /** More facts for the first line. */
  facts?: ReactNode;
  title: ReactNode;
  children?: ReactNode;
}

export function DetailHead({ request, priority, facts, title, children }: HeadProps) {
  return (
    <header className="flex shrink-0 flex-col gap-1.5 border-b border-line px-5.5 pt-4 pb-4">
      <p className="flex min-w-0 items-center gap-2 text-xs text-muted">
        {request.kind === "review" ? priority === undefined ? null : <PriorityChip priority={priority} /> : <KindChip kind={request.kind} />}
        {request.task === null ? null : (
          <Link to="/task/$task" params={{ task: request.task }} className="shrink-0 rounded font-mono underline-offset-2 hover:text-ink hover:underline">
            {request.task}
          </Link>
        )}
        {facts}
        {request.kind !== "review" && request.task_title !== null ? <Fact className="min-w-0"><span className="truncate">{visible(request.task_title)}</span></Fact> : null}
      </p>
      <h2 className="text-lg leading-6 font-semibold tracking-[-0.01em] wrap-anywhere">{title}</h2>
      {children}
    </header>
  );
}
