/** Keys, trust, looks, health, and what this is. */
import { Link, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useBackend } from "../../backend/context";
import { useProject, useRead } from "../../backend/reads";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { openOverlay } from "../../parts/overlay";
import { text } from "../../text";
import { ConfigPanel } from "./config";
import { DesktopPanel } from "./desktop";
import { FilePanel } from "./file";
import { Health } from "./health";
import { HooksPanel } from "./hooks";
import { Keys } from "./keys";
import { Panel } from "./panel";
import { partsHere } from "./parts-list";
import { RulesPanel } from "./rules";
import { ThemeChoice } from "./theme-choice";
import { UpdatesPanel } from "./updates";

/** Left free above what is shown, in pixels. */
const ABOVE = 12;

export function Settings() {
  const { part } = useSearch({ from: "/settings" });
  const { isDesktop } = useBackend();
  const scroller = useRef<HTMLDivElement>(null);
  // What is asked for may grow while it is read; it is looked for again when something above it has come.
  const isRead = useRead("config", {}).isSuccess;
  useEffect(() => {
    const own = scroller.current;
    const found = part === undefined ? null : own?.querySelector<HTMLElement>(`[data-part="${part}"]`);
    // Only this column: `scrollIntoView` would move what is around it as well.
    if (own != null && found != null) own.scrollTo({ top: own.scrollTop + found.getBoundingClientRect().top - own.getBoundingClientRect().top - ABOVE });
  }, [part, isRead]);
  return (
    <div className="flex h-full">
      <nav aria-label={text.settings.parts} className="w-44 shrink-0 overflow-y-auto px-3 pb-4 max-wide:hidden">
        <ul className="flex flex-col gap-0.5 pt-12">
          {partsHere(isDesktop).map((id) => (
            <li key={id}>
              <Link to="/settings" search={{ part: id }} replace className={`flex h-7 items-center rounded-lg px-2.5 text-xs ${id === part ? "bg-raised font-medium text-ink" : "text-muted hover:text-ink"}`}>
                {text.settings.part[id]}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div ref={scroller} className="min-w-0 flex-1 overflow-y-auto" tabIndex={0} role="group" aria-label={text.nav.settings}>
        <div className="flex max-w-3xl flex-col gap-4 px-5 pb-8">
          <header className="flex h-12 items-center">
            <h1 className="text-md font-semibold">{text.nav.settings}</h1>
          </header>
          <Keys />
          <Trust />
          <ConfigPanel part="chain" />
          <ConfigPanel part="limits" />
          <ConfigPanel part="money" />
          <ConfigPanel part="notify" />
          <ConfigPanel part="project" />
          <Panel id="theme" title={text.theme.title} words={text.theme.words}>
            <ThemeChoice />
          </Panel>
          <DesktopPanel />
          <UpdatesPanel />
          <HooksPanel />
          <RulesPanel />
          <FilePanel />
          <Health />
          <About />
        </div>
      </div>
    </div>
  );
}

function Trust() {
  const project = useProject().data;
  if (project === undefined) return null;
  const { trusted } = project.engine;
  return (
    <Panel id="trust" title={text.trust.title} words={trusted ? text.trust.trusted : text.trust.untrusted}>
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
    <Panel id="about" title={text.about.title} words={text.about.words}>
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
