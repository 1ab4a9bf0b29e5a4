/** The chain: as a strip of badges on a card, and with its words on a page. */
import { Fragment } from "react";
import type { ChainStop } from "../backend/wire";
import { text } from "../text";
import { Badge, useFaces } from "./face";
import { chainInWords, lineColour, stopBadge, stopDetail, stopTitle } from "./stops";

export function ChainStrip({ chain }: { chain: ChainStop[] }) {
  const faces = useFaces();
  return (
    <div role="img" aria-label={chainInWords(chain)} className="mt-0.5 flex items-center">
      {chain.map((stop, index) => {
        const following = chain[index + 1];
        return (
          <Fragment key={stop.leg}>
            <span className={`inline-flex rounded ${stop.state === "failed" ? "ring-2 ring-bad-fill" : ""}`}>
              <Badge {...stopBadge(stop, faces)} />
            </span>
            {following === undefined ? null : <span className={`h-0.5 w-3 ${lineColour(stop, following)}`} />}
          </Fragment>
        );
      })}
    </div>
  );
}

interface ChainWordsProps {
  chain: ChainStop[];
  /** What a yes will do, below the person's own stop. */
  effect?: string | null;
}

export function ChainWords({ chain, effect }: ChainWordsProps) {
  const faces = useFaces();
  return (
    <ol aria-label={text.chain.label} className="flex min-w-0 items-start">
      {chain.map((stop, index) => {
        const following = chain[index + 1];
        const isYours = stop.leg === "approve" && (stop.state === "waiting" || stop.state === "current");
        const isOn = stop.state === "current" || stop.state === "waiting";
        return (
          <li key={stop.leg} className={`flex min-w-0 items-start ${following === undefined ? "" : "flex-auto"}`}>
            <span className={`inline-flex shrink-0 rounded-[0.3125rem] ${ring(stop)}`}>
              <Badge {...stopBadge(stop, faces)} size="normal" />
            </span>
            <span className="ml-2 flex min-w-0 flex-col">
              <span className={`truncate text-xs leading-5 font-semibold ${isYours ? "text-accent" : stop.state === "failed" ? "text-bad" : stop.state === "next" ? "text-muted" : "text-ink"}`}>
                {stopTitle(stop)}
                {isOn && !isYours ? <span aria-hidden className="ml-1.5 inline-block size-1.5 animate-breathe rounded-full bg-accent-fill align-middle" /> : null}
              </span>
              <span className="truncate text-2xs text-muted">{isYours && effect ? effect : stopDetail(stop)}</span>
            </span>
            {following === undefined ? null : <span aria-hidden className={`mx-2.5 mt-[0.5625rem] h-0.5 min-w-2 flex-1 ${lineColour(stop, following)}`} />}
          </li>
        );
      })}
    </ol>
  );
}

function ring(stop: ChainStop): string {
  if (stop.state === "failed") return "ring-2 ring-bad-fill";
  if (stop.state === "waiting") return "ring-3 ring-accent-fill/25";
  return "";
}
