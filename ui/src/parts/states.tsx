/** What a screen shows when it has nothing to show: loading, empty, failed. */
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { toFailure } from "../backend/failure";
import type { ErrorView } from "../backend/wire";
import { text } from "../text";
import { Button } from "./button";
import { Ticked } from "./ticked";

/** 1 where it stands for the whole screen. */
type HeadingLevel = 1 | 2;

function Title({ level, className, children }: { level: HeadingLevel; className: string; children: string }) {
  return level === 1 ? <h1 className={className}>{children}</h1> : <h2 className={className}>{children}</h2>;
}

/** Appears late, so that what is fast does not flicker. */
export function Loading({ what, level = 2 }: { what: string; level?: HeadingLevel }) {
  return (
    <div role="status" className="flex h-full animate-late flex-col gap-2.5 p-5">
      <Title level={level} className="sr-only">
        {what}
      </Title>
      {[70, 92, 58, 80].map((width) => (
        <span key={width} aria-hidden className="h-4 animate-breathe rounded-md bg-line" style={{ width: `${width / 2}%` }} />
      ))}
    </div>
  );
}

interface EmptyProps {
  title: string;
  words: string;
  /** A command that does the same at a terminal. */
  command?: string;
  icon?: ReactNode;
  level?: HeadingLevel;
  children?: ReactNode;
}

export function Empty({ title, words, command, icon, level = 2, children }: EmptyProps) {
  return (
    <div className="flex h-full animate-fade flex-col items-center justify-center gap-2 p-8 text-center">
      {icon === undefined ? null : <span className="mb-1 text-ghost">{icon}</span>}
      <Title level={level} className="text-md font-semibold">
        {title}
      </Title>
      <p className="max-w-sm text-sm text-balance text-muted">{words}</p>
      {command === undefined ? null : <code className="mt-1 rounded-md bg-raised px-2 py-1 text-xs text-muted select-all">{command}</code>}
      {children === undefined ? null : <div className="mt-2 flex gap-2">{children}</div>}
    </div>
  );
}

interface FailedProps {
  /** What could not be done: `The board could not be read`. */
  title: string;
  cause: unknown;
  onRetry?: () => void;
  level?: HeadingLevel;
  /** Another way on. */
  children?: ReactNode;
}

export function Failed({ title, cause, onRetry, level = 2, children }: FailedProps) {
  const { message, hints, code } = toFailure(cause).view;
  return (
    <div role="alert" className="flex h-full flex-col items-center justify-center gap-2 p-8 text-center">
      <CircleAlert aria-hidden size={26} strokeWidth={1.75} className="mb-1 text-bad" />
      <Title level={level} className="text-md font-semibold">
        {title}
      </Title>
      <p className="max-w-md text-sm text-muted">
        <Ticked words={message} />
      </p>
      <Hints hints={hints} />
      <p className="font-mono text-2xs text-faint">{code}</p>
      <div className="mt-2 flex items-center gap-2 empty:hidden">
        {onRetry === undefined ? null : <Button onPress={onRetry}>{text.tryAgain}</Button>}
        {children}
      </div>
    </div>
  );
}

export function Hints({ hints }: { hints: string[] }) {
  if (hints.length === 0) return null;
  return (
    <ul className="max-w-md text-sm text-muted">
      {hints.map((hint) => (
        <li key={hint}>
          <Ticked words={hint} />
        </li>
      ))}
    </ul>
  );
}

/** An error beside what it is about. */
export function Trouble({ view, title, children }: { view: ErrorView; title?: string; children?: ReactNode }) {
  return (
    <div role="alert" className="flex animate-rise items-start gap-2.5 rounded-lg border border-bad/30 bg-bad-tint px-3 py-2.5 text-sm">
      <CircleAlert aria-hidden size={15} className="mt-0.5 shrink-0 text-bad" />
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <p className="font-semibold text-bad">
          <Ticked words={title ?? view.message} />
        </p>
        {title === undefined ? null : <p className="text-ink">
            <Ticked words={view.message} />
          </p>}
        {view.hints.map((hint) => (
          <p key={hint} className="text-muted">
            <Ticked words={hint} />
          </p>
        ))}
      </div>
      {children}
    </div>
  );
}
