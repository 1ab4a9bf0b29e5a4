/** An agent's badge. */
import { useMemo } from "react";
import { useProject } from "../backend/reads";
import type { AgentView, HolderView } from "../backend/wire";
import { assignFaces, type Face, faceOf } from "../format/faces";

const none: AgentView[] = [];

/** Faces of the project's agents. */
export function useFaces(): Map<string, Face> {
  const agents = useProject().data?.agents ?? none;
  const names = agents.map(({ name }) => name).join("\n");
  return useMemo(() => assignFaces(names === "" ? [] : names.split("\n").map((name) => ({ name }))), [names]);
}

const SIZES = { small: "size-4 rounded text-[0.5625rem]", normal: "size-5 rounded-[0.3125rem] text-[0.625rem]", large: "size-8 rounded-lg text-sm" };

interface BadgeProps {
  letter: string;
  colour: string;
  size?: keyof typeof SIZES;
}

export function Badge({ letter, colour, size = "small" }: BadgeProps) {
  return (
    <span aria-hidden className={`inline-flex shrink-0 items-center justify-center leading-none font-bold select-none ${SIZES[size]} ${colour} ${/^bg-face/.test(colour) ? "text-white" : ""}`}>
      {letter}
    </span>
  );
}

export function HolderBadge({ holder, size = "small" }: { holder: HolderView; size?: keyof typeof SIZES }) {
  const face = faceOf(holder, useFaces());
  return <Badge letter={face.letter} colour={holder.kind === "nobody" ? "bg-badge text-on-badge" : face.colour} size={size} />;
}
