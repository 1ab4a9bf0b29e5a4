/** What an agent was told, says and does: live, only what is in sight drawn, and at the end as long as one is there. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import type { TranscriptView } from "../../backend/wire";
import { text } from "../../text";
import { Button } from "../button";
import { HolderBadge } from "../face";
import { Markdown } from "../markdown";
import { Empty } from "../states";
import { CallLine } from "./call";
import { entriesOf, type Entry } from "./entries";
import { placesOf, type Shown, shownOf } from "./filter";
import { TranscriptTools } from "./tools";

const NEAR_END_PX = 48;

export function Transcript({ transcript }: { transcript: TranscriptView }) {
  const all = useMemo(() => entriesOf(transcript.items), [transcript.items]);
  const [shown, setShown] = useState<Shown>("all");
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const entries = useMemo(() => shownOf(all, shown), [all, shown]);
  const places = useMemo(() => placesOf(entries, words), [entries, words]);
  const place = places[Math.min(at, places.length - 1)];
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (entries[index]?.type === "call" ? 38 : 72),
    getItemKey: (index) => entries[index]?.key ?? index,
    overscan: 8,
    paddingStart: 16,
    paddingEnd: 16,
    gap: 8,
  });
  const height = virtual.getTotalSize();
  useLayoutEffect(() => {
    if (follows) scroller.current?.scrollTo({ top: height });
  }, [follows, height]);
  const goTo = (index: number) => {
    const target = places[index];
    setAt(index);
    if (target === undefined) return;
    setFollows(false);
    const key = entries[target]?.key;
    if (key !== undefined && entries[target]?.type !== "says") setOpen((before) => new Set(before).add(key));
    virtual.scrollToIndex(target, { align: "center" });
  };
  const search = (next: string) => {
    setWords(next);
    const found = placesOf(entries, next)[0];
    setAt(0);
    if (found === undefined) return;
    setFollows(false);
    virtual.scrollToIndex(found, { align: "center" });
  };
  const onScroll = () => {
    const element = scroller.current;
    if (element !== null) setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX);
  };
  const toggle = (key: string) => {
    setFollows(false);
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  };
  return (
    <div className="relative flex h-full min-h-0 flex-col">
      <TranscriptTools shown={shown} onShown={setShown} words={words} onWords={search} at={at} count={places.length} onGo={goTo} />
      {entries.length === 0 ? <Empty title={text.transcriptTools.none} words={text.transcriptTools.noneWords} /> : null}
      <div ref={scroller} onScroll={onScroll} role="log" aria-label={text.transcript.label} tabIndex={0} className={`min-h-0 flex-1 overflow-auto px-4 -outline-offset-2 ${entries.length === 0 ? "hidden" : ""}`}>
        <div className="relative w-full" style={{ height }}>
          {virtual.getVirtualItems().map((item) => {
            const entry = entries[item.index];
            if (entry === undefined) return null;
            return (
              <div key={item.key} data-index={item.index} ref={virtual.measureElement} className={`absolute top-0 left-0 w-full rounded-lg ${place === item.index ? "ring-2 ring-accent-fill/60" : ""}`} style={{ transform: `translateY(${item.start}px)` }}>
                <Line entry={entry} agent={transcript.run.agent} isOpen={open.has(entry.key)} isLive={transcript.live} onToggle={() => toggle(entry.key)} />
              </div>
            );
          })}
        </div>
      </div>
      {follows ? null : (
        <Button size="small" className="absolute right-5 bottom-4 rounded-full shadow-card" onPress={() => setFollows(true)}>
          <ArrowDown aria-hidden size={12} />
          {text.transcript.toEnd}
        </Button>
      )}
    </div>
  );
}

interface LineProps {
  entry: Entry;
  agent: string | null;
  isOpen: boolean;
  isLive: boolean;
  onToggle: () => void;
}

function Line({ entry, agent, isOpen, isLive, onToggle }: LineProps) {
  switch (entry.type) {
    case "call":
      return <CallLine call={entry} isOpen={isOpen} isLive={isLive} onToggle={onToggle} />;
    case "says":
      return (
        <div className="flex gap-2.5 py-1">
          {agent === null ? null : <HolderBadge holder={{ kind: "agent", name: agent }} size="normal" />}
          <Markdown source={entry.text} className="min-w-0 flex-1 pt-px" />
        </div>
      );
    case "told":
      return <Folded label={text.transcript.told} source={entry.text} isOpen={isOpen} onToggle={onToggle} />;
    case "thinks":
      return <p className="border-l-2 border-line py-0.5 pl-3 text-muted italic whitespace-pre-wrap wrap-anywhere">{entry.text}</p>;
    case "note":
      return <p className="text-center text-xs text-faint">{entry.text}</p>;
  }
}

const SHORT = 280;

/** The context handed over is long; its beginning is enough until somebody wants it. */
function Folded({ label, source, isOpen, onToggle }: { label: string; source: string; isOpen: boolean; onToggle: () => void }) {
  const isLong = source.length > SHORT;
  return (
    <div className="rounded-lg bg-raised px-3 py-2.5">
      <p className="mb-1 text-xs font-semibold text-muted">{label}</p>
      <Markdown source={isLong && !isOpen ? `${source.slice(0, SHORT).trimEnd()}…` : source} />
      {isLong ? (
        <Button look="bare" size="small" className="mt-1 -ml-2" aria-expanded={isOpen} onPress={onToggle}>
          {isOpen ? text.less : text.more}
        </Button>
      ) : null}
    </div>
  );
}
