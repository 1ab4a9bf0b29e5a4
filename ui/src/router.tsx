/** Which address shows which screen, and what may stand in its search part. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, redirect, type RouterHistory } from "@tanstack/react-router";
import { loadMarkdown } from "./parts/markdown";
import { Empty, Failed, Loading } from "./parts/states";
import type { ActivitySearch } from "./screens/activity/activity";
import { KIND_GROUPS } from "./screens/activity/kinds";
import type { AgentsSearch } from "./screens/agents/agents";
import { Board, type BoardSearch } from "./screens/board/board";
import { VIEWS } from "./screens/board/head";
import { RANGES } from "./screens/board/turns";
import type { InsightsSearch } from "./screens/insights/insights";
import type { NeedsYouSearch } from "./screens/needs-you/needs-you";
import { SETTING_PARTS, type SettingsSearch } from "./screens/settings/parts-list";
import { TABS, type TaskSearch } from "./screens/task/tabs-list";
import type { WorkflowsSearch } from "./screens/workflows/workflows";
import type { WelcomeSearch } from "./screens/welcome/welcome";
import { Shell } from "./shell/shell";
import { text } from "./text";

type Raw = Record<string, unknown>;

const word = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** A screen that shows what agents write comes with the code that draws it, so that no words change their look. */
const withMarkdown =
  <T,>(load: () => Promise<T>) =>
  async (): Promise<T> => {
    const [screen] = await Promise.all([load(), loadMarkdown().catch(() => undefined)]);
    return screen;
  };

/** Leaves out what is not given, so that addresses stay short. */
function given<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T;
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/board" });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/board",
    component: Board,
    validateSearch: (raw: Raw): BoardSearch =>
      given({ agent: word(raw["agent"]), priority: word(raw["priority"]), workflow: word(raw["workflow"]), q: word(raw["q"]), view: VIEWS.find((view) => view === raw["view"]), hours: RANGES.find((hours) => hours === Number(raw["hours"])) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/needs-you",
    component: lazyRouteComponent(withMarkdown(() => import("./screens/needs-you/needs-you")), "NeedsYou"),
    validateSearch: (raw: Raw): NeedsYouSearch => given({ request: Number.isSafeInteger(Number(raw["request"] ?? Number.NaN)) ? Number(raw["request"]) : undefined, do: raw["do"] === "changes" ? raw["do"] : undefined }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/task/$task",
    component: lazyRouteComponent(withMarkdown(() => import("./screens/task/task")), "Task"),
    validateSearch: (raw: Raw): TaskSearch => given({ tab: TABS.find((tab) => tab === raw["tab"]), run: word(raw["run"]) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/agents",
    component: lazyRouteComponent(() => import("./screens/agents/agents"), "Agents"),
    validateSearch: (raw: Raw): AgentsSearch => given({ agent: word(raw["agent"]) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/activity",
    component: lazyRouteComponent(() => import("./screens/activity/activity"), "Activity"),
    validateSearch: (raw: Raw): ActivitySearch => given({ task: word(raw["task"]), by: word(raw["by"]), kind: KIND_GROUPS.find((kind) => kind === raw["kind"]) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workflows",
    component: lazyRouteComponent(() => import("./screens/workflows/workflows"), "Workflows"),
    validateSearch: (raw: Raw): WorkflowsSearch => given({ workflow: word(raw["workflow"]), instance: word(raw["instance"]) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/welcome",
    component: lazyRouteComponent(() => import("./screens/welcome/welcome"), "Welcome"),
    validateSearch: (raw: Raw): WelcomeSearch => given({ another: raw["another"] === true ? true : undefined }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/insights",
    component: lazyRouteComponent(() => import("./screens/insights/insights"), "Insights"),
    validateSearch: (raw: Raw): InsightsSearch => given({ days: [7, 30, 90, 365].find((days) => days === Number(raw["days"])), view: raw["view"] === "table" ? "table" : undefined }),
  }),
  createRoute({ getParentRoute: () => root, path: "/messages", component: lazyRouteComponent(withMarkdown(() => import("./screens/messages/messages")), "Messages") }),
  createRoute({ getParentRoute: () => root, path: "/conflicts", component: lazyRouteComponent(() => import("./screens/conflicts/conflicts"), "Conflicts") }),
  createRoute({ getParentRoute: () => root, path: "/settings", component: lazyRouteComponent(() => import("./screens/settings/settings"), "Settings"), validateSearch: (raw: Raw): SettingsSearch => given({ part: SETTING_PARTS.find((part) => part === raw["part"]) }) }),
] as const;

export function newRouter(history?: RouterHistory) {
  return createRouter({
    routeTree: root.addChildren([...routes]),
    // What a link leads to is fetched when somebody points at it; until it is there, what was shown stays.
    defaultPreload: "intent",
    defaultPendingComponent: () => <Loading level={1} what={text.loading} />,
    defaultErrorComponent: ({ error, reset }) => <Failed level={1} title={text.crashed} cause={error} onRetry={reset} />,
    ...(history === undefined ? {} : { history }),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}

function NotFound() {
  return (
    <Empty level={1} title={text.notFound.title} words={text.notFound.words}>
      <Link to="/board" className="text-sm text-accent underline-offset-2 hover:underline">
        {text.notFound.back}
      </Link>
    </Empty>
  );
}
