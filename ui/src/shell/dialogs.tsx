/** The dialogs of the window. The code of each comes when it is opened first, or when nothing else is to be done (fetchDialogs). */
import { type ComponentType, lazy, Suspense, useState } from "react";
import { type Overlay, useOverlay } from "../parts/overlay";

const FETCH: Record<Overlay, () => Promise<{ default: ComponentType }>> = {
  palette: () => import("./palette").then(({ Palette }) => ({ default: Palette })),
  "new-task": () => import("../screens/new-task/new-task").then(({ NewTask }) => ({ default: NewTask })),
  problems: () => import("./problems").then(({ Problems }) => ({ default: Problems })),
  keys: () => import("./keys-help").then(({ KeysHelp }) => ({ default: KeysHelp })),
  trust: () => import("./trust").then(({ Trust }) => ({ default: Trust })),
};

const DIALOGS: Record<Overlay, ComponentType> = { palette: lazy(FETCH.palette), "new-task": lazy(FETCH["new-task"]), problems: lazy(FETCH.problems), keys: lazy(FETCH.keys), trust: lazy(FETCH.trust) };

const NONE: readonly Overlay[] = [];

export function Dialogs() {
  const open = useOverlay();
  // One that was opened stays, so that it can leave as it came.
  const [opened, setOpened] = useState(NONE);
  if (open !== null && !opened.includes(open)) setOpened([...opened, open]);
  return opened.map((name) => {
    const Found = DIALOGS[name];
    return (
      <Suspense key={name} fallback={null}>
        <Found />
      </Suspense>
    );
  });
}

/** Fetches the code of all dialogs, so that the first key that is typed into one finds it there. */
export function fetchDialogs(): void {
  // What cannot be fetched now is asked for again when it is opened.
  for (const fetch of Object.values(FETCH)) fetch().catch(() => undefined);
}
