// Times the policy engine: in WebAssembly and native, beside an indexed JavaScript version of the same
// and, where they are installed in bench/node_modules, cedar-wasm and casbin on the same decisions.
//
//     node bench/run.mjs [small campus huge]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from './indexed.mjs';
import { cedar, casbin } from './peers.mjs';
import { SIZES, workload } from './workload.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'target', 'bench');
const names = process.argv.slice(2).length ? process.argv.slice(2) : Object.keys(SIZES);
const LATER = Date.parse('2026-12-01T13:00:00Z');

/** The median in microseconds. */
function median(runs, run) {
  const times = [];
  for (let n = 0; n < runs; n++) {
    const start = performance.now();
    run(n);
    times.push((performance.now() - start) * 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

function wasm(text, runs) {
  const file = join(folder, 'wasm/wasm32-unknown-unknown/release/scoped_launcher_bench.wasm');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)));
  const bytes = new TextEncoder().encode(text);
  const at = exports.input(bytes.length);
  new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
  exports.load();
  const times = { compile: median(runs, exports.compile), 'set cards': median(runs, exports.set_cards) };
  const shown = exports.pass(0);
  times.refresh = median(runs, n => exports.refresh((n + 1) % 2));
  exports.refresh(0);
  times.pass = median(runs, n => exports.pass((n + 1) % 2));
  exports.pass(0);
  times.again = median(runs, () => exports.pass(0));
  return { shown, times };
}

function javascript({ policy, context, other_context, cards }, runs) {
  const now = Date.parse(context.now);
  const times = { compile: median(runs, () => new Engine(policy)) };
  const engine = new Engine(policy);
  times['set cards'] = median(runs, () => engine.setCards(cards));
  engine.setContext(context);
  const shown = engine.decide(now).reduce((sum, n) => sum + n, 0);
  times.refresh = median(runs, n => {
    engine.setContext(n % 2 ? context : other_context);
    engine.decide(now);
  });
  engine.setContext(context);
  times.pass = median(runs, n => engine.decide(n % 2 ? now : LATER));
  return { shown, times };
}

function native(files) {
  const lines = execFileSync('cargo', ['bench', '--quiet', '-p', 'scoped-launcher-core', '--bench', 'policy', '--', ...files], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit']
  });
  return lines
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => {
      const { shown, set_cards, ...times } = JSON.parse(line);
      return { shown, times: { ...times, 'set cards': set_cards } };
    });
}

mkdirSync(folder, { recursive: true });
execFileSync(
  'cargo',
  ['build', '--quiet', '--release', '--locked', '--target', 'wasm32-unknown-unknown', '--manifest-path', join(root, 'bench/wasm/Cargo.toml'), '--target-dir', join(folder, 'wasm')],
  { stdio: 'inherit' }
);
const loads = names.map(name => {
  const load = workload(SIZES[name]);
  load.other_context = { ...load.context, groups: load.context.groups.slice(1) };
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(load));
  return { name, load, file };
});
const natives = native(loads.map(({ file }) => file));

const COLUMNS = ['compile', 'set cards', 'refresh', 'pass', 'again'];
for (const [n, { name, load, file }] of loads.entries()) {
  const { cards, rules } = SIZES[name];
  const runs = cards > 1000 ? 15 : 301;
  const rows = {
    'this engine, native': natives[n],
    'this engine, WebAssembly': wasm(readFileSync(file, 'utf8'), runs),
    'indexed JavaScript': javascript(load, runs)
  };
  const [expected, ...others] = Object.values(rows).map(({ shown }) => shown);
  if (others.some(shown => shown !== expected)) {
    throw new Error(`the engines disagree: ${JSON.stringify(Object.values(rows).map(({ shown }) => shown))}`);
  }
  console.log(`\n${name}: ${cards} cards x ${rules} rules, ${expected} shown; median in ms`);
  console.log(['', ...COLUMNS].map(text => text.padStart(text ? 11 : 26)).join(''));
  for (const [engine, { times }] of Object.entries(rows)) {
    const cells = COLUMNS.map(column => (column in times ? (times[column] / 1000).toFixed(3) : '-').padStart(11));
    console.log(engine.padEnd(26) + cells.join(''));
  }
  const { times } = rows['this engine, WebAssembly'];
  for (const peer of [cedar, casbin]) {
    const result = await peer(load, name);
    if (result) {
      const ratio = ((result.per_card_us * cards) / times.pass).toFixed(0);
      console.log(`${result.name}: ${result.per_card_us.toFixed(0)} us a card on ${result.cards} cards: ${ratio} x a pass in WebAssembly`);
    }
  }
}
if (!existsSync(join(root, 'bench/node_modules'))) {
  console.log('\ncedar-wasm and casbin: npm ci --prefix bench');
}
console.log(`
compile: index the policy. set cards: match all cards with all rules. refresh: other facts, decide all cards.
pass: decide all cards at another time. again: decide with nothing changed.`);
