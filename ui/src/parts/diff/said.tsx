/** What was said about lines: by reviewers before, and by the person right now. */
import { CircleAlert, CircleCheck, MessageSquare } from "lucide-react";
import { useEffect, useRef } from "react";
import { Label, TextArea, TextField } from "react-aria-components";
import type { RemarkView } from "../../backend/wire";
import { faceByName, PERSON } from "../../format/faces";
import { visible } from "../../format/visible";
import { text } from "../../text";
import { Button } from "../button";
import { Badge, useFaces } from "../face";
import { INPUT } from "../fields";
import { Markdown } from "../markdown";
import type { Commenting } from "./commenting";
import type { DraftComment } from "./draft";

const CARD = "my-1.5 mr-3 ml-[14ch] max-w-3xl rounded-lg border border-line bg-surface px-3 py-2.5 font-sans shadow-card";
const PEOPLE: readonly string[] = ["", "you", "person"];

export function Remark({ remark }: { remark: RemarkView }) {
  const faces = useFaces();
  const isPerson = PEOPLE.includes(remark.by);
  const face = isPerson ? PERSON : (faces.get(remark.by) ?? faceByName(remark.by));
  return (
    <article className={CARD} data-testid={`remark-${remark.line}`}>
      <p className="flex items-center gap-2">
        <Badge {...face} size="small" />
        <span className="text-xs font-semibold text-ink">{isPerson ? text.you : visible(remark.by)}</span>
        <span className="text-2xs text-faint">
          {placeWords(remark)} · <State remark={remark} />
        </span>
      </p>
      {remark.text === "" ? null : <Markdown source={remark.text} className="mt-1 text-sm" />}
      {remark.kind === "keep" && remark.attempt !== null ? <p className="mt-1 text-sm text-warn">{text.remark.broken(remark.attempt)}</p> : null}
    </article>
  );
}

function placeWords(of: { line: number; to: number; before: boolean }): string {
  return `${text.comment.lines(of.line, of.to)}${of.before ? ` ${text.comment.ofOld}` : ""}`;
}

function State({ remark }: { remark: RemarkView }) {
  const { state, kind, attempt } = remark;
  if (kind === "keep") return <>{text.remark.kept}</>;
  const what = kind === "again" ? `${text.remark.again} · ` : "";
  if (state === "open" || attempt === null) return <>{what + text.remark.open}</>;
  const isDone = state === "changed";
  return (
    <span className={isDone ? "text-good" : "text-warn"}>
      {isDone ? <CircleCheck aria-hidden size={11} className="mr-1 inline align-[-0.125em]" /> : <CircleAlert aria-hidden size={11} className="mr-1 inline align-[-0.125em]" />}
      {what}
      {isDone ? text.remark.resolved(attempt) : text.remark.left(attempt)}
    </span>
  );
}

interface DraftCardProps {
  comment: DraftComment;
  isOpen: boolean;
  commenting: Commenting;
}

export function DraftCard({ comment, isOpen, commenting }: DraftCardProps) {
  if (isOpen) return <Editor comment={comment} commenting={commenting} />;
  return (
    <article className={`${CARD} border-accent-fill/50`} data-testid="draft">
      <p className="flex items-center gap-2">
        <Badge {...PERSON} size="small" />
        <span className="text-xs font-semibold text-ink">{text.you}</span>
        <span className="min-w-0 flex-1 truncate text-2xs text-faint">
          {placeWords(comment)} · {text.comment.draft}
        </span>
        <Button size="small" look="bare" onPress={() => commenting.edit(comment)}>
          {text.comment.edit}
        </Button>
        <Button size="small" look="bare" onPress={() => commenting.drop(comment.id)}>
          {text.comment.drop}
        </Button>
      </p>
      <Markdown source={comment.text} className="mt-1 text-sm" />
      {comment.commit !== null && commenting.tip !== null && comment.commit !== commenting.tip ? <p className="mt-1 text-2xs text-warn">{text.comment.moved(comment.commit.slice(0, 7))}</p> : null}
    </article>
  );
}

function Editor({ comment, commenting }: { comment: DraftComment; commenting: Commenting }) {
  const box = useRef<HTMLTextAreaElement>(null);
  // Who asked for it wants to write.
  useEffect(() => box.current?.focus({ preventScroll: false }), [comment.id]);
  const place = `${visible(comment.path)}, ${placeWords(comment)}`;
  return (
    <div className={`${CARD} border-accent-fill/60`}>
      <TextField value={comment.text} onChange={commenting.type} className="flex flex-col gap-2">
        <Label className="flex items-center gap-1.5 text-2xs text-muted">
          <MessageSquare aria-hidden size={11} />
          {text.comment.on(place)}
        </Label>
        <TextArea
          ref={box}
          rows={3}
          placeholder={text.comment.placeholder}
          className={`${INPUT} resize-y py-1.5 leading-5`}
          data-testid="comment-words"
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) commenting.save();
            else if (event.key === "Escape") commenting.cancel();
            else return;
            event.preventDefault();
          }}
        />
      </TextField>
      <div className="mt-2 flex justify-end gap-2">
        <Button size="small" onPress={commenting.cancel}>
          {text.cancel}
        </Button>
        <Button size="small" look="solid" isDisabled={comment.text.trim() === ""} onPress={commenting.save} data-testid="comment-keep">
          {text.comment.keep}
        </Button>
      </div>
    </div>
  );
}
