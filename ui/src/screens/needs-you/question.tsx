/** An agent asks something only a person can know. */
import { useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useTask } from "../../backend/reads";
import type { RequestView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { Chip } from "../../parts/chips";
import { Kbd } from "../../parts/kbd";
import { Fact } from "../../parts/fact";
import { Markdown } from "../../parts/markdown";
import { useShortcut } from "../../parts/shortcuts";
import { sentence } from "../../parts/ticked";
import { text } from "../../text";
import { AboutTask } from "./about";
import { JustBefore } from "./before";
import { type Deciding, type DetailProps, useDeciding } from "./decide";
import { DecisionBar } from "./decision-bar";
import { DetailHead } from "./head";
import { BESIDE, EVIDENCE } from "./layout";

export function QuestionDetail({ request, onDecided }: DetailProps) {
  const deciding = useDeciding(request, onDecided);
  const [answer, setAnswer] = useState("");
  const [isMissing, setMissing] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const words = answer.trim();
  const send = () => {
    if (words !== "") deciding.decide({ type: "answer", text: words });
    else {
      setMissing(true);
      box.current?.focus();
    }
  };
  useShortcut("r", text.kind.question, text.question.write, () => box.current?.focus());
  return (
    <div className="flex h-full flex-col">
      <DetailHead request={request} facts={request.from === null ? null : <Fact>{request.from}</Fact>} title={visible(request.title)} />
      <div className="@container min-h-0 flex-1 overflow-y-auto px-5.5 py-4">
        <div className={BESIDE}>
          <div className="flex max-w-2xl flex-col gap-4 @min-[64rem]:flex-1">
            {request.detail === "" ? null : <Markdown source={request.detail} className="text-sm text-muted" />}
            <Options request={request} deciding={deciding} />
            {request.effect === null ? null : <p className="text-xs text-muted">{visible(sentence(request.effect))}.</p>}
          </div>
          <div className={EVIDENCE}>
            <JustBefore request={request} />
            {request.task === null ? null : <Task id={request.task} />}
          </div>
        </div>
      </div>
      <DecisionBar
        note={answer}
        onNote={(next) => {
          setAnswer(next);
          setMissing(false);
          deciding.clearError();
        }}
        noteRef={box}
        label={text.question.answer}
        placeholder={request.options.length > 0 ? text.question.placeholderOther : text.question.placeholder}
        testId="answer-note"
        missing={isMissing ? text.question.missing : null}
        error={deciding.error}
      >
        <Button look="solid" {...(words === "" ? { hotkey: "r" } : {})} onPress={send} data-testid="answer">
          {text.question.send}
        </Button>
      </DecisionBar>
    </div>
  );
}

function Task({ id }: { id: string }) {
  const task = useTask(id).data;
  return task === undefined ? null : <AboutTask task={task} />;
}

function Options({ request, deciding }: { request: RequestView; deciding: Deciding }) {
  if (request.options.length === 0) return null;
  return (
    <ul aria-label={text.question.options} className="flex flex-col gap-2">
      {request.options.map((option, index) => (
        <Option key={option} option={option} number={index + 1} isRecommended={index === 0 && request.options.length > 1} deciding={deciding} />
      ))}
    </ul>
  );
}

const MOST_KEYS = 9;

function Option({ option, number, isRecommended, deciding }: { option: string; number: number; isRecommended: boolean; deciding: Deciding }) {
  const choose = () => deciding.decide({ type: "answer", text: option });
  useShortcut(String(number), text.kind.question, text.question.choose(number), choose, number <= MOST_KEYS);
  return (
    <li>
      <AriaButton
        onPress={choose}
        data-testid={`option-${number}`}
        className="flex w-full items-center gap-3 rounded-lg border border-line bg-surface px-3.5 py-2.5 text-left text-sm font-medium transition-colors duration-100 data-disabled:opacity-50 data-hovered:border-accent-fill data-hovered:bg-accent-tint"
      >
        <span className="min-w-0 flex-1 wrap-anywhere">{visible(option)}</span>
        {isRecommended ? <Chip tone="good">{text.question.recommended}</Chip> : null}
        {number <= MOST_KEYS ? <Kbd>{String(number)}</Kbd> : null}
      </AriaButton>
    </li>
  );
}
