/** The first run: a project, its agents, its chain, its first task. */
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useBackend } from "../../backend/context";
import { useProject } from "../../backend/reads";
import { Logo } from "../../parts/logo";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { FolderStep } from "./folder";
import { ProjectSteps } from "./steps";

export interface WelcomeSearch {
  another?: boolean;
}

export function Welcome() {
  const { another } = useSearch({ from: "/welcome" });
  const project = useProject();
  const { isDesktop } = useBackend();
  // It stays so until there is one: while it is asked again nothing is known, and what was typed and found must not go.
  const [hasNone, setHasNone] = useState(false);
  const saysNone = project.isError && project.error.view.code === "no_project";
  if (saysNone && !hasNone) setHasNone(true);
  if (project.data !== undefined && hasNone) setHasNone(false);
  if (project.data === undefined && !hasNone && !saysNone) {
    if (project.isError) return <Failed level={1} title={text.error.unreachable} cause={project.error} onRetry={() => void project.refetch()} />;
    return <Loading level={1} what={text.welcome.title} />;
  }
  return (
    <div className="h-full overflow-y-auto" tabIndex={0} role="group" aria-label={text.welcome.title}>
      <div className="mx-auto flex max-w-2xl flex-col gap-4 px-6 pt-[max(2.5rem,8vh)] pb-12">
        <header className="mb-1 flex items-center gap-4">
          <Logo isLarge />
          <div className="min-w-0">
            <h1 className="text-lg font-semibold">{text.welcome.title}</h1>
            <p className="mt-0.5 text-sm text-balance text-muted">{text.welcome.words}</p>
          </div>
        </header>
        {project.data === undefined || (another === true && isDesktop) ? <FolderStep /> : <ProjectSteps project={project.data} />}
      </div>
    </div>
  );
}
