// The first run in a fresh process: `node bench/first-run.mjs FILE CONTESTANT GLUE WASM` prints what it took as JSON.
import { readFileSync } from 'node:fs';
import { openContestant } from './contestants.mjs';
import { firstRun, prepare } from './measure.mjs';

const [file, name, glue, wasm] = process.argv.slice(2);
const workload = prepare(JSON.parse(readFileSync(file, 'utf8')));
const bytes = readFileSync(wasm);
console.log(JSON.stringify(await firstRun(workload, () => openContestant(name, glue, bytes))));
