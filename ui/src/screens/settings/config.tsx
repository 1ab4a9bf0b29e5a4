/** The settings of `.mcp/config.yaml`, part by part. */
import { useProject, useRead } from "../../backend/reads";
import type { ConfigView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { ConfigChoice, ConfigTruth, ConfigWords } from "../../parts/config-field";
import { Failed, Loading } from "../../parts/states";
import { text } from "../../text";
import { type ConfigPart, PARTS, type SettingKey, type SettingKind } from "./fields-list";
import { Panel } from "./panel";

const MANNERS = ["now", "together", "digest", "off"] as const;

export function ConfigPanel({ part }: { part: ConfigPart }) {
  const config = useRead("config", {});
  return (
    <Panel id={part} title={text.settings.part[part]} words={text.settings.words[part]}>
      {config.data !== undefined ? <Fields part={part} config={config.data} /> : config.isError ? <Failed title={text.settings.failed} cause={config.error} onRetry={() => void config.refetch()} /> : <Loading what={text.settings.loading} />}
    </Panel>
  );
}

function Fields({ part, config }: { part: ConfigPart; config: ConfigView }) {
  const fields: readonly (readonly [SettingKey, SettingKind])[] = PARTS[part];
  return (
    <div className="-my-1.5 flex flex-col divide-y divide-line-soft">
      {fields.map(([key, kind]) => (
        <One key={key} name={key} kind={kind} config={config} />
      ))}
      {part === "limits" || part === "chain" ? <Problems config={config} /> : null}
    </div>
  );
}

function One({ name: key, kind, config }: { name: SettingKey; kind: SettingKind; config: ConfigView }) {
  const agents = useProject().data?.agents ?? [];
  const setting = config.settings.find((one) => one.key === key);
  if (setting === undefined) return null;
  const props = { setting, hash: config.hash, ...text.settings.field[key] };
  switch (kind) {
    case "holder":
      return <ConfigChoice {...props} choices={[{ id: "", name: text.settings.left }, { id: "person", name: text.settings.person }, ...agents.map(({ name }) => ({ id: name, name }))]} />;
    case "manner":
      return <ConfigChoice {...props} choices={MANNERS.map((id) => ({ id, name: text.settings.manner[id] }))} />;
    case "truth":
      return <ConfigTruth {...props} />;
    case "list":
      return <ConfigWords {...props} isList />;
    case "short":
      return <ConfigWords {...props} isShort />;
    case "words":
      return <ConfigWords {...props} />;
  }
}

function Problems({ config }: { config: ConfigView }) {
  if (config.problems.length === 0) return null;
  return (
    <section role="alert" className="my-2 rounded-lg bg-warn-tint px-3 py-2 text-xs">
      <h3 className="font-semibold text-warn">{text.settings.problems}</h3>
      {config.problems.map((problem) => (
        <p key={`${problem.line} ${problem.what}`} className="wrap-anywhere">
          {problem.line === null ? "" : `${text.settings.line(problem.line)}: `}
          {visible(problem.what)} {visible(problem.cure)}
        </p>
      ))}
    </section>
  );
}
