/** Every operation by name, with what it takes and what it gives; the types are generated from Rust (wire.ts). */
import type * as wire from "./wire";

export interface Operations {
  project: { input: wire.Nothing; output: wire.ProjectView };
  board: { input: wire.Nothing; output: wire.BoardView };
  list: { input: wire.List; output: wire.CardView[] };
  task: { input: wire.OnTask; output: wire.TaskView };
  why: { input: wire.OnTask; output: wire.WhyView };
  conflicts: { input: wire.Conflicts; output: wire.ConflictsView };
  resolve: { input: wire.Resolve; output: wire.Done };
  impact: { input: wire.OnTask; output: wire.ImpactView };
  registry: { input: wire.Nothing; output: wire.RegisteredView[] };
  messages: { input: wire.Messages; output: wire.MessagesView };
  diff: { input: wire.Diff; output: wire.DiffView };
  review: { input: wire.OnTask; output: wire.ReviewView };
  editor: { input: wire.Nothing; output: wire.EditorView };
  transcript: { input: wire.Transcript; output: wire.TranscriptView };
  requests: { input: wire.Nothing; output: wire.RequestView[] };
  events: { input: wire.Events; output: wire.EventsView };
  next: { input: wire.Next; output: wire.NextView };
  doctor: { input: wire.Nothing; output: wire.DoctorView };
  insights: { input: wire.Insights; output: wire.InsightsView };
  config: { input: wire.Nothing; output: wire.ConfigView };
  "key-test": { input: wire.KeyTest; output: wire.KeyTestView };
  workflows: { input: wire.Nothing; output: wire.WorkflowsView };
  "workflow-start": { input: wire.WorkflowStart; output: wire.WorkflowStartView };
  hooks: { input: wire.Nothing; output: wire.HooksView };
  "hooks-install": { input: wire.Nothing; output: wire.Done };
  "hooks-uninstall": { input: wire.Nothing; output: wire.Done };
  keys: { input: wire.Nothing; output: wire.KeysView };
  decide: { input: wire.Decide; output: wire.Done };
  seen: { input: wire.Seen; output: wire.Done };
  open: { input: wire.Open; output: wire.Done };
  stop: { input: wire.Stop; output: wire.Done };
  attach: { input: wire.Attach; output: wire.AttachView };
  create: { input: wire.Create; output: wire.Done };
  prepare: { input: wire.EndLeg; output: wire.Done };
  submit: { input: wire.EndLeg; output: wire.Done };
  complete: { input: wire.EndLeg; output: wire.Done };
  fail: { input: wire.EndLeg; output: wire.Done };
  retry: { input: wire.EndLeg; output: wire.Done };
  claim: { input: wire.Claim; output: wire.Done };
  move: { input: wire.Move; output: wire.Done };
  pause: { input: wire.Pause; output: wire.Done };
  resume: { input: wire.Resume; output: wire.Done };
  "message-send": { input: wire.MessageSend; output: wire.Done };
  "message-ack": { input: wire.MessageAck; output: wire.Done };
  priority: { input: wire.SetPriority; output: wire.Done };
  reassign: { input: wire.Reassign; output: wire.Done };
  "config-set": { input: wire.ConfigSet; output: wire.Done };
  "config-write": { input: wire.ConfigWrite; output: wire.Done };
  "agent-add": { input: wire.AgentAdd; output: wire.Done };
  "agent-set": { input: wire.AgentSet; output: wire.Done };
  "agent-remove": { input: wire.AgentRemove; output: wire.Done };
  words: { input: wire.Words; output: wire.Done };
  intervene: { input: wire.Words; output: wire.Done };
  commands: { input: wire.Nothing; output: wire.CommandsView };
  trust: { input: wire.Trust; output: wire.Done };
  "key-set": { input: wire.KeySet; output: wire.Done };
  "key-delete": { input: wire.KeyDelete; output: wire.Done };
  // Answered by the desktop app alone; over HTTP there is none of them.
  desktop: { input: wire.Nothing; output: wire.DesktopView };
  "desktop-set": { input: wire.DesktopSet; output: wire.DesktopView };
  "desktop-pick": { input: wire.Nothing; output: wire.PickedView };
  "desktop-look": { input: wire.DesktopFolder; output: wire.FolderView };
  "desktop-set-up": { input: wire.DesktopSetUp; output: wire.SetUpView };
  "desktop-open": { input: wire.DesktopOpen; output: wire.Done };
  "desktop-demo": { input: wire.Nothing; output: wire.Done };
  "desktop-save": { input: wire.DesktopSave; output: wire.SavedFileView };
  "desktop-tell": { input: wire.DesktopTell; output: wire.Done };
  "desktop-updates": { input: wire.Nothing; output: wire.UpdatesView };
  "desktop-updates-set": { input: wire.DesktopUpdatesSet; output: wire.UpdatesView };
  "desktop-updates-check": { input: wire.Nothing; output: wire.UpdatesView };
  "desktop-updates-install": { input: wire.DesktopUpdatesInstall; output: wire.Done };
  "desktop-forget": { input: wire.DesktopFolder; output: wire.Done };
}

export type OperationName = keyof Operations;
export type Input<N extends OperationName> = Operations[N]["input"];
export type Output<N extends OperationName> = Operations[N]["output"];

/** Operations that change something; all of them answer with what they did. */
export type WriteName = { [N in OperationName]: Output<N> extends wire.Done ? N : never }[OperationName];
export type ReadName = Exclude<OperationName, WriteName>;
