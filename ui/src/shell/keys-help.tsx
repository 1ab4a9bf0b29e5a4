/** All keys that work right here, and the few that work everywhere. */
import { Dialog } from "../parts/dialog";
import { Kbd, withCommandKey } from "../parts/kbd";
import { openOverlay, useOverlay } from "../parts/overlay";
import { type Shortcut, useOffered } from "../parts/shortcuts";
import { text } from "../text";

export function KeysHelp() {
  const isOpen = useOverlay() === "keys";
  const offered = useOffered();
  const groups = new Map<string, Shortcut[]>();
  for (const shortcut of [{ key: withCommandKey("K"), does: text.keys.palette, group: text.keys.everywhere }, ...offered]) {
    groups.set(shortcut.group, [...(groups.get(shortcut.group) ?? []), shortcut]);
  }
  return (
    <Dialog title={text.keys.title} isOpen={isOpen} onClose={() => openOverlay(null)} width="normal" testId="keys-help">
      <div className="grid grid-cols-2 gap-x-8 gap-y-5 p-4">
        {[...groups].map(([group, shortcuts]) => (
          <section key={group}>
            <h3 className="mb-1.5 text-xs font-semibold text-muted">{group}</h3>
            <dl className="flex flex-col gap-1">
              {shortcuts.map(({ key, does }) => (
                <div key={`${key} ${does}`} className="flex items-center justify-between text-sm">
                  <dt>{does}</dt>
                  <dd>
                    <span className="sr-only">{key}</span>
                    <Kbd>{key.length === 1 ? key.toUpperCase() : key}</Kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
