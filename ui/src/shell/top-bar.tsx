/** Which project, whether the engine runs, what today cost, search, and the one switch that stops everything. */
import { Pause, Play } from "lucide-react";
import { useLinkState } from "../backend/context";
import { useProject } from "../backend/reads";
import { useWrite } from "../backend/writes";
import type { ProjectView } from "../backend/wire";
import { dollars, wholeDollars } from "../format/money";
import { Button } from "../parts/button";
import { Kbd, withCommandKey } from "../parts/kbd";
import { openOverlay } from "../parts/overlay";
import { text } from "../text";
import { Logo } from "../parts/logo";
import { Projects } from "./projects";

const PILL = "flex h-6.5 shrink-0 items-center rounded-full border border-line px-3 text-xs";

export function TopBar() {
  const project = useProject().data;
  return (
    <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line bg-surface pr-3.5 pl-4">
      <span className="flex items-center gap-2 text-sm font-semibold">
        <Logo />
        <span className="max-mid:sr-only">{text.product}</span>
      </span>
      {project === undefined ? null : (
        <>
          <Projects project={project} />
          <EngineState project={project} />
        </>
      )}
      <span className="flex-1" />
      {project === undefined ? null : <span data-testid="spent" className={`${PILL} max-mid:hidden ${isNearly(project) ? "border-warn/40 bg-warn-tint text-warn" : "text-muted"}`}>{text.spentToday(dollars(project.spent_today), project.budget_today === null ? null : wholeDollars(project.budget_today))}</span>}
      <button type="button" aria-haspopup="dialog" onClick={() => openOverlay("palette")} data-testid="search" className={`${PILL} w-60 justify-between gap-2 text-muted transition-colors duration-100 hover:border-ghost max-wide:w-44 max-mid:w-auto`}>
        <span className="sr-only">{text.palette.open}</span>
        <span aria-hidden className="truncate max-wide:hidden">
          {text.palette.open}
        </span>
        <span aria-hidden className="truncate wide:hidden max-mid:hidden">
          {text.palette.openShort}
        </span>
        <Kbd>{withCommandKey("K")}</Kbd>
      </button>
      {project === undefined ? null : <PauseSwitch project={project} />}
    </header>
  );
}

function EngineState({ project }: { project: ProjectView }) {
  const { engine } = project;
  const agents = project.agents.filter(({ kind }) => kind === "agent");
  const busy = agents.filter((agent) => agent.busy).length;
  const link = useLinkState();
  // What was known last is not what is.
  const [dot, words] =
    link !== "online"
      ? ["bg-ghost", text.engine.unknown]
      : !engine.running
        ? ["bg-bad-fill", text.engine.none]
        : !engine.trusted
          ? ["bg-warn-fill", text.engine.untrusted]
          : engine.paused !== null
            ? ["bg-warn-fill", text.engine.paused(engine.paused)]
            : ["bg-good-fill", text.engine.running(busy, agents.length)];
  return (
    <span role="status" className={`${PILL} min-w-0 shrink gap-2 text-muted`} data-testid="engine-state">
      <span aria-hidden className={`size-2 shrink-0 rounded-full ${dot}`} />
      <span className="truncate">{words}</span>
    </span>
  );
}

function PauseSwitch({ project }: { project: ProjectView }) {
  const pause = useWrite("pause");
  const resume = useWrite("resume");
  if (project.engine.paused !== null) {
    return (
      <Button look="solid" isPending={resume.isPending} onPress={() => resume.mutate({})} data-testid="resume">
        <Play aria-hidden size={13} fill="currentColor" />
        {text.engine.resume}
      </Button>
    );
  }
  return (
    <Button isPending={pause.isPending} onPress={() => pause.mutate({ why: null })} data-testid="pause">
      <Pause aria-hidden size={13} fill="currentColor" strokeWidth={0} />
      {text.engine.pause}
    </Button>
  );
}

/** So much of the day's budget, and it is worth a look. */
const NEARLY = 0.9;

function isNearly({ spent_today: spent, budget_today: budget }: ProjectView): boolean {
  return budget !== null && spent >= budget * NEARLY;
}
