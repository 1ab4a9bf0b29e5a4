/** The task page's head: what it is, where it stands, its chain, and what one can do now. */
import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { TaskView } from "../../backend/wire";
import { dollars } from "../../format/money";
import { visible } from "../../format/visible";
import { ChainWords } from "../../parts/chain-strip";
import { PriorityChip, StatusChip } from "../../parts/chips";
import { Fact } from "../../parts/fact";
import { Moment } from "../../parts/since";
import { Trouble } from "../../parts/states";
import { text } from "../../text";
import { TaskActions } from "./actions";

export function TaskHead({ task }: { task: TaskView }) {
  const { card } = task;
  const review = task.requests.find(({ kind, open }) => kind === "review" && open);
  return (
    <header className="flex shrink-0 flex-col gap-1.5 border-b border-line px-5.5 pt-3.5 pb-4">
      <div className="flex min-w-0 items-center gap-2 text-xs text-muted">
        <Link to="/board" className="-ml-1 flex items-center rounded pr-1 hover:text-ink">
          <ChevronLeft aria-hidden size={14} />
          {text.nav.board}
        </Link>
        <PriorityChip priority={card.priority} />
        <span className="shrink-0 font-mono">{card.id}</span>
        <StatusChip status={card.status} testId="task-status" />
        {task.branch === null ? null : <span className="min-w-0 truncate font-mono">{task.branch}</span>}
        {card.cost === 0 ? null : <Fact>{dollars(card.cost)}</Fact>}
        {card.moved === null ? null : (
          <Fact>
            <span>
              {text.task.since} <Moment at={card.moved} />
            </span>
          </Fact>
        )}
        <span className="flex-1" />
        <TaskActions task={task} />
      </div>
      <h1 className="text-lg leading-6 font-semibold tracking-[-0.01em] wrap-anywhere">{visible(card.title)}</h1>
      <div className="mt-1.5">
        <ChainWords chain={card.chain} effect={review?.effect ?? null} />
      </div>
      {task.problems.map((problem) => (
        <div key={`${problem.path} ${problem.what}`} className="mt-2">
          <Trouble view={{ code: "problem", message: problem.what, hints: [problem.cure], field: null }} />
        </div>
      ))}
    </header>
  );
}
