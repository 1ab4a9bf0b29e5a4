/** What begins before the rest of the window's code has run: the colours, the first questions, and the faces. It is imported first for that. */
import { AskedAhead, type FirstQuestion, firstQuestions } from "./backend/ahead";
import type { Backend } from "./backend/backend";
import { chooseBackend } from "./backend/choose";
import { startTheme } from "./theme";

/** Nobody waits longer for the first answer and the faces: the window is drawn without them then, and again when they are there. */
const TOGETHER_MS = 250;
const FACES = ['13px "Inter Variable"', '12px "JetBrains Mono Variable"'];

export interface Begun {
  backend: Backend;
  now: () => number;
  /** What is known when the window is drawn first. */
  answers: [FirstQuestion, unknown][];
}

startTheme();
const questions = firstQuestions(window.location.pathname);
const choice = chooseBackend();
const ahead = choice instanceof Promise ? null : new AskedAhead(choice.backend, questions);
const faces = Promise.all(FACES.map((face) => document.fonts.load(face))).catch(() => undefined);

/** What is there within a moment is drawn with the first frame, instead of empty places before it and other letters in them. */
export async function begun(): Promise<Begun> {
  const [first] = questions;
  const answered = first === undefined ? undefined : ahead?.answered(first);
  await Promise.race([Promise.all([faces, answered]), new Promise((resolve) => setTimeout(resolve, TOGETHER_MS))]);
  const { backend, now } = await choice;
  return { backend: ahead ?? backend, now, answers: ahead?.takeAnswers() ?? [] };
}
