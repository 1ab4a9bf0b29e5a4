/** Where one can go, and what each agent is up to. */
import { Link } from "@tanstack/react-router";
import { Activity, ChartSpline, CircleDot, Columns3, GitCompareArrows, type LucideIcon, MessagesSquare, Settings, SquareUserRound, Waypoints } from "lucide-react";
import { useProject, useRead } from "../backend/reads";
import type { AgentView } from "../backend/wire";
import { agentState } from "../format/agent-state";
import { HolderBadge } from "../parts/face";
import { text } from "../text";
import { useWaiting } from "./waiting";

const ROW = "flex h-7.5 items-center gap-2 rounded-lg px-2 text-sm transition-colors duration-75 max-wide:justify-center max-wide:px-0";
const OTHER = { className: "text-muted hover:text-ink" };
const CHOSEN = { className: "bg-surface text-ink shadow-card", "aria-current": "page" as const };
/** On the rail only the badge is left of it. */
const WORDS = "max-wide:sr-only";

interface EntryProps {
  to: "/needs-you" | "/board" | "/workflows" | "/agents" | "/messages" | "/conflicts" | "/activity" | "/insights" | "/settings";
  icon: LucideIcon;
  name: string;
  count?: number | undefined;
  isUrgent?: boolean;
}

function Entry({ to, icon: Icon, name, count, isUrgent = false }: EntryProps) {
  return (
    <Link to={to} activeProps={CHOSEN} inactiveProps={OTHER} activeOptions={{ exact: false, includeSearch: false }} title={name} className={`relative ${ROW}`} data-testid={`nav-${to.slice(1)}`}>
      <Icon aria-hidden size={15} strokeWidth={1.9} className="shrink-0" />
      <span className={`flex-1 ${WORDS}`}>{name}</span>
      {count === undefined || (isUrgent && count === 0) ? null : isUrgent ? (
        <span className="rounded-full bg-bad-fill px-1.5 py-px text-2xs leading-3.5 font-semibold text-on-bad max-wide:absolute max-wide:top-0 max-wide:right-0.5 max-wide:px-1">{count}</span>
      ) : (
        <span className="px-1.5 text-2xs tabular-nums max-wide:hidden">{count.toLocaleString("en")}</span>
      )}
    </Link>
  );
}

export function SideBar() {
  const project = useProject().data;
  const running = useRead("workflows", {}).data?.instances.filter(({ state }) => state !== "done").length;
  const waiting = useWaiting(project?.needs_you);
  return (
    <nav aria-label={text.nav.label} className="flex w-13 shrink-0 flex-col gap-0.5 overflow-y-auto border-r border-line bg-sunken p-2 wide:w-52">
      <Entry to="/needs-you" icon={CircleDot} name={text.nav.needsYou} count={waiting} isUrgent />
      <Entry to="/board" icon={Columns3} name={text.nav.board} count={project?.tasks} />
      <Entry to="/workflows" icon={Waypoints} name={text.nav.workflows} count={running === 0 ? undefined : running} />
      <Entry to="/agents" icon={SquareUserRound} name={text.nav.agents} count={project?.agents.length} />
      <Entry to="/messages" icon={MessagesSquare} name={text.messages.title} />
      <Entry to="/conflicts" icon={GitCompareArrows} name={text.conflicts.title} />
      <Entry to="/activity" icon={Activity} name={text.nav.activity} />
      <Entry to="/insights" icon={ChartSpline} name={text.nav.insights} />
      {project === undefined || project.agents.length === 0 ? null : (
        <>
          <h2 className="mt-3.5 mb-1 px-2 text-2xs font-semibold text-faint max-wide:sr-only">{text.nav.agents}</h2>
          {project.agents.map((agent) => (
            <AgentRow key={agent.name} agent={agent} />
          ))}
        </>
      )}
      <span className="flex-1" />
      <Entry to="/settings" icon={Settings} name={text.nav.settings} />
    </nav>
  );
}

function AgentRow({ agent }: { agent: AgentView }) {
  const { dot, words, pulses } = agentState(agent);
  return (
    <Link to="/agents" search={{ agent: agent.name }} title={`${agent.name}: ${words}`} className={`${ROW} text-muted hover:text-ink`}>
      <HolderBadge holder={agent} />
      <span className={`min-w-0 flex-1 truncate ${WORDS}`}>{agent.name}</span>
      <span className="sr-only">: {words}</span>
      <span aria-hidden className={`mr-1 size-2 shrink-0 rounded-full max-wide:hidden ${dot} ${pulses ? "animate-breathe" : ""}`} />
    </Link>
  );
}
