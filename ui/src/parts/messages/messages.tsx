/** What holders and the person tell each other, newest first, with the way to answer: of one task, or all. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CornerDownLeft } from "lucide-react";
import { useState } from "react";
import { useProject, useRead } from "../../backend/reads";
import type { MessageView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { visible } from "../../format/visible";
import { faceByName, PERSON } from "../../format/faces";
import { text } from "../../text";
import { Button } from "../button";
import { Chip } from "../chips";
import { Code } from "../code";
import { Badge, useFaces } from "../face";
import { Field } from "../fields";
import { Markdown } from "../markdown";
import { Picker } from "../picker";
import { Moment } from "../since";
import { Empty, Failed, Loading } from "../states";

const PAGE = 200;
const ROLES = ["everyone", "prepare", "implement", "review"];

export function MessageBoard({ task = null }: { task?: string | null }) {
  const found = useRead("messages", { inbox: null, after: null, limit: PAGE });
  const [answered, setAnswered] = useState<MessageView | null>(null);
  if (found.data === undefined) {
    if (found.isError) return <Failed title={text.messages.failed} cause={found.error} onRetry={() => void found.refetch()} />;
    return <Loading what={text.messages.loading} />;
  }
  const shown = found.data.messages.filter((message) => task === null || message.task === task);
  return (
    <div className="flex h-full flex-col" data-testid="messages">
      <div className="min-h-0 flex-1 overflow-y-auto">
        {shown.length === 0 ? (
          <Empty title={text.messages.empty} words={task === null ? text.messages.emptyAll : text.messages.emptyWords} />
        ) : (
          <ul aria-label={text.messages.title} className="flex max-w-3xl flex-col gap-1 px-4 py-3">
            {shown.map((message) => (
              <Message key={message.id} message={message} showsTask={task === null} onAnswer={() => setAnswered(message)} />
            ))}
          </ul>
        )}
      </div>
      <Writing key={answered?.id ?? 0} task={task} answered={answered} onDone={() => setAnswered(null)} />
    </div>
  );
}

interface MessageProps {
  message: MessageView;
  showsTask: boolean;
  onAnswer: () => void;
}

function Message({ message, showsTask, onAnswer }: MessageProps) {
  const faces = useFaces();
  const isPerson = message.from === "person";
  const ack = useWrite("message-ack");
  const waitsForPerson = message.receipts.some(({ name, acked }) => name === "person" && acked === null);
  return (
    <li className="flex gap-3 rounded-lg px-2 py-2" data-testid={`message-${message.id}`}>
      <span aria-hidden className="pt-px">
        <Badge {...(isPerson ? PERSON : (faces.get(message.from) ?? faceByName(message.from)))} size="normal" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 text-xs text-muted">
          <span className="text-sm leading-5 font-semibold text-ink">{isPerson ? text.you : visible(message.from)}</span>
          <span>→ {message.receipts.map(({ name }) => (name === "person" ? text.you : visible(name))).join(", ")}</span>
          {message.kind === "coordination" ? null : <Chip tone={message.kind === "escalation" ? "bad" : "accent"}>{text.messages.kind[message.kind] ?? message.kind}</Chip>}
          {showsTask && message.task !== null ? (
            <Link to="/task/$task" params={{ task: message.task }} search={{ tab: "messages" }} className="font-mono underline-offset-2 hover:text-ink hover:underline">
              {message.task}
            </Link>
          ) : null}
          <Moment at={message.at} />
          {message.reply_to === null ? null : <span>· {text.messages.answer(message.reply_to)}</span>}
        </p>
        <Markdown source={message.text} className="mt-0.5 text-sm" />
        {message.payload === null ? null : (
          <div className="mt-1.5">
            <Code label={text.messages.payload} value={message.payload} />
          </div>
        )}
        <p className="mt-1 flex flex-wrap items-center gap-2 text-2xs text-faint">
          <span>{message.receipts.map(({ name, delivered, acked }) => `${name === "person" ? text.you : visible(name)}: ${acked !== null ? text.messages.read : delivered !== null ? text.messages.delivered : text.messages.waiting}`).join(" · ")}</span>
          {waitsForPerson ? (
            <Button size="small" onPress={() => ack.mutate({ message: message.id, agent: null })} isPending={ack.isPending} data-testid={`ack-${message.id}`}>
              {text.messages.ack}
            </Button>
          ) : null}
          {isPerson ? null : (
            <Button size="small" look="bare" onPress={onAnswer}>
              <CornerDownLeft aria-hidden size={11} />
              {text.messages.reply}
            </Button>
          )}
        </p>
      </div>
    </li>
  );
}

interface WritingProps {
  task: string | null;
  answered: MessageView | null;
  onDone: () => void;
}

function Writing({ task, answered, onDone }: WritingProps) {
  const client = useQueryClient();
  const agents = useProject().data?.agents ?? [];
  const [to, setTo] = useState(answered?.from ?? "everyone");
  const [words, setWords] = useState("");
  const send = useWrite("message-send", {
    onDone: () => {
      setWords("");
      onDone();
      void client.invalidateQueries({ queryKey: ["messages"] });
    },
  });
  const names = [...ROLES.slice(0, 1), ...agents.map(({ name }) => name), ...ROLES.slice(1)];
  const isEmpty = words.trim() === "";
  return (
    <form
      className="flex shrink-0 flex-col gap-2 border-t border-line bg-surface px-4 py-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty && !send.isPending) send.mutate({ to, text: words.trim(), kind: null, task: answered?.task ?? task, payload: null, reply_to: answered?.id ?? null, key: null, agent: null });
      }}
    >
      <Field label={answered === null ? text.messages.words : text.messages.answer(answered.id)} value={words} onChange={setWords} lines={2} placeholder={text.messages.placeholder} autoFocus={answered !== null} testId="message-words" />
      <div className="flex items-center justify-end gap-2">
        <span className="text-xs text-muted">{text.messages.to}</span>
        <Picker label={text.messages.to} choices={(names.includes(to) ? names : [to, ...names]).map((name) => ({ id: name, name: name === "everyone" ? text.messages.everyone : name }))} chosen={to} onChoose={setTo} testId="message-to" />
        <Button type="submit" look="solid" isDisabled={isEmpty} isPending={send.isPending} data-testid="message-send">
          {text.messages.send}
        </Button>
      </div>
    </form>
  );
}
