/** The quiet facts at the bottom. */
import { TriangleAlert } from "lucide-react";
import { useLinkState } from "../backend/context";
import { useProject } from "../backend/reads";
import { span } from "../format/time";
import { openOverlay } from "../parts/overlay";
import { text } from "../text";

export function StatusBar() {
  const project = useProject().data;
  const link = useLinkState();
  const isWatched = project?.engine.running === true && link === "online";
  const problems = project?.problems.length ?? 0;
  return (
    <footer className="flex h-7 shrink-0 items-center gap-4 overflow-hidden border-t border-line bg-surface px-3.5 text-2xs whitespace-nowrap text-muted">
      {project === undefined && link === "online" ? null : (
        <span className="flex items-center gap-1.5">
          <span aria-hidden className={`size-1.5 rounded-full ${isWatched ? "bg-good-fill" : "bg-warn-fill"}`} />
          {isWatched ? text.bar.watched : text.bar.notWatched}
        </span>
      )}
      {project === undefined ? null : (
        <>
          <span>{text.bar.tasks(project.tasks, project.in_flight)}</span>
          {project.median_handoff === null ? null : <span className="max-mid:hidden">{text.bar.handoff(span(project.median_handoff))}</span>}
          {problems === 0 ? null : (
            <button type="button" aria-haspopup="dialog" onClick={() => openOverlay("problems")} data-testid="problems" className="flex items-center gap-1 rounded px-1 font-medium text-warn hover:bg-warn-tint">
              <TriangleAlert aria-hidden size={11} />
              {text.bar.problems(problems)}
            </button>
          )}
          <span className="flex-1" />
          {project.base_branch === null ? null : <span className="max-mid:hidden">{text.bar.mergesInto(project.base_branch)}</span>}
          <button type="button" aria-haspopup="dialog" onClick={() => openOverlay("keys")} className="rounded px-1 hover:bg-raised hover:text-ink">
            {text.bar.keys}
          </button>
          <span className="max-mid:hidden">{text.bar.version(project.version)}</span>
        </>
      )}
    </footer>
  );
}
