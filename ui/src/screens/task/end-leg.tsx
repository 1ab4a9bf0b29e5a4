/** Ends the present leg by hand, with words for the next holder. */
import { useState } from "react";
import { Form } from "react-aria-components";
import type { CardView, ErrorView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { Trouble } from "../../parts/states";
import { text } from "../../text";
import type { Action } from "./what-fits";

interface EndLegDialogProps {
  task: CardView;
  action: Exclude<Action, "claim">;
  /** In whose name; none = the person. */
  agent: string | null;
  onClose: () => void;
}

export function EndLegDialog({ task, action, agent, onClose }: EndLegDialogProps) {
  const [note, setNote] = useState("");
  const [error, setError] = useState<ErrorView | null>(null);
  const write = useWrite(action, { onDone: onClose, onFailure: (failure) => setError(failure.view) });
  const words = text.action[action];
  // Whoever gets a failed task wants to know why.
  const isMissing = action === "fail" && note.trim() === "";
  return (
    <Dialog title={`${words.button}: ${task.id}`} isOpen onClose={onClose}>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isMissing && !write.isPending) write.mutate({ task: task.id, note: note.trim() === "" ? null : note.trim(), agent });
        }}
      >
        <div className="flex flex-col gap-3 px-4 py-3.5">
          <p className="text-sm text-muted">{words.words}</p>
          {error === null ? null : <Trouble view={error} />}
          <Field autoFocus label={words.note} lines={4} value={note} onChange={setNote} testId="leg-note" />
        </div>
        <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
          <Button onPress={onClose}>{text.cancel}</Button>
          <Button type="submit" look="solid" isDisabled={isMissing} isPending={write.isPending} data-testid="leg-send">
            {words.button}
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}
