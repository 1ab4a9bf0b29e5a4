/** The start: what begins at once, then the window. */
import "./theme.css";
import { chosen } from "./begin";
import type { Chosen } from "./backend/choose";
import { createRoot } from "react-dom/client";
import { App } from "./app";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const draw = ({ backend, now }: Chosen) => createRoot(root).render(<App backend={backend} now={now} />);
// No `await` out here: what is waited for may be a script that waits for this one.
if (chosen instanceof Promise) void chosen.then(draw);
else draw(chosen);
