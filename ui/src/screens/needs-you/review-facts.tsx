/** The column beside the diff: criteria, checks, the last holder's words, files. */
import { useProject } from "../../backend/reads";
import type { DiffView, GateView, TaskView } from "../../backend/wire";
import { CheckLine, Criteria, Gates } from "../../parts/checks";
import { type Changes, countsOf } from "../../parts/diff/changes";
import type { Draft } from "../../parts/diff/draft";
import { Files } from "../../parts/diff/files";
import { Markdown } from "../../parts/markdown";
import { Section } from "../../parts/section";
import { text } from "../../text";
import { Impact } from "../../parts/impact";

interface ReviewFactsProps {
  task: TaskView;
  changes: Changes;
  draft: Draft;
  chosen: number;
  onChoose: (index: number) => void;
}

export function ReviewFacts({ task, changes, draft, chosen, onChoose }: ReviewFactsProps) {
  const files = changes.shown?.files ?? [];
  const { done, all } = task.card.criteria;
  const last = task.handoffs.at(-1);
  return (
    <div className="flex shrink-0 flex-col gap-5 px-5.5 py-3.5 @min-[40rem]:w-64 @min-[40rem]:pr-4 @min-[50rem]:pr-5.5 @min-[40rem]:overflow-y-auto @min-[40rem]:border-r @min-[40rem]:border-line-soft @min-[50rem]:w-75">
      <Section title={text.criteria.title(done, all)}>
        <Criteria criteria={task.criteria} gates={task.gates} task={task.card.id} chain={task.card.chain} />
      </Section>
      <Section title={text.gate.title}>
        <ul className="flex flex-col gap-1.5">
          <Gates gates={task.gates} task={task.card.id} />
          <MergeForecast diff={changes.whole} />
        </ul>
      </Section>
      <Impact task={task.card.id} unblocks={task.unblocks} isAlwaysSaid />
      {last === undefined || last.note.trim() === "" ? null : (
        <Section title={text.review.lastHolder(last.who)}>
          <Markdown source={last.note} className="text-sm text-muted" />
        </Section>
      )}
      {files.length === 0 ? null : (
        <Section title={text.diff.files(files.length)}>
          <Files files={files} chosen={chosen} onChoose={onChoose} said={countsOf(changes, draft)} />
        </Section>
      )}
    </div>
  );
}

/** Whether it would merge right now. */
function MergeForecast({ diff }: { diff: DiffView | undefined }) {
  const base = useProject().data?.base_branch;
  if (base == null) return null;
  const [state, result]: [GateView["state"], string] =
    diff === undefined ? ["running", text.review.looking] : diff.commit === null ? ["waiting", text.diff.none] : diff.conflicts.length === 0 ? ["passed", text.review.noConflict] : ["failed", text.review.conflicts(diff.conflicts.length)];
  return <CheckLine state={state} name={text.review.mergesInto(base)} result={result} title={diff?.conflicts.join("\n") ?? ""} />;
}
