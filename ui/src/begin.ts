/** What begins before the rest of the window's code has run: the colours, and the first questions. It is imported first for that. */
import { AskedAhead, firstQuestions } from "./backend/ahead";
import { type Chosen, chooseBackend } from "./backend/choose";
import { startTheme } from "./theme";

startTheme();

const ahead = ({ backend, now }: Chosen): Chosen => ({ backend: new AskedAhead(backend, firstQuestions(window.location.pathname)), now });
const choice = chooseBackend();

export const chosen: Chosen | Promise<Chosen> = choice instanceof Promise ? choice : ahead(choice);
