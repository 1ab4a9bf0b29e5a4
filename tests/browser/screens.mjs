// The other ways of looking and the other screens, as a person goes through them: the board as a graph and over time, filtered, a card
// dragged, several chosen; insights; a setting; a workflow; the first run. Started by tests/src/browser.rs, which looks afterwards at
// the files and at what the tasks became.
import { join } from 'node:path';
import { check, id, page, refused, tour } from './tour.mjs';

const { TOUR_ADDRESS, TOUR_PICTURES } = process.env;
const SOON = 20_000;

async function until(what, look) {
  const began = Date.now();
  for (;;) {
    if (await look()) return;
    if (Date.now() - began > SOON) throw new Error(`waited in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
const picture = (name) => page.screenshot({ path: join(TOUR_PICTURES, `browser-screens-${name}.png`) });
const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-node') ?? '');
const cards = () => page.locator('[data-testid^="card-TASK-"]').count();

async function graph() {
  await page.goto(TOUR_ADDRESS);
  await id('board-view-graph').click();
  await page.locator('[data-node=TASK-003]').waitFor({ timeout: SOON });
  check(page.url().includes('view=graph'), 'the view stands in the address');
  check((await page.locator('[data-node]').count()) === 2, 'only what depends on something is drawn');
  await page.getByText('2 tasks depend on nothing').waitFor();
  await page.locator('[data-node=TASK-003]').focus();
  await page.keyboard.press('ArrowRight');
  await until('the arrow to lead to what waits', async () => (await focused()) === 'TASK-004');
  await picture('graph');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Offer the export' }).waitFor({ timeout: SOON });
  await page.goBack();
  await page.locator('[data-node=TASK-004]').waitFor({ timeout: SOON });
}

async function timeline() {
  await id('board-view-timeline').click();
  await id('turns-TASK-001').waitFor({ timeout: SOON });
  // Just made: an hour is enough, without a press.
  check((await id('timeline-range').textContent()).includes('Last hour'), 'the range fits by itself');
  await id('timeline-range').getByRole('button').click();
  await page.getByRole('option', { name: 'Last day' }).click();
  await until('the range in the address', async () => page.url().includes('hours=24'));
  await id('turns-TASK-002').waitFor();
  await picture('timeline');
  await id('board-view-columns').click();
  await id('card-TASK-001').waitFor({ timeout: SOON });
}

async function filter() {
  await until('four cards', async () => (await cards()) === 4);
  await page.keyboard.press('f');
  await page.keyboard.type('export');
  await until('two cards with these words', async () => (await cards()) === 2);
  check(page.url().includes('q=export'), 'the words stand in the address');
  await id('filter-priority').getByRole('button').click();
  await page.getByRole('option', { name: 'P0' }).click();
  await until('none of them', async () => (await cards()) === 0);
  await page.getByText('Nothing here matches the filter.').first().waitFor();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await until('all of them', async () => (await cards()) === 4);
}

async function drag() {
  const card = id('column-ready').getByTestId('card-TASK-003');
  await card.waitFor({ timeout: SOON });
  const drop = async (column) => {
    const box = await card.boundingBox();
    const to = await id(`column-${column}`).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 8);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 });
    return page.mouse.up();
  };
  // Not where nobody handed anything in.
  await drop('review');
  await id('toast').getByText('stays where it is').waitFor({ timeout: SOON });
  await picture('drag-refused');
  check((await id('column-ready').getByTestId('card-TASK-003').count()) === 1, 'it stays');
  await drop('in-progress');
  await id('column-in-progress').getByTestId('card-TASK-003').waitFor({ timeout: SOON });
}

async function several() {
  for (const task of ['TASK-002', 'TASK-004']) {
    await page.focus(`[data-card=${task}]`);
    await page.keyboard.press('x');
  }
  await id('bulk-bar').getByText('2 selected').waitFor({ timeout: SOON });
  await id('bulk-priority').click();
  await page.getByRole('menuitem', { name: 'P1' }).click();
  await id('card-TASK-004').getByText('P1').waitFor({ timeout: SOON });
  await id('card-TASK-002').getByText('P1').waitFor({ timeout: SOON });
}

/** Without finished work there is nothing to measure. */
async function finished() {
  await id('card-TASK-001').getByTestId('approve').click();
  await id('column-done').getByTestId('card-TASK-001').waitFor({ timeout: SOON });
}

async function insights() {
  await id('nav-insights').click();
  await page.locator('[data-testid^="measure-"]').first().waitFor({ timeout: SOON });
  check((await page.locator('[data-testid^="measure-"]').count()) >= 8, 'every measure is there');
  await picture('insights');
  await id('insights-view-table').click();
  await page.getByRole('columnheader', { name: 'Throughput' }).first().waitFor({ timeout: SOON });
  await id('insights-period').getByRole('button').click();
  await page.getByRole('option', { name: /30 days/ }).click();
  await until('the period in the address', async () => page.url().includes('days=30') && page.url().includes('view=table'));
}

async function settings() {
  await id('nav-settings').click();
  const attempts = id('input-limits.attempts');
  await attempts.waitFor({ timeout: SOON });
  await attempts.fill('0');
  await attempts.press('Enter');
  await id('setting-limits.attempts').getByRole('alert').waitFor({ timeout: SOON });
  refused(400);
  await attempts.fill('5');
  await attempts.press('Enter');
  await id('setting-limits.attempts').getByText(/line \d+/).waitFor({ timeout: SOON });
  await id('config-text').scrollIntoViewIfNeeded();
  await until('the file as it is now', async () => /# three were too few\n\s+attempts: 5 # tries/.test(await id('config-text').inputValue()));
  await picture('settings');
}

async function workflow() {
  await id('nav-workflows').click();
  await id('template-two-steps').click();
  await id('parameter-goal').fill('Gift cards');
  await id('workflow-key').fill('gifts');
  await id('workflow-start').click();
  await id('instance').getByText('0 of 2 done').waitFor({ timeout: SOON });
  await id('step-second').getByText('after first').waitFor();
  await picture('workflow');
  await id('nav-board').click();
  await page.getByText('First: Gift cards').waitFor({ timeout: SOON });
  // All that belongs to it, and nothing else.
  await id('filter-workflow').getByRole('button').click();
  await page.getByRole('option', { name: 'gifts' }).click();
  await until('its two tasks', async () => (await cards()) === 2);
}

async function firstRun() {
  await page.evaluate(() => {
    history.pushState(null, '', '/welcome');
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await id('step-agents').waitFor({ timeout: SOON });
  await id('step-trust').getByRole('img', { name: 'done' }).waitFor({ timeout: SOON });
  await id('choice-chain.review').getByRole('button').click();
  await page.getByRole('option', { name: 'you' }).click();
  await id('setting-chain.review').getByText(/line \d+/).waitFor({ timeout: SOON });
  await id('welcome-task').click();
  await id('new-task-title').fill('The first task of a new person');
  await id('new-task-create').click();
  await page.getByText('The first task of a new person').first().waitFor({ timeout: SOON });
  await picture('welcome');
}

await tour([graph, timeline, filter, drag, several, finished, insights, settings, workflow, firstRun], 'browser-screens-failure.png');
