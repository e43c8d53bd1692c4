// Fails where the last full run of bench/run.mjs misses a budget: node bench/check-budgets.mjs [RESULTS.json]
import { readFileSync } from 'node:fs';
import { budgets } from './budgets.mjs';

const file = process.argv[2] ?? new URL('results.json', import.meta.url);
for (const { what, budget, measured, met } of budgets(JSON.parse(readFileSync(file, 'utf8')))) {
  console.log(`${met ? 'met   ' : 'MISSED'} ${what}: ${measured} (${budget})`);
  process.exitCode ||= met ? 0 : 1;
}
