/**
 * Prints the size of the engine as browsers download it, raw and compressed, and fails above the budget.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const KB = 1000;
const budget = { raw: 400 * KB, brotli: 135 * KB };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bytes = readFileSync(
  join(root, 'labextension', 'wasm', 'scoped_launcher_bg.wasm')
);
const size = { raw: bytes.length, brotli: brotliCompressSync(bytes).length };

for (const kind of ['raw', 'brotli']) {
  const over = size[kind] > budget[kind];
  console.log(
    `engine ${kind}: ${size[kind]} of ${budget[kind]} bytes${over ? ': over the budget' : ''}`
  );
  process.exitCode ||= over ? 1 : 0;
}
