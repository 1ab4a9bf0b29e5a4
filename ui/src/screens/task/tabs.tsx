/** The wide part of the task page, one tab at a time; which one stands in the address. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Key, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import type { TaskView } from "../../backend/wire";
import { CopyButton } from "../../parts/copy";
import { Feedback } from "../../parts/feedback";
import { Markdown } from "../../parts/markdown";
import { MessageBoard } from "../../parts/messages/messages";
import { Runs } from "../../parts/runs";
import { Section } from "../../parts/section";
import { Empty } from "../../parts/states";
import { visible } from "../../format/visible";
import { text } from "../../text";
import { TaskChanges } from "./changes";
import { Handoffs } from "./handoffs";
import { TABS, type TabId } from "./tabs-list";
import { TaskTranscript } from "./transcript";

export function TaskTabs({ task }: { task: TaskView }) {
  const search = useSearch({ from: "/task/$task" });
  const navigate = useNavigate({ from: "/task/$task" });
  const chosen: TabId = search.tab ?? (task.card.run === null ? "handoffs" : "transcript");
  const onChoose = (key: Key) => void navigate({ search: (before) => ({ ...before, tab: key as TabId }), replace: true });
  return (
    <Tabs selectedKey={chosen} onSelectionChange={onChoose} className="flex min-w-0 flex-1 flex-col outline-none">
      <TabList aria-label={text.task.parts} className="flex h-10.5 shrink-0 items-stretch gap-1 overflow-x-auto border-b border-line-soft bg-surface px-4 [scrollbar-width:none]">
        {TABS.map((id) => (
          <Tab key={id} id={id} data-testid={`tab-${id}`} className="relative flex items-center px-2 text-sm whitespace-nowrap text-muted -outline-offset-4 data-hovered:text-ink data-selected:font-medium data-selected:text-ink data-selected:after:absolute data-selected:after:inset-x-2 data-selected:after:-bottom-px data-selected:after:h-0.5 data-selected:after:bg-accent-fill">
            <span className="inline-flex items-baseline">
              {text.task.tab[id]}
              <Count number={countOf(task, id)} />
            </span>
          </Tab>
        ))}
      </TabList>
      <TabPanel id="handoffs" className={SCROLLS}>
        <Handoffs task={task} />
      </TabPanel>
      <TabPanel id="transcript" className={FILLS}>
        <TaskTranscript task={task} />
      </TabPanel>
      <TabPanel id="changes" className={FILLS}>
        <TaskChanges task={task} />
      </TabPanel>
      <TabPanel id="messages" className={FILLS}>
        <MessageBoard task={task.card.id} />
      </TabPanel>
      <TabPanel id="feedback" className={SCROLLS}>
        <FeedbackTab task={task} />
      </TabPanel>
      <TabPanel id="runs" className={SCROLLS}>
        {task.runs.length === 0 ? <Empty title={text.task.noRuns} words={text.task.noRunsWords} /> : <Runs task={task.card.id} runs={task.runs} />}
      </TabPanel>
      <TabPanel id="file" className={SCROLLS}>
        <TaskFile task={task} />
      </TabPanel>
    </Tabs>
  );
}

const SCROLLS = "min-h-0 flex-1 overflow-y-auto px-5.5 py-4 -outline-offset-2";
const FILLS = "min-h-0 flex-1 -outline-offset-2";

function countOf(task: TaskView, tab: TabId): number {
  return tab === "handoffs" ? task.handoffs.length : tab === "feedback" ? task.feedback.length : tab === "runs" ? task.runs.length : 0;
}

function Count({ number }: { number: number }) {
  return number === 0 ? null : <span className="ml-1.5 text-xs leading-none font-normal text-faint tabular-nums">{number}</span>;
}

function FeedbackTab({ task }: { task: TaskView }) {
  if (task.feedback.length === 0 && task.error_context.trim() === "") return <Empty title={text.task.noFeedback} words={text.task.noFeedbackWords} />;
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      {task.error_context.trim() === "" ? null : (
        <Section title={text.task.errorContext}>
          <Markdown source={task.error_context} className="text-sm" />
        </Section>
      )}
      <Feedback feedback={task.feedback} />
    </div>
  );
}

function TaskFile({ task }: { task: TaskView }) {
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-center gap-1 font-mono text-xs text-muted">
        {task.path}
        <CopyButton label={`${text.copy}: ${text.task.file}`} value={task.path} />
      </p>
      <pre tabIndex={0} aria-label={task.path} className="rounded-lg border border-line bg-code p-3.5 text-xs leading-5 whitespace-pre-wrap wrap-anywhere">
        {visible(task.text)}
      </pre>
    </div>
  );
}
