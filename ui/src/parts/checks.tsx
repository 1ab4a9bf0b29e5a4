/** Criteria with their ticks, gates with their results. */
import { Link } from "@tanstack/react-router";
import { Check, Circle, Dot, LoaderCircle, X } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components";
import type { ChainStop, CriterionView, GateView, LegWord } from "../backend/wire";
import { span } from "../format/time";
import { visible } from "../format/visible";
import { text } from "../text";
import { InlineMarkdown } from "./markdown";

const SHOWN_AT_FIRST = 5;

interface CriteriaProps {
  criteria: CriterionView[];
  /** The one that a criterion names is its receipt. */
  gates?: GateView[];
  task: string;
  /** Whose word the rest is. */
  chain: readonly ChainStop[];
}

export function Criteria({ criteria, gates = [], task, chain }: CriteriaProps) {
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
            <span className="min-w-0">
              <InlineMarkdown source={criterion.text} />
              <CriterionReceipt gate={receiptOf(criterion, gates)} task={task} />
            </span>
          </li>
        ))}
      </ul>
      {cut ? (
        <Button onPress={() => setWhole(true)} className="mt-1.5 rounded text-sm text-muted data-hovered:text-ink">
          <span className="mr-2 font-semibold text-good">+{criteria.length - SHOWN_AT_FIRST}</span>
          {text.criteria.more}
        </Button>
      ) : null}
      <Word criteria={criteria} gates={gates} chain={chain} />
    </>
  );
}

/** Whose word is all there is for what no check names. */
function Word({ criteria, gates, chain }: Pick<CriteriaProps, "criteria" | "chain"> & { gates: readonly GateView[] }) {
  const without = criteria.filter((criterion) => criterion.done && receiptOf(criterion, gates) === undefined).length;
  const done = (leg: LegWord) => chain.find((stop) => stop.leg === leg && stop.state === "done")?.holder.name ?? "";
  if (without === 0 || done("implement") === "") return null;
  return <p className="mt-2 text-2xs text-faint">{text.receipt.word(without, criteria.length, done("implement"), done("review"))}</p>;
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
    <li className="flex items-center gap-1.5 py-0.5 text-sm" title={title}>
      <CheckParts state={state} name={name} result={result} isStale={false} />
    </li>
  );
}

function CheckParts({ state, name, result, isStale }: Omit<CheckLineProps, "title"> & { isStale: boolean }) {
  return (
    <>
      <span className="flex w-4 shrink-0 justify-center">{GATE_ICONS[state]}</span>
      <span className="sr-only">{text.gate[state]}: </span>
      <span className="shrink-0">{name}</span>
      <span className={`ml-auto truncate pl-3 text-xs ${state === "failed" ? "text-bad" : isStale ? "text-warn" : "text-muted"}`}>{result}</span>
    </>
  );
}

export function gateResult(gate: GateView): string {
  const parts = [gate.result ?? text.gate[gate.state]];
  if (gate.took !== null) parts.push(span(gate.took));
  if (gate.stale) parts.push(text.gate.stale);
  return parts.join(" · ");
}

/**
 * The gate that a criterion names: by its command (`npm test` passes), by its name in backticks, or in plain words ("All tests pass",
 * "clippy is clean"). A criterion that merely mentions tests ("Add tests for the limit") is checked by none.
 */
export function receiptOf(criterion: CriterionView, gates: readonly GateView[]): GateView | undefined {
  return gates.find((gate) => {
    if (criterion.text.includes(`\`${gate.name}\``) || holdsWords(criterion.text, gate.command)) return true;
    const stem = escaped(gate.name.replace(/s$/, ""));
    return new RegExp(`(?<![\\w-])${stem}s?(?: (?:suite|gate|check))?(?: (?:is|are|stays?|still|all|to))* (?:pass(?:es|ing)?|green|clean|succeeds?)(?![\\w-])`, "i").test(criterion.text);
  });
}

function holdsWords(text: string, words: string): boolean {
  return words.trim() !== "" && new RegExp(`(?<![\\w-])${escaped(words.trim())}(?![\\w-])`, "i").test(text);
}

function escaped(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function CriterionReceipt({ gate, task }: { gate: GateView | undefined; task: string }) {
  if (gate === undefined) return null;
  const words = [text.receipt.gate(gate.name), gateResult(gate), gate.commit === null ? null : text.receipt.at(gate.commit.slice(0, 7))].filter((part) => part !== null).join(" · ");
  const look = `block text-2xs ${gate.state === "failed" ? "text-bad" : gate.stale ? "text-warn" : "text-muted"}`;
  if (gate.run === null) return <span className={look}>{words}</span>;
  return (
    <Link to="/task/$task" params={{ task }} search={{ tab: "transcript", run: gate.run }} title={text.receipt.output} className={`${look} rounded underline-offset-2 hover:underline`}>
      {words}
    </Link>
  );
}

/** Each gate with its receipt behind it: the command, what it came to, at which commit. */
export function Gates({ gates, task }: { gates: GateView[]; task: string }) {
  return gates.map((gate) => <Gate key={gate.name} gate={gate} task={task} />);
}

function Gate({ gate, task }: { gate: GateView; task: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <Button aria-expanded={isOpen} onPress={() => setOpen(!isOpen)} className="-mx-1.5 flex w-[calc(100%+0.75rem)] items-center gap-1.5 rounded-md px-1.5 py-0.5 text-left text-sm data-hovered:bg-raised">
        <CheckParts state={gate.state} name={gate.name} result={gateResult(gate)} isStale={gate.stale} />
      </Button>
      {isOpen ? (
        <div className="mt-1 mb-1.5 ml-5.5 flex flex-col gap-0.5 border-l border-line pl-2.5 text-2xs text-muted">
          <code className="wrap-anywhere">{visible(gate.command)}</code>
          {gate.commit === null ? null : <span className={gate.stale ? "text-warn" : ""}>{gate.stale ? text.receipt.stale(gate.commit.slice(0, 7)) : text.receipt.at(gate.commit.slice(0, 7))}</span>}
          {gate.run === null ? null : (
            <Link to="/task/$task" params={{ task }} search={{ tab: "transcript", run: gate.run }} className="self-start rounded text-accent underline-offset-2 hover:underline">
              {text.receipt.output}
            </Link>
          )}
        </div>
      ) : null}
    </li>
  );
}
