/** Short notices in the corner. */
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useEffect } from "react";
import { Button, Text, UNSTABLE_Toast as Toast, UNSTABLE_ToastContent as ToastContent, UNSTABLE_ToastQueue as ToastQueue, UNSTABLE_ToastRegion as ToastRegion } from "react-aria-components";
import { type Notice, onNotice } from "../backend/tell";
import { text } from "../text";
import { Ticked } from "./ticked";

const SHOWN_MS = 6_000;
const MOST_AT_ONCE = 3;

const queue = new ToastQueue<Notice>({ maxVisibleToasts: MOST_AT_ONCE });

export function Toasts() {
  useEffect(() => {
    const stop = onNotice((notice) => void queue.add(notice, { timeout: SHOWN_MS }));
    return () => {
      stop();
      queue.clear();
    };
  }, []);
  return (
    <ToastRegion queue={queue} aria-label={text.notices} className="fixed right-4 bottom-24 z-50 flex flex-col-reverse gap-2 outline-none">
      {({ toast }) => (
        <Toast
          toast={toast}
          data-testid="toast"
          className="flex w-88 animate-rise items-start gap-2.5 rounded-lg border border-line bg-surface py-2.5 pr-2 pl-3 shadow-over"
        >
          {toast.content.good ? (
            <CircleCheck aria-hidden size={16} className="mt-px shrink-0 text-good" />
          ) : (
            <CircleAlert aria-hidden size={16} className="mt-px shrink-0 text-bad" />
          )}
          <ToastContent className="flex min-w-0 flex-1 flex-col gap-0.5">
            <Text slot="title" className="text-sm font-medium break-words">
              <Ticked words={toast.content.what} />
            </Text>
            {toast.content.more.length === 0 ? null : (
              <Text slot="description" className="text-xs break-words text-muted">
                <Ticked words={toast.content.more.join(" ")} />
              </Text>
            )}
          </ToastContent>
          <Button slot="close" aria-label={text.close} className="inline-flex size-5 items-center justify-center rounded text-faint data-hovered:bg-raised data-hovered:text-ink">
            <X aria-hidden size={13} />
          </Button>
        </Toast>
      )}
    </ToastRegion>
  );
}
