/** Search and commands in one box. */
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { Autocomplete, Dialog, Header, Input, type Key, Menu, MenuItem, MenuSection, Modal, ModalOverlay, SearchField } from "react-aria-components";
import { useBackend } from "../backend/context";
import { useBoard, useProject } from "../backend/reads";
import { useWrite } from "../backend/writes";
import type { CardView } from "../backend/wire";
import { StatusChip } from "../parts/chips";
import { openOverlay, useOverlay } from "../parts/overlay";
import { VIEWS } from "../screens/board/head";
import { partsHere } from "../screens/settings/parts-list";
import { chooseTheme } from "../theme";
import { text } from "../text";

const MOST_TASKS = 30;

interface Command {
  id: string;
  name: string;
  run: () => void;
}

export function Palette() {
  const isOpen = useOverlay() === "palette";
  return (
    <ModalOverlay data-overlay="" isOpen={isOpen} onOpenChange={(open) => !open && openOverlay(null)} isDismissable className="fixed inset-0 z-40 flex animate-fade items-start justify-center bg-scrim px-4 pt-[12vh]">
      <Modal className="w-full max-w-xl animate-rise overflow-hidden rounded-xl border border-line bg-surface shadow-over">
        <Dialog aria-label={text.palette.label} className="outline-none">
          <div
            // One press closes it, whatever stands in the box.
            onKeyDownCapture={(event) => {
              if (event.key !== "Escape") return;
              event.stopPropagation();
              openOverlay(null);
            }}
          >
            <PaletteBody />
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function PaletteBody() {
  const [words, setWords] = useState("");
  const commands = useCommands().filter(({ name }) => matches(name, words));
  const tasks = useTasks(words);
  const navigate = useNavigate();
  const onAction = (key: Key) => {
    openOverlay(null);
    const command = commands.find(({ id }) => id === key);
    if (command !== undefined) command.run();
    else void navigate({ to: "/task/$task", params: { task: String(key) } });
  };
  const isEmpty = commands.length + tasks.length === 0;
  return (
    <Autocomplete inputValue={words} onInputChange={setWords}>
      <SearchField aria-label={text.palette.label} autoFocus className="flex h-11 items-center gap-2.5 border-b border-line-soft px-4">
        <Search aria-hidden size={15} className="shrink-0 text-faint" />
        <Input placeholder={text.palette.open} className="min-w-0 flex-1 bg-transparent text-sm outline-none [&::-webkit-search-cancel-button]:hidden" data-testid="palette-input" />
      </SearchField>
      {/* The letters stay in the box while one walks through this; Tab leads into it, too, so that it can be scrolled. */}
      <div tabIndex={0} role="group" aria-label={text.palette.found} className="max-h-96 overflow-auto -outline-offset-2">
        <Menu aria-label={text.palette.label} onAction={onAction} className="p-1.5 outline-none" renderEmptyState={() => <p className="px-2.5 py-6 text-center text-sm text-muted">{text.palette.none(words)}</p>}>
          {isEmpty ? [] : [
            tasks.length === 0 ? null : (
              <MenuSection key="tasks" className="mb-1">
                <Header className="px-2.5 py-1 text-2xs font-semibold text-faint">{text.palette.tasks}</Header>
                {tasks.map((card) => (
                  <MenuItem key={card.id} id={card.id} textValue={`${card.id} ${card.title}`} className={ITEM}>
                    <span className="shrink-0 font-mono text-xs text-muted">{card.id}</span>
                    <span className="min-w-0 flex-1 truncate">{card.title}</span>
                    <StatusChip status={card.status} />
                  </MenuItem>
                ))}
              </MenuSection>
            ),
            commands.length === 0 ? null : (
              <MenuSection key="commands">
                <Header className="px-2.5 py-1 text-2xs font-semibold text-faint">{text.palette.commands}</Header>
                {commands.map(({ id, name }) => (
                  <MenuItem key={id} id={id} textValue={name} className={ITEM}>
                    {name}
                  </MenuItem>
                ))}
              </MenuSection>
            ),
          ].filter((section) => section !== null)}
        </Menu>
      </div>
    </Autocomplete>
  );
}

const ITEM = "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm outline-none data-focused:bg-accent-tint";

function matches(name: string, words: string): boolean {
  const lower = name.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}

function useTasks(words: string): CardView[] {
  const cards = useBoard().data?.cards;
  return useMemo(() => {
    if (cards === undefined || words.trim() === "") return [];
    const found: CardView[] = [];
    for (const card of cards) {
      if (!matches(`${card.id} ${card.title}`, words)) continue;
      found.push(card);
      if (found.length === MOST_TASKS) break;
    }
    return found;
  }, [cards, words]);
}

function useCommands(): Command[] {
  const navigate = useNavigate();
  const project = useProject().data;
  const pause = useWrite("pause");
  const resume = useWrite("resume");
  const isPaused = project?.engine.paused != null;
  const { isDesktop } = useBackend();
  return [
    { id: "new-task", name: text.newTask.title, run: () => openOverlay("new-task") },
    isPaused ? { id: "resume", name: text.engine.resume, run: () => resume.mutate({}) } : { id: "pause", name: text.engine.pause, run: () => pause.mutate({ why: null }) },
    { id: "needs-you", name: text.palette.goTo(text.nav.needsYou), run: () => void navigate({ to: "/needs-you" }) },
    { id: "board", name: text.palette.goTo(text.nav.board), run: () => void navigate({ to: "/board" }) },
    { id: "agents", name: text.palette.goTo(text.nav.agents), run: () => void navigate({ to: "/agents" }) },
    { id: "messages", name: text.palette.goTo(text.messages.title), run: () => void navigate({ to: "/messages" }) },
    { id: "conflicts", name: text.palette.goTo(text.conflicts.title), run: () => void navigate({ to: "/conflicts" }) },
    { id: "workflows", name: text.palette.goTo(text.nav.workflows), run: () => void navigate({ to: "/workflows" }) },
    { id: "insights", name: text.palette.goTo(text.nav.insights), run: () => void navigate({ to: "/insights" }) },
    { id: "welcome", name: text.palette.goTo(text.welcome.open), run: () => void navigate({ to: "/welcome" }) },
    { id: "activity", name: text.palette.goTo(text.nav.activity), run: () => void navigate({ to: "/activity" }) },
    { id: "settings", name: text.palette.goTo(text.nav.settings), run: () => void navigate({ to: "/settings" }) },
    { id: "problems", name: text.palette.problems, run: () => openOverlay("problems") },
    { id: "keys", name: text.palette.keys, run: () => openOverlay("keys") },
    { id: "light", name: text.theme.use(text.theme.light), run: () => chooseTheme("light") },
    { id: "dark", name: text.theme.use(text.theme.dark), run: () => chooseTheme("dark") },
    { id: "system", name: text.theme.use(text.theme.system), run: () => chooseTheme("system") },
    ...VIEWS.map((view) => ({ id: `view-${view}`, name: text.palette.boardAs(text.board.views[view]), run: () => void navigate({ to: "/board", search: view === "columns" ? {} : { view } }) })),
    ...partsHere(isDesktop).map((part) => ({ id: `settings-${part}`, name: text.palette.settingsOf(text.settings.part[part]), run: () => void navigate({ to: "/settings", search: { part } }) })),
    ...(project?.agents ?? []).map(({ name }) => ({ id: `agent-${name}`, name: text.palette.agent(name), run: () => void navigate({ to: "/agents", search: { agent: name } }) })),
  ];
}
