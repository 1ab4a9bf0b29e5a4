/** The buttons of the task page. */
import { Link } from "@tanstack/react-router";
import { ClipboardCopy, Ellipsis } from "lucide-react";
import { useState } from "react";
import { type Key, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { useBackend } from "../../backend/context";
import { toFailure } from "../../backend/failure";
import { tell, tellFailure } from "../../backend/tell";
import type { StatusWord, TaskView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { Button, IconButton } from "../../parts/button";
import { copyText } from "../../parts/copy";
import { text } from "../../text";
import { type Control, controlItems, controlsOf, useControl } from "./controls";
import { EndLegDialog } from "./end-leg";
import { type Action, fittingActions } from "./what-fits";

export function TaskActions({ task }: { task: TaskView }) {
  const { card } = task;
  const fitting = fittingActions(card);
  const request = task.requests.find(({ open }) => open);
  const [ending, setEnding] = useState<Exclude<Action, "claim"> | null>(null);
  const controls = controlsOf(card, useBackend().isDesktop);
  const { control, dialog } = useControl(card);
  const claim = useWrite("claim");
  const move = useWrite("move");
  const agent = card.turn.kind === "outside" ? card.turn.name : null;
  const act = (action: Action) => {
    if (action === "claim") claim.mutate({ task: card.id, agent });
    else setEnding(action);
  };
  const onMenu = (key: Key) => {
    const [kind, value] = String(key).split(":");
    if (kind === "control") control(value as Control);
    else if (kind === "move") move.mutate({ task: card.id, to: value as StatusWord });
    else act(value as Action);
  };
  return (
    <div className="flex shrink-0 items-center gap-2 text-ink">
      {fitting.contextFor === null ? null : <CopyContext task={card.id} agent={fitting.contextFor.agent} />}
      {request === undefined ? null : (
        <Link to="/needs-you" search={{ request: request.id }} data-testid="open-request" className="inline-flex h-[1.875rem] items-center rounded-lg bg-accent-fill px-3 text-sm font-medium text-on-accent">
          {text.task.decide[request.kind]}
        </Link>
      )}
      {fitting.main === null || request?.kind === "escalation" ? null : (
        <Button look={request === undefined ? "solid" : "quiet"} onPress={() => fitting.main !== null && act(fitting.main)} isPending={claim.isPending} data-testid={`do-${fitting.main}`}>
          {text.action[fitting.main].button}
        </Button>
      )}
      <MenuTrigger>
        <IconButton label={text.task.more} className="border border-line">
          <Ellipsis aria-hidden size={15} />
        </IconButton>
        <Popover data-overlay="" placement="bottom end" offset={6} className="min-w-44 animate-rise rounded-lg border border-line bg-surface p-1 shadow-over">
          <Menu aria-label={text.task.more} onAction={onMenu} className="outline-none">
            <MenuSection aria-label={text.task.controls}>{controlItems(controls, ITEM)}</MenuSection>
            {controls.length === 0 ? null : <Separator className="my-1 h-px bg-line-soft" />}
            <MenuSection aria-label={text.task.moveTo}>
              {fitting.moves.map((status) => (
                <MenuItem key={status} id={`move:${status}`} className={ITEM}>
                  {text.task.moveToStatus(text.status[status])}
                </MenuItem>
              ))}
            </MenuSection>
            {fitting.others.length === 0 ? null : <Separator className="my-1 h-px bg-line-soft" />}
            <MenuSection aria-label={text.task.more}>
              {fitting.others.map((action) => (
                <MenuItem key={action} id={`do:${action}`} className={`${ITEM} text-bad`}>
                  {text.action[action].button}
                </MenuItem>
              ))}
            </MenuSection>
          </Menu>
        </Popover>
      </MenuTrigger>
      {dialog}
      {ending === null ? null : <EndLegDialog task={card} action={ending} agent={agent} onClose={() => setEnding(null)} />}
    </div>
  );
}

const ITEM = "rounded-md px-2 py-1.5 text-sm outline-none data-focused:bg-raised";

/** The task with its whole context as one document, for a holder that we do not start ourselves. */
function CopyContext({ task, agent }: { task: string; agent: string | null }) {
  const backend = useBackend();
  const [isPending, setPending] = useState(false);
  const copy = async () => {
    setPending(true);
    try {
      const next = await backend.call("next", { agent, claim: false });
      if (next.task?.id === task) await copyText(next.document, text.task.contextCopied(agent ?? text.you));
      else tell({ what: next.task === null ? (next.none ?? text.task.noContext) : text.task.otherFirst(next.task.id), more: [], good: false });
    } catch (cause) {
      tellFailure(toFailure(cause));
    } finally {
      setPending(false);
    }
  };
  return (
    <Button onPress={() => void copy()} isPending={isPending} data-testid="copy-context">
      <ClipboardCopy aria-hidden size={14} />
      {text.task.copyContext}
    </Button>
  );
}
