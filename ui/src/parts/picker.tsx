/** A pill that opens a list to choose from. */
import { Check, ChevronDown } from "lucide-react";
import { Button, type Key, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

export interface Choice {
  id: string;
  name: string;
}

interface PickerProps {
  label: string;
  choices: Choice[];
  chosen: string;
  onChoose: (id: string) => void;
  testId?: string;
  isWide?: boolean;
  /** As a field among fields: as wide as they are. */
  isField?: boolean;
}

export function Picker({ label, choices, chosen, onChoose, testId, isWide = false, isField = false }: PickerProps) {
  return (
    <Select aria-label={label} selectedKey={chosen} onSelectionChange={(key: Key | null) => key !== null && onChoose(String(key))} {...(testId ? { "data-testid": testId } : {})}>
      <Button className={`flex items-center gap-1 border border-line text-xs transition-colors duration-100 data-hovered:text-ink data-pressed:text-ink ${isField ? "h-7 w-56 justify-between rounded-lg bg-code px-2.5 text-ink" : "h-6.5 rounded-full bg-surface px-3 text-muted"}`}>
        <SelectValue className={`truncate ${isWide ? "max-w-72" : "max-w-40"}`}>{({ selectedText }) => selectedText}</SelectValue>
        <ChevronDown aria-hidden size={12} strokeWidth={2.25} />
      </Button>
      <ChoicePopover choices={choices} />
    </Select>
  );
}

export function ChoicePopover({ choices }: { choices: Choice[] }) {
  return (
    <Popover data-overlay="" offset={6} className="min-w-(--trigger-width) animate-rise rounded-lg border border-line bg-surface p-1 shadow-over">
      <ListBox items={choices} className="max-h-80 overflow-auto outline-none">
        {(choice) => (
          <ListBoxItem id={choice.id} textValue={choice.name} className="group flex items-center justify-between gap-6 rounded-md px-2 py-1.5 text-sm text-ink outline-none data-focused:bg-raised">
            <span className="truncate">{choice.name}</span>
            <Check aria-hidden size={14} className="invisible text-accent group-data-selected:visible" />
          </ListBoxItem>
        )}
      </ListBox>
    </Popover>
  );
}
