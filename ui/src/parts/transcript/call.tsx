/** A tool call: folded to one line, opened to its input and what came back. */
import { ChevronRight, CircleX, LoaderCircle } from "lucide-react";
import { Button } from "react-aria-components";
import { visible } from "../../format/visible";
import type { ImageView } from "../../backend/wire";
import { text } from "../../text";
import { Code } from "../code";
import { DiffLines } from "../diff/lines";
import { editsOf, parseInput } from "./edits";
import type { Entry } from "./entries";

type Call = Extract<Entry, { type: "call" }>;

interface CallLineProps {
  call: Call;
  isOpen: boolean;
  isLive: boolean;
  onToggle: () => void;
}

export function CallLine({ call, isOpen, isLive, onToggle }: CallLineProps) {
  return (
    <div className="rounded-lg border border-line bg-surface">
      <Button aria-expanded={isOpen} onPress={onToggle} className="flex w-full min-w-0 items-center gap-2 rounded-lg px-2.5 py-1.5 text-left data-hovered:bg-raised">
        <ChevronRight aria-hidden size={13} className={`shrink-0 text-faint transition-transform duration-100 ${isOpen ? "rotate-90" : ""}`} />
        <span className="shrink-0 text-xs font-semibold">{call.tool || text.transcript.result}</span>{" "}
        <span className="min-w-0 flex-1 truncate font-mono text-xs text-muted">{visible(call.summary)}</span>
        <CallState call={call} isLive={isLive} />
      </Button>
      {isOpen ? <CallBody call={call} /> : null}
    </div>
  );
}

function CallState({ call, isLive }: { call: Call; isLive: boolean }) {
  if (call.result?.failed === true) {
    return (
      <span className="flex shrink-0 items-center gap-1 text-2xs text-bad">
        <CircleX aria-hidden size={12} />
        {text.transcript.failed}
      </span>
    );
  }
  if (call.result === null && isLive) return <LoaderCircle role="img" aria-label={text.transcript.running} size={12} className="shrink-0 animate-spin text-accent" />;
  return null;
}

function CallBody({ call }: { call: Call }) {
  const edits = editsOf(call.tool, call.input);
  return (
    <div className="flex flex-col gap-2 border-t border-line-soft p-2.5">
      {edits.map((edit, index) => (
        <div key={`${index} ${edit.path}`} className="overflow-hidden rounded-lg border border-line">
          <p className="truncate border-b border-line-soft px-2.5 py-1 font-mono text-xs text-muted">{visible(edit.path)}</p>
          <DiffLines path={edit.path} patch={edit.patch} inline />
        </div>
      ))}
      {edits.length > 0 || call.input === "" ? null : <CallInput input={call.input} />}
      {(call.result?.images ?? []).map((image, index) => (
        <Picture key={index} image={image} name={call.summary} />
      ))}
      {call.result === null || call.result.text === "" ? null : <Code label={text.transcript.result} value={call.result.text} />}
    </div>
  );
}

const DRAWN = /^image\/(?:png|jpeg|gif|webp)$/;

/** Only what draws and runs nothing. */
function Picture({ image, name }: { image: ImageView; name: string }) {
  if (!DRAWN.test(image.media)) return null;
  return <img src={`data:${image.media};base64,${image.data}`} alt={text.transcriptTools.image(visible(name))} className="max-h-96 max-w-full self-start rounded-lg border border-line bg-white object-contain" />;
}

export function CallInput({ input }: { input: string }) {
  const fields = parseInput(input);
  const command = fields?.["command"];
  if (typeof command === "string") return <Code label={text.transcript.command} value={command} prompt />;
  return <Code label={text.transcript.input} value={fields === null ? input : JSON.stringify(fields, null, 2)} />;
}
