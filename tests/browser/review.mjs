// A review, line by line: a person allows a command for the whole task, comments on a line of what the agent did, accepts a part and
// sends the rest back. Started by tests/src/browser.rs, which looks afterwards at what the agent's next try was told.
import { join } from 'node:path';
import { check, id, page, tour } from './tour.mjs';

const { TOUR_ADDRESS, TOUR_PICTURES } = process.env;
const SOON = 30_000;

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

await tour([permission, comment], 'browser-review-failure.png');
