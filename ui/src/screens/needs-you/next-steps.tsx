/** What each decision leads to, beside its key: whoever presses it knows what follows. */
import { Kbd } from "../../parts/kbd";
import { Section } from "../../parts/section";
import { text } from "../../text";

export interface NextStep {
  hotkey: string;
  name: string;
  /** What happens then. */
  then: string;
}

export function NextSteps({ steps }: { steps: readonly NextStep[] }) {
  return (
    <Section title={text.needsYou.nextSteps}>
      <ul className="flex flex-col gap-2.5 text-sm" data-testid="next-steps">
        {steps.map(({ hotkey, name, then }) => (
          <li key={hotkey} className="flex items-baseline gap-2.5">
            <Kbd>{hotkey.toUpperCase()}</Kbd>
            <p className="min-w-0 wrap-anywhere">
              <strong className="font-medium">{name}</strong> <span className="text-muted">{then}</span>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
