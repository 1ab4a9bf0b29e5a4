/** The git hooks that keep the board in step. */
import { useRead } from "../../backend/reads";
import { useWrite } from "../../backend/writes";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { Panel } from "./panel";

const { hooks: words } = text.settings;

export function HooksPanel() {
  const hooks = useRead("hooks", {});
  const install = useWrite("hooks-install");
  const uninstall = useWrite("hooks-uninstall");
  return (
    <Panel id="hooks" title={text.settings.part.hooks} words={text.settings.words.hooks}>
      {hooks.data === undefined ? (
        hooks.isError ? <Failed title={text.settings.failed} cause={hooks.error} onRetry={() => void hooks.refetch()} /> : <Loading what={text.settings.loading} />
      ) : hooks.data.folder === null ? (
        <p className="text-sm text-muted">{words.none}</p>
      ) : (
        <div className="flex flex-col gap-2">
          <p className="flex items-center gap-3 text-sm">
            <span className="min-w-0 flex-1">
              {hooks.data.installed ? words.installed : words.missing} {hooks.data.managed_by === null ? "" : words.managed(hooks.data.managed_by)}
            </span>
            {hooks.data.installed ? (
              <Button size="small" isPending={uninstall.isPending} onPress={() => uninstall.mutate({})} data-testid="hooks-uninstall">
                {words.uninstall}
              </Button>
            ) : (
              <Button size="small" look="solid" isPending={install.isPending} onPress={() => install.mutate({})} data-testid="hooks-install">
                {words.install}
              </Button>
            )}
          </p>
          <ul className="flex flex-wrap gap-2">
            {hooks.data.hooks.map(({ name, state }) => (
              <li key={name} className="flex items-center gap-1.5 rounded-md border border-line px-2 py-1 font-mono text-2xs">
                {name} <Chip tone={state === "missing" ? "plain" : state === "changed" ? "warn" : "good"}>{words.state[state]}</Chip>
              </li>
            ))}
          </ul>
          {hooks.data.problems.map((problem) => (
            <p key={problem.what} className="text-xs text-warn">
              {visible(problem.what)} <span className="text-muted">{visible(problem.cure)}</span>
            </p>
          ))}
        </div>
      )}
    </Panel>
  );
}
