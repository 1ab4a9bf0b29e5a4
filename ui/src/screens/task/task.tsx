/** Everything about one task. */
import { Link, useParams } from "@tanstack/react-router";
import { useTask } from "../../backend/reads";
import type { TaskView } from "../../backend/wire";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { TaskFacts } from "./facts";
import { TaskHead } from "./head";
import { TaskTabs } from "./tabs";

export function Task() {
  const { task: id } = useParams({ from: "/task/$task" });
  const task = useTask(id);
  if (task.data !== undefined) return <TaskBody key={id} task={task.data} />;
  if (task.isError) {
    return (
      <Failed level={1} title={text.task.failed(id)} cause={task.error} onRetry={() => void task.refetch()}>
        <Link to="/board" className="rounded px-2 text-sm text-accent underline-offset-2 hover:underline">
          {text.notFound.back}
        </Link>
      </Failed>
    );
  }
  return <Loading level={1} what={text.task.loading} />;
}

function TaskBody({ task }: { task: TaskView }) {
  return (
    <div className="@container flex h-full flex-col bg-surface">
      <TaskHead task={task} />
      <div className="flex min-h-0 flex-1">
        <TaskFacts task={task} />
        <TaskTabs task={task} />
      </div>
    </div>
  );
}
