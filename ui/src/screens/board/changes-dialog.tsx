/** Asks what to change; nothing is sent back without words. */
import { useState } from "react";
import { Form } from "react-aria-components";
import type { CardView, ErrorView } from "../../backend/wire";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { Trouble } from "../../parts/states";
import { text } from "../../text";

interface ChangesDialogProps {
  card: CardView;
  isOpen: boolean;
  isPending: boolean;
  error: ErrorView | null;
  onClose: () => void;
  onSend: (note: string) => void;
}

export function ChangesDialog({ card, isOpen, isPending, error, onClose, onSend }: ChangesDialogProps) {
  const [note, setNote] = useState("");
  const worker = card.chain.find(({ leg }) => leg === "implement")?.holder.name || text.card.theImplementer;
  const isEmpty = note.trim() === "";
  return (
    <Dialog title={text.review.changesTitle(card.id)} isOpen={isOpen} onClose={onClose} testId="changes-dialog">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isEmpty && !isPending) onSend(note.trim());
        }}
      >
        <div className="flex flex-col gap-3 px-4 py-3.5">
          {error === null ? null : <Trouble view={error} />}
          <Field autoFocus label={card.title} lines={5} value={note} onChange={setNote} placeholder={text.review.changesPlaceholder(worker)} testId="changes-note" />
        </div>
        <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
          <Button onPress={onClose}>{text.cancel}</Button>
          <Button type="submit" look="solid" isDisabled={isEmpty} isPending={isPending} data-testid="send-changes">
            {text.review.sendBack}
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}
