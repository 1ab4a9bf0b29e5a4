/** What happened, newest first. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ScrollText, X } from "lucide-react";
import { useState } from "react";
import { Form, Input, Label, TextField } from "react-aria-components";
import { useSurroundings } from "../../backend/context";
import { useEvents } from "../../backend/reads";
import type { EventView } from "../../backend/wire";
import { clock, day, fullMoment, isSameDay } from "../../format/time";
import { visible } from "../../format/visible";
import { Button, IconButton } from "../../parts/button";
import { INPUT } from "../../parts/fields";
import { Empty, Failed, Loading } from "../../parts/states";
import { text } from "../../text";

export interface ActivitySearch {
  task?: string;
}

export function Activity() {
  const { task } = useSearch({ from: "/activity" });
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 px-5">
        <h1 className="text-md font-semibold">{text.nav.activity}</h1>
        <TaskFilter key={task ?? ""} task={task} />
      </header>
      <div className="min-h-0 flex-1">
        <Log key={task ?? ""} task={task ?? null} />
      </div>
    </div>
  );
}

function TaskFilter({ task }: { task: string | undefined }) {
  const navigate = useNavigate({ from: "/activity" });
  const [words, setWords] = useState(task ?? "");
  const show = (id: string) => void navigate({ search: id === "" ? {} : { task: id }, replace: true });
  return (
    <Form
      className="flex items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        show(idFrom(words));
      }}
    >
      <TextField value={words} onChange={setWords}>
        <Label className="sr-only">{text.activity.filter}</Label>
        <Input placeholder={text.activity.filterExample} data-testid="activity-filter" className={`${INPUT} h-6.5 w-40 rounded-full font-mono text-xs`} />
      </TextField>
      {task === undefined ? null : (
        <IconButton label={text.activity.clear} onPress={() => show("")}>
          <X aria-hidden size={14} />
        </IconButton>
      )}
    </Form>
  );
}

/** `7`, `task-7` and `TASK-007` are the same task. */
function idFrom(words: string): string {
  const number = /^(?:task-)?(\d+)$/i.exec(words.trim())?.[1];
  return number === undefined ? words.trim() : `TASK-${number.padStart(3, "0")}`;
}

function Log({ task }: { task: string | null }) {
  const events = useEvents(task);
  const { now } = useSurroundings();
  if (events.data === undefined) {
    if (events.isError) return <Failed title={text.activity.failed} cause={events.error} onRetry={() => void events.refetch()} />;
    return <Loading what={text.activity.loading} />;
  }
  const all = events.data.pages.flatMap((page) => page.events);
  if (all.length === 0) return <Empty icon={<ScrollText aria-hidden size={28} strokeWidth={1.5} />} title={text.activity.emptyTitle} words={task === null ? text.activity.emptyWords : text.activity.emptyTask(task)} />;
  return (
    <div className="h-full overflow-y-auto px-5 pb-6" tabIndex={0} role="group" aria-label={text.nav.activity}>
      {byDay(all).map((group) => (
        <section key={group.at} aria-label={day(group.at)}>
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

function Event({ event }: { event: EventView }) {
  return (
    <li className="flex items-baseline gap-3 px-3 py-1.5 text-sm">
      <time dateTime={new Date(event.at).toISOString()} title={fullMoment(event.at)} className="w-15 shrink-0 font-mono text-2xs text-muted tabular-nums">
        {clock(event.at)}
      </time>
      <span className="w-28 shrink-0 truncate text-xs text-muted">{event.by}</span>
      <span className="min-w-0 flex-1 wrap-anywhere">{visible(event.text)}</span>
      {event.task === null ? null : (
        <Link to="/task/$task" params={{ task: event.task }} className="shrink-0 rounded font-mono text-xs text-muted underline-offset-2 hover:text-ink hover:underline">
          {event.task}
        </Link>
      )}
    </li>
  );
}
