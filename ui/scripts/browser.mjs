// A headless Chromium: Debian's own, driven by the playwright-core that the browser journeys use.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const journeys = fileURLToPath(new URL("../../tests/browser/package.json", import.meta.url));

export async function launch() {
  const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium found; apt-get install chromium, or set CHROMIUM to one");
  const { chromium } = createRequire(journeys)("playwright-core");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--font-render-hinting=none"] });
}
