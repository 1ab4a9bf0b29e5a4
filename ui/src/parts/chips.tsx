/** Small coloured words. */
import type { RequestWord, StatusWord } from "../backend/wire";
import { text } from "../text";

const CHIP = "inline-flex h-4.5 shrink-0 items-center rounded px-1.5 text-[0.65625rem] leading-none font-semibold whitespace-nowrap";

const PRIORITIES: Record<string, string> = {
  P0: "bg-bad-tint text-bad",
  P1: "bg-warn-tint text-warn",
  P2: "bg-raised text-muted",
};

export function PriorityChip({ priority }: { priority: string }) {
  return (
    <span className={`${CHIP} ${PRIORITIES[priority] ?? PRIORITIES["P2"]}`}>
      <span className="sr-only">{text.priority.label} </span>
      {priority}
    </span>
  );
}

const KINDS: Record<RequestWord, string> = {
  review: "bg-accent-tint text-accent",
  permission: "bg-warn-tint text-warn",
  question: "bg-ask-tint text-ask",
  escalation: "bg-bad-tint text-bad",
  conflict: "bg-bad-tint text-bad",
  budget: "bg-warn-tint text-warn",
};

export function KindChip({ kind }: { kind: RequestWord }) {
  return <span className={`${CHIP} ${KINDS[kind]} in-[[aria-current]]:bg-surface`}>{text.kind[kind]}</span>;
}

const STATUSES: Record<StatusWord, string> = {
  pending: "bg-raised text-muted",
  ready: "bg-raised text-ink",
  "in-progress": "bg-accent-tint text-accent",
  review: "bg-ask-tint text-ask",
  done: "bg-good-tint text-good",
  failed: "bg-bad-tint text-bad",
};

export function StatusChip({ status, testId }: { status: StatusWord; testId?: string }) {
  return (
    <span className={`${CHIP} ${STATUSES[status]}`} data-testid={testId} data-status={status}>
      {text.status[status]}
    </span>
  );
}

export function Chip({ tone = "plain", children }: { tone?: "plain" | "good" | "bad" | "warn" | "accent"; children: string }) {
  const tones = { plain: "bg-raised text-muted", good: "bg-good-tint text-good", bad: "bg-bad-tint text-bad", warn: "bg-warn-tint text-warn", accent: "bg-accent-tint text-accent" };
  return <span className={`${CHIP} ${tones[tone]}`}>{children}</span>;
}
