/** The letter and colour by which an agent is known everywhere. */
import type { AgentView, HolderView } from "../backend/wire";

export interface Face {
  letter: string;
  /** Tailwind class of the background. */
  colour: string;
}

interface Family {
  words: readonly string[];
  /** Instead of the name's own first letter. */
  letter?: string;
  colour: string;
}

const FAMILIES: readonly Family[] = [
  { words: ["claude"], colour: "bg-face-claude" },
  { words: ["codex"], letter: "X", colour: "bg-face-codex" },
  { words: ["gemini"], colour: "bg-face-green" },
  { words: ["cursor"], colour: "bg-face-blue" },
  { words: ["gpt"], colour: "bg-face-plum" },
  { words: ["architect", "planner"], colour: "bg-face-indigo" },
];
const COLOURS = ["bg-face-indigo", "bg-face-rose", "bg-face-blue", "bg-face-green", "bg-face-plum", "bg-face-brown"];
const SPARE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

export const PERSON: Face = { letter: "Y", colour: "bg-face-brown" };
export const NOBODY: Face = { letter: "–", colour: "bg-badge" };

/** Faces of all agents of a project, each with a letter (or two) and a colour of its own as long as there are enough. */
export function assignFaces(agents: readonly Pick<AgentView, "name">[]): Map<string, Face> {
  const faces = new Map<string, Face>();
  const letters = new Set<string>();
  const colours = new Set<string>();
  for (const { name } of agents) {
    const wanted = faceByName(name);
    // `claude-review` beside `claude-impl` is R: what tells two names apart stands after the first word. `cursor` beside them is Cu.
    const [first = "", ...others] = name.split(/[^A-Za-z0-9]+/);
    const pairs = [...first.slice(1).toLowerCase()].map((second) => `${first.charAt(0).toUpperCase()}${second}`);
    const own = [wanted.letter, ...others.map((word) => word.charAt(0).toUpperCase()), ...pairs, ...SPARE_LETTERS];
    const letter = own.find((candidate) => candidate !== "" && !letters.has(candidate)) ?? wanted.letter;
    const colour = [wanted.colour, ...COLOURS].find((candidate) => !colours.has(candidate)) ?? wanted.colour;
    letters.add(letter);
    colours.add(colour);
    faces.set(name, { letter, colour });
  }
  return faces;
}

/** The face of a name nobody assigned one to. */
export function faceByName(name: string): Face {
  const lower = name.toLowerCase();
  const family = FAMILIES.find(({ words }) => words.some((word) => lower.includes(word)));
  const letter = family?.letter ?? (lower.charAt(0).toUpperCase() || "?");
  if (family !== undefined) return { letter, colour: family.colour };
  let sum = 0;
  for (const char of lower) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return { letter, colour: COLOURS[sum % COLOURS.length] ?? "bg-face-brown" };
}

export function faceOf(holder: HolderView, faces: Map<string, Face>): Face {
  if (holder.kind === "person") return PERSON;
  if (holder.kind === "nobody") return NOBODY;
  return faces.get(holder.name) ?? faceByName(holder.name);
}
