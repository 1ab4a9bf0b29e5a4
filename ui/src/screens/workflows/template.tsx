/** A template: what it makes, and the form that starts it. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Form } from "react-aria-components";
import type { ErrorView, ParameterView, TemplateStepView, WorkflowView } from "../../backend/wire";
import { tell } from "../../backend/tell";
import { useAsk } from "../../backend/writes";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { HolderBadge } from "../../parts/face";
import { Field } from "../../parts/fields";
import { Picker } from "../../parts/picker";
import { Trouble } from "../../parts/states";
import { Ticked } from "../../parts/ticked";
import { text } from "../../text";

export function TemplatePane({ template }: { template: WorkflowView }) {
  return (
    <article data-testid="template" className="max-w-4xl px-6 pt-4 pb-8">
      <h2 className="text-lg font-semibold">{template.name}</h2>
      <p className="text-sm text-muted">{visible(template.about)}</p>
      <p className="mt-1 font-mono text-2xs text-faint">{template.file}</p>
      {template.usable ? <StartForm template={template} /> : <Problems template={template} />}
      <h3 className="mt-6 mb-2 text-xs font-semibold text-muted">{text.workflows.stepsTitle}</h3>
      <ol className="flex flex-col gap-2">
        {template.steps.map((step, index) => (
          <Step key={step.step} step={step} number={index + 1} />
        ))}
      </ol>
    </article>
  );
}

function Problems({ template }: { template: WorkflowView }) {
  return (
    <section role="alert" className="mt-4 rounded-lg border border-bad/30 bg-bad-tint px-4 py-3 text-sm">
      <h3 className="font-semibold text-bad">{text.workflows.problems}</h3>
      <ul className="mt-1 flex flex-col gap-2">
        {template.problems.map((problem) => (
          <li key={`${problem.line} ${problem.what}`}>
            <span className="block font-mono text-xs text-muted">{problem.line === null ? problem.path : `${problem.path}:${problem.line}`}</span>
            <span className="block wrap-anywhere">
              <Ticked words={problem.what} />
            </span>
            <span className="block text-xs text-muted">
              <Ticked words={problem.cure} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function StartForm({ template }: { template: WorkflowView }) {
  const navigate = useNavigate({ from: "/workflows" });
  const [values, setValues] = useState<Record<string, string>>({});
  const [key, setKey] = useState("");
  const [error, setError] = useState<ErrorView | null>(null);
  const start = useAsk("workflow-start", {
    onDone: ({ instance, again }) => {
      tell({ what: again ? text.workflows.again(instance.id) : text.workflows.started(instance.id, instance.all), more: [], good: true });
      void navigate({ search: { instance: instance.id } });
    },
    onFailure: (failure) => setError(failure.view),
  });
  const valueOf = ({ name, default: usual }: ParameterView) => values[name] ?? usual ?? "";
  const isComplete = template.parameters.every((parameter) => valueOf(parameter).trim() !== "");
  const set = (name: string, value: string) => {
    setError(null);
    setValues((before) => ({ ...before, [name]: value }));
  };
  return (
    <Form
      className="mt-4 rounded-xl border border-line bg-surface shadow-card"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isComplete || start.isPending) return;
        start.mutate({ workflow: template.name, set: template.parameters.map((parameter) => ({ name: parameter.name, value: valueOf(parameter).trim() })), ...(key.trim() === "" ? {} : { key: key.trim() }) });
      }}
    >
      <div className="flex flex-col gap-3.5 px-4 py-3.5">
        <h3 className="text-xs font-semibold text-muted">{template.parameters.length === 0 ? text.workflows.noParameters : text.workflows.parameters}</h3>
        {error === null || template.parameters.some(({ name }) => name === error.field) ? null : <Trouble view={error} />}
        {template.parameters.map((parameter) => (
          <Parameter key={parameter.name} parameter={parameter} value={valueOf(parameter)} error={error?.field === parameter.name ? error.message : null} onChange={(value) => set(parameter.name, value)} />
        ))}
        <Field label={text.workflows.key} hint={text.workflows.keyHint} value={key} onChange={setKey} placeholder={`${template.name}-…`} testId="workflow-key" />
      </div>
      <footer className="flex justify-end border-t border-line-soft px-4 py-3">
        <Button type="submit" look="solid" isDisabled={!isComplete} isPending={start.isPending} data-testid="workflow-start">
          {text.workflows.startIt(template.name)}
        </Button>
      </footer>
    </Form>
  );
}

interface ParameterProps {
  parameter: ParameterView;
  value: string;
  error: string | null;
  onChange: (value: string) => void;
}

function Parameter({ parameter, value, error, onChange }: ParameterProps) {
  const hint = [parameter.about, parameter.default === null ? "" : text.workflows.usual(parameter.default)].filter((part) => part !== "").join(" · ");
  if (parameter.choices.length === 0) return <Field label={parameter.name} hint={hint} value={value} error={error} onChange={onChange} testId={`parameter-${parameter.name}`} />;
  return (
    <span className="flex flex-col items-start gap-1">
      <span className="text-xs font-medium text-muted">{parameter.name}</span>
      <Picker label={parameter.name} choices={parameter.choices.map((choice) => ({ id: choice, name: choice }))} chosen={value} onChoose={onChange} testId={`parameter-${parameter.name}`} />
      <span className="text-2xs text-faint">{hint}</span>
    </span>
  );
}

function Step({ step, number }: { step: TemplateStepView; number: number }) {
  return (
    <li className="flex gap-3 rounded-card border border-line bg-surface px-3.5 py-2.5 shadow-card">
      <span aria-hidden className="mt-0.5 font-mono text-xs text-faint tabular-nums">
        {number}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2 text-xs text-muted">
          <span className="font-semibold text-ink">{step.step}</span>
          {step.depends_on.length === 0 ? null : <span className="truncate">· {text.workflows.after(step.depends_on)}</span>}
          <span className="ml-auto flex items-center gap-1">
            {step.chain.map(({ leg, holder }) => (
              <span key={leg} title={`${text.leg[leg].next}: ${holder.kind === "person" ? text.you : holder.name}`}>
                <HolderBadge holder={holder} />
              </span>
            ))}
          </span>
        </p>
        <p className="text-sm wrap-anywhere">{visible(step.title)}</p>
        {step.goal.trim() === "" ? null : <p className="mt-0.5 line-clamp-2 text-xs text-muted">{visible(step.goal)}</p>}
      </div>
    </li>
  );
}
