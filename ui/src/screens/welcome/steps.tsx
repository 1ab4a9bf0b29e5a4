/** What is left to do once there is a project: agents, chain, trust, the first task. */
import { Link } from "@tanstack/react-router";
import { useRead, useRegistry } from "../../backend/reads";
import { useBackend } from "../../backend/context";
import type { ProjectView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { ConfigChoice, ConfigWords } from "../../parts/config-field";
import { openOverlay } from "../../parts/overlay";
import { Loading } from "../../parts/states";
import { text } from "../../text";
import { Step } from "./step";

const words = text.welcome;
const LINK = "rounded text-xs text-accent underline-offset-2 hover:underline";

export function ProjectSteps({ project }: { project: ProjectView }) {
  const { isDesktop } = useBackend();
  return (
    <>
      <Step number={1} testId="step-folder" title={project.name} words={project.path} isDone>
        {isDesktop ? (
          <Link to="/welcome" search={{ another: true }} className={LINK}>
            {words.folder.another}
          </Link>
        ) : (
          <p className="text-xs text-muted">{words.folder.browser(project.path)}</p>
        )}
      </Step>
      <AgentsStep />
      <ChainStep project={project} />
      <Step number={4} testId="step-trust" title={words.trust.title} words={project.engine.trusted ? words.trust.done : words.trust.words} isDone={project.engine.trusted}>
        <Button look={project.engine.trusted ? "quiet" : "solid"} aria-haspopup="dialog" onPress={() => openOverlay("trust")} data-testid="welcome-trust">
          {project.engine.trusted ? text.trust.show : text.banner.trust}
        </Button>
      </Step>
      <Step number={5} testId="step-first" title={words.first.title} words={project.tasks === 0 ? words.first.words : words.first.done(project.tasks)} isDone={project.tasks > 0}>
        <div className="flex items-center gap-3">
          <Button look={project.tasks === 0 ? "solid" : "quiet"} hotkey="c" onPress={() => openOverlay("new-task")} data-testid="welcome-task">
            {words.first.button}
          </Button>
          <Link to="/board" className={LINK}>
            {words.first.board}
          </Link>
        </div>
      </Step>
    </>
  );
}

function AgentsStep() {
  const registry = useRegistry().data;
  const ready = registry?.filter(({ agent }) => agent.kind === "agent" && agent.missing === null) ?? [];
  return (
    <Step number={2} testId="step-agents" title={words.agents.title} words={registry === undefined ? words.agents.words : ready.length > 0 ? words.agents.fine(ready.length) : words.agents.none} isDone={ready.length > 0}>
      {registry === undefined ? (
        <Loading what={text.agent.loading} />
      ) : (
        <ul className="flex flex-col gap-1.5 text-sm">
          {registry.map(({ agent, status }) => (
            <li key={agent.name} className="flex items-start gap-2">
              <span className="w-32 shrink-0 truncate font-medium">{agent.name}</span>
              <span className="min-w-0">
                {agent.kind === "agent" ? <Chip tone={agent.missing === null ? "good" : "warn"}>{text.agent.status[agent.missing === null ? (status === "busy" ? "busy" : "available") : "offline"]}</Chip> : <Chip>{text.agent.external}</Chip>}
                {agent.missing === null ? null : <span className="mt-0.5 block text-xs text-muted select-text wrap-anywhere">{visible(agent.missing)}</span>}
              </span>
            </li>
          ))}
          <li>
            <Link to="/agents" className={LINK}>
              {words.agents.all}
            </Link>
          </li>
        </ul>
      )}
    </Step>
  );
}

function ChainStep({ project }: { project: ProjectView }) {
  const config = useRead("config", {}).data;
  const choices = [{ id: "", name: text.settings.left }, { id: "person", name: text.settings.person }, ...project.agents.map(({ name }) => ({ id: name, name }))];
  const setting = (key: "chain.prepare" | "chain.implement" | "chain.review") => {
    const found = config?.settings.find((one) => one.key === key);
    return config === undefined || found === undefined ? null : { setting: found, hash: config.hash, ...text.settings.field[key] };
  };
  const [prepare, implement, review] = [setting("chain.prepare"), setting("chain.implement"), setting("chain.review")];
  return (
    <Step number={3} testId="step-chain" title={words.chain.title} words={words.chain.words} isDone={implement !== null && implement.setting.holds !== ""}>
      {config === undefined ? <Loading what={text.settings.loading} /> : null}
      <div className="-my-1.5 flex flex-col divide-y divide-line-soft">
        {prepare === null ? null : <ConfigChoice {...prepare} choices={choices} />}
        {implement === null ? null : implement.setting.holds.includes(",") ? <ConfigWords {...implement} isList /> : <ConfigChoice {...implement} choices={choices} />}
        {review === null ? null : <ConfigChoice {...review} choices={choices} />}
      </div>
    </Step>
  );
}
