/** Why a task came back: one entry for each time, the newest open. */
import { ChevronRight } from "lucide-react";
import { Button, Disclosure, DisclosurePanel, Heading } from "react-aria-components";
import type { FeedbackView } from "../backend/wire";
import { text } from "../text";
import { Markdown } from "./markdown";

export function Feedback({ feedback }: { feedback: FeedbackView[] }) {
  const newest = [...feedback].sort((a, b) => b.n - a.n);
  return (
    <div className="flex flex-col gap-2">
      {newest.map((entry, index) => (
        <Disclosure key={entry.path} defaultExpanded={index === 0} className="group rounded-lg border border-line bg-surface">
          <Heading level={3}>
            <Button slot="trigger" className="flex w-full items-center gap-2 rounded-lg px-2.5 py-1.5 text-left data-hovered:bg-raised">
              <ChevronRight aria-hidden size={13} className="text-faint transition-transform duration-100 group-data-expanded:rotate-90" />
              <span className="text-sm font-medium">{text.task.feedbackN(entry.n)}</span>
              <span className="min-w-0 flex-1 truncate text-right font-mono text-2xs text-faint">{entry.path}</span>
            </Button>
          </Heading>
          <DisclosurePanel>
            <div className="border-t border-line-soft px-3.5 py-2.5 text-sm">
              <Markdown source={entry.text} />
            </div>
          </DisclosurePanel>
        </Disclosure>
      ))}
    </div>
  );
}
