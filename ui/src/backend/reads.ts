/** Reading, through TanStack Query: a query's key is the operation and its input. */
import { keepPreviousData, type QueryClient, QueryClient as Client, replaceEqualDeep, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { FirstQuestion } from "./ahead";
import type { Backend } from "./backend";
import { useBackend } from "./context";
import type { Failure } from "./failure";
import type { Input, Output, ReadName } from "./operations";
import type { BoardView, CardView, EventsView, EventView, TranscriptView } from "./wire";

const EVENTS_PER_PAGE = 100;

export function newQueryClient(answers: readonly [FirstQuestion, unknown][]): QueryClient {
  const client = new Client({
    defaultOptions: {
      queries: {
        // Topics say when something is stale (live.ts); nothing else does.
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 5 * 60_000,
        retry: false,
        networkMode: "always",
        structuralSharing: shared,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
      },
      // An API key passes through here: nothing is kept.
      mutations: { retry: false, networkMode: "always", gcTime: 0 },
    },
  });
  for (const [name, answer] of answers) client.setQueryData([name, {}], answer);
  return client;
}

/** The parts of an answer that are as they were stay the same objects, so that what shows them is not drawn again. */
export function shared(before: unknown, now: unknown): unknown {
  const answer = uncounted(now);
  return isBoard(before) && isBoard(answer) ? sharedBoard(before, answer) : replaceEqualDeep(before, answer);
}

/** Cards by their ids: one that comes or goes moves all behind it by one place. */
function sharedBoard(before: BoardView, now: BoardView): BoardView {
  const project = replaceEqualDeep(before.project, now.project);
  const known = new Map(before.cards.map((card) => [card.id, card]));
  const cards: CardView[] = now.cards.map((card) => replaceEqualDeep(known.get(card.id), card));
  const isSame = project === before.project && cards.length === before.cards.length && cards.every((card, index) => card === before.cards[index]);
  return isSame ? before : { ...now, project, cards };
}

function isBoard(answer: unknown): answer is BoardView {
  return typeof answer === "object" && answer !== null && "project" in answer && "cards" in answer;
}

/** Without the number that grows with everything that happens anywhere: nothing shows it. */
function uncounted(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null) return answer;
  if ("generation" in answer) return { ...answer, generation: 0 };
  return isBoard(answer) ? { ...answer, project: { ...answer.project, generation: 0 } } : answer;
}

interface ReadOptions {
  /** Ask at all? */
  enabled?: boolean;
  /** Show the last answer while the next one (of another input) is on its way. */
  keep?: boolean;
}

export function useRead<N extends ReadName>(name: N, input: Input<N>, options: ReadOptions = {}) {
  const backend = useBackend();
  return useQuery<Output<N>, Failure>({
    queryKey: [name, input],
    queryFn: ({ signal }) => backend.call(name, input, signal),
    enabled: options.enabled ?? true,
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
  });
}

export const useProject = () => useRead("project", {});
export const useBoard = (enabled = true) => useRead("board", {}, { enabled });
export const useRequests = () => useRead("requests", {});
/** The commit that a request was made for; nothing while the request is not known. Who needs no more is not drawn again for the rest. */
export function useCommitOf(request: number): { commit: string | null } | undefined {
  const backend = useBackend();
  return useQuery({
    queryKey: ["requests", {}],
    queryFn: ({ signal }) => backend.call("requests", {}, signal),
    select: (all) => {
      const found = all.find(({ id }) => id === request);
      return found === undefined ? undefined : { commit: found.commit };
    },
  }).data;
}
export const useTask = (task: string) => useRead("task", { task });
export const useWhy = (task: string, enabled: boolean) => useRead("why", { task }, { enabled });
export const useImpact = (task: string, enabled = true) => useRead("impact", { task }, { enabled });
export const useRegistry = () => useRead("registry", {});

/** The whole transcript of a run; each refresh asks only for what is new. */
export function useTranscript(run: string | null) {
  const backend = useBackend();
  return useQuery<TranscriptView, Failure>({
    queryKey: ["transcript", run],
    enabled: run !== null,
    structuralSharing: false,
    queryFn: ({ client, queryKey, signal }) => readOn(backend, run ?? "", client.getQueryData<TranscriptView>(queryKey), signal),
  });
}

async function readOn(backend: Backend, run: string, known: TranscriptView | undefined, signal: AbortSignal): Promise<TranscriptView> {
  let items = known?.items ?? [];
  let from = known?.next ?? 0;
  for (;;) {
    const part = await backend.call("transcript", { run, from, limit: null }, signal);
    if (part.items.length > 0) items = [...items, ...part.items];
    if (part.next <= from) return { ...part, items, next: Math.max(part.next, from) };
    from = part.next;
  }
}

export interface EventFilter {
  task: string | null;
  by: string | null;
  kinds: readonly string[];
}

const inputOf = ({ task, by, kinds }: EventFilter) => ({ task, ...(by === null ? {} : { by }), ...(kinds.length === 0 ? {} : { kinds: [...kinds] }) });

/** The activity log, newest first, page by page. */
export function useEvents(filter: EventFilter) {
  const backend = useBackend();
  return useInfiniteQuery({
    queryKey: ["events", filter],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) => backend.call("events", { ...inputOf(filter), before: pageParam, limit: EVENTS_PER_PAGE }, signal),
    getNextPageParam: (page) => page.before,
  });
}

const EVENTS_AT_ONCE = 1_000;

/** All of the log that passes, for taking it along; oldest last. */
export async function allEvents(backend: Backend, filter: EventFilter, most: number): Promise<EventView[]> {
  const all: EventView[] = [];
  let before: number | null = null;
  do {
    const page: EventsView = await backend.call("events", { ...inputOf(filter), before, limit: EVENTS_AT_ONCE });
    all.push(...page.events);
    before = page.before;
  } while (before !== null && all.length < most);
  return all.slice(0, most);
}
