// A tour through the UI as a person takes it: everything is looked at, everything that waits is decided, by mouse and by key.
// Started by tests/src/browser.rs, which sets the stage and looks into git afterwards.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { browser, check, id, page, tour, viewport } from './tour.mjs';

const { TOUR_ADDRESS, TOUR_PICTURES, TOUR_ORCHESTRON } = process.env;
const origin = new URL(TOUR_ADDRESS).origin;
const SOON = 15_000;

async function until(what, look) {
  const began = Date.now();
  for (;;) {
    if (await look()) return;
    if (Date.now() - began > SOON) throw new Error(`waited in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
const picture = async (name) => {
  // Let what just moved come to rest.
  await page.waitForTimeout(350);
  await page.screenshot({ path: join(TOUR_PICTURES, `browser-${name}.png`) });
};

/** Every picture in light and dark. */
async function pictures(name) {
  await picture(`${name}-light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await until('the dark theme', () => page.evaluate(() => document.documentElement.dataset.theme === 'dark'));
  await picture(`${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function withoutTheToken() {
  const stranger = await browser.newPage({ viewport });
  await stranger.goto(origin);
  await stranger.waitForTimeout(1500);
  await stranger.screenshot({ path: join(TOUR_PICTURES, 'browser-no-token.png') });
  await stranger.getByText(/address/i).first().waitFor({ timeout: SOON });
  await stranger.close();
}

async function board() {
  await page.goto(TOUR_ADDRESS);
  await id('column-review').getByTestId('card-TASK-001').waitFor({ timeout: SOON });
  check(!page.url().includes('token'), `the token stays in the address: ${page.url()}`);
  await id('column-review').getByTestId('card-TASK-002').waitFor();
  // The agent works, then asks.
  await id('column-in-progress').getByTestId('card-TASK-003').waitFor({ timeout: SOON * 2 });
  await id('card-TASK-003').getByText('node --expose-gc').waitFor({ timeout: SOON * 2 });
  await pictures('board');
}

/** What other processes do is seen at once, without a reload. */
async function live() {
  const began = Date.now();
  execFileSync(TOUR_ORCHESTRON, ['create', 'Seen by everybody at once', '--priority', 'P2', '--agent', 'cursor']);
  const made = Date.now();
  await page.getByText('Seen by everybody at once').first().waitFor({ timeout: SOON });
  console.log(`a new task was on the board ${Date.now() - made} ms after the command (which took ${made - began} ms)`);
}

async function task() {
  await id('card-TASK-003').getByRole('link').click();
  await id('tab-transcript').click();
  await page.getByText('The rows can be streamed.').first().waitFor({ timeout: SOON });
  await page.getByText('I read the old exporter first.').first().waitFor();
  await pictures('task-transcript');
  await id('nav-board').click();
  await id('card-TASK-001').getByRole('link').click();
  await id('tab-changes').click();
  await page.getByText('MAX_TRIES').first().waitFor({ timeout: SOON });
  await pictures('task-changes');
  await id('tab-handoffs').click();
  await page.getByText('Look at the limits first.').first().waitFor();
  await pictures('task-handoffs');
}

/** Up and down the list, and each decision, by key alone. */
async function needsYou() {
  await id('nav-needs-you').click();
  const detail = id('needs-you-detail');
  const items = page.locator('[data-testid^="needs-you-item-"]');
  await until('three requests', async () => (await items.count()) === 3);
  const chosen = () => page.locator('[data-testid^="needs-you-item-"][aria-current]').getAttribute('data-testid');
  const first = await chosen();
  await page.keyboard.press('j');
  await until('j to go down', async () => (await chosen()) !== first);
  await page.keyboard.press('k');
  await until('k to go up', async () => (await chosen()) === first);

  await choose('node --expose-gc');
  await pictures('needs-you-permission');
  await page.keyboard.press('a');
  await until('the permission to be gone', async () => !(await page.locator('[data-testid^="needs-you-item-"]', { hasText: 'node --expose-gc' }).count()));

  await choose('Say what the shop is');
  await detail.getByTestId('request-changes').waitFor({ timeout: SOON });
  await page.keyboard.press('r');
  await until('r to ask for words', () => id('changes-note').evaluate((box) => box === document.activeElement));
  await page.keyboard.type('Say where it is, too.');
  await picture('needs-you-changes-light');
  await id('request-changes').click();
  await until('the task to go back', async () => !(await page.locator('[data-testid^="needs-you-item-"]', { hasText: 'Say what the shop is' }).count()));

  await choose('Rate-limit the login endpoint');
  await detail.getByText('MAX_TRIES').first().waitFor({ timeout: SOON });
  await pictures('needs-you-review');
  await page.keyboard.press('a');
  await id('nav-board').click();
  await id('column-done').getByTestId('card-TASK-001').waitFor({ timeout: SOON });
}

async function choose(words) {
  const item = page.locator('[data-testid^="needs-you-item-"]', { hasText: words });
  await item.waitFor({ timeout: SOON });
  await item.click();
  await until(`${words} to be chosen`, async () => (await item.getAttribute('aria-current')) !== null);
}

/** The last one is approved on its card. */
async function onTheCard() {
  const card = id('column-review').getByTestId('card-TASK-003');
  await card.waitFor({ timeout: SOON * 2 });
  await card.getByTestId('approve').click();
  await id('column-done').getByTestId('card-TASK-003').waitFor({ timeout: SOON });
  await pictures('board-after');
}

async function theRest() {
  for (const [nav, heading] of [['agents', /agents/i], ['activity', /activity/i], ['settings', /settings/i]]) {
    await id(`nav-${nav}`).click();
    await page.getByRole('heading', { name: heading }).first().waitFor({ timeout: SOON });
    await pictures(nav);
  }
  await id('nav-board').click();
  await page.keyboard.press('?');
  await picture('keys');
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await page.getByRole('dialog').waitFor({ timeout: SOON });
  await picture('new-task');
  await page.keyboard.press('Escape');
}

await tour([withoutTheToken, board, live, task, needsYou, onTheCard, theRest], 'browser-failure.png');
