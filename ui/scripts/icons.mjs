// Makes the app's icons from icons/icon.svg: a big PNG by Chromium, everything else from it by the Tauri CLI (through npx).
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";

const TAURI_CLI = "@tauri-apps/cli@2.12.3";
const WANTED = ["32x32.png", "64x64.png", "128x128.png", "128x128@2x.png", "icon.png", "icon.ico", "icon.icns"];
const icons = fileURLToPath(new URL("../../icons/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "orchestron-icons-"));

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1024, height: 1024 } });
await page.setContent(`<style>*{margin:0}svg{display:block;width:1024px;height:1024px}</style>${readFileSync(join(icons, "icon.svg"), "utf8")}`);
const source = join(work, "icon-1024.png");
await page.screenshot({ path: source, omitBackground: true });
await browser.close();
execFileSync("npx", ["--yes", TAURI_CLI, "icon", source, "--output", work], { stdio: "inherit", cwd: work });
for (const name of WANTED) copyFileSync(join(work, name), join(icons, name));
rmSync(work, { recursive: true });
