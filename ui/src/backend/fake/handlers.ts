/** What the fake answers to each operation. */
import type { Input, OperationName, Output } from "../operations";
import type { CardView, Done, StatusWord } from "../wire";
import { card } from "./cards";
import { chain, CLAUDE } from "./chain";
import { NOW } from "./clock";
import { config, configSet, configWrite } from "./config";
import { decide, done, failure, replace } from "./decide";
import { desktop, FOLDER, hooks, look, setUp, updates, updatesFound, updatesSet } from "./desktop";
import { insights } from "./insights";
import { registry } from "./registry";
import { message } from "./messages";
import { clash, pastClashes, queued } from "./requests";
import { partOf, review } from "./review";
import { impact, why } from "./schedule";
import { task, taskFile } from "./tasks";
import { asking, run } from "./transcripts";
import { startWorkflow, workflows } from "./workflows";
import { projectNow, type World } from "./world";

type Handlers = { [N in OperationName]: (world: World, input: Input<N>) => Output<N> };

function find(world: World, id: string): CardView {
  const found = world.cards.find((one) => one.id === id);
  if (found === undefined) throw failure("task_not_found", `There is no task ${id}.`, ["orchestron list shows all tasks."], "task");
  return found;
}

function moved(world: World, id: string, status: StatusWord, did: string, change: Partial<CardView> = {}): Done {
  find(world, id);
  replace(world, id, { status, moved: NOW, line: null, run: null, ...change });
  return done(did, { task: id, status });
}

const commandsText = (world: World) => world.commands.map((line) => line.replace(/^\+ /, "")).join("\n");

const PAGE = 10;

export const handlers: Handlers = {
  project: (world) => projectNow(world),
  board: (world) => ({ project: projectNow(world), cards: world.cards }),
  list: (world, { status, agent }) => world.cards.filter((one) => (status === null || one.status === status) && (agent === null || one.turn.name === agent)),
  task: (world, input) => task(find(world, input.task), world.requests),
  why: (world, input) => why(find(world, input.task)),
  impact: (world, input) => impact(world, find(world, input.task)),
  conflicts: (_, { all }) => ({ conflicts: [clash(), ...(all === true ? pastClashes() : queued())], over: 1 }),
  resolve: (_, input) => done(`Conflict ${input.conflict} is resolved`),
  registry: (world) => registry(world.project.agents),
  messages: (world, { after }) => ({ messages: world.messages.filter(({ id }) => after === null || id < after), next: null, more: 0 }),
  "message-send": (world, input) => {
    world.messages = [message(Math.max(0, ...world.messages.map(({ id }) => id)) + 1, "person", input.to, { text: input.text, task: input.task, reply_to: input.reply_to, at: NOW }), ...world.messages];
    return done(`Sent to ${input.to}`);
  },
  "message-ack": (world, input) => {
    world.messages = world.messages.map((one) => (one.id === input.message ? { ...one, receipts: one.receipts.map((receipt) => (receipt.name === "person" ? { ...receipt, acked: NOW } : receipt)) } : one));
    return done(`Message ${input.message} is acknowledged`);
  },
  diff: (world, input) => (input.from === undefined && input.to === undefined ? world.diff(input.task) : partOf(world.diff(input.task), input)),
  review: (world, input) => review(world, find(world, input.task)),
  seen: (world, input) => {
    world.seen.set(input.task, input.commit);
    return done(`Remembered what you saw of ${input.task}`);
  },
  editor: () => ({ command: ["code", "-g", "{file}:{line}"], is_set: false, found: ["code"] }),
  open: (_, input) => done(`Opened ${input.path ?? "its worktree"} in code`),
  stop: (world, input) => moved(world, input.what, find(world, input.what).status, `Stopped the agent on ${input.what}`),
  attach: (_, { task: id }) => ({
    task: id,
    run: "r-117",
    program: "claude",
    args: ["--resume", "6f0c2d1e"],
    dir: `/home/dana/.local/state/orchestron/projects/storefront-4c1d09aa/worktrees/${id}`,
    env: [],
    shell: `cd /home/dana/.local/state/orchestron/projects/storefront-4c1d09aa/worktrees/${id} && claude --resume 6f0c2d1e`,
    ending: false,
    back: `orchestron resume ${id}`,
  }),
  requests: (world) => world.requests,
  transcript: (world, { run: id, from }) => {
    const items = id === "r-121" ? asking() : world.transcript;
    return { run: run(id, id === "r-121" ? { leg: "prepare", agent: "architect" } : {}), items: items.slice(from), next: items.length, live: true };
  },
  events: (world, { task: only, before, by, kinds }) => {
    const all = world.events.filter((event) => (only === null || event.task === only) && (before === null || event.seq < before) && (by == null || event.by === by) && (kinds === undefined || kinds.length === 0 || kinds.includes(event.kind)));
    return { events: all.slice(0, PAGE), before: all.length > PAGE ? (all[PAGE - 1]?.seq ?? null) : null };
  },
  next: (world, { agent }) => {
    const found = world.cards.find(({ turn, status }) => turn.name === (agent ?? "") && status !== "done") ?? null;
    return { task: found, leg: "implement", document: found === null ? "" : `# ${found.id} · implement · attempt 1\n\n${taskFile(found)}`, worktree: null, none: found === null ? `Nothing waits for ${agent ?? "you"}.` : null };
  },
  doctor: () => ({
    healthy: false,
    findings: [
      { good: true, about: "git", what: "git 2.39.5; the project is a repository on main", cure: null },
      { good: true, about: "claude", what: "Claude Code 2.1.4 at /usr/local/bin/claude", cure: null },
      { good: true, about: "engine", what: "no engine runs, so no agent is started", cure: "open the window, or `orchestron run`" },
      { good: true, about: "keyring", what: "Secret Service answers; a test entry was written and deleted", cure: null },
      { good: false, about: "gpt-security", what: "There is no key for the account openai-team", cure: "Enter it above, or: orchestron keys set openai-team" },
    ],
  }),
  insights,
  config,
  "config-set": configSet,
  "config-write": configWrite,
  "key-test": (_, { account }) => (account === "google" ? { account, good: false, said: "the key is not accepted", cure: "copy it again, whole and by itself, or make a new one in the provider's console", host: "generativelanguage.googleapis.com", took: 310 } : { account, good: true, said: "the key is good", cure: null, host: account === "anthropic" ? "api.anthropic.com" : "api.openai.com", took: 240 }),
  workflows,
  "workflow-start": startWorkflow,
  hooks,
  "hooks-install": () => done("Installed five git hooks"),
  "hooks-uninstall": () => done("Took the git hooks out"),
  priority: (world, input) => {
    find(world, input.task);
    world.cards = world.cards.map((one) => (one.id === input.task ? { ...one, priority: input.to } : one));
    return done(`${input.task} is ${input.to} now`, { task: input.task });
  },
  reassign: (_, input) => done(`${input.task} goes to ${input.agent ?? "whom the chain names"}`, { task: input.task }),
  "agent-add": (world, input) => {
    if (world.project.agents.some(({ name }) => name === input.name)) throw failure("input_invalid", `there is an agent \`${input.name}\` already`, [], "name");
    const own = (key: string) => input.keys.find((one) => one.key === key)?.values[0] ?? null;
    world.project.agents = [...world.project.agents, { name: input.name, kind: "agent", cli: own("cli"), model: own("model"), persona: own("persona"), legs: [], busy: false, task: null, doing: null, account: own("account") ?? "anthropic", missing: null }];
    return done(`Added ${input.name} to .mcp/agents.yaml`);
  },
  "agent-set": (world, input) => {
    world.project.agents = world.project.agents.map((one) => (one.name === input.name && (input.key === "model" || input.key === "persona") ? { ...one, [input.key]: input.values[0] ?? null } : one));
    return done(`${input.key} of ${input.name} is ${input.values.join(", ")} now`);
  },
  "agent-remove": (world, input) => {
    world.project.agents = world.project.agents.filter(({ name }) => name !== input.name);
    return done(`Took ${input.name} out of .mcp/agents.yaml`);
  },
  desktop,
  "desktop-set": (world) => desktop(world),
  "desktop-pick": () => ({ path: FOLDER }),
  "desktop-look": (_, { path }) => look(path),
  "desktop-set-up": (_, { path }) => setUp(path),
  "desktop-open": (world, { path }) => {
    world.scenario = "desktop";
    return done(`Opened ${path}`);
  },
  "desktop-demo": () => done("Opened the sample project"),
  "desktop-save": (_, { name }) => ({ path: `/home/dana/${name}` }),
  "desktop-tell": () => done("noted"),
  "desktop-updates": updates,
  "desktop-updates-set": updatesSet,
  "desktop-updates-check": updatesFound,
  "desktop-updates-install": () => done("installed"),
  "desktop-forget": (_, { path }) => done(`Forgot ${path}`),
  keys: (world) => ({ store: "GNOME Keyring (Secret Service)", usable: true, accounts: world.keys }),
  decide: (world, input) => {
    if (world.scenario === "stale") throw failure("decision_stale", "The branch of TASK-112 has moved: you looked at 9f2c1ab, it is at 5d03e8c now.", ["Look at what is new since then, and decide again."], null);
    return decide(world, input);
  },
  create: (world, input) => {
    if (input.title.length > 120) throw failure("title_too_long", "A title has at most 120 characters.", ["Put the rest into the goal."], "title");
    const id = `TASK-${Math.max(100, ...world.cards.map((one) => Number(one.id.slice(5)))) + 1}`;
    world.cards = [...world.cards, card(id, input.title, "pending", { priority: input.priority ?? "P1", agent: input.agent, order: 99, criteria: { done: 0, all: input.criteria.length }, depends_on: input.depends_on, moved: NOW })];
    return done(`Created ${id}`, { task: id, status: "pending" });
  },
  prepare: (world, input) => moved(world, input.task, "ready", `${input.task} is ready`, { chain: chain({ now: "implement", state: "next" }), turn: CLAUDE }),
  claim: (world, input) => moved(world, input.task, "in-progress", `Claimed ${input.task}`, { chain: chain({ now: "implement" }), since: NOW }),
  submit: (world, input) => moved(world, input.task, "review", `Submitted ${input.task} for review`, { chain: chain({ now: "review" }) }),
  complete: (world, input) => moved(world, input.task, "review", `Finished the review of ${input.task}`, { chain: chain({ now: "approve", state: "waiting" }) }),
  fail: (world, input) => moved(world, input.task, "failed", `${input.task} is marked as failed`, { why: input.note }),
  retry: (world, input) => moved(world, input.task, "ready", `${input.task} is tried again`, { chain: chain({ now: "implement", state: "next" }), turn: CLAUDE }),
  move: (world, input) => moved(world, input.task, input.to, `Moved ${input.task} to ${input.to}`),
  pause: (world, input) => {
    world.project.engine = { ...world.project.engine, paused: input.why ?? "" };
    return done("Paused: nothing new is started", { not_done: ["Agents that are at work finish their leg."] });
  },
  resume: (world) => {
    world.project.engine = { ...world.project.engine, paused: null };
    return done("Resumed");
  },
  words: (world, input) => {
    world.transcript = [...world.transcript, { type: "told", text: input.text }];
    return done(`Said to ${find(world, input.task).turn.name}`, { task: input.task });
  },
  intervene: (world, input) => {
    world.transcript = [...world.transcript, { type: "note", text: "interrupted by you" }, { type: "told", text: input.text }];
    return done(`Interrupted ${find(world, input.task).turn.name}`, { task: input.task });
  },
  commands: (world) => ({
    trusted: world.project.engine.trusted,
    text: commandsText(world),
    commands: world.commands.map((line) => ({ text: line.replace(/^\+ /, ""), fresh: line.startsWith("+ ") && !world.project.engine.trusted })),
  }),
  trust: (world, input) => {
    if (input.commands !== commandsText(world)) throw failure("commands_changed", "what the configuration wants to run is not what you looked at, so nothing was accepted", ["it was changed meanwhile: look again, then accept"], null);
    world.project.engine = { ...world.project.engine, trusted: true };
    return done("This project is trusted on this machine");
  },
  "key-set": (world, input) => {
    if (input.key.length < 8) throw failure("key_too_short", "That is too short for a key.", [], "key");
    world.keys = world.keys.map((key) => (key.account === input.account ? { ...key, source: "keyring" } : key));
    return done(`Stored the key of ${input.account} in GNOME Keyring`);
  },
  "key-delete": (world, input) => {
    world.keys = world.keys.map((key) => (key.account === input.account ? { ...key, source: null } : key));
    return done(`Deleted the key of ${input.account}`);
  },
};
