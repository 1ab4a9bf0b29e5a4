// Generated from crates/operations/src/wire/ by `cargo test -p orchestron-operations`; do not edit.

export type Millis = number;

export type Money = number;

export type Big = number;

export type StatusWord = "pending" | "ready" | "in-progress" | "review" | "done" | "failed";

export type LegWord = "prepare" | "implement" | "review" | "approve";

export type HolderKind = "nobody" | "person" | "agent" | "outside";

export type StopState = "done" | "current" | "waiting" | "failed" | "next";

export type RequestWord = "review" | "permission" | "question" | "escalation" | "conflict" | "budget";

export type RunWord = "starting" | "working" | "waiting" | "ending" | "completed" | "failed";

export type Topic = "store" | "runs";

export type AgentWord = "available" | "busy" | "error" | "offline";

export type WaitWord = "under-way" | "over" | "request" | "turn" | "nobody-named" | "dependencies" | "circle" | "back-off" | "parked" | "unfit" | "agent-paused" | "breaker" | "agent-full" | "account-full" | "rate" | "budget" | "in-use" | "behind" | "status-full" | "full" | "starting" | "paused" | "task-paused" | "untrusted" | "unclear" | "no-engine" | "next";

export type GateWord = "waiting" | "running" | "passed" | "failed";

export type ChangeWord = "added" | "modified" | "deleted" | "renamed";

export type VerdictWord = "approve" | "changes";

export type HolderView = { kind: HolderKind, 
/**
 * Agent's or tool's name; empty for a person or nobody. 
 */
name: string, };

export type ChainStop = { leg: LegWord, holder: HolderView, state: StopState, 
/**
 * Which try this is or was (1 = first). 
 */
attempt: number, 
/**
 * When it ended, or since when it is under way. 
 */
at: Millis | null, 
/**
 * How long it took, once over, in milliseconds. 
 */
took: Big | null, };

export type TicksView = { done: number, all: number, };

export type CardView = { id: string, title: string, status: StatusWord, 
/**
 * P0, P1 or P2. 
 */
priority: string, 
/**
 * Who the task file names, if anyone. 
 */
agent: string | null, chain: Array<ChainStop>, 
/**
 * Whose turn it is now. 
 */
turn: HolderView, 
/**
 * One line on what happens now, or why nothing does: `Edit src/pay.rs`, `gate test running`, `waits for TASK-003`. 
 */
line: string | null, 
/**
 * Since when the task is with its present holder. 
 */
since: Millis | null, cost: Money, criteria: TicksView, ready_boxes: TicksView, depends_on: Array<string>, 
/**
 * Dependencies that are not done yet. 
 */
blocked_by: Array<string>, 
/**
 * The most urgent open request about this task. 
 */
request: RequestRef | null, 
/**
 * The live run, if any. 
 */
run: string | null, 
/**
 * Tries on the implement leg so far. 
 */
attempts: number, handoffs: number, 
/**
 * When the task got where it stands. 
 */
moved: Millis | null, 
/**
 * For failed tasks: why. 
 */
why: string | null, 
/**
 * Sort key within its column, ascending. 
 */
order: number, };

export type RequestRef = { id: Big, kind: RequestWord, };

export type ProblemView = { path: string, line: number | null, what: string, cure: string, };

export type EngineView = { 
/**
 * Whether some process holds the project's lease. 
 */
running: boolean, 
/**
 * Why nothing is started, when paused. 
 */
paused: string | null, 
/**
 * Whether this project's commands were trusted on this machine. 
 */
trusted: boolean, };

export type ProjectView = { name: string, 
/**
 * Absolute path. 
 */
path: string, git: boolean, base_branch: string | null, 
/**
 * Runs on the scripted model: nothing is sent anywhere. 
 */
scripted: boolean, engine: EngineView, agents: Array<AgentView>, tasks: number, in_flight: number, needs_you: number, spent_today: Money, 
/**
 * What may be spent today; none = no budget for a day. 
 */
budget_today: Money | null, 
/**
 * Median time from one holder's end to the next one's start, of the last 100, in milliseconds. 
 */
median_handoff: Big | null, problems: Array<ProblemView>, 
/**
 * Position of the newest event; changes whenever anything did. 
 */
generation: Big, version: string, };

export type AgentView = { name: string, kind: HolderKind, 
/**
 * Which coding agent (`claude`), when launched by us. 
 */
cli: string | null, model: string | null, persona: string | null, 
/**
 * Legs it has in the chain. 
 */
legs: Array<LegWord>, busy: boolean, 
/**
 * What it does now. 
 */
task: string | null, doing: string | null, account: string, 
/**
 * What is missing before it can be started, with the cure. 
 */
missing: string | null, };

export type JudgedView = { leg: LegWord, 
/**
 * Pieces of work. 
 */
all: Big, 
/**
 * Of those, good at the first try. 
 */
first_pass: Big, };

export type RegisteredView = { agent: AgentView, status: AgentWord, 
/**
 * Why it is in error or offline. 
 */
why: string | null, 
/**
 * What it works on now. 
 */
tasks: Array<string>, 
/**
 * Runs it has, those that are about to start included. 
 */
runs: number, 
/**
 * Runs it may have at once; none = as many as there are places. 
 */
instances: number | null, capabilities: Array<string>, 
/**
 * When a run of it last said or did something. 
 */
heard: Millis | null, 
/**
 * Runs that did what they were started for. 
 */
completed: Big, 
/**
 * Runs that failed by a fault of the agent. 
 */
failed: Big, 
/**
 * Failed runs since the last good one. 
 */
failed_in_a_row: number, 
/**
 * Work that was handed in. 
 */
submitted: Big, 
/**
 * Tasks it worked on that were approved. 
 */
approved: Big, 
/**
 * How long a run takes on average, in milliseconds, waiting for people not counted. 
 */
average: Big | null, 
/**
 * Failed runs, in percent of those that tell something. 
 */
error_rate: number | null, 
/**
 * Work that passed without ever coming back, in percent, once five pieces were judged. 
 */
first_pass: number | null, 
/**
 * The same, by leg, however few were judged. 
 */
legs: Array<JudgedView>, cost: Money, cost_per_approved: Money | null, };

export type ReasonView = { kind: WaitWord, 
/**
 * What was seen, in a sentence. 
 */
evidence: string, 
/**
 * What would change it. 
 */
change: string, 
/**
 * Tasks that have to do with it. 
 */
tasks: Array<string>, 
/**
 * The agent it is about. 
 */
agent: string | null, 
/**
 * Files it is about. 
 */
files: Array<string>, 
/**
 * When it passes by itself, when that is known. 
 */
until: Millis | null, };

export type PassedView = { agent: string, 
/**
 * What follows its name: `has 2 of 2 runs`. 
 */
why: string, };

export type RouteView = { to: string | null, 
/**
 * In a sentence. 
 */
why: string, passed: Array<PassedView>, };

export type WhyView = { task: string, title: string, status: StatusWord, 
/**
 * Whose leg it is; none when it is over. 
 */
leg: LegWord | null, 
/**
 * Whose turn it is. 
 */
turn: HolderView, 
/**
 * Every reason, the most important first. 
 */
reasons: Array<ReasonView>, 
/**
 * Who would take it, when that is an agent. 
 */
route: RouteView | null, 
/**
 * Its place among the tasks that only wait for a place, from 1. 
 */
position: number | null, 
/**
 * Those that go before it, in order; the first ten. 
 */
before: Array<string>, 
/**
 * Whether it is among those that start at once. 
 */
starts_next: boolean, 
/**
 * What its file says. 
 */
priority: string, 
/**
 * As what it counts by now: who waits long becomes more urgent. 
 */
counts_as: string, 
/**
 * Since when only places keep it from starting. 
 */
waiting_since: Millis | null, 
/**
 * Its place that was given by hand (`order`). 
 */
order: number | null, 
/**
 * What the rules of the configuration did with it, newest first, and what they would do with it where it stands. 
 */
rules: Array<RuleToldView>, };

export type RuleToldView = { rule: string, 
/**
 * What follows its name, in a sentence. 
 */
text: string, 
/**
 * When it moved the task, if it did. 
 */
moved: Millis | null, };

export type StartView = { task: string, title: string, leg: LegWord, 
/**
 * Who would take it. 
 */
who: HolderView, 
/**
 * Why that one, or why nobody. 
 */
why: string, 
/**
 * Its place in the line, from 1; none when it needs no agent. 
 */
position: number | null, at_once: boolean, 
/**
 * What would still keep it from starting. 
 */
holds: WaitWord, };

export type StillWaitsView = { task: string, title: string, waits_for: Array<string>, };

export type ImpactView = { task: string, title: string, 
/**
 * Tasks for which it is the last thing they wait for, in the order they get places. 
 */
starts: Array<StartView>, 
/**
 * Tasks that wait for others still. 
 */
still_waits: Array<StillWaitsView>, 
/**
 * All tasks that wait for it, also by way of others. 
 */
all: Array<string>, };

export type ConflictWord = "doubled" | "early-start" | "circle" | "same-files" | "forecast" | "silent" | "stalled" | "drift";

export type StageWord = "open" | "queued" | "due" | "accepted" | "over";

export type ResolveWord = "queue" | "reassign" | "gone";

export type ConflictView = { id: Big, kind: ConflictWord, 
/**
 * The one that goes first first. 
 */
tasks: Array<string>, files: Array<string>, 
/**
 * What was seen, in a sentence or two. 
 */
evidence: string, since: Millis, stage: StageWord, 
/**
 * How it was resolved, in words: `TASK-002 waits for TASK-001`. 
 */
resolution: string | null, why: string | null, resolved_at: Millis | null, 
/**
 * Why the engine could not resolve it by itself. 
 */
stuck: string | null, 
/**
 * The open request about it. 
 */
request: Big | null, 
/**
 * What a person can decide, the recommended way first. 
 */
options: Array<ResolveWord>, };

export type ConflictsView = { conflicts: Array<ConflictView>, 
/**
 * How many of those that are kept are over. 
 */
over: number, };

export type CountView = { status: StatusWord, count: number, };

export type UrgentView = { id: Big, kind: RequestWord, task: string | null, 
/**
 * The command, the question, the task's title. 
 */
title: string, 
/**
 * What waits for it, in words; none when nothing does. 
 */
why: string | null, };

export type StatusView = { name: string, engine: EngineView, 
/**
 * One for each column, in their order. 
 */
counts: Array<CountView>, 
/**
 * Tasks that somebody or something works on now. 
 */
in_flight: number, needs_you: number, 
/**
 * The most urgent of what waits for a person, at most three. 
 */
urgent: Array<UrgentView>, 
/**
 * Cards that somebody works on, that wait for a person, or that are in progress. 
 */
cards: Array<CardView>, problems: Array<ProblemView>, };

export type BoardView = { project: ProjectView, cards: Array<CardView>, };

export type HandoffView = { n: number, leg: LegWord, who: string, at: string, note: string, };

export type CriterionView = { done: boolean, text: string, };

export type FeedbackView = { n: number, 
/**
 * `.mcp/feedback/TASK-001-1.md` 
 */
path: string, text: string, };

export type GateView = { name: string, command: string, state: GateWord, 
/**
 * The commit it ran on. 
 */
commit: string | null, 
/**
 * Whether the branch has moved since. 
 */
stale: boolean, took: Big | null, run: string | null, 
/**
 * One line: `exit code 1`. 
 */
result: string | null, };

export type RunView = { id: string, 
/**
 * The leg; none for gates. 
 */
leg: LegWord | null, gate: string | null, agent: string | null, attempt: number, state: RunWord, 
/**
 * How it ended, in words. 
 */
end: string | null, since: Millis, until: Millis | null, cost: Money, doing: string | null, };

export type TaskView = { card: CardView, 
/**
 * Where the file lies, relative to the project. 
 */
path: string, 
/**
 * The file's text as it is. 
 */
text: string, goal: string, criteria: Array<CriterionView>, notes: string, files_affected: Array<string>, handoffs: Array<HandoffView>, feedback: Array<FeedbackView>, error_context: string, gates: Array<GateView>, runs: Array<RunView>, requests: Array<RequestView>, branch: string | null, worktree: string | null, commit: string | null, problems: Array<ProblemView>, 
/**
 * Tasks that wait for this one. 
 */
unblocks: Array<string>, 
/**
 * The workflow that made it. 
 */
workflow?: TaskWorkflowView, 
/**
 * Commits that people made and that name it, newest first. 
 */
commits?: Array<TaskCommitView>, 
/**
 * Tests that must fail before the work and pass after it. 
 */
tests?: Array<TaskTestView>, };

export type RequestView = { id: Big, kind: RequestWord, task: string | null, task_title: string | null, 
/**
 * One line: the command, the question, the task's title. 
 */
title: string, 
/**
 * A second, quieter line. 
 */
detail: string, since: Millis, 
/**
 * Who waits. 
 */
from: string | null, run: string | null, 
/**
 * Review: the commit the decision is bound to. 
 */
commit: string | null, 
/**
 * Permission: the tool and its whole input as JSON text. 
 */
tool: string | null, input: string | null, 
/**
 * Question: suggested answers, the recommended one first. 
 */
options: Array<string>, 
/**
 * Conflict: the files. 
 */
files: Array<string>, open: boolean, 
/**
 * What was decided, in words, once it was. 
 */
outcome: string | null, 
/**
 * What deciding yes will do, in words: `merges into main`. 
 */
effect: string | null, 
/**
 * Higher = more urgent. 
 */
urgency: number, 
/**
 * What waits for it, in words; none when nothing does. 
 */
urgency_why?: string, 
/**
 * A clash: the conflict, which `resolve` decides. 
 */
clash?: Big, 
/**
 * A permission: the rule that allowing it always writes; none where there is no rule for just this. 
 */
rule?: string, };

export type NoticeWord = "review" | "permission" | "question" | "escalation" | "conflict" | "budget" | "message" | "done" | "several" | "digest";

export type NoticeMemory = { 
/**
 * News of before is no news. 
 */
since: Big, 
/**
 * What was told and may still be open. 
 */
told: Array<Big>, 
/**
 * When something was told last. 
 */
last: Millis | null, 
/**
 * When the last digest came. 
 */
digest: Millis, };

export type NoticeView = { 
/**
 * The first thing it is about; names the notification. 
 */
id: Big, kind: NoticeWord, 
/**
 * One line. 
 */
title: string, 
/**
 * Some more lines. 
 */
body: string, sound: boolean, 
/**
 * All that it is about, most urgent first; empty when a digest only reminds. 
 */
about: Array<Big>, 
/**
 * When it is about one request alone: that request, so that it can be decided from the notification. 
 */
request: RequestView | null, 
/**
 * When it is about one task alone: that task, so that a click opens it. 
 */
task: string | null, };

export type NoticesView = { 
/**
 * Each is one notification, the digest last; usually none or one. 
 */
show: Array<NoticeView>, 
/**
 * Things that were told and are settled: a notification that is about these alone is taken down. 
 */
over: Array<Big>, 
/**
 * Look again then, even if nothing happens until then. 
 */
again: Millis | null, 
/**
 * How many things wait to be told later: gathered, or kept back by quiet hours. 
 */
later: number, 
/**
 * Hand this back the next time, once all of `show` is shown. 
 */
memory: NoticeMemory, 
/**
 * With `explain`: everything that could be told, when it is, and why not before. 
 */
waits?: Array<NoticeWaitView>, 
/**
 * With `explain`: the quiet hours, when there are some. 
 */
quiet?: QuietView, };

export type NoticeWaitView = { id: Big, kind: NoticeWord, 
/**
 * In a line. 
 */
text: string, when: WhenWord, 
/**
 * When it is later and that is known. 
 */
at: Millis | null, 
/**
 * In words. 
 */
why: string, };

export type QuietView = { 
/**
 * `22:00` 
 */
from: string, to: string, 
/**
 * When it is quiet now: until then. 
 */
until: Millis | null, };

export type WhenWord = "now" | "later" | "never" | "told";

export type FileDiffView = { path: string, old_path: string | null, change: ChangeWord, 
/**
 * Lines added; none for binary files. 
 */
added: number | null, removed: number | null, 
/**
 * Unified diff hunks. 
 */
patch: string, 
/**
 * The patch was too long and is cut. 
 */
cut: boolean, };

export type DiffView = { base: string | null, commit: string | null, files: Array<FileDiffView>, 
/**
 * Files that would conflict when merged now; empty = merges cleanly. 
 */
conflicts: Array<string>, 
/**
 * Why there is no diff, when there is none. 
 */
none: string | null, 
/**
 * The older commit, when the diff does not begin where the branch left its base. 
 */
from: string | null, 
/**
 * What has to be known to read it: the branch was rewritten, its base came in between. 
 */
notes: Array<string>, };

export type RemarkWord = "comment" | "keep" | "again";

export type RemarkState = "open" | "changed" | "left";

export type PointView = { 
/**
 * As `HandoffView.n`. 
 */
handoff: number, leg: LegWord, who: string, attempt: number, at: Millis, 
/**
 * None = the branch's base. 
 */
from: string | null, 
/**
 * None = not known, or without git. 
 */
to: string | null, };

export type LookView = { commit: string, at: Millis, };

export type RemarkView = { kind: RemarkWord, state: RemarkState, 
/**
 * In which feedback. 
 */
feedback: Big, by: string, 
/**
 * When, as the feedback says. 
 */
at: string, path: string, 
/**
 * The lines are those before the change. 
 */
before: boolean, 
/**
 * As they were numbered when it was said. 
 */
line: number, to: number, 
/**
 * Where the last of them is now; none when the file is not among the changes any more. 
 */
now: number | null, 
/**
 * Markdown. 
 */
text: string, 
/**
 * The try that answered it. 
 */
attempt: number | null, };

export type ReviewView = { task: string, 
/**
 * Tip of its branch. 
 */
commit: string | null, 
/**
 * What the person saw before that. 
 */
last_look: LookView | null, 
/**
 * Handoffs, oldest first. 
 */
points: Array<PointView>, 
/**
 * Oldest first. 
 */
remarks: Array<RemarkView>, };

export type EditorView = { 
/**
 * Program and arguments; none = there is none. 
 */
command: Array<string> | null, 
/**
 * Chosen, not found. 
 */
is_set: boolean, 
/**
 * Editors on this machine. 
 */
found: Array<string>, };

export type EventView = { seq: Big, at: Millis, by: string, kind: string, task: string | null, run: string | null, 
/**
 * In words. 
 */
text: string, };

export type EventsView = { events: Array<EventView>, 
/**
 * Give this as `before` for the next page. 
 */
before: Big | null, };

export type VariableView = { name: string, value: string, };

export type AttachView = { task: string, 
/**
 * The run whose conversation it is. 
 */
run: string, program: string, args: Array<string>, 
/**
 * Where. 
 */
dir: string, 
/**
 * Variables it needs beside the person's own. 
 */
env: Array<VariableView>, 
/**
 * All of it as one line for a shell. 
 */
shell: string, 
/**
 * The run is still being ended: wait until it is over, so that nobody else speaks in the conversation. 
 */
ending: boolean, 
/**
 * How to give it back. 
 */
back: string, };

export type ReceiptView = { name: string, delivered: Millis | null, acked: Millis | null, };

export type MessageView = { id: Big, 
/**
 * A holder's name, `person` or `engine`. 
 */
from: string, 
/**
 * `coordination`, `progress_update`, `task_assignment`, `escalation`. 
 */
kind: string, task: string | null, text: string, 
/**
 * JSON text, for programs. 
 */
payload: string | null, reply_to: Big | null, at: Millis, receipts: Array<ReceiptView>, };

export type MessagesView = { messages: Array<MessageView>, 
/**
 * Give this as `after` for the next page. 
 */
next: Big | null, 
/**
 * How many more there are. 
 */
more: number, };

export type WorkContextView = { now: string, completed: Array<string>, next: Array<string>, decisions: Array<string>, questions: Array<string>, pointers: Array<string>, };

export type SavedView = { task: string, version: Big, by: string | null, at: Millis | null, context: WorkContextView | null, 
/**
 * Entries that did not fit into 4 kB. 
 */
left_out: number, 
/**
 * The event that has everything. 
 */
whole: Big | null, };

export type HelpView = { request: Big, open: boolean, answer: string | null, 
/**
 * Who answered: `person`, or `default` when nobody did in time. 
 */
by: string | null, 
/**
 * When the default stands. 
 */
until: Millis | null, 
/**
 * Why there will be no answer. 
 */
void: string | null, not_done: Array<string>, };

export type PreparedView = { task: string, version: Big, arrives: WorkContextView, left_out: number, 
/**
 * What whoever goes on will miss. 
 */
lacks: Array<string>, };

export type SessionView = { id: string, holder: string, since: Millis, until: Millis | null, task: string | null, note: string, of_run: boolean, };

export type SessionsView = { sessions: Array<SessionView>, };

export type SessionStartView = { session: SessionView, 
/**
 * It was not ended before. 
 */
resumed: boolean, 
/**
 * What to work on, with its whole context. 
 */
work: NextView, saved: SavedView | null, 
/**
 * Messages that wait for its holder. 
 */
messages: number, };

export type RunTokenView = { run: string, 
/**
 * None when no engine serves. 
 */
address: string | null, };

export type ImageView = { 
/**
 * `image/png` 
 */
media: string, 
/**
 * Base64. 
 */
data: string, };

export type TranscriptView = { run: RunView, items: Array<TranscriptItemView>, 
/**
 * Give this as `from` next time; bytes of the run's output. 
 */
next: Big, live: boolean, };

export type NextView = { task: CardView | null, leg: LegWord | null, 
/**
 * Markdown. 
 */
document: string, 
/**
 * Where to work. 
 */
worktree: string | null, 
/**
 * Why there is nothing, when there is nothing. 
 */
none: string | null, };

export type Done = { task: string | null, status: StatusWord | null, 
/**
 * In words, past tense. 
 */
did: string, 
/**
 * What was not done although one might expect it, and why. 
 */
not_done: Array<string>, 
/**
 * Commands or steps that make sense next. 
 */
next: Array<string>, };

export type CommandsView = { 
/**
 * Whether exactly this was accepted. 
 */
trusted: boolean, 
/**
 * Everything, as `trust` takes it back from whoever has read it. 
 */
text: string, 
/**
 * The same, line by line. 
 */
commands: Array<CommandView>, };

export type CommandView = { text: string, 
/**
 * Not among what was accepted last. 
 */
fresh: boolean, };

export type Finding = { good: boolean, about: string, what: string, cure: string | null, };

export type DoctorView = { findings: Array<Finding>, healthy: boolean, };

export type UndoListView = { entries: Array<UndoView>, };

export type UndoView = { 
/**
 * The event that tells it, which `undo` takes. 
 */
event: Big, at: Millis, task: string | null, what: string, 
/**
 * It was undone already. 
 */
undone: boolean, };

export type FixView = { did: Array<string>, not_done: Array<string>, };

export type KeysView = { 
/**
 * Which store is used, or why none is. 
 */
store: string, usable: boolean, accounts: Array<KeyView>, };

export type KeyView = { account: string, 
/**
 * `keyring`, `environment` or none. 
 */
source: string | null, agents: Array<string>, };

export type InstanceWord = "running" | "needs-you" | "stuck" | "done";

export type WorkflowsView = { 
/**
 * By name. 
 */
workflows: Array<WorkflowView>, 
/**
 * Newest first. 
 */
instances: Array<InstanceView>, };

export type WorkflowView = { name: string, 
/**
 * `.mcp/workflows/rpiv.yaml` 
 */
file: string, 
/**
 * What it is for, in a sentence. 
 */
about: string, parameters: Array<ParameterView>, 
/**
 * In the order of the file; what is waited for comes first. 
 */
steps: Array<TemplateStepView>, 
/**
 * What is wrong with it, with lines. 
 */
problems: Array<ProblemView>, 
/**
 * Whether it can be started. 
 */
usable: boolean, };

export type ParameterView = { name: string, 
/**
 * What to write there. 
 */
about: string, 
/**
 * What holds when nothing is said; none = it must be said. 
 */
default: string | null, 
/**
 * The values it may have; empty = any. 
 */
choices: Array<string>, };

export type TemplateStepView = { step: string, title: string, goal: string, 
/**
 * P0, P1 or P2. 
 */
priority: string, 
/**
 * Who does which leg of it, where the template says so. 
 */
chain: Array<LegHolderView>, 
/**
 * Steps that must be done first. 
 */
depends_on: Array<string>, criteria: Array<string>, files: Array<string>, needs: Array<string>, };

export type LegHolderView = { leg: LegWord, holder: HolderView, };

export type InstanceView = { 
/**
 * Its name: the key it was started with, or `rpiv-3`. 
 */
id: string, workflow: string, state: InstanceWord, 
/**
 * When it was started; none when the log that knew it is lost. 
 */
started: Millis | null, 
/**
 * When its last step was done. 
 */
ended: Millis | null, 
/**
 * What was said when it was started. 
 */
parameters: Array<SetView>, 
/**
 * In the order of the template. 
 */
steps: Array<StepView>, done: number, all: number, cost: Money, 
/**
 * One line on what happens now: `plan: claude-arch reads src/pay.rs`. 
 */
line: string | null, };

export type SetView = { name: string, value: string, };

export type StepView = { step: string, 
/**
 * Its task. 
 */
task: string, title: string, 
/**
 * None when the task is gone. 
 */
status: StatusWord | null, 
/**
 * Whose turn it is. 
 */
turn: HolderView | null, 
/**
 * One line on what happens now, or why nothing does; as on its card. 
 */
line: string | null, 
/**
 * Tasks it waits for that are not done. 
 */
waits_for: Array<string>, 
/**
 * The same in steps of this instance. 
 */
depends_on: Array<string>, 
/**
 * Since when it stands where it stands. 
 */
moved: Millis | null, criteria: TicksView, cost: Money, 
/**
 * A request about it that is open. 
 */
request: Big | null, };

export type WorkflowStartView = { instance: InstanceView, 
/**
 * It was started before with this key; nothing was made. 
 */
again: boolean, done: Done, };

export type WorkflowStatusView = { 
/**
 * Newest first. 
 */
instances: Array<InstanceView>, };

export type TaskWorkflowView = { workflow: string, instance: string, step: string, };

export type HookWord = "ours" | "chained" | "changed" | "theirs" | "missing";

export type TestWord = "unknown" | "failed" | "passed";

export type HooksView = { 
/**
 * The folder git takes hooks from; none without git. 
 */
folder: string | null, 
/**
 * Who looks after that folder: `husky`, `lefthook`, `pre-commit`, `core.hooksPath`; none = plain git. 
 */
managed_by: string | null, hooks: Array<HookView>, 
/**
 * Whether all of them call us. 
 */
installed: boolean, 
/**
 * What keeps them from working. 
 */
problems: Array<ProblemView>, };

export type HookView = { 
/**
 * `pre-commit` 
 */
name: string, state: HookWord, 
/**
 * Where the one is kept that was there before. 
 */
theirs: string | null, };

export type TaskCommitView = { 
/**
 * The commit's id. 
 */
commit: string, 
/**
 * First line of its message. 
 */
subject: string, branch: string | null, author: string, at: Millis, 
/**
 * The checks before the commit were left out (`git commit --no-verify`). 
 */
unchecked: boolean, };

export type TaskTestView = { test: string, 
/**
 * At the commit the work began from. 
 */
before: TestWord, before_commit: string | null, 
/**
 * At the commit that was submitted. 
 */
after: TestWord, after_commit: string | null, };

export type MeasureWord = "throughput" | "cycle-time" | "hand-over" | "first-pass" | "human-share" | "utilisation" | "failed-starts" | "cache-hits" | "cost";

export type UnitWord = "per-day" | "span" | "share" | "money";

export type InsightsView = { from: Millis, to: Millis, 
/**
 * How long a step is, in milliseconds; `points` have one number for each. 
 */
step: Big, measures: Array<MeasureView>, 
/**
 * Agents that worked, those that cost most first. 
 */
agents: Array<AgentInsightView>, 
/**
 * Tasks that cost something, those that cost most first; at most fifty. 
 */
tasks: Array<TaskCostView>, 
/**
 * How many more tasks cost something. 
 */
more_tasks: number, cost: Money, };

export type MeasureView = { what: MeasureWord, unit: UnitWord, 
/**
 * Over the whole time; none when nothing tells it. 
 */
value: Big | null, 
/**
 * What was aimed at, where an aim is written down. 
 */
target: Big | null, more_is_better: boolean, 
/**
 * Of how many it was made. 
 */
samples: Big, points: Array<Big | null>, };

export type AgentInsightView = { name: string, 
/**
 * Runs that ended. 
 */
runs: Big, 
/**
 * Of those, runs that failed. 
 */
failed: Big, 
/**
 * Milliseconds in which it worked; waiting for people not counted. 
 */
busy: Big, 
/**
 * Thousandths of the time in which anybody worked. 
 */
utilisation: Big | null, cost: Money, 
/**
 * Thousandths of its input tokens that came from the cache. 
 */
cache_hits: Big | null, };

export type TaskCostView = { task: string, 
/**
 * None when its file is gone. 
 */
title: string | null, cost: Money, runs: Big, done: boolean, };

export type ConfigView = { 
/**
 * `.mcp/config.yaml` 
 */
path: string, 
/**
 * The whole text, as it is. 
 */
text: string, 
/**
 * The text's hash; given back with a change, so that nobody else's is written over. 
 */
hash: string, 
/**
 * Every setting there is, in the order of the documentation. 
 */
settings: Array<SettingView>, problems: Array<ProblemView>, 
/**
 * When tasks move by themselves: what the chain does, then the project's own rules in the order in which they are asked. 
 */
rules: Array<RuleView>, };

export type RuleView = { 
/**
 * Its name; none for what the chain does by itself. 
 */
name: string | null, 
/**
 * Where it finds tasks; none = wherever work goes wrong. 
 */
from: StatusWord | null, to: StatusWord, 
/**
 * In words. 
 */
when: string, };

export type SettingView = { 
/**
 * `limits.parallel` 
 */
key: string, 
/**
 * What is written for it, as YAML; none = nothing. 
 */
written: string | null, line: number | null, 
/**
 * What holds now, in the words of the file; empty = nothing does. 
 */
holds: string, };

export type KeyTestView = { account: string, 
/**
 * The key is good. 
 */
good: boolean, 
/**
 * In a sentence. 
 */
said: string, cure: string | null, 
/**
 * Whom was asked: `api.anthropic.com`. 
 */
host: string, 
/**
 * Milliseconds it took. 
 */
took: Big, };

export type ErrorView = { 
/**
 * Stable word: `task_not_found`, `stale_decision`, … 
 */
code: string, 
/**
 * What is wrong. 
 */
message: string, 
/**
 * How to mend it. 
 */
hints: Array<string>, 
/**
 * The input field that is wrong, when one is. 
 */
field: string | null, };

export type DesktopView = { 
/**
 * The project of this window; none = it has to be chosen first. 
 */
project: string | null, 
/**
 * Why the project that was asked for is not there. 
 */
problem: ErrorView | null, 
/**
 * Whether there is a tray to hide in. 
 */
tray: boolean, close_to_tray: boolean, 
/**
 * Whether it starts at login; none = this system cannot tell. 
 */
at_login: boolean | null, 
/**
 * Who shows notifications; none = nobody. 
 */
notifications: NotifierView | null, 
/**
 * Newest first. 
 */
recent: Array<RecentView>, 
/**
 * Where the app writes what goes wrong. 
 */
log: string, version: string, };

export type NotifierView = { name: string, 
/**
 * Whether it shows buttons. 
 */
actions: boolean, };

export type RecentView = { path: string, name: string, opened: Millis, 
/**
 * Its engine runs in this app. 
 */
open: boolean, 
/**
 * Its folder is there. 
 */
there: boolean, };

export type PickedView = { path: string | null, };

export type SavedFileView = { path: string | null, };

export type FolderView = { path: string, 
/**
 * Why nothing can be set up there. 
 */
problem: string | null, 
/**
 * The project there or around it: it can be opened as it is. 
 */
project: string | null, git: boolean, branch: string | null, 
/**
 * Coding agents this machine has or could have. 
 */
agents: Array<FoundAgentView>, };

export type FoundAgentView = { cli: string, 
/**
 * None = not installed. 
 */
program: string | null, version: string | null, 
/**
 * How to install or mend it. 
 */
install: string, };

export type SetUpView = { path: string, created: Array<string>, kept: Array<string>, chain: string, notes: Array<string>, };

export type UpdatesView = { 
/**
 * This one. 
 */
version: string, 
/**
 * Whether it is looked for by itself. 
 */
tell: boolean, 
/**
 * Where it is looked; none = nobody has said. 
 */
url: string | null, 
/**
 * Whose signature a version must bear. 
 */
key: string | null, 
/**
 * Both were set when this app was built, and cannot be changed. 
 */
built_in: boolean, 
/**
 * Why the app cannot replace itself. 
 */
cannot: string | null, 
/**
 * When it was looked last. 
 */
looked: Millis | null, 
/**
 * A newer one. 
 */
offer: UpdateView | null, 
/**
 * What went wrong last. 
 */
problem: ErrorView | null, 
/**
 * It is being looked for or installed. 
 */
busy: boolean, };

export type UpdateView = { version: string, 
/**
 * Plain text. 
 */
notes: string, published: string | null, 
/**
 * The machine it comes from. 
 */
from: string, };

export type DesktopUpdatesSet = { tell?: boolean, url?: string, key?: string, };

export type DesktopUpdatesInstall = { version: string, };

export type DesktopSet = { at_login?: boolean, close_to_tray?: boolean, };

export type DesktopFolder = { path: string, };

export type DesktopSetUp = { path: string, base_branch?: string, };

export type DesktopOpen = { path: string, new_window: boolean, };

export type DesktopSave = { name: string, text: string, };

export type DesktopTell = { 
/**
 * Decisions that can still be undone or are being sent: a window is not closed before they are gone. 
 */
held: number, 
/**
 * The request that stands on the screen, open to be decided. 
 */
request: Big | null, 
/**
 * Whether the page is drawn dark: its window is filled so before the next page is. 
 */
dark: boolean | null, };

export type TranscriptItemView = { "type": "told", 
/**
 * Markdown. 
 */
text: string, } | { "type": "says", 
/**
 * Markdown. 
 */
text: string, } | { "type": "thinks", 
/**
 * Text. 
 */
text: string, } | { "type": "uses", 
/**
 * The call. 
 */
id: string, 
/**
 * The tool. 
 */
tool: string, 
/**
 * One line. 
 */
summary: string, 
/**
 * Input as JSON text. 
 */
input: string, } | { "type": "got", 
/**
 * The call. 
 */
id: string, 
/**
 * Failed or denied. 
 */
failed: boolean, 
/**
 * Text. 
 */
text: string, 
/**
 * Pictures that came with it. 
 */
images?: Array<ImageView>, } | { "type": "note", 
/**
 * Text. 
 */
text: string, };

export type DecisionInput = { "type": "approve", 
/**
 * Words for the record. 
 */
note: string | null, } | { "type": "changes", 
/**
 * What to change; may be empty when the rest says it. 
 */
note: string, 
/**
 * What is said about single lines. 
 */
comments?: Array<Comment>, 
/**
 * Parts that are accepted as they are, and parts to be done again. 
 */
hunks?: Array<HunkVerdict>, } | { "type": "allow" } | { "type": "allow-alike" } | { "type": "allow-always", 
/**
 * The rule, as the request named it. 
 */
rule: string, } | { "type": "deny", 
/**
 * What to tell the agent. 
 */
note: string | null, } | { "type": "answer", 
/**
 * The answer. 
 */
text: string, } | { "type": "retry", 
/**
 * Words for the next holder. 
 */
note: string | null, } | { "type": "give-up" } | { "type": "raise", 
/**
 * How much more. 
 */
by: Money, };

export type Nothing = Record<symbol, never>;

export type Create = { title: string, 
/**
 * P0, P1 (default) or P2. 
 */
priority: string | null, agent: string | null, goal: string | null, criteria: Array<string>, depends_on: Array<string>, files: Array<string>, 
/**
 * What whoever does it must have: `backend`, `tool: Bash(npm test)`. 
 */
needs?: Array<string>, 
/**
 * Its place among tasks of its priority; the lower goes first. 
 */
order?: number, notes: string | null, };

export type OnTask = { task: string, };

export type EndLeg = { task: string, note: string | null, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type Claim = { task: string, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type Move = { task: string, to: StatusWord, };

export type Next = { agent: string | null, 
/**
 * Claim it at once. 
 */
claim: boolean, };

export type Decide = { request: Big, decision: DecisionInput, commit: string | null, };

export type Comment = { 
/**
 * As the diff names it. 
 */
path: string, line: number, 
/**
 * The last line, when it is about several. 
 */
to: number | null, 
/**
 * The lines are those before the change. 
 */
before?: boolean, text: string, };

export type HunkVerdict = { path: string, line: number, 
/**
 * Accepted as it is; else to be done again. 
 */
keep: boolean, };

export type Reject = { task: string, note: string | null, commit: string | null, comments?: Array<Comment>, hunks?: Array<HunkVerdict>, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type Diff = { task: string, from?: string, to?: string, };

export type Seen = { task: string, commit: string, };

export type Open = { task: string, path: string | null, line: number | null, };

export type EditorSet = { command: Array<string>, };

export type OnReview = { task: string, note: string | null, commit: string | null, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, 
/**
 * Write a task from the note that comes after this one. 
 */
follow_up?: boolean, };

export type Verdict = { task: string, verdict: VerdictWord, note: string | null, 
/**
 * What was looked at. 
 */
commit: string | null, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type Edit = { task: string, section: string, text: string, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type ForHolder = { task: string, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type RunEdit = { section: string, text: string, };

export type RunSubmit = { note: string, };

export type RunVerdict = { verdict: VerdictWord, note: string, };

export type Transcript = { run: string, from: Big, limit: number | null, };

export type Events = { task: string | null, before: Big | null, limit: number | null, 
/**
 * Only what this one caused: `you`, `engine`, an agent's name. 
 */
by?: string, 
/**
 * Only these kinds of facts. 
 */
kinds?: Array<string>, };

export type Insights = { 
/**
 * How many days, today included; 14 when nobody says. 
 */
days?: number, 
/**
 * Minutes that the person's clock is ahead of UTC: where days begin. 
 */
zone?: number, };

export type SetPriority = { task: string, to: string, };

export type ConfigSet = { changes: Array<ConfigChange>, 
/**
 * `hash` of what was looked at; refused when the file has changed since. 
 */
hash: string | null, };

export type ConfigChange = { 
/**
 * `limits.parallel` 
 */
key: string, values: Array<string>, };

export type ConfigWrite = { text: string, 
/**
 * As with `config-set`. 
 */
hash: string | null, };

export type KeyTest = { account: string, };

export type List = { status: StatusWord | null, agent: string | null, };

export type Stop = { what: string, why: string | null, };

export type Pause = { why: string | null, task?: string, agent?: string, 
/**
 * What agents do there is interrupted, and goes on where it was with `resume`; none = of one task yes, else no. 
 */
now?: boolean, };

export type Resume = { task?: string, agent?: string, };

export type Conflicts = { all?: boolean, };

export type Resolve = { conflict: Big, how: ResolveWord, 
/**
 * Queue: which of the two waits; none = the later one. 
 */
task: string | null, note: string | null, };

export type Order = { task: string, 
/**
 * Before all that have an order. 
 */
first: boolean, before: string | null, after: string | null, 
/**
 * This very number. 
 */
at: number | null, 
/**
 * By its age again. 
 */
none: boolean, };

export type Reassign = { task: string, 
/**
 * None = back to whom the chain names. 
 */
agent: string | null, leg: LegWord | null, why: string | null, };

export type AgentKey = { key: string, values: Array<string>, };

export type AgentAdd = { name: string, 
/**
 * Keys with their values; several values make a list. 
 */
keys: Array<AgentKey>, };

export type AgentSet = { name: string, key: string, values: Array<string>, };

export type AgentRemove = { name: string, };

export type Undo = { event: Big, };

export type Trust = { commands: string, };

export type KeySet = { account: string, key: string, };

export type KeyDelete = { account: string, };

export type Words = { task: string, text: string, };

export type Clarify = { task: string, text: string, request?: Big, };

export type Attach = { task: string, only_show?: boolean, };

export type Notices = { memory?: NoticeMemory, 
/**
 * Also tell of each thing when it is told, and why not before. 
 */
explain?: boolean, };

export type Messages = { inbox: string | null, 
/**
 * `next` of the page before. 
 */
after: Big | null, limit: number | null, };

export type MessageSend = { 
/**
 * A holder's name, `prepare`, `implement`, `review`, `everyone` or `person`. 
 */
to: string, text: string, kind: string | null, task: string | null, payload: string | null, reply_to: Big | null, 
/**
 * With the same key it is sent once. 
 */
key: string | null, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type MessageAck = { message: Big, 
/**
 * In whose name; none = the person. 
 */
agent: string | null, };

export type ContextSave = { task: string, version: Big, context: WorkContextView, agent: string | null, };

export type Set = { name: string, value: string, };

export type WorkflowStart = { workflow: string, set?: Array<Set>, 
/**
 * The instance's name; asked again with the same one, the same instance is told and nothing is made. 
 */
key?: string, };

export type WorkflowStatus = { instance?: string, };

