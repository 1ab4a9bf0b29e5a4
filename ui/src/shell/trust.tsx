/** What the project would run on this machine, to be looked at and accepted: exactly what is shown, and nothing else. */
import { useState } from "react";
import { useRead } from "../backend/reads";
import { useWrite } from "../backend/writes";
import type { CommandsView } from "../backend/wire";
import { visible } from "../format/visible";
import { Button } from "../parts/button";
import { Chip } from "../parts/chips";
import { Dialog } from "../parts/dialog";
import { openOverlay, useOverlay } from "../parts/overlay";
import { Failed, Loading } from "../parts/states";
import { text } from "../text";

const close = () => openOverlay(null);

export function Trust() {
  const isOpen = useOverlay() === "trust";
  return (
    <Dialog title={text.trust.dialog} isOpen={isOpen} onClose={close} width="wide" testId="trust-dialog">
      <Commands />
    </Dialog>
  );
}

function Commands() {
  const commands = useRead("commands", {});
  // What is shown stays as it was when it was opened: nothing may change under the eyes of who accepts it.
  const [seen, setSeen] = useState<CommandsView | null>(null);
  const now = commands.data;
  if (seen === null && now !== undefined) setSeen(now);
  if (commands.isError) return <Failed title={text.trust.failed} cause={commands.error} onRetry={() => void commands.refetch()} />;
  if (seen === null || now === undefined) return <Loading what={text.trust.loading} />;
  const hasChanged = now.text !== seen.text;
  return (
    <div className="flex flex-col gap-3 p-4">
      <p className="text-sm text-muted">{text.trust.words}</p>
      <ul aria-label={text.trust.commands} tabIndex={0} data-testid="trust-commands" className="flex max-h-[50vh] flex-col divide-y divide-line-soft overflow-auto rounded-lg border border-line bg-code">
        {seen.commands.map((command, at) => (
          <Line key={`${at} ${command.text}`} command={command} isMarked={command.fresh && seen.commands.some(({ fresh }) => !fresh)} />
        ))}
      </ul>
      <footer className="flex items-center justify-end gap-2">
        <p role="status" className={`min-w-0 flex-1 text-xs ${hasChanged ? "text-warn" : "text-muted"}`}>
          {hasChanged ? text.trust.changed : now.trusted ? text.trust.accepted : null}
        </p>
        {hasChanged ? (
          <Button look="solid" onPress={() => setSeen(now)} data-testid="trust-again">
            {text.trust.lookAgain}
          </Button>
        ) : now.trusted ? (
          <Button onPress={close}>{text.close}</Button>
        ) : (
          <Accept commands={seen.text} />
        )}
      </footer>
    </div>
  );
}

function Line({ command, isMarked }: { command: CommandsView["commands"][number]; isMarked: boolean }) {
  return (
    <li className="flex items-start gap-2 px-3 py-2">
      <code className="min-w-0 flex-1 text-xs leading-5 whitespace-pre-wrap wrap-anywhere">{visible(command.text)}</code>
      {isMarked ? (
        <span title={text.trust.freshLabel}>
          <Chip tone="warn">{text.trust.fresh}</Chip>
        </span>
      ) : null}
    </li>
  );
}

function Accept({ commands }: { commands: string }) {
  // A failure is shown as a notice, and what is there now is read anew.
  const trust = useWrite("trust", { onDone: close });
  return (
    <>
      <Button onPress={close}>{text.cancel}</Button>
      <Button look="solid" isPending={trust.isPending} onPress={() => trust.mutate({ commands })} data-testid="trust-accept">
        {text.trust.accept}
      </Button>
    </>
  );
}
