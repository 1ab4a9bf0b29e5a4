/** The start: what begins at once, then the window. */
import "./theme.css";
import { begun } from "./begin";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { tellHere } from "./backend/here";
import { followDark } from "./theme";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const drawn = createRoot(root);
// Not awaited here: the demo's backend is a chunk that imports this one, and would wait for it for ever.
void begun().then(({ backend, now, answers }) => {
  drawn.render(<App backend={backend} now={now} answers={answers} />);
  followDark((dark) => tellHere(backend, { dark }));
});
