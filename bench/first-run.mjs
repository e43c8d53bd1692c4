// The first run in a fresh process: `node bench/first-run.mjs FILE CONTESTANT` prints what it took as JSON.
import { readFileSync } from 'node:fs';
import { openContestant } from './contestants.mjs';
import { firstRun, prepare } from './measure.mjs';

const [file, name] = process.argv.slice(2);
const workload = prepare(JSON.parse(readFileSync(file, 'utf8')));
const root = new URL('..', import.meta.url);
const wasm = readFileSync(new URL('labextension/wasm/scoped_launcher_bg.wasm', root));
console.log(JSON.stringify(await firstRun(workload, () => openContestant(name, root.href, wasm))));
