/** What happened, newest first: by task, by who, by what; and as a file to take along. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Cog, Download, ScrollText, Search } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { Form, Input, Label, Menu, MenuItem, MenuTrigger, Popover, TextField } from "react-aria-components";
import { useBackend, useSurroundings } from "../../backend/context";
import { toFailure } from "../../backend/failure";
import { allEvents, type EventFilter, useEvents, useProject } from "../../backend/reads";
import { tell } from "../../backend/tell";
import type { EventView } from "../../backend/wire";
import { PERSON } from "../../format/faces";
import { clock, day, fullMoment, isSameDay } from "../../format/time";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Badge, HolderBadge } from "../../parts/face";
import { Picker } from "../../parts/picker";
import { saveFile } from "../../parts/save";
import { Empty, Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { asCsv, asJson } from "./export";
import { KIND_GROUPS, type KindGroup, KINDS } from "./kinds";

export interface ActivitySearch {
  task?: string;
  by?: string;
  kind?: KindGroup;
}

const ANY = "any";
const YOU = "you";
const ENGINE = "engine";
const MOST_EXPORTED = 100_000;

export function Activity() {
  const { task, by, kind } = useSearch({ from: "/activity" });
  const navigate = useNavigate({ from: "/activity" });
  const agents = useProject().data?.agents ?? [];
  const set = (change: ActivitySearch) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const filter = useMemo((): EventFilter => ({ task: task ?? null, by: by ?? null, kinds: kind === undefined ? [] : KINDS[kind] }), [task, by, kind]);
  const actors = [YOU, ENGINE, ...agents.map(({ name }) => name)];
  const isFiltered = task !== undefined || by !== undefined || kind !== undefined;
  return (
    <div className="flex h-full flex-col">
      <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-2.5 gap-y-1.5 px-5 py-2">
        <h1 className="mr-1 text-md font-semibold">{text.nav.activity}</h1>
        <TaskFilter key={task ?? ""} task={task} onShow={(id) => set({ task: id })} />
        <Picker label={text.activity.byActor} choices={[{ id: ANY, name: text.activity.anyone }, ...actors.map((name) => ({ id: name, name }))]} chosen={by ?? ANY} onChoose={(id) => set({ by: id === ANY ? undefined : id })} testId="activity-by" />
        <Picker label={text.activity.byKind} choices={[{ id: ANY, name: text.activity.anything }, ...KIND_GROUPS.map((id) => ({ id, name: text.activity.kind[id] }))]} chosen={kind ?? ANY} onChoose={(id) => set({ kind: KIND_GROUPS.find((group) => group === id) })} testId="activity-kind" />
        {isFiltered ? (
          <Button look="bare" size="small" onPress={() => void navigate({ search: {}, replace: true })}>
            {text.board.clearFilters}
          </Button>
        ) : null}
        <span className="flex-1" />
        <Export filter={filter} />
      </header>
      <div className="min-h-0 flex-1">
        <Log key={`${task} ${by} ${kind}`} filter={filter} />
      </div>
    </div>
  );
}

function Export({ filter }: { filter: EventFilter }) {
  const backend = useBackend();
  const [isBusy, setIsBusy] = useState(false);
  const save = async (as: "json" | "csv") => {
    setIsBusy(true);
    try {
      const events = await allEvents(backend, filter, MOST_EXPORTED);
      const name = `orchestron-activity${filter.task === null ? "" : `-${filter.task}`}.${as}`;
      const where = await saveFile(backend, name, as === "json" ? "application/json" : "text/csv", as === "json" ? asJson(events) : asCsv(events));
      if (where !== null) tell({ what: text.activity.exported(events.length, name), more: [where === "" ? text.activity.exportWhere : where], good: true });
    } catch (cause) {
      tell({ what: text.activity.exportFailed, more: [toFailure(cause).view.message], good: false });
    }
    setIsBusy(false);
  };
  return (
    <MenuTrigger>
      <Button isPending={isBusy} data-testid="activity-export">
        <Download aria-hidden size={13} />
        {text.activity.export}
      </Button>
      <Popover data-overlay="" offset={6} className="animate-rise rounded-lg border border-line bg-surface p-1 shadow-over">
        <Menu aria-label={text.activity.exportAs} className="outline-none" onAction={(as) => void save(as === "json" ? "json" : "csv")}>
          {(["json", "csv"] as const).map((as) => (
            <MenuItem key={as} id={as} className="rounded-md px-2 py-1.5 text-sm outline-none data-focused:bg-raised">
              {text.activity[as]}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function TaskFilter({ task, onShow }: { task: string | undefined; onShow: (id: string | undefined) => void }) {
  const [words, setWords] = useState(task ?? "");
  return (
    <Form
      className="flex items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        const id = idFrom(words);
        onShow(id === "" ? undefined : id);
      }}
    >
      <TextField value={words} onChange={setWords}>
        <Label className="sr-only">{text.activity.filter}</Label>
        <span className="flex h-6.5 w-38 items-center gap-1.5 rounded-full border border-line bg-surface px-2.5 focus-within:border-accent-fill">
          <Search aria-hidden size={12} className="shrink-0 text-faint" />
          <Input placeholder={text.activity.filterExample} data-testid="activity-filter" className="min-w-0 flex-1 bg-transparent text-xs outline-none" />
        </span>
      </TextField>
    </Form>
  );
}

/** `7`, `task-7` and `TASK-007` are the same task. */
function idFrom(words: string): string {
  const number = /^(?:task-)?(\d+)$/i.exec(words.trim())?.[1];
  return number === undefined ? words.trim() : `TASK-${number.padStart(3, "0")}`;
}

function Log({ filter }: { filter: EventFilter }) {
  const events = useEvents(filter);
  const { now } = useSurroundings();
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = events;
  const shown = data?.pages.reduce((sum, page) => sum + page.events.length, 0) ?? 0;
  // A page may hold nothing that passes and still not be the last one.
  useEffect(() => {
    if (data !== undefined && shown === 0 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [data, shown, hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (events.data === undefined) {
    if (events.isError) return <Failed title={text.activity.failed} cause={events.error} onRetry={() => void events.refetch()} />;
    return <Loading what={text.activity.loading} />;
  }
  const all = events.data.pages.flatMap((page) => page.events);
  const { task } = filter;
  if (all.length === 0 && hasNextPage) return <Loading what={text.activity.loading} />;
  if (all.length === 0 && (filter.by !== null || filter.kinds.length > 0)) return <Empty icon={<ScrollText aria-hidden size={28} strokeWidth={1.5} />} title={text.activity.emptyFilter} words="" />;
  if (all.length === 0) return <Empty icon={<ScrollText aria-hidden size={28} strokeWidth={1.5} />} title={text.activity.emptyTitle} words={task === null ? text.activity.emptyWords : text.activity.emptyTask(task)} />;
  return (
    <div className="h-full overflow-y-auto px-5 pb-6" tabIndex={0} role="group" aria-label={text.nav.activity}>
      {byDay(all).map((group) => (
        <section key={group.at} aria-label={day(group.at)} className="not-first:mt-3">
          <h2 className="sticky top-0 z-10 bg-canvas py-2 text-xs font-semibold text-muted">{isSameDay(group.at, now()) ? text.today : day(group.at)}</h2>
          <ul className="divide-y divide-line-soft rounded-lg border border-line bg-surface">
            {group.events.map((event) => (
              <Event key={event.seq} event={event} />
            ))}
          </ul>
        </section>
      ))}
      {events.hasNextPage ? (
        <div className="flex justify-center pt-4">
          <Button onPress={() => void events.fetchNextPage()} isPending={events.isFetchingNextPage} data-testid="older">
            {text.activity.older}
          </Button>
        </div>
      ) : (
        <p className="pt-4 text-center text-xs text-faint">{text.activity.beginning}</p>
      )}
    </div>
  );
}

interface Day {
  at: number;
  events: EventView[];
}

function byDay(events: readonly EventView[]): Day[] {
  const days: Day[] = [];
  for (const event of events) {
    const last = days.at(-1);
    if (last !== undefined && isSameDay(last.at, event.at)) last.events.push(event);
    else days.push({ at: event.at, events: [event] });
  }
  return days;
}

/** The face of who did it; the engine has none. */
function Who({ name }: { name: string }) {
  const known = useProject().data?.agents.find((agent) => agent.name === name);
  if (known !== undefined) return <HolderBadge holder={known} />;
  if (name === YOU) return <Badge letter={PERSON.letter} colour={PERSON.colour} />;
  return <Cog aria-hidden size={13} strokeWidth={1.75} className="mx-[0.09375rem] shrink-0 text-faint" />;
}

function Event({ event }: { event: EventView }) {
  return (
    <li className="flex items-baseline gap-3 px-3 py-1.5 text-sm">
      <time dateTime={new Date(event.at).toISOString()} title={fullMoment(event.at)} className="w-15 shrink-0 font-mono text-2xs text-muted tabular-nums">
        {clock(event.at)}
      </time>
      <span className="flex w-34 shrink-0 items-center gap-2 self-center text-xs text-muted">
        <Who name={event.by} />
        <span className="truncate">{event.by}</span>
      </span>
      <span className="min-w-0 flex-1 wrap-anywhere">{visible(event.text)}</span>
      {event.task === null ? null : (
        <Link to="/task/$task" params={{ task: event.task }} className="shrink-0 rounded font-mono text-xs text-muted underline-offset-2 hover:text-ink hover:underline">
          {event.task}
        </Link>
      )}
    </li>
  );
}
