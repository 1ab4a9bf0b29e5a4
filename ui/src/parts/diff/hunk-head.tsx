/** The head of a part of a file's changes: where it is, and whether it is accepted or goes back. */
import { Check, Undo2 } from "lucide-react";
import { ToggleButton } from "react-aria-components";
import { visible } from "../../format/visible";
import { text } from "../../text";
import type { Commenting } from "./commenting";
import type { DiffRow } from "./parse";

interface HunkHeadProps {
  row: DiffRow;
  part: string;
  commenting: Commenting | null;
  isSplit: boolean;
}

export function HunkHead({ row, part, commenting, isSplit }: HunkHeadProps) {
  const verdict = commenting?.parts?.[part];
  return (
    <div className="flex h-6 items-center bg-accent-tint text-muted">
      <span className={`shrink-0 ${isSplit ? "w-[8ch]" : "w-[14ch]"}`} />
      <span className="min-w-0 flex-1 truncate pl-[1ch] whitespace-pre">{visible(row.text)}</span>
      {commenting === null || commenting.parts === null ? null : (
        <span className="flex shrink-0 items-center gap-1 pr-2 font-sans">
          <Verdict isOn={verdict === true} label={text.hunk.keep} words={text.hunk.kept} tone="text-good" onPress={() => commenting.judge(part, true)} testId={`keep-${part}`}>
            <Check aria-hidden size={12} strokeWidth={2.5} />
          </Verdict>
          <Verdict isOn={verdict === false} label={text.hunk.again} words={text.hunk.sentBack} tone="text-bad" onPress={() => commenting.judge(part, false)} testId={`again-${part}`}>
            <Undo2 aria-hidden size={12} strokeWidth={2.25} />
          </Verdict>
        </span>
      )}
    </div>
  );
}

interface VerdictProps {
  isOn: boolean;
  label: string;
  words: string;
  tone: string;
  onPress: () => void;
  testId: string;
  children: React.ReactNode;
}

function Verdict({ isOn, label, words, tone, onPress, testId, children }: VerdictProps) {
  return (
    <ToggleButton aria-label={isOn ? `${label}: ${words}` : label} isSelected={isOn} onChange={onPress} data-testid={testId} className={`flex h-5 items-center gap-1 rounded px-1.5 text-2xs ${isOn ? `bg-surface font-medium ${tone}` : "text-muted data-hovered:bg-surface data-hovered:text-ink"}`}>
      {children}
      {isOn ? words : null}
    </ToggleButton>
  );
}
