/** When tasks move by themselves: the project's own rules, and what the chain does without any. They are edited as text. */
import { useRead } from "../../backend/reads";
import type { RuleView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { StatusChip } from "../../parts/chips";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { Panel } from "./panel";

const { rules: words } = text.settings;

export function RulesPanel() {
  const config = useRead("config", {});
  return (
    <Panel id="rules" title={text.settings.part.rules} words={text.settings.words.rules}>
      {config.data !== undefined ? <Rules rules={config.data.rules} /> : config.isError ? <Failed title={text.settings.failed} cause={config.error} onRetry={() => void config.refetch()} /> : <Loading what={text.settings.loading} />}
    </Panel>
  );
}

function Rules({ rules }: { rules: readonly RuleView[] }) {
  const own = rules.filter(({ name }) => name !== null);
  const chain = rules.filter(({ name }) => name === null);
  return (
    <div className="flex flex-col gap-3">
      {own.length === 0 ? <p className="text-xs text-muted">{words.none}</p> : <List label={words.own} rules={own} />}
      <List label={words.chain} rules={chain} />
    </div>
  );
}

function List({ label, rules }: { label: string; rules: readonly RuleView[] }) {
  if (rules.length === 0) return null;
  return (
    <section aria-label={label}>
      <h3 className="mb-1.5 text-xs font-medium text-muted">{label}</h3>
      <ul className="flex flex-col divide-y divide-line-soft">
        {rules.map(({ name, from, to, when }) => (
          <li key={`${name ?? when} ${to}`} className="flex items-baseline gap-3 py-1.5 text-xs">
            <span className="flex w-48 shrink-0 items-center gap-1.5">
              {from === null ? <span className="text-muted">{words.anywhere}</span> : <StatusChip status={from} />}
              <span aria-label={words.to}>→</span>
              <StatusChip status={to} />
            </span>
            <span className="min-w-0 flex-1 wrap-anywhere">
              {name === null ? null : <strong className="mr-2 font-medium">{visible(name)}</strong>}
              <span className={name === null ? "" : "text-muted"}>{visible(when)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
