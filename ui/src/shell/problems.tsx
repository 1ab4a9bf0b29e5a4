/** Files that could not be read as they are, each with its cure. */
import { useProject } from "../backend/reads";
import { CopyButton } from "../parts/copy";
import { Dialog } from "../parts/dialog";
import { openOverlay, useOverlay } from "../parts/overlay";
import { visible } from "../format/visible";
import { text } from "../text";

export function Problems() {
  const isOpen = useOverlay() === "problems";
  const problems = useProject().data?.problems ?? [];
  return (
    <Dialog title={text.problems.title} isOpen={isOpen} onClose={() => openOverlay(null)} width="wide" testId="problems-list">
      <p className="px-4 pt-3 text-sm text-muted">{problems.length === 0 ? text.problems.none : text.problems.words}</p>
      <ul className="flex max-h-[60vh] flex-col gap-2 overflow-auto p-4">
        {problems.map((problem) => {
          const place = problem.line === null ? problem.path : `${problem.path}:${problem.line}`;
          return (
            <li key={`${place} ${problem.what}`} className="rounded-lg border border-line px-3 py-2.5">
              <p className="flex items-center gap-1 font-mono text-xs text-muted">
                <span className="truncate">{visible(place)}</span>
                <CopyButton label={text.problems.copyPath} value={place} className="-my-1" />
              </p>
              <p className="mt-0.5 text-sm font-medium wrap-anywhere">{visible(problem.what)}</p>
              <p className="mt-0.5 text-sm text-muted wrap-anywhere">{problem.cure}</p>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
