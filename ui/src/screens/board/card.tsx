/** A task on the board. */
import { Link } from "@tanstack/react-router";
import { Check, GripVertical, Link2 } from "lucide-react";
import { memo, useState } from "react";
import { useDrag } from "react-aria";
import { Button, Checkbox } from "react-aria-components";
import type { CardView } from "../../backend/wire";
import { dollars } from "../../format/money";
import { span } from "../../format/time";
import { visible } from "../../format/visible";
import { ChainStrip } from "../../parts/chain-strip";
import { PriorityChip } from "../../parts/chips";
import { HolderBadge } from "../../parts/face";
import { Age, Moment } from "../../parts/since";
import { text } from "../../text";
import { CardDecision } from "./card-decision";
import { DRAGGED_TYPE, setDragged } from "./dragging";
import { toggle, useIsSelected, useIsSelecting } from "./selection";

interface CardProps {
  card: CardView;
  /** The one card that Tab stops at. */
  isCurrent: boolean;
}

export const Card = memo(function Card({ card, isCurrent }: CardProps) {
  const isBlocked = card.blocked_by.length > 0 && card.status !== "done" && card.status !== "failed";
  const border = card.status === "failed" ? "border-bad-fill" : card.request !== null ? "border-accent-fill ring-2 ring-accent-fill/10" : "border-transparent outline-1 outline-line -outline-offset-1";
  const isSelected = useIsSelected(card.id);
  const isSelecting = useIsSelecting();
  // Two controls on each of a hundred cards would be half of the page: they come when somebody is near.
  const [isNear, setIsNear] = useState(false);
  const near = () => setIsNear(true);
  const { dragProps, dragButtonProps, isDragging } = useDrag({
    hasDragButton: true,
    getItems: () => [{ "text/plain": card.id, [DRAGGED_TYPE]: card.id }],
    getAllowedDropOperations: () => ["move"],
    onDragStart: () => setDragged(card),
    onDragEnd: () => setDragged(null),
  });
  return (
    <article
      {...dragProps}
      onPointerEnter={near}
      onFocus={near}
      data-testid={`card-${card.id}`}
      data-status={card.status}
      aria-label={`${card.id} ${card.title}`}
      className={`group relative flex flex-col gap-1.5 rounded-card border px-2.5 pt-2 pb-2.5 shadow-card has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-offset-1 has-[a:focus-visible]:outline-accent-fill ${isSelected ? "border-accent-fill ring-2 ring-accent-fill/30" : border} ${isBlocked ? "bg-surface/70" : "bg-surface"} ${isDragging ? "border-dashed shadow-none" : ""}`}
    >
      <header className="flex h-4.5 items-center gap-2">
        {card.status === "done" || card.status === "failed" ? null : <PriorityChip priority={card.priority} />}
        <span className="shrink-0 font-mono text-xs whitespace-nowrap text-muted">{card.id}</span>
        {isNear || isSelecting ? <Tools card={card} isSelected={isSelected} isSelecting={isSelecting} dragButton={dragButtonProps} /> : null}
        <span className={`ml-auto flex min-w-0 items-center gap-1 text-2xs whitespace-nowrap group-focus-within:invisible group-hover:invisible ${isSelected || isSelecting ? "invisible" : ""} ${card.status === "failed" ? "text-bad" : "text-muted"}`}>
          <Aside card={card} isBlocked={isBlocked} />
        </span>
      </header>
      <h3 className={`text-sm leading-4.5 font-medium wrap-anywhere ${isBlocked ? "text-muted" : "text-ink"}`}>
        {/* The whole card is the link. */}
        <Link to="/task/$task" params={{ task: card.id }} tabIndex={isCurrent ? 0 : -1} data-card={card.id} draggable={false} className="outline-none after:absolute after:inset-0 after:rounded-card">
          {visible(card.title)}
        </Link>
      </h3>
      <Body card={card} />
    </article>
  );
});

/** To select it and to move it by keyboard: seen when somebody points at the card or has selected one. */
function Tools({ card, isSelected, isSelecting, dragButton }: { card: CardView; isSelected: boolean; isSelecting: boolean; dragButton: ReturnType<typeof useDrag>["dragButtonProps"] }) {
  const seen = isSelected || isSelecting ? "" : "opacity-0 group-focus-within:opacity-100 group-hover:opacity-100";
  return (
    // Above the link that covers the card, in the place of the corner's words.
    <span className={`absolute top-1.5 right-1.5 z-10 flex items-center gap-0.5 rounded-md bg-surface pl-1 transition-opacity duration-75 ${seen}`}>
      <Checkbox aria-label={text.select.one(card.id)} isSelected={isSelected} onChange={() => toggle(card.id)} data-testid={`select-${card.id}`} excludeFromTabOrder className="group/box flex size-5 items-center justify-center">
        <span className="flex size-3.5 items-center justify-center rounded-[0.25rem] border border-ghost bg-surface text-on-accent group-data-selected/box:border-accent-fill group-data-selected/box:bg-accent-fill group-data-focus-visible/box:outline-2">
          {isSelected ? <Check aria-hidden size={11} strokeWidth={3.5} /> : null}
        </span>
      </Checkbox>
      <Button {...dragButton} aria-label={text.drag.handle(card.id)} excludeFromTabOrder data-drag={card.id} data-testid={`drag-${card.id}`} className="flex h-5 w-3.5 cursor-grab items-center justify-center rounded text-faint data-hovered:text-ink">
        <GripVertical aria-hidden size={12} />
      </Button>
    </span>
  );
}

/** The top right corner. */
function Aside({ card, isBlocked }: { card: CardView; isBlocked: boolean }) {
  if (isBlocked) {
    return (
      <>
        <Link2 aria-hidden size={11} className="shrink-0" />
        <span className="truncate" title={text.card.first(card.blocked_by)}>
          {text.card.first(card.blocked_by)}
        </span>
      </>
    );
  }
  switch (card.status) {
    case "pending":
    case "ready":
      return null;
    case "in-progress":
    case "review":
      return (
        <>
          {card.since === null || card.status === "review" ? null : <Age since={card.since} />}
          {card.since === null || card.status === "review" || card.cost === 0 ? null : <span aria-hidden>·</span>}
          {card.cost === 0 ? null : <span>{dollars(card.cost)}</span>}
        </>
      );
    case "done":
      return card.moved === null ? null : (
        <span>
          {text.card.merged} <Moment at={card.moved} />
        </span>
      );
    case "failed":
      return text.card.failed(card.attempts);
  }
}

function Body({ card }: { card: CardView }) {
  switch (card.status) {
    case "pending":
      return card.line === null ? <ReadyBoxes card={card} /> : <ActionLine card={card} />;
    case "ready":
      // A blocked card says in its corner what it waits for.
      return card.blocked_by.length > 0 ? null : card.line === null ? <Turn card={card} /> : <ActionLine card={card} />;
    case "in-progress":
      return (
        <>
          <ChainStrip chain={card.chain} />
          <ActionLine card={card} />
          <Progress card={card} />
        </>
      );
    case "review":
      return (
        <>
          <ChainStrip chain={card.chain} />
          {card.request?.kind === "review" ? <CardDecision card={card} request={card.request.id} /> : <ActionLine card={card} />}
        </>
      );
    case "done":
      return <Facts card={card} />;
    case "failed":
      return <p className="text-2xs text-muted wrap-anywhere">{card.request !== null && card.moved !== null ? <>{text.card.escalated} <Age since={card.moved} /> {text.ago}</> : card.why}</p>;
  }
}

/** What happens now: in the colour of who has to do something. */
function ActionLine({ card }: { card: CardView }) {
  if (card.line === null) return null;
  const colour = card.request?.kind === "question" ? "text-ask" : card.request !== null ? "text-warn" : card.run !== null ? "text-accent" : "text-muted";
  const isLive = card.run !== null || card.request !== null;
  return (
    <p title={visible(card.line)} className={`truncate ${isLive ? "font-mono text-[0.71875rem] leading-4" : "text-2xs"} ${colour}`}>
      {visible(card.line)}
    </p>
  );
}

function ReadyBoxes({ card }: { card: CardView }) {
  const { done, all } = card.ready_boxes;
  return all === 0 ? null : <p className="text-2xs text-muted">{text.card.readyBoxes(done, all)}</p>;
}

function Turn({ card }: { card: CardView }) {
  return (
    <p className="flex items-center gap-2 text-2xs text-muted">
      <HolderBadge holder={card.turn} />
      <span className="truncate">{card.turn.kind === "person" ? text.you : card.turn.kind === "nobody" ? text.nobody : card.turn.name}</span>
    </p>
  );
}

function Progress({ card }: { card: CardView }) {
  const { done, all } = card.criteria;
  if (all === 0) return null;
  return (
    <div role="progressbar" aria-label={text.criteria.progress} aria-valuenow={done} aria-valuemin={0} aria-valuemax={all} aria-valuetext={text.criteria.title(done, all)} className="mt-0.5 h-0.75 overflow-hidden rounded-full bg-line">
      <div className="h-full rounded-full bg-accent-fill transition-[width] duration-300" style={{ width: `${(done / all) * 100}%` }} />
    </div>
  );
}

function Facts({ card }: { card: CardView }) {
  const took = card.chain.reduce((sum, stop) => sum + (stop.took ?? 0), 0);
  const parts = [
    card.handoffs > 0 ? text.card.handoffs(card.handoffs) : null,
    card.attempts > 1 ? text.card.tries(card.attempts) : null,
    took > 0 ? span(took) : null,
    card.cost > 0 ? dollars(card.cost) : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : <p className="text-2xs text-muted">{parts.join(" · ")}</p>;
}
