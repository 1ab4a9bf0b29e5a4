/** Search and filter above a transcript. */
import { ChevronDown, ChevronUp, Search } from "lucide-react";
import { Input, Label, TextField } from "react-aria-components";
import { text } from "../../text";
import { IconButton } from "../button";
import { Picker } from "../picker";
import { SHOWN, type Shown } from "./filter";

interface ToolsProps {
  shown: Shown;
  onShown: (shown: Shown) => void;
  words: string;
  onWords: (words: string) => void;
  /** Which of the places is chosen, and how many there are. */
  at: number;
  count: number;
  onGo: (index: number) => void;
}

export function TranscriptTools({ shown, onShown, words, onWords, at, count, onGo }: ToolsProps) {
  const step = (by: number) => count > 0 && onGo((at + by + count) % count);
  return (
    <div className="flex h-9.5 shrink-0 items-center gap-2 border-b border-line-soft px-4">
      <Picker label={text.transcriptTools.show} choices={SHOWN.map((id) => ({ id, name: text.transcriptTools[id] }))} chosen={shown} onChoose={(id) => onShown(SHOWN.find((one) => one === id) ?? "all")} testId="transcript-shown" />
      <TextField value={words} onChange={onWords} className="relative flex min-w-0 flex-1 items-center">
        <Label className="sr-only">{text.transcriptTools.search}</Label>
        <Search aria-hidden size={12} className="absolute left-2.5 text-faint" />
        <Input
          placeholder={text.transcriptTools.placeholder}
          data-testid="transcript-search"
          className="h-6.5 w-full max-w-64 rounded-full border border-line bg-code pr-3 pl-7 text-xs text-ink data-focused:border-accent-fill data-focused:outline-none"
          onKeyDown={(event) => {
            if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
            else if (event.key === "Escape") onWords("");
          }}
        />
      </TextField>
      {words.trim() === "" ? null : (
        <>
          <span role="status" className="shrink-0 text-xs text-muted tabular-nums">
            {count === 0 ? text.transcriptTools.found(0) : text.diff.count(Math.min(at, count - 1) + 1, count)}
          </span>
          <IconButton label={text.transcriptTools.previous} onPress={() => step(-1)} isDisabled={count === 0}>
            <ChevronUp aria-hidden size={14} />
          </IconButton>
          <IconButton label={text.transcriptTools.next} onPress={() => step(1)} isDisabled={count === 0}>
            <ChevronDown aria-hidden size={14} />
          </IconButton>
        </>
      )}
    </div>
  );
}
