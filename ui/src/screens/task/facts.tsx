/** The column with what is wanted and what is known. */
import { Link } from "@tanstack/react-router";
import type { TaskView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Criteria, Gates } from "../../parts/checks";
import { CopyButton } from "../../parts/copy";
import { Markdown } from "../../parts/markdown";
import { Section } from "../../parts/section";
import { text } from "../../text";
import { Impact } from "../../parts/impact";
import { Why } from "./why";

export function TaskFacts({ task }: { task: TaskView }) {
  const { done, all } = task.card.criteria;
  return (
    <aside aria-label={text.task.facts} className="flex w-64 shrink-0 flex-col gap-5 overflow-y-auto border-r border-line-soft py-4 pr-4 pl-5.5 @min-[60rem]:pr-5.5 @min-[60rem]:w-80">
      <Why task={task} />
      {task.goal.trim() === "" ? null : (
        <Section title={text.task.goal}>
          <Markdown source={task.goal} className="text-sm" />
        </Section>
      )}
      <Section title={text.criteria.title(done, all)}>
        <Criteria criteria={task.criteria} gates={task.gates} task={task.card.id} chain={task.card.chain} />
      </Section>
      {task.gates.length === 0 ? null : (
        <Section title={text.gate.title}>
          <ul className="flex flex-col gap-1.5">
            <Gates gates={task.gates} task={task.card.id} />
          </ul>
        </Section>
      )}
      <Tasks title={text.task.dependsOn} ids={task.card.depends_on} waiting={task.card.blocked_by} />
      <Impact task={task.card.id} unblocks={task.unblocks} />
      {task.notes.trim() === "" ? null : (
        <Section title={text.task.notes}>
          <Markdown source={task.notes} className="text-sm text-muted" />
        </Section>
      )}
      {task.files_affected.length === 0 ? null : (
        <Section title={text.task.filesAffected}>
          <ul className="flex flex-col gap-0.5 font-mono text-xs text-muted">
            {task.files_affected.map((file) => (
              <li key={file} className="wrap-anywhere">
                {visible(file)}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={text.task.places}>
        <dl className="flex flex-col gap-1 text-xs">
          <Place name={text.task.file} value={task.path} />
          <Place name={text.task.branchName} value={task.branch} />
          <Place name={text.task.worktree} value={task.worktree} />
          <Place name={text.task.commit} value={task.commit} shown={task.commit?.slice(0, SHORT_COMMIT)} />
        </dl>
      </Section>
    </aside>
  );
}

function Tasks({ title, ids, waiting }: { title: string; ids: string[]; waiting: string[] }) {
  if (ids.length === 0) return null;
  return (
    <Section title={title}>
      <ul className="flex flex-wrap gap-1.5">
        {ids.map((id) => (
          <li key={id}>
            <Link to="/task/$task" params={{ task: id }} className="inline-flex h-5 items-center rounded bg-raised px-1.5 font-mono text-2xs text-muted hover:text-ink">
              {id}
              {waiting.includes(id) ? <span className="ml-1.5 font-sans text-warn">{text.task.notDone}</span> : null}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const SHORT_COMMIT = 12;

/** Of a long path the end says most, so its beginning is cut. */
function Place({ name, value, shown = value ?? "" }: { name: string; value: string | null; shown?: string | undefined }) {
  if (value === null) return null;
  return (
    <div className="group flex items-center gap-2">
      <dt className="w-16 shrink-0 text-muted">{name}</dt>
      <dd className="flex min-w-0 flex-1 items-center">
        <span dir="rtl" title={value} className="min-w-0 flex-1 truncate text-left font-mono text-2xs">
          <bdi dir="ltr">{shown}</bdi>
        </span>
        <CopyButton label={`${text.copy}: ${name}`} value={value} className="-my-1.5 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100" />
      </dd>
    </div>
  );
}
