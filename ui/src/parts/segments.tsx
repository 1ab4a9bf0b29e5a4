/** A few choices side by side, one of them chosen. */
import { Radio, RadioGroup } from "react-aria-components";

interface SegmentsProps<T extends string> {
  label: string;
  choices: readonly { id: T; name: string }[];
  chosen: T;
  onChoose: (id: T) => void;
  testId?: string;
}

export function Segments<T extends string>({ label, choices, chosen, onChoose, testId }: SegmentsProps<T>) {
  return (
    <RadioGroup aria-label={label} value={chosen} onChange={(id) => onChoose(id as T)} orientation="horizontal" className="flex h-6.5 shrink-0 items-center rounded-full border border-line bg-surface p-0.5" {...(testId ? { "data-testid": testId } : {})}>
      {choices.map(({ id, name }) => (
        <Radio
          key={id}
          value={id}
          {...(testId ? { "data-testid": `${testId}-${id}` } : {})}
          className="flex h-full items-center rounded-full px-2.5 text-xs whitespace-nowrap text-muted transition-colors duration-100 data-focus-visible:outline-2 data-hovered:text-ink data-selected:bg-raised data-selected:font-medium data-selected:text-ink"
        >
          {name}
        </Radio>
      ))}
    </RadioGroup>
  );
}
