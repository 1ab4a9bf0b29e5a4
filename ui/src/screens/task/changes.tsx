/** A task's changes, at any time: what is said about them here waits in the draft until the review is decided. */
import { useState } from "react";
import { useProject } from "../../backend/reads";
import type { TaskView } from "../../backend/wire";
import { countsOf, useChanges } from "../../parts/diff/changes";
import { useCommenting } from "../../parts/diff/commenting";
import { draftKey, useDraft } from "../../parts/diff/draft";
import { Files } from "../../parts/diff/files";
import { DiffViewer } from "../../parts/diff/viewer";
import { OpenInEditor } from "../../parts/editor";

export function TaskChanges({ task }: { task: TaskView }) {
  const { id, status } = task.card;
  const changes = useChanges(id);
  const project = useProject().data?.path ?? "";
  const [draft, change] = useDraft(draftKey(project, id));
  const commenting = useCommenting(change, draft, changes.whole?.commit ?? null, changes.range === "whole");
  const [chosen, setChosen] = useState(0);
  const files = changes.shown?.files ?? [];
  return (
    <div className="flex h-full flex-col">
      {files.length > 1 ? (
        <div className="max-h-36 shrink-0 overflow-y-auto border-b border-line-soft px-4 py-1.5">
          <Files files={files} chosen={Math.min(chosen, files.length - 1)} onChoose={setChosen} said={countsOf(changes, draft)} />
        </div>
      ) : null}
      <div className="min-h-0 flex-1">
        <DiffViewer changes={changes} chosen={chosen} onChoose={setChosen} draft={draft} commenting={status === "review" ? commenting : null} tools={(file) => <OpenInEditor task={id} file={file} />} />
      </div>
    </div>
  );
}
