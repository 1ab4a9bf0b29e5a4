// Deletes the session files of the shop we replaced in 2023. Nothing reads them any more.
// Without --yes it only says what it would do.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../data/legacy-sessions/', import.meta.url));
const isMeant = process.argv.includes('--yes');
const found = existsSync(folder) ? readdirSync(folder) : [];
const files = found.filter((name) => name.endsWith('.json'));

for (const name of files) {
  if (isMeant) rmSync(folder + name);
  console.log(`${isMeant ? 'deleted' : 'would delete'} ${name}`);
}
console.log(`${files.length} session files`);
