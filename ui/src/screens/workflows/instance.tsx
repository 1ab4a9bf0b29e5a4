/** What was made from a template: its steps in order, each with its task. */
import { Link } from "@tanstack/react-router";
import type { InstanceView, StepView } from "../../backend/wire";
import { dollars } from "../../format/money";
import { visible } from "../../format/visible";
import { Chip, StatusChip } from "../../parts/chips";
import { HolderBadge } from "../../parts/face";
import { Fact } from "../../parts/fact";
import { Age } from "../../parts/since";
import { text } from "../../text";
import { STATE_TONES } from "./tones";

export function InstancePane({ instance }: { instance: InstanceView }) {
  return (
    <article data-testid="instance" className="max-w-4xl px-6 pt-4 pb-8">
      <header className="flex flex-col gap-1.5">
        <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
          <Chip tone={STATE_TONES[instance.state]}>{text.workflows.state[instance.state]}</Chip>
          <span>{instance.workflow}</span>
          <Fact>{text.workflows.progress(instance.done, instance.all)}</Fact>
          {instance.cost === 0 ? null : <Fact>{dollars(instance.cost)}</Fact>}
          {instance.started === null ? null : (
            <Fact>
              <span>
                <Age since={instance.started} /> {text.ago}
              </span>
            </Fact>
          )}
        </p>
        <h2 className="text-lg font-semibold">{instance.id}</h2>
        {instance.line === null ? null : <p className={`font-mono text-xs ${instance.state === "needs-you" ? "text-warn" : "text-accent"}`}>{visible(instance.line)}</p>}
        {instance.parameters.length === 0 ? null : (
          <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-xs">
            {instance.parameters.map(({ name, value }) => (
              <div key={name} className="col-span-2 grid grid-cols-subgrid">
                <dt className="text-muted">{name}</dt>
                <dd className="wrap-anywhere">{visible(value)}</dd>
              </div>
            ))}
          </dl>
        )}
      </header>
      <h3 className="mt-5 mb-2 text-xs font-semibold text-muted">{text.workflows.stepsTitle}</h3>
      <ol className="flex flex-col">
        {instance.steps.map((step, index) => (
          <Step key={step.step} step={step} isLast={index === instance.steps.length - 1} />
        ))}
      </ol>
    </article>
  );
}

function Step({ step, isLast }: { step: StepView; isLast: boolean }) {
  const isDone = step.status === "done";
  const isOn = step.status === "in-progress" || step.status === "review";
  const dot = isDone ? "bg-good-fill" : step.status === "failed" ? "bg-bad-fill" : isOn ? "bg-accent-fill" : "border-2 border-ghost bg-canvas";
  return (
    <li data-testid={`step-${step.step}`} className="relative flex gap-4 pb-3">
      {isLast ? null : <span aria-hidden className={`absolute top-[1.625rem] -bottom-3.5 left-[0.3125rem] w-0.5 ${isDone ? "bg-good-line" : "bg-line"}`} />}
      <span aria-hidden className={`mt-3.5 size-3 shrink-0 rounded-full ${dot} ${isOn ? "animate-breathe" : ""}`} />
      <div className={`relative flex min-w-0 flex-1 flex-col gap-1 rounded-card border bg-surface px-3.5 py-2.5 shadow-card hover:border-ghost ${step.request === null ? "border-line" : "border-accent-fill"}`}>
        <p className="flex items-center gap-2 text-xs text-muted">
          <span className="font-semibold text-ink">{step.step}</span>
          <span className="shrink-0 font-mono whitespace-nowrap">{step.task}</span>
          {step.depends_on.length === 0 ? null : <span className="truncate">· {text.workflows.after(step.depends_on)}</span>}
          <span className="ml-auto flex items-center gap-2">
            {step.cost === 0 ? null : <span className="tabular-nums">{dollars(step.cost)}</span>}
            {step.status === null ? <Chip tone="bad">{text.workflows.gone}</Chip> : <StatusChip status={step.status} />}
          </span>
        </p>
        <p className="flex items-center gap-2 text-sm font-medium">
          {step.turn === null || isDone ? null : <HolderBadge holder={step.turn} />}
          {step.status === null ? (
            <span className="truncate text-muted">{visible(step.title)}</span>
          ) : (
            <Link to="/task/$task" params={{ task: step.task }} className="truncate outline-none after:absolute after:inset-0 after:rounded-card focus-visible:after:outline-2 focus-visible:after:outline-accent-fill">
              {visible(step.title)}
            </Link>
          )}
        </p>
        {step.line === null ? null : <p className={`truncate text-2xs ${step.request === null ? "text-muted" : "font-mono text-warn"}`}>{visible(step.line)}</p>}
      </div>
    </li>
  );
}
