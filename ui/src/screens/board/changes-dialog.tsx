/** Asks what to change; nothing is sent back without words. */
import { Form } from "react-aria-components";
import type { CardView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { text } from "../../text";

interface ChangesDialogProps {
  card: CardView;
  isOpen: boolean;
  note: string;
  onNote: (note: string) => void;
  onClose: () => void;
  onSend: (note: string) => void;
}

export function ChangesDialog({ card, isOpen, note, onNote, onClose, onSend }: ChangesDialogProps) {
  const worker = card.chain.find(({ leg }) => leg === "implement")?.holder.name || text.card.theImplementer;
  const isEmpty = note.trim() === "";
  return (
    <Dialog title={text.review.changesTitle(card.id)} isOpen={isOpen} onClose={onClose} testId="changes-dialog">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isEmpty) onSend(note.trim());
        }}
      >
        <div className="px-4 py-3.5">
          <Field autoFocus label={visible(card.title)} lines={5} value={note} onChange={onNote} placeholder={text.review.changesPlaceholder(worker)} testId="changes-note" />
        </div>
        <footer className="flex justify-end gap-2 border-t border-line-soft px-4 py-3">
          <Button onPress={onClose}>{text.cancel}</Button>
          <Button type="submit" look="solid" isDisabled={isEmpty} data-testid="send-changes">
            {text.review.sendBack}
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}
