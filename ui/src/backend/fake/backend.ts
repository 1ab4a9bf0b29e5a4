/** A backend in memory: for component tests, for pictures, and for `npm run dev` without a backend. */
import { type Backend, Link } from "../backend";
import { toFailure, unreachable } from "../failure";
import type { Input, OperationName, Output, ReadName } from "../operations";
import type { Topic } from "../wire";
import { now } from "./clock";
import { failure } from "./decide";
import { handlers } from "./handlers";
import { newWorld, type Scenario, SCENARIOS, type World } from "./world";

const READS: readonly OperationName[] = ["project", "why", "impact", "registry", "conflicts", "messages", "board", "list", "task", "diff", "review", "editor", "transcript", "requests", "events", "next", "doctor", "commands", "keys", "insights", "config", "key-test", "workflows", "hooks", "desktop", "desktop-look", "desktop-updates", "desktop-pick", "desktop-save"] satisfies ReadName[];
/** That something was looked at is no deed. */
const NO_DEEDS: readonly OperationName[] = ["seen", "desktop-tell"];
const NEVER = new Promise<never>(() => undefined);

export interface Call {
  name: OperationName;
  input: unknown;
}

export class FakeBackend implements Backend {
  readonly link = new Link();
  readonly now = now;
  readonly isDesktop: boolean;
  readonly world: World;
  /** Every write that was asked for, in order. */
  readonly writes: Call[] = [];
  /** Thrown by the next call of this name. */
  readonly failNext = new Map<OperationName, unknown>();
  readonly #listeners = new Set<(topic: Topic) => void>();

  constructor(scenario: Scenario = "ordinary") {
    this.world = newWorld(scenario);
    this.isDesktop = scenario === "desktop" || scenario === "welcome";
    if (scenario === "offline") window.setTimeout(() => this.link.set("offline"), 400);
    if (scenario === "refused") this.link.set("refused");
  }

  /** `?fake=many` in the address chooses a scenario. */
  static fromAddress(search: string): FakeBackend {
    const asked = new URLSearchParams(search).get("fake");
    return new FakeBackend(SCENARIOS.find((scenario) => scenario === asked));
  }

  async call<N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>> {
    const isWrite = !READS.includes(name);
    const isDeed = isWrite && !NO_DEEDS.includes(name);
    if (isDeed) this.writes.push({ name, input });
    const planned = this.failNext.get(name);
    if (planned !== undefined) {
      this.failNext.delete(name);
      throw toFailure(planned);
    }
    if (this.world.scenario === "slow" && name !== "project") return NEVER;
    if (this.world.scenario === "failing" && name !== "project") throw failure("store_unreadable", "The database in the state folder is damaged.", ["orchestron doctor says more; the task files are not affected."]);
    if (scenarioHasNoProject(this.world.scenario, name)) throw failure("no_project", "This window has no project yet.");
    if (this.link.state() === "offline" && isWrite) throw unreachable();
    const answer = handlers[name](this.world, input);
    if (isDeed) window.setTimeout(() => this.tell("store"), 0);
    // As over the wire: nobody shares objects with the world.
    return structuredClone(answer) as Output<N>;
  }

  subscribe(listener: (topic: Topic) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(topic: Topic): void {
    for (const listener of this.#listeners) listener(topic);
  }
}


/** A window without a project answers nothing but what the desktop app itself knows. */
function scenarioHasNoProject(scenario: Scenario, name: OperationName): boolean {
  return scenario === "welcome" && !name.startsWith("desktop");
}
