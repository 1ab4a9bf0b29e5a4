/** Which project: picked or typed, looked at before anything is made, then set up and opened. */
import { FolderOpen, X } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { useRead } from "../../backend/reads";
import type { ErrorView, FolderView, SetUpView } from "../../backend/wire";
import { useAsk, useWrite } from "../../backend/writes";
import { Button, IconButton } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { Field } from "../../parts/fields";
import { Trouble } from "../../parts/states";
import { sentence, Ticked } from "../../parts/ticked";
import { text } from "../../text";
import { Step } from "./step";

const words = text.welcome;

export function FolderStep() {
  const [path, setPath] = useState("");
  const [found, setFound] = useState<FolderView | null>(null);
  const [error, setError] = useState<ErrorView | null>(null);
  const look = useAsk("desktop-look", { onDone: setFound, onFailure: (failure) => setError(failure.view) });
  const lookAt = (folder: string) => {
    setPath(folder);
    setError(null);
    look.mutate({ path: folder });
  };
  const pick = useAsk("desktop-pick", { onDone: (picked) => picked.path !== null && lookAt(picked.path), onFailure: (failure) => setError(failure.view) });
  const demo = useWrite("desktop-demo");
  return (
    <>
      <Step number={1} testId="welcome-folder" title={words.folder.title} words={words.folder.words} isDone={found !== null && found.problem === null}>
        <Form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (path.trim() !== "") lookAt(path.trim());
          }}
        >
          {error === null ? null : <Trouble view={error} />}
          <div className="flex items-start gap-2">
            <span className="flex-1">
              <Field mono label={words.folder.path} hint={words.folder.pathHint} value={path} onChange={setPath} error={found !== null && found.path === path.trim() ? found.problem : null} testId="welcome-path" />
            </span>
            <Button type="submit" className="mt-5.5" isDisabled={path.trim() === ""} isPending={look.isPending} data-testid="welcome-look">
              {words.folder.look}
            </Button>
            <Button className="mt-5.5" look={found === null || found.problem !== null ? "solid" : "quiet"} isPending={pick.isPending} onPress={() => pick.mutate({})} data-testid="welcome-pick">
              <FolderOpen aria-hidden size={14} />
              {words.folder.pick}
            </Button>
          </div>
        </Form>
        <Recent onChoose={lookAt} />
      </Step>
      {found === null || found.problem !== null ? null : <FoundStep key={found.path} found={found} />}
      <p className="text-center">
        <Button look="bare" isPending={demo.isPending} onPress={() => demo.mutate({})} data-testid="welcome-demo">
          <span className="text-accent">{words.folder.demo}</span>
        </Button>
      </p>
    </>
  );
}

function Recent({ onChoose }: { onChoose: (path: string) => void }) {
  const recent = useRead("desktop", {}).data?.recent ?? [];
  const forget = useWrite("desktop-forget");
  if (recent.length === 0) return null;
  return (
    <div className="mt-4">
      <h3 className="mb-1.5 text-2xs font-semibold text-muted">{words.folder.recent}</h3>
      <ul className="divide-y divide-line-soft rounded-lg border border-line">
        {recent.map((project) => (
          <li key={project.path} className="flex items-center gap-2 py-1 pr-1 pl-3">
            <button type="button" disabled={!project.there} onClick={() => onChoose(project.path)} className="flex min-w-0 flex-1 items-baseline gap-2 rounded py-1 text-left text-sm enabled:hover:text-accent">
              <span className={`shrink-0 font-medium ${project.there ? "" : "text-muted"}`}>{project.name}</span>
              <span className="truncate font-mono text-2xs text-muted">{project.path}</span>
            </button>
            {project.there ? null : <Chip tone="warn">{words.folder.gone}</Chip>}
            <IconButton label={words.folder.forget(project.name)} onPress={() => forget.mutate({ path: project.path })}>
              <X aria-hidden size={13} />
            </IconButton>
          </li>
        ))}
      </ul>
    </div>
  );
}

function FoundStep({ found }: { found: FolderView }) {
  const [made, setMade] = useState<SetUpView | null>(null);
  const [error, setError] = useState<ErrorView | null>(null);
  const setUp = useAsk("desktop-set-up", { onDone: setMade, onFailure: (failure) => setError(failure.view) });
  const open = useWrite("desktop-open", { onFailure: (failure) => setError(failure.view) });
  const isReady = found.project !== null || made !== null;
  return (
    <Step number={2} testId="welcome-found" title={words.found.title} words={found.git ? words.found.git(found.branch ?? "HEAD") : words.found.noGit} isDone={isReady}>
      {error === null ? null : <Trouble view={error} />}
      <h3 className="mb-1.5 text-2xs font-semibold text-muted">{words.found.agents}</h3>
      <ul data-testid="welcome-agents" className="flex flex-col gap-1.5 text-sm">
        {found.agents.map((agent) => (
          <li key={agent.cli} className="flex items-start gap-2">
            <span className="w-20 shrink-0 font-medium">{agent.cli}</span>
            {agent.program === null ? (
              <span className="min-w-0">
                <Chip tone="warn">{words.found.missing}</Chip>
                <span className="mt-0.5 block text-xs text-muted select-text wrap-anywhere">
                  <Ticked words={sentence(agent.install)} />
                </span>
              </span>
            ) : (
              <span className="flex min-w-0 items-baseline gap-2">
                <Chip tone="good">{words.found.version(agent.version)}</Chip>
                <span className="truncate font-mono text-2xs text-muted">{agent.program}</span>
              </span>
            )}
          </li>
        ))}
      </ul>
      {found.project === null ? null : <p className="mt-3 text-sm">{words.found.project(found.project)}</p>}
      {made === null ? null : (
        <div role="status" className="mt-3 rounded-lg bg-good-tint px-3 py-2 text-xs">
          <p className="font-semibold text-good">{made.chain}</p>
          <p className="mt-0.5 font-mono text-2xs text-muted">{made.created.join(", ")}</p>
          {made.notes.map((note) => (
            <p key={note} className="mt-0.5 text-muted">
              {note}
            </p>
          ))}
        </div>
      )}
      <footer className="mt-4 flex justify-end gap-2">
        {isReady ? (
          <>
            <Button isPending={open.isPending} onPress={() => open.mutate({ path: found.path, new_window: true })}>
              {words.found.openNew}
            </Button>
            <Button look="solid" isPending={open.isPending} onPress={() => open.mutate({ path: found.path, new_window: false })} data-testid="welcome-open">
              {words.found.open}
            </Button>
          </>
        ) : (
          <Button look="solid" isPending={setUp.isPending} onPress={() => setUp.mutate({ path: found.path })} data-testid="welcome-set-up">
            {words.found.setUp}
          </Button>
        )}
      </footer>
    </Step>
  );
}
