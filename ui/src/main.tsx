/** The start: what begins at once, then the window. */
import "./theme.css";
import { begun } from "./begin";
import { createRoot } from "react-dom/client";
import { App } from "./app";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const { backend, now, answers } = await begun();
createRoot(root).render(<App backend={backend} now={now} answers={answers} />);
