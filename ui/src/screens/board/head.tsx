/** The board's head: what is shown, and how. */
import { useNavigate } from "@tanstack/react-router";
import { Search, X } from "lucide-react";
import { memo, useRef } from "react";
import { Button as AriaButton, Input, SearchField } from "react-aria-components";
import type { AgentView, InstanceView } from "../../backend/wire";
import { Button } from "../../parts/button";
import { openOverlay } from "../../parts/overlay";
import { Picker } from "../../parts/picker";
import { Segments } from "../../parts/segments";
import { useShortcut } from "../../parts/shortcuts";
import { text } from "../../text";

export const VIEWS = ["columns", "graph", "timeline"] as const;

export interface BoardSearch {
  agent?: string;
  priority?: string;
  workflow?: string;
  q?: string;
  view?: (typeof VIEWS)[number];
  hours?: number;
}

const ANY = "any";
const PRIORITIES = ["P0", "P1", "P2"];

interface HeadProps {
  agents: readonly AgentView[];
  search: BoardSearch;
  instances: readonly InstanceView[];
}

export const Head = memo(function Head({ agents, search, instances }: HeadProps) {
  const navigate = useNavigate({ from: "/board" });
  const set = (change: BoardSearch) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const choose = (key: "agent" | "priority" | "workflow") => (id: string) => set({ [key]: id === ANY ? undefined : id });
  const any = (name: string) => ({ id: ANY, name });
  const isFiltered = [search.agent, search.priority, search.workflow, search.q].some((one) => one !== undefined);
  const view = search.view ?? "columns";
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-2.5 gap-y-1.5 px-4 py-2">
      <h1 className="mr-1 text-md font-semibold">{text.nav.board}</h1>
      <Words words={search.q} onChange={(q) => set({ q: q === "" ? undefined : q })} />
      <Picker label={text.board.byAgent} choices={[any(text.board.allAgents), ...agents.map(({ name }) => ({ id: name, name }))]} chosen={search.agent ?? ANY} onChoose={choose("agent")} testId="filter-agent" />
      <Picker label={text.board.byPriority} choices={[any(text.board.anyPriority), ...PRIORITIES.map((id) => ({ id, name: id }))]} chosen={search.priority ?? ANY} onChoose={choose("priority")} testId="filter-priority" />
      {instances.length === 0 ? null : <Picker label={text.board.byWorkflow} choices={[any(text.board.anyWorkflow), ...instances.map(({ id }) => ({ id, name: id }))]} chosen={search.workflow ?? ANY} onChoose={choose("workflow")} testId="filter-workflow" />}
      {isFiltered ? (
        <Button look="bare" size="small" onPress={() => set({ agent: undefined, priority: undefined, workflow: undefined, q: undefined })}>
          {text.board.clearFilters}
        </Button>
      ) : null}
      <span className="flex-1" />
      <Segments label={text.board.view} chosen={view} onChoose={(id) => set({ view: id === "columns" ? undefined : id })} choices={VIEWS.map((id) => ({ id, name: text.board.views[id] }))} testId="board-view" />
      <Button look="solid" hotkey="c" onPress={() => openOverlay("new-task")} data-testid="new-task">
        {text.newTask.title}
      </Button>
    </header>
  );
});

function Words({ words, onChange }: { words: string | undefined; onChange: (words: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  useShortcut("f", text.board.keys, text.board.search, () => input.current?.focus());
  return (
    <SearchField aria-label={text.board.search} value={words ?? ""} onChange={onChange} className="group flex h-6.5 w-38 items-center gap-1.5 rounded-full border border-line bg-surface pr-1 pl-2.5 focus-within:border-accent-fill max-wide:w-28">
      <Search aria-hidden size={12} className="shrink-0 text-faint" />
      <Input ref={input} placeholder={text.board.searchShort} data-testid="board-search" className="min-w-0 flex-1 bg-transparent text-xs outline-none [&::-webkit-search-cancel-button]:hidden" />
      <AriaButton className="flex size-5 shrink-0 items-center justify-center rounded-full text-faint group-data-empty:invisible data-hovered:text-ink">
        <X aria-hidden size={12} />
      </AriaButton>
    </SearchField>
  );
}
