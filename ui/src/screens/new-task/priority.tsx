/** P0, P1 or P2. */
import { Label, Radio, RadioGroup } from "react-aria-components";
import { text } from "../../text";

const PRIORITIES = ["P0", "P1", "P2"] as const;

export function PriorityChoice({ value, onChange }: { value: string; onChange: (priority: string) => void }) {
  return (
    <RadioGroup value={value} onChange={onChange} orientation="horizontal" className="flex flex-col gap-1">
      <Label className="text-xs font-medium text-muted">{text.priority.label}</Label>
      <div className="flex h-6.5 rounded-lg bg-sunken p-0.5">
        {PRIORITIES.map((priority) => (
          <Radio
            key={priority}
            value={priority}
            aria-label={`${priority}, ${text.priority[priority]}`}
            className="flex items-center rounded-md px-2.5 text-xs text-muted transition-colors duration-100 data-focus-visible:outline-2 data-hovered:text-ink data-selected:bg-surface data-selected:font-semibold data-selected:text-ink data-selected:shadow-card"
          >
            {priority}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
