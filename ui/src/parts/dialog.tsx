/** A dialog in the middle of the window. */
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { text } from "../text";
import { IconButton } from "./button";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  width?: "narrow" | "normal" | "wide";
  testId?: string;
  children: ReactNode;
}

const WIDTHS = { narrow: "max-w-sm", normal: "max-w-lg", wide: "max-w-2xl" };

export function Dialog({ title, isOpen, onClose, width = "normal", testId, children }: DialogProps) {
  return (
    <ModalOverlay
      data-overlay=""
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable
      className="fixed inset-0 z-40 flex animate-fade items-start justify-center overflow-auto bg-scrim px-4 py-[10vh]"
    >
      <Modal className={`w-full animate-rise rounded-xl border border-line bg-surface shadow-over ${WIDTHS[width]}`}>
        <AriaDialog className="outline-none" {...(testId ? { "data-testid": testId } : {})}>
          <header className="flex items-center justify-between border-b border-line-soft py-2.5 pr-2.5 pl-4">
            <Heading slot="title" className="text-sm font-semibold">
              {title}
            </Heading>
            <IconButton label={text.close} onPress={onClose}>
              <X aria-hidden size={15} />
            </IconButton>
          </header>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
