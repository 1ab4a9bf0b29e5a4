/** What the fake answers to each operation. */
import type { Input, OperationName, Output } from "../operations";
import type { CardView, Done, StatusWord } from "../wire";
import { card } from "./cards";
import { chain, CLAUDE } from "./chain";
import { NOW } from "./clock";
import { decide, done, failure, replace } from "./decide";
import { registry } from "./registry";
import { clash } from "./requests";
import { impact, why } from "./schedule";
import { task, taskFile } from "./tasks";
import { run } from "./transcripts";
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
  conflicts: () => ({ conflicts: [clash()], over: 0 }),
  resolve: (_, input) => done(`Conflict ${input.conflict} is resolved`),
  registry: (world) => registry(world.project.agents),
  messages: () => ({ messages: [], next: null, more: 0 }),
  "message-send": (_, input) => done(`Sent to ${input.to}`),
  "message-ack": (_, input) => done(`Message ${input.message} is acknowledged`),
  diff: (world, input) => world.diff(input.task),
  requests: (world) => world.requests,
  transcript: (world, { run: id, from }) => ({ run: run(id, {}), items: world.transcript.slice(from), next: world.transcript.length, live: true }),
  events: (world, { task: only, before }) => {
    const all = world.events.filter((event) => (only === null || event.task === only) && (before === null || event.seq < before));
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
  keys: (world) => ({ store: "GNOME Keyring (Secret Service)", usable: true, accounts: world.keys }),
  decide: (world, input) => decide(world, input),
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
