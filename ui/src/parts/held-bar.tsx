/** Decisions that are held back, with the way to undo them; and those that were refused or never sent. */
import { Link, useLocation } from "@tanstack/react-router";
import { CircleAlert, Clock, X } from "lucide-react";
import { useEffect, useState } from "react";
import { type HeldDecision, type Refusal, useHeld } from "../backend/held";
import { useProject, useRequests } from "../backend/reads";
import { text } from "../text";
import { Button, IconButton } from "./button";
import { useShortcut } from "./shortcuts";
import { Trouble } from "./states";

const TICK_MS = 250;

export function HeldBar() {
  const { store, now } = useHeld();
  const project = useProject().data?.path;
  const requests = useRequests().data;
  const own = now.held.filter((one) => one.project === project);
  const waiting = own.filter(({ until }) => until !== null);
  // Left over by a window that is gone. What was decided meanwhile is no matter any more.
  const left = own.filter(({ until, input }) => until === null && requests?.some(({ id, open }) => open && id === input.request) === true);
  useShortcut("u", text.nav.needsYou, text.held.key, () => void store.undo());
  useEffect(() => {
    if (requests === undefined) return;
    for (const { until, input, project: of } of now.held) if (until === null && of === project && !requests.some(({ id, open }) => open && id === input.request)) store.drop(input.request);
  }, [requests, now.held, project, store]);
  // Who looks at the request reads there why it was refused.
  const shown = useLocation({ select: ({ pathname, search }) => (pathname === "/needs-you" ? Number((search as { request?: number }).request) : null) });
  const refused = now.refused.filter(({ request }) => request !== shown);
  if (waiting.length === 0 && left.length === 0 && refused.length === 0) return null;
  return (
    <section aria-label={text.held.title} className="pointer-events-none fixed inset-x-0 bottom-24 z-40 flex flex-col items-center gap-2 px-4">
      {refused.map((one) => (
        <Refused key={one.request} refusal={one} onClose={() => store.forget(one.request)} />
      ))}
      {left.map((one) => (
        <Card key={one.input.request} icon={<CircleAlert aria-hidden size={15} className="shrink-0 text-warn" />} words={`${text.held.left}: ${words(one)}`} testId="held-left">
          <Button size="small" onPress={() => store.drop(one.input.request)}>
            {text.held.forget}
          </Button>
          <Button size="small" look="solid" onPress={() => void store.send(one.input.request)}>
            {text.held.send}
          </Button>
        </Card>
      ))}
      {waiting.map((one, index) => (
        <Card key={one.input.request} icon={<Clock aria-hidden size={14} className="shrink-0 text-accent" />} words={words(one)} testId="held">
          <Countdown until={one.until ?? 0} />
          <Button size="small" onPress={() => store.drop(one.input.request)} {...(index === waiting.length - 1 ? { hotkey: "u" } : {})} data-testid="undo">
            {text.held.undo}
          </Button>
        </Card>
      ))}
    </section>
  );
}

function words(one: HeldDecision): string {
  return text.held.what[one.input.decision.type](one.about);
}

interface CardProps {
  icon: React.ReactNode;
  words: string;
  testId: string;
  children: React.ReactNode;
}

function Card({ icon, words: said, testId, children }: CardProps) {
  return (
    <div role="status" data-testid={testId} className="pointer-events-auto flex max-w-full animate-rise items-center gap-2.5 rounded-lg border border-line bg-surface py-2 pr-2.5 pl-3 text-sm shadow-over">
      {icon}
      <span className="min-w-0 truncate font-medium">{said}</span>
      {children}
    </div>
  );
}

/** Whole seconds that are left. */
function Countdown({ until }: { until: number }) {
  const [left, setLeft] = useState(() => until - Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setLeft(until - Date.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, [until]);
  return (
    <span aria-hidden className="w-7 shrink-0 text-right text-xs text-faint tabular-nums">
      {text.held.seconds(Math.max(0, Math.ceil(left / 1_000)))}
    </span>
  );
}

function Refused({ refusal, onClose }: { refusal: Refusal; onClose: () => void }) {
  return (
    <div data-testid="refused-decision" className="pointer-events-auto flex w-full max-w-xl animate-rise items-start gap-2 rounded-lg border border-line bg-surface p-2 shadow-over">
      <div className="min-w-0 flex-1">
        <Trouble view={refusal.error} title={text.held.refused(refusal.about)} />
      </div>
      <Link to="/needs-you" search={{ request: refusal.request }} className="inline-flex h-[1.375rem] shrink-0 items-center rounded-md border border-line px-2 text-xs font-medium hover:bg-raised">
        {text.held.look}
      </Link>
      <IconButton label={text.close} onPress={onClose}>
        <X aria-hidden size={13} />
      </IconButton>
    </div>
  );
}
