// Pictures of every screen in light and dark at three sizes, from the demo build (`npm run shots`), and axe on each of them.
// Usage: node scripts/shots.mjs [name-filter] [--only-axe]; pictures go to ui/shots/ (SHOTS_OUT), the build is dist-demo (SHOTS_DIST),
// and SHOTS_SIZES=1440 takes some of the sizes only.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { serve } from "./serve.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DIST = process.env.SHOTS_DIST ?? here("../dist-demo");
const OUT = process.env.SHOTS_OUT ?? here("../shots");
const filter = process.argv[2]?.startsWith("--") ? undefined : process.argv[2];

const SIZES = [
  { width: 1800, height: 1125 },
  { width: 1440, height: 900 },
  { width: 1000, height: 700 },
];

const click = (selector) => (page) => page.click(selector);
const press = (key) => (page) => page.keyboard.press(key);

const SCREENS = [
  { name: "board", path: "/board" },
  { name: "needs-you-clash", path: "/needs-you?fake=budget&request=18" },
  { name: "needs-you-budget", path: "/needs-you?fake=budget" },
  { name: "board-filtered", path: "/board?agent=cursor" },
  { name: "board-empty", path: "/board?fake=empty" },
  { name: "board-many", path: "/board?fake=many" },
  { name: "board-failing", path: "/board?fake=failing" },
  { name: "board-untrusted", path: "/board?fake=untrusted" },
  { name: "board-scripted", path: "/board?fake=scripted" },
  { name: "board-stopped", path: "/board?fake=stopped" },
  { name: "board-paused", path: "/board?fake=paused" },
  { name: "board-offline", path: "/board?fake=offline", act: (page) => page.waitForSelector("[data-testid=banner-offline]") },
  { name: "board-loading", path: "/board?fake=slow", act: (page) => page.waitForTimeout(600) },
  { name: "refused", path: "/board?fake=refused" },
  { name: "board-changes", path: "/board", act: click("[data-testid=card-TASK-112] [data-testid=request-changes]") },
  { name: "board-filter-open", path: "/board", act: click("[data-testid=filter-agent] button") },
  { name: "new-task", path: "/board", act: press("c") },
  { name: "palette", path: "/board", act: async (page) => { await page.keyboard.press("/"); await page.waitForTimeout(150); await page.keyboard.type("check"); } },
  { name: "keys", path: "/needs-you?request=12", act: press("?") },
  { name: "trust", path: "/board?fake=untrusted", act: async (page) => { await page.click("[data-testid=trust]"); await page.waitForSelector("[data-testid=trust-commands]"); } },
  { name: "problems", path: "/board", act: click("[data-testid=problems]") },
  { name: "needs-you-review", path: "/needs-you?request=12", act: (page) => page.waitForSelector(".hljs-keyword") },
  { name: "needs-you-comment", path: "/needs-you?request=12", act: async (page) => { await page.waitForSelector(".hljs-keyword"); await page.focus("[role=group][aria-label^=Changes]"); for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "Shift+ArrowDown", "Enter"]) await page.keyboard.press(key); await page.keyboard.type("Which clock is this?"); } },
  { name: "needs-you-parts", path: "/needs-you?request=12", act: async (page) => { await page.waitForSelector(".hljs-keyword"); await page.click("[data-testid=diff-range] button"); await page.getByRole("option", { name: "All changes" }).click(); await page.locator("[data-testid^=keep-]").first().click(); } },
  { name: "needs-you-split", path: "/needs-you?request=12", act: async (page) => { await page.waitForSelector(".hljs-keyword"); await page.click("[data-testid=diff-mode] button"); await page.getByRole("option", { name: "Side by side" }).click(); await page.waitForTimeout(300); await page.evaluate(() => localStorage.removeItem("orchestron-diff-mode")); } },
  { name: "needs-you-held", path: "/needs-you?request=14", act: async (page) => { await page.keyboard.press("1"); await page.waitForSelector("[data-testid=held]"); } },
  { name: "needs-you-always", path: "/needs-you?request=11", act: click("[data-testid=allow-always]") },
  { name: "messages", path: "/messages" },
  { name: "conflicts", path: "/conflicts" },
  { name: "task-messages", path: "/task/TASK-112?tab=messages" },
  { name: "needs-you-permission", path: "/needs-you?request=11" },
  { name: "needs-you-question", path: "/needs-you?request=14" },
  { name: "needs-you-escalation", path: "/needs-you?request=15" },
  { name: "needs-you-conflict", path: "/needs-you?request=16" },
  { name: "needs-you-stale", path: "/needs-you?fake=stale&request=12", act: async (page) => { await page.waitForSelector("[data-testid=approve]"); await page.keyboard.press("a"); await page.waitForTimeout(5_600); await page.click("[data-testid=needs-you-item-12]"); await page.waitForTimeout(400); } },
  { name: "needs-you-failing", path: "/needs-you?fake=failing" },
  { name: "needs-you-offline", path: "/needs-you?fake=offline", act: (page) => page.waitForSelector("[data-testid=banner-offline]") },
  { name: "needs-you-loading", path: "/needs-you?fake=slow", act: (page) => page.waitForTimeout(600) },
  { name: "task-failing", path: "/task/TASK-112?fake=failing" },
  { name: "task-loading", path: "/task/TASK-112?fake=slow", act: (page) => page.waitForTimeout(600) },
  { name: "task-menu", path: "/task/TASK-117", act: (page) => page.getByRole("button", { name: "More actions" }).click() },
  { name: "task-attach", path: "/task/TASK-117", act: async (page) => { await page.getByRole("button", { name: "More actions" }).click(); await page.getByRole("menuitem", { name: "Take over in a terminal…" }).click(); await page.waitForSelector("[data-testid=attach-dialog] pre"); } },
  { name: "task-stop", path: "/task/TASK-117", act: async (page) => { await page.getByRole("button", { name: "More actions" }).click(); await page.getByRole("menuitem", { name: "Stop the agent…" }).click(); } },
  { name: "task-reassign", path: "/task/TASK-117", act: async (page) => { await page.getByRole("button", { name: "More actions" }).click(); await page.getByRole("menuitem", { name: "Give it to another agent…" }).click(); } },
  { name: "task-say", path: "/task/TASK-117?tab=transcript", act: (page) => page.fill("[data-testid=say]", "Use the sandbox keys, not the live ones.") },
  { name: "task-image", path: "/task/TASK-117?tab=transcript", act: async (page) => { await page.locator("[role=log]").getByText("design/checkout.png").first().click(); await page.waitForTimeout(400); } },
  { name: "task-search", path: "/task/TASK-117?tab=transcript", act: async (page) => { await page.waitForSelector("[role=log]"); await page.getByRole("searchbox").or(page.getByPlaceholder("Search…")).first().fill("stripe"); await page.waitForTimeout(400); } },
  { name: "task-next", path: "/task/TASK-118" },
  { name: "agents-failing", path: "/agents?fake=failing" },
  { name: "agent-remove", path: "/agents", act: click("[data-testid=agent-remove-gpt-security]") },
  { name: "activity-failing", path: "/activity?fake=failing" },
  { name: "settings-failing", path: "/settings?fake=failing" },
  { name: "workflows-failing", path: "/workflows?fake=failing" },
  { name: "messages-failing", path: "/messages?fake=failing" },
  { name: "conflicts-failing", path: "/conflicts?fake=failing" },
  { name: "conflicts-over", path: "/conflicts", act: (page) => page.getByRole("button", { name: "Show what is over" }).click() },
  { name: "palette-commands", path: "/board", act: press("/") },
  { name: "needs-you-empty", path: "/needs-you?fake=quiet" },
  { name: "needs-you-words-missing", path: "/needs-you?request=12", act: click("[data-testid=request-changes]") },
  { name: "needs-you-long", path: "/needs-you?fake=long&request=12", act: (page) => page.waitForTimeout(500) },
  { name: "toast", path: "/needs-you?request=12", act: async (page) => { await page.keyboard.press("a"); await page.waitForSelector("[data-testid=toast]", { timeout: 10_000 }); } },
  { name: "task-handoffs", path: "/task/TASK-112" },
  { name: "task-transcript", path: "/task/TASK-117?tab=transcript", act: async (page) => { await page.waitForSelector("[role=log]"); await page.locator("[role=log]").getByText("src/pay/mod.rs").first().click(); await page.waitForTimeout(400); } },
  { name: "task-changes", path: "/task/TASK-112?tab=changes", act: (page) => page.waitForSelector(".hljs-keyword") },
  { name: "task-feedback", path: "/task/TASK-098?tab=feedback" },
  { name: "task-runs", path: "/task/TASK-112?tab=runs" },
  { name: "task-file", path: "/task/TASK-112?tab=file" },
  { name: "task-outside", path: "/task/TASK-114" },
  { name: "task-missing", path: "/task/TASK-999" },
  { name: "agents", path: "/agents?agent=claude-impl" },
  { name: "agents-empty", path: "/agents?fake=empty" },
  { name: "board-graph", path: "/board?view=graph" },
  { name: "board-graph-many", path: "/board?view=graph&fake=many" },
  { name: "board-timeline", path: "/board?view=timeline" },
  { name: "board-selected", path: "/board", act: async (page) => { await page.focus("[data-card=TASK-118]"); await page.keyboard.press("x"); await page.focus("[data-card=TASK-123]"); await page.keyboard.press("x"); } },
  { name: "board-refused", path: "/board", act: async (page) => { await page.hover("[data-testid=card-TASK-122]"); await page.mouse.down(); await page.mouse.move(800, 700, { steps: 6 }); await page.waitForTimeout(200); } },
  { name: "board-dragged", path: "/board", act: async (page) => { await page.hover("[data-testid=card-TASK-122]"); await page.mouse.down(); await page.mouse.move(560, 600, { steps: 6 }); await page.waitForTimeout(200); } },
  { name: "insights", path: "/insights" },
  { name: "insights-table", path: "/insights?view=table&days=30" },
  { name: "insights-year", path: "/insights?days=365" },
  { name: "insights-empty", path: "/insights?fake=empty" },
  { name: "insights-failing", path: "/insights?fake=failing" },
  { name: "workflows", path: "/workflows" },
  { name: "workflows-start", path: "/workflows?workflow=rpiv" },
  { name: "workflows-broken", path: "/workflows?workflow=release" },
  { name: "workflows-empty", path: "/workflows?fake=empty" },
  { name: "welcome", path: "/welcome?fake=welcome" },
  { name: "welcome-found", path: "/welcome?fake=welcome", act: async (page) => { await page.fill("[data-testid=welcome-path]", "/home/dana/src/new-shop"); await page.click("[data-testid=welcome-look]"); await page.waitForSelector("[data-testid=welcome-agents]"); } },
  { name: "projects-menu", path: "/board?fake=desktop", act: click("[data-testid=projects] button, button[data-testid=projects]") },
  { name: "agent-add", path: "/agents", act: click("[data-testid=agent-add]") },
  { name: "agent-edit", path: "/agents", act: click("[data-testid=agent-edit-claude-impl]") },
  { name: "settings-limits", path: "/settings?part=limits" },
  { name: "settings-chain", path: "/settings?part=chain" },
  { name: "settings-notify", path: "/settings?part=notify" },
  { name: "settings-file", path: "/settings?part=file" },
  { name: "settings-rules", path: "/settings?part=rules" },
  { name: "settings-keys", path: "/settings?part=keys" },
  { name: "settings-updates", path: "/settings?part=updates&fake=desktop" },
  {
    name: "settings-updates-offer",
    path: "/settings?part=updates&fake=desktop",
    act: async (page) => {
      await page.fill("[data-testid=updates-url]", "https://releases.example.org/latest.json");
      await page.fill("[data-testid=updates-key]", "RWRkAXR5ja22TsTKb2l+tPEFwxWl0uejvyBrK5AzV3vRz/uOslqhSWLm");
      await page.click("[data-testid=updates-save]");
      await page.click("[data-testid=updates-check]:not([disabled])");
      await page.waitForSelector("[data-testid=updates-offer]");
    },
  },
  { name: "settings-health", path: "/settings?part=health" },
  { name: "activity-filtered", path: "/activity?by=engine" },
  { name: "activity", path: "/activity" },
  { name: "activity-empty", path: "/activity?fake=empty" },
  { name: "settings", path: "/settings" },
  { name: "key-enter", path: "/settings", act: click("[data-testid=key-enter-openai-team]") },
];

const { address, stop } = await serve(DIST);
const browser = await launch();
mkdirSync(OUT, { recursive: true });
let bad = 0;
for (const theme of ["light", "dark"]) {
  for (const viewport of SIZES) {
    if (process.env.SHOTS_SIZES && !process.env.SHOTS_SIZES.split(",").includes(String(viewport.width))) continue;
    const context = await browser.newContext({ viewport, deviceScaleFactor: 1.25, timezoneId: "UTC", reducedMotion: "reduce" });
    await context.addInitScript((chosen) => {
      // The desktop window freezes it (`freezePrototype` in tauri.conf.json); what breaks then breaks here.
      Object.freeze(Object.prototype);
      localStorage.setItem("orchestron-theme", chosen);
    }, theme);
    for (const screen of SCREENS) {
      if (filter !== undefined && !new RegExp(filter).test(screen.name)) continue;
      bad += await look(context, screen, theme, viewport);
    }
    await context.close();
  }
}
await browser.close();
stop();
if (bad > 0) {
  console.error(`${bad} thing(s) to mend`);
  process.exitCode = 1;
}

async function look(context, { name, path, act }, theme, viewport) {
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(address + path);
  await page.waitForSelector("main");
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(120);
  if (act !== undefined) await act(page);
  await page.waitForTimeout(250);
  const label = `${name}-${theme}-${viewport.width}`;
  if (!process.argv.includes("--only-axe")) await page.screenshot({ path: join(OUT, `${label}.png`) });
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, nodes } of violations) said.push(`axe ${id}: ${nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  for (const line of said) console.error(`${label}: ${line}`);
  await page.close();
  return said.length;
}
