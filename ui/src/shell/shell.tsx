/** The window: bars around, the screen in the middle, dialogs above. */
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useLinkState } from "../backend/context";
import { useProject } from "../backend/reads";
import { HeldBar } from "../parts/held-bar";
import { openOverlay } from "../parts/overlay";
import { listenForShortcuts, useShortcut } from "../parts/shortcuts";
import { Empty } from "../parts/states";
import { Toasts } from "../parts/toasts";
import { text } from "../text";
import { Banners } from "./banners";
import { Dialogs, fetchDialogs } from "./dialogs";
import { Logo } from "../parts/logo";
import { SideBar } from "./side-bar";
import { StatusBar } from "./status-bar";
import { TopBar } from "./top-bar";
import { useWaiting } from "./waiting";

/** The first screen goes before what nobody has asked for yet. */
const DIALOGS_AFTER_MS = 1_500;

export function Shell() {
  const link = useLinkState();
  const asked = useProject();
  const project = asked.data;
  // It stays so until there is one: whoever asks again meanwhile must not make everything come and go.
  const [hasNone, setHasNone] = useState(false);
  const saysNone = asked.isError && asked.error.view.code === "no_project";
  if (saysNone && !hasNone) setHasNone(true);
  if (project !== undefined && hasNone) setHasNone(false);
  const waiting = useWaiting(project?.needs_you) ?? 0;
  useEffect(() => {
    document.title = project === undefined ? text.product : `${waiting > 0 ? `(${waiting}) ` : ""}${project.name} · ${text.product}`;
  }, [project, waiting]);
  useEffect(() => listenForShortcuts(), []);
  useEffect(() => {
    const timer = window.setTimeout(fetchDialogs, DIALOGS_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, []);
  if (link === "refused") return <Refused />;
  if (hasNone) return <NoProject />;
  return (
    <div className="flex h-full flex-col">
      <TopBar />
      <Banners />
      <div className="flex min-h-0 flex-1">
        <SideBar />
        <main className="relative min-w-0 flex-1 overflow-hidden">
          <Outlet />
        </main>
      </div>
      <StatusBar />
      <GlobalKeys />
      <Dialogs />
      <HeldBar />
      <Toasts />
    </div>
  );
}

/** A window of the desktop app that shows no project yet has nothing but the first steps. */
function NoProject() {
  const navigate = useNavigate();
  const path = useLocation({ select: ({ pathname }) => pathname });
  useEffect(() => {
    if (path !== "/welcome") void navigate({ to: "/welcome", replace: true });
  }, [path, navigate]);
  return (
    <>
      <main className="h-full">{path === "/welcome" ? <Outlet /> : null}</main>
      <Toasts />
    </>
  );
}

function GlobalKeys() {
  const navigate = useNavigate();
  const group = text.keys.everywhere;
  useShortcut("/", group, text.keys.palette, () => openOverlay("palette"));
  useShortcut("c", group, text.keys.newTask, () => openOverlay("new-task"));
  useShortcut("n", group, text.palette.goTo(text.nav.needsYou), () => void navigate({ to: "/needs-you" }));
  useShortcut("b", group, text.palette.goTo(text.nav.board), () => void navigate({ to: "/board" }));
  useShortcut("w", group, text.palette.goTo(text.nav.workflows), () => void navigate({ to: "/workflows" }));
  useShortcut("g", group, text.palette.goTo(text.nav.agents), () => void navigate({ to: "/agents" }));
  useShortcut("e", group, text.palette.goTo(text.messages.title), () => void navigate({ to: "/messages" }));
  useShortcut("o", group, text.palette.goTo(text.conflicts.title), () => void navigate({ to: "/conflicts" }));
  useShortcut("l", group, text.palette.goTo(text.nav.activity), () => void navigate({ to: "/activity" }));
  useShortcut("i", group, text.palette.goTo(text.nav.insights), () => void navigate({ to: "/insights" }));
  useShortcut(",", group, text.palette.goTo(text.nav.settings), () => void navigate({ to: "/settings" }));
  useShortcut("?", group, text.keys.show, () => openOverlay("keys"));
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      openOverlay("palette");
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return null;
}

/** Somebody opened the page without its token. */
function Refused() {
  return (
    <main className="h-full">
      <Empty level={1} title={text.refused.title} words={text.refused.words} command="orchestron run --ui" icon={<Logo />} />
    </main>
  );
}
