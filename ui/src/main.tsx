/** The start: theme, backend, window. */
import "./theme.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { chooseBackend } from "./backend/choose";
import { preloadMarkdown } from "./parts/markdown";
import { startTheme } from "./theme";

startTheme();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const { backend, now } = await chooseBackend();
createRoot(root).render(<App backend={backend} now={now} />);
// After the first paint; most screens need it.
window.setTimeout(preloadMarkdown, 300);
