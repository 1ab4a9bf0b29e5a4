/** The task that a request is about: what is wanted, how far it is, and what its last holder wrote. */
import type { TaskView } from "../../backend/wire";
import { Criteria } from "../../parts/checks";
import { Markdown } from "../../parts/markdown";
import { Section } from "../../parts/section";
import { text } from "../../text";

export function AboutTask({ task }: { task: TaskView }) {
  const { done, all } = task.card.criteria;
  return (
    <>
      {task.goal.trim() === "" ? null : (
        <Section title={text.task.goal}>
          <Markdown source={task.goal} className="text-sm" />
        </Section>
      )}
      {all === 0 ? null : (
        <Section title={text.criteria.title(done, all)}>
          <Criteria criteria={task.criteria} gates={task.gates} task={task.card.id} chain={task.card.chain} />
        </Section>
      )}
      <LastWords task={task} />
    </>
  );
}

export function LastWords({ task }: { task: TaskView }) {
  const last = task.handoffs.at(-1);
  if (last === undefined || last.note.trim() === "") return null;
  return (
    <Section title={text.review.lastHolder(last.who)}>
      <Markdown source={last.note} className="text-sm text-muted" />
    </Section>
  );
}
