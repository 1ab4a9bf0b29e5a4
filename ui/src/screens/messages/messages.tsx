/** All messages between holders and the person. */
import { MessageBoard } from "../../parts/messages/messages";
import { text } from "../../text";

export function Messages() {
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center px-5">
        <h1 className="text-md font-semibold">{text.messages.title}</h1>
      </header>
      <div className="min-h-0 flex-1 border-t border-line bg-surface">
        <MessageBoard />
      </div>
    </div>
  );
}
