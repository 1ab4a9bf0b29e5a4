/** What can be decided about a conflict, the recommended way first, with a key for each. */
import { Button as AriaButton } from "react-aria-components";
import type { ConflictView, ResolveWord } from "../backend/wire";
import { text } from "../text";
import { Chip } from "./chips";
import { Kbd } from "./kbd";
import { useShortcut } from "./shortcuts";

interface WaysOutProps {
  found: ConflictView;
  isPending: boolean;
  /** Each has a key; not where several conflicts are on the screen. */
  hasKeys?: boolean;
  onChoose: (way: ResolveWord) => void;
}

export function WaysOut({ found, isPending, hasKeys = false, onChoose }: WaysOutProps) {
  return (
    <ul aria-label={text.clash.ways} className="flex flex-col gap-2">
      {found.options.map((way, index) => (
        <Way key={way} way={way} found={found} number={index + 1} isFirst={index === 0} hasKey={hasKeys} isPending={isPending} onChoose={() => onChoose(way)} />
      ))}
    </ul>
  );
}

interface WayProps {
  way: ResolveWord;
  found: ConflictView;
  number: number;
  isFirst: boolean;
  hasKey: boolean;
  isPending: boolean;
  onChoose: () => void;
}

function Way({ way, found, number, isFirst, hasKey, isPending, onChoose }: WayProps) {
  const later = found.tasks.at(-1) ?? "";
  const first = found.tasks[0] ?? "";
  const words = { queue: text.clash.queue(later, first), reassign: text.clash.reassign(later), gone: text.clash.gone }[way];
  useShortcut(String(number), text.kind.conflict, words, onChoose, hasKey);
  return (
    <li>
      <AriaButton onPress={onChoose} isDisabled={isPending} data-testid={`resolve-${way}`} className="flex w-full items-center gap-3 rounded-lg border border-line bg-surface px-3.5 py-2.5 text-left text-sm font-medium transition-colors duration-100 data-disabled:opacity-50 data-hovered:border-accent-fill data-hovered:bg-accent-tint">
        <span className="min-w-0 flex-1 wrap-anywhere">{words}</span>
        {isFirst ? <Chip tone="good">{text.question.recommended}</Chip> : null}
        {hasKey ? <Kbd>{String(number)}</Kbd> : null}
      </AriaButton>
    </li>
  );
}
