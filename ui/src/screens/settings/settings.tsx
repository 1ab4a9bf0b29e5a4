/** Keys, trust, looks, health, and what this is. */
import { useProject } from "../../backend/reads";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { openOverlay } from "../../parts/overlay";
import { text } from "../../text";
import { Health } from "./health";
import { Keys } from "./keys";
import { Panel } from "./panel";
import { ThemeChoice } from "./theme-choice";

export function Settings() {
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex max-w-3xl flex-col gap-4 px-5 pb-8">
        <header className="flex h-12 items-center">
          <h1 className="text-md font-semibold">{text.nav.settings}</h1>
        </header>
        <Keys />
        <Trust />
        <Panel title={text.theme.title} words={text.theme.words}>
          <ThemeChoice />
        </Panel>
        <Health />
        <About />
      </div>
    </div>
  );
}

function Trust() {
  const project = useProject().data;
  if (project === undefined) return null;
  const { trusted } = project.engine;
  return (
    <Panel title={text.trust.title} words={trusted ? text.trust.trusted : text.trust.untrusted}>
      <div className="flex items-center gap-3">
        <code className="min-w-0 flex-1 truncate text-xs text-muted">{project.path}</code>
        {trusted ? <Chip tone="good">{text.trust.isTrusted}</Chip> : null}
        <Button size="small" look={trusted ? "quiet" : "solid"} aria-haspopup="dialog" onPress={() => openOverlay("trust")} data-testid="trust-settings">
          {trusted ? text.trust.show : text.banner.trust}
        </Button>
      </div>
    </Panel>
  );
}

function About() {
  const project = useProject().data;
  return (
    <Panel title={text.about.title} words={text.about.words}>
      <dl className="grid grid-cols-[6rem_1fr] gap-y-1 text-xs">
        <dt className="text-muted">{text.about.version}</dt>
        <dd className="font-mono">{project?.version ?? "–"}</dd>
        <dt className="text-muted">{text.about.project}</dt>
        <dd className="truncate font-mono">{project?.path ?? "–"}</dd>
        <dt className="text-muted">{text.about.base}</dt>
        <dd className="font-mono">{project?.base_branch ?? text.about.noGit}</dd>
        <dt className="text-muted">{text.about.licence}</dt>
        <dd>MIT OR Apache-2.0</dd>
      </dl>
    </Panel>
  );
}
