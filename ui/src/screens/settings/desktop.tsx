/** What the desktop app does on this machine; there is none of it in a browser. */
import { useBackend } from "../../backend/context";
import { useRead } from "../../backend/reads";
import { useAsk } from "../../backend/writes";
import { Switch } from "../../parts/switch";
import { text } from "../../text";
import { Panel } from "./panel";

export function DesktopPanel() {
  const { isDesktop } = useBackend();
  const desktop = useRead("desktop", {}, { enabled: isDesktop }).data;
  const set = useAsk("desktop-set");
  if (!isDesktop || desktop === undefined) return null;
  const { atLogin, closeToTray, notCan, noTray, log, notifier, noNotifier } = text.settings;
  return (
    <Panel id="desktop" title={text.settings.part.desktop} words={text.settings.words.desktop}>
      <div className="flex flex-col gap-3 text-sm">
        <One name={atLogin.name} hint={desktop.at_login === null ? notCan : atLogin.hint} isOn={desktop.at_login === true} isDisabled={desktop.at_login === null} onChange={(isOn) => set.mutate({ at_login: isOn })} />
        <One name={closeToTray.name} hint={desktop.tray ? closeToTray.hint : noTray} isOn={desktop.close_to_tray} isDisabled={!desktop.tray} onChange={(isOn) => set.mutate({ close_to_tray: isOn })} />
        <dl className="grid grid-cols-[9rem_1fr] gap-y-1 text-xs">
          <dt className="text-muted">{notifier}</dt>
          <dd>{desktop.notifications?.name ?? noNotifier}</dd>
          <dt className="text-muted">{log}</dt>
          <dd className="truncate font-mono">{desktop.log}</dd>
        </dl>
      </div>
    </Panel>
  );
}

interface OneProps {
  name: string;
  hint: string;
  isOn: boolean;
  isDisabled: boolean;
  onChange: (isOn: boolean) => void;
}

function One({ name, hint, isOn, isDisabled, onChange }: OneProps) {
  return (
    <span className="flex items-center gap-4">
      <span className="min-w-0 flex-1">
        <span className="block">{name}</span>
        <span className="block text-2xs text-muted">{hint}</span>
      </span>
      <Switch label={name} isOn={isOn} isDisabled={isDisabled} onChange={onChange} />
    </span>
  );
}
