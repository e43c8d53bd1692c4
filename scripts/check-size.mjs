/**
 * Prints the size of the engine as browsers download it, raw and compressed. Fails above the budget, and
 * when it has grown since it was recorded in bench/limits.json (`--accept` records it).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { budgetOf, compare, root } from './limits.mjs';

const bytes = readFileSync(
  join(root, 'labextension', 'wasm', 'scoped_launcher_bg.wasm')
);
const size = { raw: bytes.length, brotli: brotliCompressSync(bytes).length };
compare('size', size, 'bytes', 'node scripts/check-size.mjs');

for (const [kind, budget] of Object.entries(budgetOf('size'))) {
  if (size[kind] > budget) {
    console.error(
      `${kind}: ${size[kind]} bytes are over the budget of ${budget}. It is fixed: make the engine smaller.`
    );
    process.exitCode = 1;
  }
}
