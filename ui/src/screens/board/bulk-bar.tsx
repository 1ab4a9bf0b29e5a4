/** What can be done with all that is selected. */
import { Pause, Play, RotateCcw, X } from "lucide-react";
import { useEffect } from "react";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useProject } from "../../backend/reads";
import { Button, IconButton } from "../../parts/button";
import { useShortcut } from "../../parts/shortcuts";
import { text } from "../../text";
import { useBulk, useCalls } from "./bulk";
import { select, useSelected } from "./selection";

/** Nobody in particular: whom the chain names. No agent can be called so. */
const CHAIN = ":chain";
const PRIORITIES = ["P0", "P1", "P2"] as const;

export function BulkBar({ shown }: { shown: readonly string[] }) {
  const selected = useSelected();
  const { progress, run } = useBulk();
  const calls = useCalls();
  const project = useProject().data;
  useEffect(() => () => select([]), []);
  useShortcut("escape", text.board.keys, text.select.clear, () => select([]), selected.size > 0);
  if (selected.size === 0) return null;
  const ids = [...selected];
  const { did } = text.select;
  const agents = (project?.agents ?? []).map(({ name }) => name);
  return (
    <div role="toolbar" aria-label={text.select.bar} data-testid="bulk-bar" className="absolute bottom-5 left-1/2 z-20 flex -translate-x-1/2 animate-rise items-center gap-2 rounded-xl border border-line bg-surface py-1.5 pr-1.5 pl-4 shadow-over">
      <span role="status" className="mr-1 text-sm font-medium whitespace-nowrap tabular-nums">
        {progress === null ? text.select.count(selected.size) : text.select.working(progress.done, progress.all)}
      </span>
      {selected.size < shown.length ? (
        <Button look="bare" size="small" onPress={() => select(shown)} data-testid="select-all">
          {text.select.all(shown.length)}
        </Button>
      ) : null}
      <MenuTrigger>
        <Button isDisabled={progress !== null} data-testid="bulk-priority">
          {text.select.priority}
        </Button>
        <Popover data-overlay="" offset={6} className="animate-rise rounded-lg border border-line bg-surface p-1 shadow-over">
          <Menu aria-label={text.select.setPriority} className="outline-none" onAction={(to) => void run(ids, calls.priority(String(to)), (count) => did.priority(count, String(to)))}>
            {PRIORITIES.map((priority) => (
              <MenuItem key={priority} id={priority} textValue={priority} className="flex min-w-44 items-baseline gap-2 rounded-md px-2 py-1.5 text-sm outline-none data-focused:bg-raised">
                <span className="font-semibold">{priority}</span>
                <span className="text-xs text-muted">{text.priority[priority]}</span>
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      <MenuTrigger>
        <Button isDisabled={progress !== null} data-testid="bulk-reassign">
          {text.select.reassign}
        </Button>
        <Popover data-overlay="" offset={6} className="max-h-72 animate-rise overflow-auto rounded-lg border border-line bg-surface p-1 shadow-over">
          <Menu aria-label={text.select.giveTo} className="outline-none" onAction={(to) => void run(ids, calls.reassign(to === CHAIN ? null : String(to)), (count) => did.reassign(count, to === CHAIN ? null : String(to)))}>
            {[...agents, CHAIN].map((name) => (
              <MenuItem key={name} id={name} className="min-w-44 rounded-md px-2 py-1.5 text-sm outline-none data-focused:bg-raised">
                {name === CHAIN ? text.control.reassignBack : name}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      <Button isDisabled={progress !== null} onPress={() => void run(ids, calls.pause, did.pause)} data-testid="bulk-pause">
        <Pause aria-hidden size={13} fill="currentColor" strokeWidth={0} />
        {text.select.pause}
      </Button>
      <Button isDisabled={progress !== null} onPress={() => void run(ids, calls.resume, did.resume)} data-testid="bulk-resume">
        <Play aria-hidden size={12} fill="currentColor" />
        {text.select.resume}
      </Button>
      <Button isDisabled={progress !== null} onPress={() => void run(ids, calls.retry, did.retry)} data-testid="bulk-retry">
        <RotateCcw aria-hidden size={13} />
        {text.select.retry}
      </Button>
      <IconButton label={text.select.clear} onPress={() => select([])}>
        <X aria-hidden size={15} />
      </IconButton>
    </div>
  );
}
