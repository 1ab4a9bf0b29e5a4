// How fluid the board is with 10,000 tasks and a diff of 5,000 lines: time to the first card, frames while scrolling, and tasks
// that kept the page busy for more than 50 ms meanwhile.
// Needs the demo build: npx vite build --mode demo --outDir dist-demo && node scripts/speed.mjs [diff] (SHOTS_DIST names another
// build; a word measures only what has it in its name)
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { serve } from "./serve.mjs";

const CASES = [
  { name: "board, 18 tasks", path: "/board", ready: "[data-card]", scroller: "[data-testid=column-pending] > div" },
  { name: "board, 10,000 tasks", path: "/board?fake=many", ready: "[data-card]", scroller: "[data-testid=column-pending] > div" },
  { name: "graph, 10,000 tasks", path: "/board?fake=many&view=graph", ready: "[data-node]", scroller: "[data-testid=graph]" },
  { name: "timeline, 10,000 tasks", path: "/board?fake=many&view=timeline&hours=168", ready: "[data-testid^=turns-]", scroller: "[data-testid=timeline]" },
  { name: "diff, 5,000 lines", path: "/needs-you?fake=long&request=12", ready: ".hljs-keyword", scroller: "[role=group][aria-label^=Changes]" },
];
const FRAMES = 120;
const STEP_PX = 180;

const { address, stop } = await serve(process.env.SHOTS_DIST ?? fileURLToPath(new URL("../dist-demo", import.meta.url)));
const browser = await launch();
const wanted = process.argv[2] ?? "";
for (const { name, path, ready, scroller } of CASES.filter(({ name }) => name.includes(wanted))) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const began = Date.now();
  await page.goto(address + path);
  await page.waitForSelector(ready);
  const shown = Date.now() - began;
  const frames = await page.evaluate(scroll, { selector: scroller, frames: FRAMES, step: STEP_PX });
  const cards = await page.locator("[data-card]").count();
  console.log(`${name}: shown after ${shown} ms; ${FRAMES} frames of scrolling: median ${frames.median.toFixed(1)} ms, 95 % ${frames.slow.toFixed(1)} ms, worst ${frames.worst.toFixed(1)} ms, ${frames.long} long tasks (longest ${frames.longest.toFixed(0)} ms); ${cards} cards drawn`);
  await page.close();
}
await browser.close();
stop();

/** Runs in the page. */
async function scroll({ selector, frames, step }) {
  const element = document.querySelector(selector);
  const long = [];
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  const took = [];
  let last = performance.now();
  for (let count = 0; count < frames; count += 1) {
    element.scrollTop += step;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    took.push(now - last);
    last = now;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  observer.disconnect();
  took.sort((a, b) => a - b);
  return { long: long.length, longest: Math.max(0, ...long), median: took[Math.floor(frames / 2)], slow: took[Math.floor(frames * 0.95)], worst: took.at(-1) };
}
