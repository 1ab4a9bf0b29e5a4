/** The dialog that writes a new task file. */
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { useProject } from "../../backend/reads";
import type { Create, ErrorView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { openOverlay, useOverlay } from "../../parts/overlay";
import { Picker } from "../../parts/picker";
import { Trouble } from "../../parts/states";
import { text } from "../../text";
import { asInput, EMPTY_DRAFT, type TaskDraft } from "./draft";
import { PriorityChoice } from "./priority";

const ANYONE = "";
const FIELDS: readonly string[] = ["title", "goal", "criteria", "depends_on", "files", "notes"] satisfies (keyof Create)[];

export function NewTask() {
  const isOpen = useOverlay() === "new-task";
  return (
    <Dialog title={text.newTask.title} isOpen={isOpen} onClose={() => openOverlay(null)} testId="new-task-dialog">
      <NewTaskForm />
    </Dialog>
  );
}

function NewTaskForm() {
  const navigate = useNavigate();
  const [draft, setDraft] = useState<TaskDraft>(EMPTY_DRAFT);
  const [error, setError] = useState<ErrorView | null>(null);
  const [showsMore, setShowsMore] = useState(false);
  const create = useWrite("create", {
    onDone: (done) => {
      openOverlay(null);
      if (done.task !== null) void navigate({ to: "/task/$task", params: { task: done.task } });
    },
    onFailure: (failure) => setError(failure.view),
  });
  const set = (change: Partial<TaskDraft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setError(null);
  };
  const errorOf = (field: keyof Create) => (error?.field === field ? error.message : null);
  const hasTitle = draft.title.trim() !== "";
  return (
    <Form
      className="flex flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        if (hasTitle && !create.isPending) create.mutate(asInput(draft));
      }}
    >
      <div className="flex max-h-[62vh] flex-col gap-3.5 overflow-auto px-4 py-3.5">
        {error === null || (error.field !== null && FIELDS.includes(error.field)) ? null : <Trouble view={error} />}
        <Field autoFocus label={text.newTask.what} placeholder={text.newTask.whatExample} value={draft.title} onChange={(title) => set({ title })} error={errorOf("title")} testId="new-task-title" />
        <div className="flex items-center gap-4">
          <PriorityChoice value={draft.priority} onChange={(priority) => set({ priority })} />
          <AgentChoice value={draft.agent} onChange={(agent) => set({ agent })} />
        </div>
        <Field label={text.newTask.goal} lines={3} value={draft.goal} onChange={(goal) => set({ goal })} error={errorOf("goal")} hint={text.newTask.goalHint} testId="new-task-goal" />
        <Field label={text.newTask.criteria} lines={4} value={draft.criteria} onChange={(criteria) => set({ criteria })} error={errorOf("criteria")} hint={text.newTask.criteriaHint} testId="new-task-criteria" />
        {showsMore ? (
          <>
            <Field label={text.newTask.dependsOn} mono value={draft.dependsOn} placeholder="TASK-001, TASK-004" onChange={(dependsOn) => set({ dependsOn })} error={errorOf("depends_on")} />
            <Field label={text.newTask.files} mono lines={2} value={draft.files} onChange={(files) => set({ files })} error={errorOf("files")} hint={text.newTask.filesHint} />
            <Field label={text.newTask.notes} lines={3} value={draft.notes} onChange={(notes) => set({ notes })} error={errorOf("notes")} />
          </>
        ) : (
          <Button look="bare" size="small" className="-ml-2 self-start" onPress={() => setShowsMore(true)}>
            <Plus aria-hidden size={13} />
            {text.newTask.more}
          </Button>
        )}
      </div>
      <footer className="flex items-center justify-end gap-2 border-t border-line-soft px-4 py-3">
        <Button onPress={() => openOverlay(null)}>{text.cancel}</Button>
        <Button type="submit" look="solid" isDisabled={!hasTitle} isPending={create.isPending} data-testid="new-task-create">
          {text.newTask.create}
        </Button>
      </footer>
    </Form>
  );
}

function AgentChoice({ value, onChange }: { value: string; onChange: (agent: string) => void }) {
  const agents = useProject().data?.agents ?? [];
  const choices = [{ id: ANYONE, name: text.newTask.anyone }, ...agents.map(({ name }) => ({ id: name, name }))];
  return (
    <span className="flex flex-col gap-1">
      <span className="text-xs font-medium text-muted">{text.newTask.agent}</span>
      <Picker label={text.newTask.agent} choices={choices} chosen={value} onChoose={onChange} />
    </span>
  );
}
