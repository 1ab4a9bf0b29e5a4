/** What begins before the rest of the window's code has run: the colours, the first questions, and the faces. It is imported first for that. */
import { AskedAhead, firstQuestions } from "./backend/ahead";
import { type Chosen, chooseBackend } from "./backend/choose";
import { startTheme } from "./theme";

startTheme();

const ahead = ({ backend, now }: Chosen): Chosen => ({ backend: new AskedAhead(backend, firstQuestions(window.location.pathname)), now });
const choice = chooseBackend();

export const chosen: Chosen | Promise<Chosen> = choice instanceof Promise ? choice : ahead(choice);

const FACES_MS = 250;
const faces = Promise.all(['13px "Inter Variable"', '12px "JetBrains Mono Variable"'].map((face) => document.fonts.load(face)));

/** When the faces are there, which are fetched with the scripts: what is laid out before is laid out twice. Nobody waits long for them. */
export const hasFaces: Promise<unknown> = Promise.race([faces.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, FACES_MS))]);
