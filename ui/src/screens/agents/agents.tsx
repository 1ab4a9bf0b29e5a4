/** Who works in this project, at what, and what is missing before they can. */
import { Link, useSearch } from "@tanstack/react-router";
import { KeyRound, Pencil, Plus, Trash2, Users } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useProject, useRead, useRegistry } from "../../backend/reads";
import { useAsk } from "../../backend/writes";
import { tell } from "../../backend/tell";
import type { AgentView, AgentWord, RegisteredView } from "../../backend/wire";
import { span } from "../../format/time";
import { dollars } from "../../format/money";
import { visible } from "../../format/visible";
import { Button, IconButton } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { HolderBadge } from "../../parts/face";
import { Age } from "../../parts/since";
import { Empty, Failed, Loading } from "../../parts/states";
import { sentence, Ticked } from "../../parts/ticked";
import { text } from "../../text";
import { AddAgent, EditAgent, RemoveAgent } from "./edit";

export interface AgentsSearch {
  agent?: string;
}

export function Agents() {
  const registry = useRegistry();
  const search = useSearch({ from: "/agents" });
  if (registry.data === undefined) {
    if (registry.isError) return <Failed level={1} title={text.agent.failed} cause={registry.error} onRetry={() => void registry.refetch()} />;
    return <Loading level={1} what={text.agent.loading} />;
  }
  const agents = registry.data;
  if (agents.length === 0) {
    return (
      <Empty level={1} icon={<Users aria-hidden size={28} strokeWidth={1.5} />} title={text.agent.emptyTitle} words={text.agent.emptyWords} command="orchestron init">
        <Add />
      </Empty>
    );
  }
  return (
    <div className="h-full overflow-y-auto">
      <header className="flex h-12 items-center gap-3 px-5">
        <h1 className="text-md font-semibold">{text.nav.agents}</h1>
        <p className="min-w-0 flex-1 truncate text-xs text-muted">{text.agent.words}</p>
        <Add />
      </header>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(20rem,1fr))] gap-3 px-5 pb-6">
        {agents.map((one) => (
          <AgentCard key={one.agent.name} registered={one} isChosen={one.agent.name === search.agent} />
        ))}
      </ul>
    </div>
  );
}

function Add() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button look="solid" onPress={() => setIsOpen(true)} data-testid="agent-add">
        <Plus aria-hidden size={14} />
        {text.agent.add}
      </Button>
      {isOpen ? <AddAgent onClose={() => setIsOpen(false)} /> : null}
    </>
  );
}

const TONES: Record<AgentWord, "good" | "accent" | "bad" | "warn"> = { available: "good", busy: "accent", error: "bad", offline: "warn" };

function AgentCard({ registered, isChosen }: { registered: RegisteredView; isChosen: boolean }) {
  const { agent, status } = registered;
  const own = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isChosen) own.current?.scrollIntoView?.({ block: "nearest" });
  }, [isChosen]);
  const isOutside = agent.kind !== "agent";
  const trouble = agent.missing ?? (status === "error" || status === "offline" ? registered.why : null);
  return (
    <li ref={own} aria-label={agent.name} data-testid={`agent-${agent.name}`} className={`flex flex-col rounded-xl border bg-surface shadow-card ${isChosen ? "border-accent-fill" : "border-line"}`}>
      <div className="flex items-center gap-3 px-4 pt-4 pb-3">
        <HolderBadge holder={agent} size="large" />
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-sm font-semibold">{agent.name}</h2>
          <p className="truncate text-xs text-muted">{isOutside ? text.agent.outsideKind : [agent.cli, agent.model].filter((part) => part !== null).join(" · ") || text.agent.noModel}</p>
        </div>
        <Tools registered={registered} />
        {isOutside ? <Chip>{text.agent.external}</Chip> : <Chip tone={TONES[status]}>{text.agent.status[status]}</Chip>}
      </div>
      <dl className="flex flex-1 flex-col gap-1.5 px-4 pb-4 text-xs">
        <Row name={text.agent.now}>{agent.task === null ? <span className="text-muted">{isOutside ? text.agent.outside : agent.missing === null ? text.agent.idle : text.agent.cannot}</span> : <Now agent={agent} />}</Row>
        <Row name={text.agent.legs}>{agent.legs.length === 0 ? <span className="text-muted">{text.agent.noLegs}</span> : agent.legs.map((leg) => text.leg[leg].next).join(", ")}</Row>
        {isOutside || (registered.runs === 0 && registered.instances === null) ? null : <Row name={text.agent.load}>{text.agent.runs(registered.runs, registered.instances)}</Row>}
        {isOutside ? null : (
          <Row name={text.agent.heard}>
            {registered.heard === null ? (
              <span className="text-muted">{text.agent.never}</span>
            ) : (
              <>
                <Age since={registered.heard} /> {text.agent.heardAgo}
              </>
            )}
          </Row>
        )}
        {registered.capabilities.length === 0 ? null : <Row name={text.agent.good}>{registered.capabilities.map(visible).join(", ")}</Row>}
        {isOutside ? null : <Row name={text.agent.record}>{<Record registered={registered} />}</Row>}
        {isOutside || registered.cost === 0 ? null : <Row name={text.agent.cost}>{dollars(registered.cost)}</Row>}
        {agent.persona === null ? null : <Row name={text.agent.persona}>{visible(agent.persona)}</Row>}
        {isOutside ? null : (
          <Row name={text.agent.account}>
            <Account name={agent.account} />
          </Row>
        )}
      </dl>
      {trouble === null ? null : (
        <p className="rounded-b-xl border-t border-line bg-warn-tint px-4 py-2.5 text-xs text-ink wrap-anywhere">
          {agent.missing === null ? null : <strong className="mr-1.5 font-semibold text-warn">{text.agent.missing}</strong>}
          <Ticked words={sentence(trouble)} />
        </p>
      )}
    </li>
  );
}

/** What can be done with its entry: seen when somebody points at the card or is in it. */
function Tools({ registered }: { registered: RegisteredView }) {
  const { agent } = registered;
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const test = useAsk("key-test", { onDone: (tested) => tell({ what: `${tested.account}: ${tested.said}`, more: tested.cure === null ? [tested.host] : [tested.cure], good: tested.good }) });
  return (
    <span className="flex items-center">
      {agent.kind === "agent" ? (
        <IconButton label={`${text.agent.testKey}: ${agent.account}`} isPending={test.isPending} onPress={() => test.mutate({ account: agent.account })} data-testid={`agent-test-${agent.name}`}>
          <KeyRound aria-hidden size={14} />
        </IconButton>
      ) : null}
      <IconButton label={text.agent.editOf(agent.name)} onPress={() => setOpen("edit")} data-testid={`agent-edit-${agent.name}`}>
        <Pencil aria-hidden size={14} />
      </IconButton>
      <IconButton label={text.agent.removeTitle(agent.name)} onPress={() => setOpen("remove")} data-testid={`agent-remove-${agent.name}`}>
        <Trash2 aria-hidden size={14} />
      </IconButton>
      {open === "edit" ? <EditAgent registered={registered} onClose={() => setOpen(null)} /> : null}
      {open === "remove" ? <RemoveAgent name={agent.name} onClose={() => setOpen(null)} /> : null}
    </span>
  );
}

/** Where its key is entered, when there is none; many work without one, signed in by themselves. */
function Account({ name }: { name: string }) {
  const isScripted = useProject().data?.scripted === true;
  const key = useRead("keys", {}, { enabled: !isScripted }).data?.accounts.find(({ account }) => account === name);
  return (
    <>
      {visible(name)}
      {isScripted || key === undefined || key.source !== null ? null : (
        <>
          {" · "}
          <Link to="/settings" search={{ part: "keys" }} className="rounded text-accent underline underline-offset-2">
            {text.agent.enterKey}
          </Link>
        </>
      )}
    </>
  );
}

/** What it has done so far, in a line. */
function Record({ registered }: { registered: RegisteredView }) {
  const { completed, failed, first_pass: first, average, cost_per_approved: cost } = registered;
  if (completed + failed === 0) return <span className="text-muted">{text.agent.noRecord}</span>;
  const parts = [text.agent.completed(completed), failed === 0 ? null : text.agent.failures(failed), first === null ? null : text.agent.firstPass(first), average === null ? null : text.agent.average(span(average)), cost === null ? null : text.agent.perApproved(dollars(cost))];
  return <span className="tabular-nums">{parts.filter((part) => part !== null).join(" · ")}</span>;
}

function Now({ agent }: { agent: AgentView }) {
  return (
    <span className="flex min-w-0 items-baseline gap-1.5">
      <Link to="/task/$task" params={{ task: agent.task ?? "" }} className="shrink-0 rounded font-mono text-accent underline-offset-2 hover:underline">
        {agent.task}
      </Link>
      {agent.doing === null ? null : <span className="min-w-0 truncate font-mono text-muted">{visible(agent.doing)}</span>}
    </span>
  );
}

function Row({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="flex gap-3">
      <dt className="w-14 shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 flex-1 wrap-anywhere">{children}</dd>
    </div>
  );
}
