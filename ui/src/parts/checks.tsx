/** Criteria with their ticks, gates with their results. */
import { Check, Circle, Dot, LoaderCircle, X } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components";
import type { CriterionView, GateView } from "../backend/wire";
import { span } from "../format/time";
import { text } from "../text";
import { InlineMarkdown } from "./markdown";

const SHOWN_AT_FIRST = 5;

export function Criteria({ criteria }: { criteria: CriterionView[] }) {
  const [whole, setWhole] = useState(false);
  // Folding one line away saves nothing.
  const cut = !whole && criteria.length > SHOWN_AT_FIRST + 1;
  const shown = cut ? criteria.slice(0, SHOWN_AT_FIRST) : criteria;
  if (criteria.length === 0) return <p className="text-sm text-faint">{text.criteria.none}</p>;
  return (
    <>
      <ul className="flex flex-col gap-1.5">
        {shown.map((criterion, index) => (
          <li key={`${index} ${criterion.text}`} className="flex gap-2 text-sm">
            {criterion.done ? <Check aria-hidden size={14} strokeWidth={2.5} className="mt-0.5 shrink-0 text-good" /> : <Circle aria-hidden size={12} className="mt-[0.1875rem] mr-0.5 shrink-0 text-ghost" />}
            <span className="sr-only">{criterion.done ? text.criteria.met : text.criteria.open} </span>
            <InlineMarkdown source={criterion.text} />
          </li>
        ))}
      </ul>
      {cut ? (
        <Button onPress={() => setWhole(true)} className="mt-1.5 rounded text-sm text-muted data-hovered:text-ink">
          <span className="mr-2 font-semibold text-good">+{criteria.length - SHOWN_AT_FIRST}</span>
          {text.criteria.more}
        </Button>
      ) : null}
    </>
  );
}

const GATE_ICONS = {
  passed: <Check aria-hidden size={14} strokeWidth={2.5} className="text-good" />,
  failed: <X aria-hidden size={14} strokeWidth={2.5} className="text-bad" />,
  running: <LoaderCircle aria-hidden size={13} className="animate-spin text-accent" />,
  waiting: <Dot aria-hidden size={14} className="text-faint" />,
};

interface CheckLineProps {
  state: GateView["state"];
  name: string;
  result: string;
  title?: string;
}

export function CheckLine({ state, name, result, title }: CheckLineProps) {
  return (
    <li className="flex items-center gap-1.5 text-sm" title={title}>
      <span className="flex w-4 shrink-0 justify-center">{GATE_ICONS[state]}</span>
      <span className="sr-only">{text.gate[state]}: </span>
      <span className="shrink-0">{name}</span>
      <span className={`ml-auto truncate pl-3 text-xs ${state === "failed" ? "text-bad" : "text-muted"}`}>{result}</span>
    </li>
  );
}

export function gateResult(gate: GateView): string {
  const parts = [gate.result ?? text.gate[gate.state]];
  if (gate.took !== null) parts.push(span(gate.took));
  if (gate.stale) parts.push(text.gate.stale);
  return parts.join(" · ");
}

export function Gates({ gates }: { gates: GateView[] }) {
  return gates.map((gate) => <CheckLine key={gate.name} state={gate.state} name={gate.name} result={gateResult(gate)} title={gate.command} />);
}
