/**
 * Runs crate/web's tests in headless Chrome and records how many shared cases (tests/cases) they
 * ran in target/case-counts/wasm, to be compared with the counts of Rust and Python.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import './page-cases.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tests = spawn(
  'wasm-pack',
  // Without capturing, a test's own output shows also when it passes: the count of the cases is such.
  ['test', '--headless', '--chrome', 'crate/web', '--', '--nocapture'],
  { cwd: root, stdio: ['inherit', 'pipe', 'inherit'] }
);

let output = '';
tests.stdout.on('data', chunk => {
  output += chunk;
  process.stdout.write(chunk);
});
tests.on('error', error => {
  console.error(
    `wasm-pack did not start (${error.message}). Install it with: cargo install wasm-pack --locked`
  );
  process.exitCode = 1;
});
tests.on('close', code => {
  process.exitCode ||= code ?? 1;
  const cases = /^\s*shared cases run: (\d+)/m.exec(output)?.[1];
  if (process.exitCode === 0 && cases === undefined) {
    console.error('The test of the shared cases did not say how many it ran.');
    process.exitCode = 1;
  }
  if (process.exitCode === 0) {
    const counts = join(root, 'target', 'case-counts');
    mkdirSync(counts, { recursive: true });
    writeFileSync(join(counts, 'wasm'), `${cases}\n`);
  }
});
