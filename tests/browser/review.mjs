// A review, line by line: a person allows a command for the whole task, comments on a line of what the agent did, accepts a part and
// sends the rest back. Started by tests/src/browser.rs, which looks afterwards at what the agent's next try was told.
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { TOUR_ADDRESS, TOUR_PICTURES, TOUR_CHROMIUM } = process.env;
const SOON = 30_000;
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const complaints = [];
const browser = await chromium.launch({ executablePath: TOUR_CHROMIUM, headless: true, args: QUIET });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
const id = (name) => page.getByTestId(name);

page.on('console', (message) => {
  if (message.type() === 'error' || /content security policy/i.test(message.text())) complaints.push(`console: ${message.text()}`);
});
page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error}`));

function check(holds, what) {
  if (!holds) throw new Error(what);
}

async function choose(words) {
  const item = page.locator('[data-testid^="needs-you-item-"]', { hasText: words });
  await item.waitFor({ timeout: SOON });
  await item.click();
}

/** For the whole task, and undone once on the way. */
async function permission() {
  await page.goto(TOUR_ADDRESS);
  await id('nav-needs-you').click();
  await choose('node --expose-gc');
  await id('allow-task').waitFor({ timeout: SOON });
  await page.keyboard.press('d');
  await id('held').waitFor({ timeout: SOON });
  await page.keyboard.press('u');
  await choose('node --expose-gc');
  await page.keyboard.press('t');
  await id('held').waitFor({ timeout: SOON });
  await id('held').waitFor({ state: 'detached', timeout: SOON });
}

async function comment() {
  await choose('Export large shops');
  const lines = page.locator('[role=group][aria-label="Changes in src/orders.js"]');
  await lines.getByText('yield').first().waitFor({ timeout: SOON });
  await lines.focus();
  for (let line = 0; line < 5; line += 1) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await id('comment-words').waitFor({ timeout: SOON });
  await page.keyboard.type('A shop without orders needs its head line, too.');
  await id('comment-keep').click();
  await page.screenshot({ path: join(TOUR_PICTURES, 'browser-review-comment.png') });
  // A reload loses nothing.
  await page.reload();
  await choose('Export large shops');
  await id('draft').waitFor({ timeout: SOON });
  check((await id('draft').textContent()).includes('line 4'), 'the draft stands at line 4');
  await page.keyboard.press('r');
  await id('held').waitFor({ timeout: SOON });
  await id('held').waitFor({ state: 'detached', timeout: SOON });
}

let step = 'start';
try {
  for (const part of [permission, comment]) {
    step = part.name;
    await part();
    check(complaints.length === 0, `the page complains:\n${complaints.join('\n')}`);
    console.log(`${step}: done`);
  }
} catch (error) {
  console.error(`${step}: ${error.stack ?? error}`);
  console.error(complaints.join('\n'));
  await page.screenshot({ path: join(TOUR_PICTURES, 'browser-review-failure.png') }).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
}
