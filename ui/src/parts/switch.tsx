/** On or off. */
import { Switch as AriaSwitch } from "react-aria-components";

interface SwitchProps {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  isDisabled?: boolean;
  testId?: string;
}

export function Switch({ label, isOn, onChange, isDisabled = false, testId }: SwitchProps) {
  return (
    <AriaSwitch aria-label={label} isSelected={isOn} onChange={onChange} isDisabled={isDisabled} className="group flex items-center data-disabled:opacity-45" {...(testId ? { "data-testid": testId } : {})}>
      <span className="flex h-4.5 w-8 items-center rounded-full bg-ghost p-0.5 transition-colors duration-100 group-data-focus-visible:outline-2 group-data-selected:bg-good-fill">
        <span className="size-3.5 rounded-full bg-surface shadow-card transition-transform duration-100 group-data-selected:translate-x-3.5" />
      </span>
    </AriaSwitch>
  );
}
