/** Light, dark, or as the system has it. */
import { Monitor, Moon, Sun } from "lucide-react";
import { Radio, RadioGroup } from "react-aria-components";
import { chooseTheme, type ThemeChoice as Choice, useTheme } from "../../theme";
import { text } from "../../text";

const CHOICES = [
  { id: "system", icon: Monitor },
  { id: "light", icon: Sun },
  { id: "dark", icon: Moon },
] as const;

export function ThemeChoice() {
  const chosen = useTheme();
  return (
    <RadioGroup aria-label={text.theme.title} value={chosen} onChange={(id) => chooseTheme(id as Choice)} orientation="horizontal" className="flex gap-2">
      {CHOICES.map(({ id, icon: Icon }) => (
        <Radio
          key={id}
          value={id}
          data-testid={`theme-${id}`}
          className="flex h-8 items-center gap-2 rounded-lg border border-line px-3 text-sm text-muted transition-colors duration-100 data-focus-visible:outline-2 data-hovered:text-ink data-selected:border-accent-fill data-selected:bg-accent-tint data-selected:text-ink"
        >
          <Icon aria-hidden size={14} />
          {text.theme[id]}
        </Radio>
      ))}
    </RadioGroup>
  );
}
