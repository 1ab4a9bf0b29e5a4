/** A budget is used up: grant more, or leave it. */
import { useRef, useState } from "react";
import { visible } from "../../format/visible";
import { Button } from "../../parts/button";
import { useShortcut } from "../../parts/shortcuts";
import { text } from "../../text";
import { type DetailProps, useDeciding } from "./decide";
import { DecisionBar } from "./decision-bar";
import { DetailHead } from "./head";
import { NextSteps } from "./next-steps";
import { SpentOn, SpentToday } from "./spent";

const MICRO = 1_000_000;
/** What is at hand, in dollars; anything else can be typed. */
const AMOUNTS = [5, 10, 20, 50];

export function BudgetDetail({ request, onDecided }: DetailProps) {
  const { decide, error, clearError } = useDeciding(request, onDecided);
  const [amount, setAmount] = useState("");
  const [isMissing, setMissing] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const dollars = Number(amount.trim().replace(/^\$/, ""));
  const raise = () => {
    if (Number.isFinite(dollars) && dollars > 0) decide({ type: "raise", by: Math.round(dollars * MICRO) });
    else {
      setMissing(true);
      box.current?.focus();
    }
  };
  const type = (next: string) => {
    setAmount(next);
    setMissing(false);
    clearError();
  };
  const leave = () => decide({ type: "give-up" });
  useShortcut("r", text.kind.budget, text.budget.raise, raise);
  useShortcut("g", text.kind.budget, text.budget.leave, leave);
  return (
    <div className="flex h-full flex-col">
      <DetailHead request={request} title={visible(request.title)} />
      <div className="min-h-0 flex-1 overflow-y-auto px-5.5 py-4">
        <div className="flex max-w-3xl flex-col gap-3">
          <p className="text-sm wrap-anywhere">{visible(request.detail)}</p>
          <p className="text-sm text-muted">{text.budget.words}</p>
          <div role="group" aria-label={text.budget.amounts} className="mt-1 flex flex-wrap gap-2">
            {AMOUNTS.map((one) => (
              <Button key={one} aria-pressed={dollars === one} className={dollars === one ? "border-accent-fill! bg-accent-tint! text-accent!" : ""} onPress={() => type(String(one))} data-testid={`budget-${one}`}>
                {text.budget.more(one)}
              </Button>
            ))}
          </div>
          <div className="mt-3 flex flex-col gap-5">
            <NextSteps
              steps={[
                { hotkey: "r", name: text.budget.raise, then: text.budget.raiseThen },
                { hotkey: "g", name: text.budget.leave, then: request.task === null ? text.budget.leaveThen : text.budget.leaveTask(request.task) },
              ]}
            />
            {request.task === null ? <SpentToday /> : <SpentOn task={request.task} />}
          </div>
        </div>
      </div>
      <DecisionBar
        note={amount}
        onNote={type}
        noteRef={box}
        label={text.budget.amount}
        placeholder={text.budget.amountPlaceholder}
        testId="budget-amount"
        missing={isMissing ? text.budget.missing : null}
        error={error}
      >
        <Button hotkey="g" onPress={leave} data-testid="leave-budget">
          {text.budget.leave}
        </Button>
        <Button look="solid" hotkey="r" onPress={raise} data-testid="raise">
          {text.budget.raise}
        </Button>
      </DecisionBar>
    </div>
  );
}
