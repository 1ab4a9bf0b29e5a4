/** Templates that make several tasks at once, and how far what was made from them is. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Waypoints } from "lucide-react";
import { useRead } from "../../backend/reads";
import type { InstanceView, WorkflowView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Chip } from "../../parts/chips";
import { Empty, Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { InstancePane } from "./instance";
import { TemplatePane } from "./template";
import { STATE_TONES } from "./tones";

export interface WorkflowsSearch {
  workflow?: string;
  instance?: string;
}

export function Workflows() {
  const workflows = useRead("workflows", {});
  const search = useSearch({ from: "/workflows" });
  if (workflows.data === undefined) {
    if (workflows.isError) return <Failed level={1} title={text.workflows.failed} cause={workflows.error} onRetry={() => void workflows.refetch()} />;
    return <Loading level={1} what={text.workflows.loading} />;
  }
  const { workflows: templates, instances } = workflows.data;
  if (templates.length === 0 && instances.length === 0) {
    return <Empty level={1} icon={<Waypoints aria-hidden size={28} strokeWidth={1.5} />} title={text.workflows.emptyTitle} words={text.workflows.emptyWords} command="orchestron init" />;
  }
  const chosenInstance = instances.find(({ id }) => id === search.instance);
  const chosenTemplate = templates.find(({ name }) => name === search.workflow);
  const instance = chosenInstance ?? (chosenTemplate === undefined ? instances[0] : undefined);
  return (
    <div className="flex h-full">
      <List templates={templates} instances={instances} template={chosenTemplate?.name} instance={instance?.id} />
      <div className="min-w-0 flex-1 overflow-y-auto" tabIndex={0} role="group" aria-label={text.nav.workflows}>
        {instance !== undefined ? <InstancePane key={instance.id} instance={instance} /> : chosenTemplate !== undefined ? <TemplatePane key={chosenTemplate.name} template={chosenTemplate} /> : <Empty title={text.workflows.none} words={text.workflows.pick} />}
      </div>
    </div>
  );
}

interface ListProps {
  templates: readonly WorkflowView[];
  instances: readonly InstanceView[];
  template: string | undefined;
  instance: string | undefined;
}

const ROW = "flex w-full flex-col gap-0.5 border-b border-line-soft px-4 py-2.5 text-left transition-colors duration-75 hover:bg-raised aria-[current=true]:bg-accent-tint";

function List({ templates, instances, template, instance }: ListProps) {
  const navigate = useNavigate({ from: "/workflows" });
  return (
    <div className="flex w-80 shrink-0 flex-col overflow-y-auto border-r border-line bg-list max-wide:w-64" tabIndex={0} role="group" aria-label={text.workflows.templates}>
      <h1 className="flex h-12 shrink-0 items-center px-4 text-md font-semibold">{text.nav.workflows}</h1>
      <h2 className="px-4 pb-1.5 text-2xs font-semibold text-muted">{text.workflows.templates}</h2>
      <ul className="border-t border-line-soft">
        {templates.map((one) => (
          <li key={one.name}>
            <button type="button" data-testid={`template-${one.name}`} aria-current={instance === undefined && one.name === template} onClick={() => void navigate({ search: { workflow: one.name } })} className={ROW}>
              <span className="flex items-center gap-2">
                <span className="truncate text-sm font-medium">{one.name}</span>
                <span className="ml-auto text-2xs text-muted">{text.workflows.steps(one.steps.length)}</span>
              </span>
              {one.usable ? <span className="truncate text-xs text-muted">{visible(one.about)}</span> : <span className="text-xs text-bad">{text.workflows.broken}</span>}
            </button>
          </li>
        ))}
      </ul>
      <h2 className="px-4 pt-5 pb-1.5 text-2xs font-semibold text-muted">{text.workflows.instances}</h2>
      {instances.length === 0 ? <p className="px-4 text-xs text-muted">{text.workflows.none}</p> : null}
      <ul className="border-t border-line-soft empty:hidden">
        {instances.map((one) => (
          <li key={one.id}>
            <button type="button" data-testid={`instance-${one.id}`} aria-current={one.id === instance} onClick={() => void navigate({ search: { instance: one.id } })} className={ROW}>
              <span className="flex items-center gap-2">
                <span className="truncate text-sm font-medium">{one.id}</span>
                <span className="ml-auto">
                  <Chip tone={STATE_TONES[one.state]}>{text.workflows.state[one.state]}</Chip>
                </span>
              </span>
              <span className="flex items-center gap-2 text-2xs text-muted">
                <span className="truncate">{one.workflow}</span>
                <span className="ml-auto shrink-0 tabular-nums">{text.workflows.progress(one.done, one.all)}</span>
              </span>
              <span aria-hidden className="mt-1 h-0.75 overflow-hidden rounded-full bg-line">
                <span className="block h-full rounded-full bg-good-fill" style={{ width: `${(one.done / Math.max(1, one.all)) * 100}%` }} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
