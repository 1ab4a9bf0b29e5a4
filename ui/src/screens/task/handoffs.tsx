/** The chain so far, with every holder's words. */
import { useFaces } from "../../parts/face";
import { Badge } from "../../parts/face";
import { Markdown } from "../../parts/markdown";
import { Moment } from "../../parts/since";
import { Empty } from "../../parts/states";
import type { HandoffView, TaskView } from "../../backend/wire";
import { faceByName, PERSON } from "../../format/faces";
import { text } from "../../text";

export function Handoffs({ task }: { task: TaskView }) {
  if (task.handoffs.length === 0) return <Empty title={text.task.noHandoffs} words={text.task.noHandoffsWords} />;
  return (
    <ol className="flex max-w-3xl flex-col">
      {task.handoffs.map((handoff, index) => (
        <Handoff key={handoff.n} handoff={handoff} isLast={index === task.handoffs.length - 1} />
      ))}
    </ol>
  );
}

const PEOPLE: readonly string[] = ["", "you", "person"];

function Handoff({ handoff, isLast }: { handoff: HandoffView; isLast: boolean }) {
  const faces = useFaces();
  const isPerson = PEOPLE.includes(handoff.who);
  const face = isPerson ? PERSON : (faces.get(handoff.who) ?? faceByName(handoff.who));
  const at = Date.parse(handoff.at);
  return (
    <li className="flex gap-3">
      <span aria-hidden className="flex flex-col items-center gap-1">
        <Badge {...face} size="normal" />
        {isLast ? null : <span className="w-0.5 flex-1 bg-good-line" />}
      </span>
      <div className="min-w-0 flex-1 pb-5">
        <p className="flex items-baseline gap-2">
          <span className="text-sm leading-5 font-semibold">{isPerson ? text.you : handoff.who}</span>
          <span className="text-xs text-muted">
            {text.leg[handoff.leg].done.toLowerCase()}
            {Number.isNaN(at) ? ` · ${handoff.at}` : <> · <Moment at={at} /></>}
          </span>
        </p>
        {handoff.note.trim() === "" ? <p className="mt-0.5 text-sm text-faint">{text.task.noWords}</p> : <Markdown source={handoff.note} className="mt-1 text-sm" />}
      </div>
    </li>
  );
}
