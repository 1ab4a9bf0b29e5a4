// What every tour of the UI needs: a browser on the served address, and ears for whatever the page complains about. A violation of its
// content security policy, an uncaught error, an error on the console or a request to anywhere else fails the tour.
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { TOUR_ADDRESS, TOUR_PICTURES, TOUR_CHROMIUM } = process.env;
const origin = new URL(TOUR_ADDRESS).origin;
// Without these Chromium calls home, which a test machine may not.
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const complaints = [];
// As the pictures of the design are.
export const viewport = { width: 1440, height: 900 };
export const browser = await chromium.launch({ executablePath: TOUR_CHROMIUM, headless: true, args: QUIET });
export const page = await browser.newPage({ viewport, colorScheme: 'light' });
export const id = (name) => page.getByTestId(name);

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** What was refused on purpose is written to the console by the browser itself: exactly one such line is expected. */
export function refused(status) {
  const at = complaints.findIndex((line) => line.includes(`the server responded with a status of ${status}`));
  check(at >= 0, `nothing was refused with ${status}`);
  complaints.splice(at, 1);
}

function listen(page) {
  page.on('console', (message) => {
    if (message.type() === 'error' || /content security policy/i.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:')) complaints.push(`request to ${url}`);
  });
  return page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
}

/** Takes the parts of a tour one after another. When one fails, the page as it is then is kept under that name. */
export async function tour(parts, failure) {
  let step = 'start';
  try {
    await listen(page);
    for (const part of parts) {
      step = part.name;
      await part();
      check(complaints.length === 0, `the page complains:\n${complaints.join('\n')}`);
      console.log(`${step}: done`);
    }
  } catch (error) {
    console.error(`${step}: ${error.stack ?? error}`);
    console.error(complaints.join('\n'));
    await page.screenshot({ path: join(TOUR_PICTURES, failure) }).catch(() => {});
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}
