/**
 * The dialogs of the window. The code of each comes when nothing else is to be done (fetchDialogs), or when it is opened. Once it is
 * there, a dialog is drawn with the very key that opens it, so that what is typed next is typed into it: `lazy` would let it wait.
 */
import { type ComponentType, useEffect, useState } from "react";
import { toFailure } from "../backend/failure";
import { tell } from "../backend/tell";
import { openOverlay, type Overlay, useOverlay } from "../parts/overlay";
import { text } from "../text";

const FETCH: Record<Overlay, () => Promise<ComponentType>> = {
  palette: () => import("./palette").then(({ Palette }) => Palette),
  "new-task": () => import("../screens/new-task/new-task").then(({ NewTask }) => NewTask),
  problems: () => import("./problems").then(({ Problems }) => Problems),
  keys: () => import("./keys-help").then(({ KeysHelp }) => KeysHelp),
  trust: () => import("./trust").then(({ Trust }) => Trust),
};
const ALL = Object.keys(FETCH) as Overlay[];
const NONE: readonly Overlay[] = [];
const fetched = new Map<Overlay, ComponentType>();

async function fetchDialog(name: Overlay): Promise<void> {
  if (!fetched.has(name)) fetched.set(name, await FETCH[name]());
}

/** Fetches the code of all dialogs. */
export function fetchDialogs(): void {
  // What cannot be fetched now is asked for again when it is opened.
  for (const name of ALL) fetchDialog(name).catch(() => undefined);
}

export function Dialogs() {
  const open = useOverlay();
  // One that was opened stays, so that it can leave as it came.
  const [opened, setOpened] = useState(NONE);
  if (open !== null && fetched.has(open) && !opened.includes(open)) setOpened([...opened, open]);
  useEffect(() => {
    if (open === null || fetched.has(open)) return;
    fetchDialog(open).then(
      () => setOpened((before) => (before.includes(open) ? before : [...before, open])),
      (cause: unknown) => {
        openOverlay(null);
        tell({ what: text.cannotOpen, more: [toFailure(cause).view.message], good: false });
      },
    );
  }, [open]);
  return opened.map((name) => {
    const Found = fetched.get(name);
    return Found === undefined ? null : <Found key={name} />;
  });
}
