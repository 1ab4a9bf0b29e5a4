/** All keys that work right here, and the few that work everywhere. */
import { Dialog } from "../parts/dialog";
import { Kbd, withCommandKey } from "../parts/kbd";
import { openOverlay, useOverlay } from "../parts/overlay";
import { useOffered } from "../parts/shortcuts";
import { text } from "../text";

interface Row {
  does: string;
  keys: string[];
}

export function KeysHelp() {
  const isOpen = useOverlay() === "keys";
  const offered = useOffered();
  const groups = new Map<string, Row[]>();
  for (const { key, does, group } of [{ key: withCommandKey("K"), does: text.keys.palette, group: text.keys.everywhere }, ...offered]) {
    const known = groups.get(group) ?? [];
    groups.set(group, known);
    // What two keys do is said once.
    const same = known.find((row) => row.does === does);
    if (same === undefined) known.push({ does, keys: [key] });
    else if (!same.keys.includes(key)) same.keys.push(key);
  }
  return (
    <Dialog title={text.keys.title} isOpen={isOpen} onClose={() => openOverlay(null)} width="normal" testId="keys-help">
      <div className="columns-2 gap-x-8 p-4">
        {[...groups].map(([group, rows]) => (
          <section key={group} className="mb-5 break-inside-avoid last:mb-0">
            <h3 className="mb-1.5 text-xs font-semibold text-muted">{group}</h3>
            <dl className="flex flex-col gap-1">
              {rows.map(({ does, keys }) => (
                <div key={does} className="flex items-center justify-between gap-3 text-sm">
                  <dt className="min-w-0">{does}</dt>
                  <dd className="flex shrink-0 gap-1">
                    <span className="sr-only">{keys.join(", ")}</span>
                    {keys.map((key) => (
                      <Kbd key={key}>{key.length === 1 ? key.toUpperCase() : key}</Kbd>
                    ))}
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
