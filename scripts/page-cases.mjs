/**
 * Writes the decision cases of tests/cases to target/page-cases.json, as a server would answer them: the browser's engine
 * reads no policy files. The tests of crate/web are compiled with them.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'target');
mkdirSync(target, { recursive: true });
const cases = execFileSync(
  'cargo',
  ['run', '--quiet', '-p', 'scoped-launcher-core', '--example', 'page_cases'],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 }
);
writeFileSync(join(target, 'page-cases.json'), cases);
