// Times the engine that ships beside other ways to decide, in Node and in headless Chromium, and writes
// bench/results.json, docs/explanation/benchmarks.md and docs/images/benchmarks.svg.
//
//     node bench/run.mjs [small campus huge]      with sizes named, it prints the page and writes nothing but target/bench
//
// Needs labextension/wasm (npm run build:wasm), a python with the package installed, cargo, Chromium, and bench/node_modules.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { openBrowser } from './browser.mjs';
import { namesFor, openContestant } from './contestants.mjs';
import { measure, prepare } from './measure.mjs';
import { measurePeer, peers } from './peers.mjs';
import { plot } from './plot.mjs';
import { page } from './report.mjs';
import { SIZES, workload } from './workload.mjs';

/** How many first runs there are; fewer where one takes seconds. */
const freshRuns = cards => (cards > 10_000 ? 3 : 7);
const PEER_LIMIT_MS = 8000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'target', 'bench');
const named = process.argv.slice(2);
const names = named.length ? named : Object.keys(SIZES);
const unknown = names.filter(name => !(name in SIZES));
if (unknown.length) {
  console.error(`unknown size ${unknown.join(', ')}: choose from ${Object.keys(SIZES).join(', ')}`);
  process.exit(2);
}

const begin = Date.now();
function report(text) {
  console.error(`[${String(Math.round((Date.now() - begin) / 1000)).padStart(4)} s] ${text}`);
}

function output(command, args, options = {}) {
  return execFileSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 2 ** 30,
    ...options
  });
}

/** The server's answers, from the installed package. */
function answersTo({ policy, contexts }) {
  // Not from this folder: the checkout's package has no engine.
  return JSON.parse(
    output(process.env.PYTHON ?? 'python', [join(root, 'bench/answers.py')], {
      cwd: folder,
      input: JSON.stringify({ policy, contexts })
    })
  );
}

/** Median times of the native engine, in milliseconds. */
function native(files) {
  const args = ['bench', '--quiet', '-p', 'scoped-launcher-core', '--bench', 'policy', '--', ...files];
  return output('cargo', args)
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => {
      const { compile, set_cards, refresh, pass, shown } = JSON.parse(line);
      const ms = us => us / 1000;
      return { shown, compile_ms: ms(compile), set_cards_ms: ms(set_cards), refresh_ms: ms(refresh), pass_ms: ms(pass) };
    });
}

const median = numbers => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** The medians of first runs in fresh processes or pages. */
async function firstRuns(cards, run) {
  const results = {};
  for (const name of namesFor(cards)) {
    const runs = [];
    // What takes seconds is run once.
    while (runs.length < freshRuns(cards) && !(runs[0]?.first_ms > 1000)) {
      runs.push(await run(name));
    }
    results[name] = { runs: runs.length, start_ms: median(runs.map(({ start_ms }) => start_ms)), first_ms: median(runs.map(({ first_ms }) => first_ms)) };
  }
  return results;
}

function sizeOf(files) {
  const contents = files.map(file => readFileSync(file));
  const sum = sizes => sizes.reduce((a, b) => a + b, 0);
  return { raw: sum(contents.map(({ length }) => length)), brotli: sum(contents.map(bytes => brotliCompressSync(bytes).length)) };
}

const built = join(root, 'labextension/wasm');
const wasmFile = join(built, 'scoped_launcher_bg.wasm');
const wasm = readFileSync(wasmFile);
mkdirSync(folder, { recursive: true });
// By this name Node takes it for a module without reading it twice.
const glueFile = join(folder, 'scoped_launcher.mjs');
copyFileSync(join(built, 'scoped_launcher.js'), glueFile);
const glue = pathToFileURL(glueFile).href;

report("the server's answers");
const workloads = names.map(name => {
  const load = workload(SIZES[name]);
  const answers = answersTo(load);
  const file = join(folder, `${name}.json`);
  // The native benchmark reads `policy` and `context`.
  writeFileSync(file, JSON.stringify({ policy: load.policy, context: load.contexts[0], cards: load.cards, answers }));
  return { name, ...SIZES[name], file, answers, list: load.cards };
});

report('native engine (cargo bench)');
const natives = native(workloads.map(({ file }) => file));

const browser = await openBrowser(root);
const others = await peers();
const results = [];
try {
  for (const [at, { name, file, answers, list, ...sizes }] of workloads.entries()) {
    const prepared = prepare({ answers, cards: list });
    const path = `/target/bench/${name}.json`;
    const contestants = [];
    for (const contestant of namesFor(sizes.cards)) {
      contestants.push(await openContestant(contestant, glue, wasm));
    }
    const fresh = freshRuns(sizes.cards);
    // First runs before the rest: they start processes of their own.
    report(`${name}: first runs in ${fresh} fresh processes`);
    const firstInNode = await firstRuns(sizes.cards, contestant =>
      JSON.parse(output(process.execPath, ['bench/first-run.mjs', file, contestant, glue, wasmFile]))
    );
    report(`${name}: first runs in ${fresh} fresh pages of Chromium`);
    const firstInChromium = await firstRuns(sizes.cards, contestant => browser.firstRun(path, contestant));
    const inNode = await measure(prepared, contestants, kind => report(`${name}: ${kind}, Node`));
    const inChromium = await browser.measure(path, namesFor(sizes.cards), kind => report(`${name}: ${kind}, Chromium`));
    const shown = new Set([inNode.shown, inChromium.shown, natives[at].shown]);
    if (shown.size > 1) {
      throw new Error(`Node, Chromium and native show ${[...shown].join(', ')} cards of ${name}`);
    }
    const ofPeers = {};
    for (const peer of others) {
      report(`${name}: ${peer.name}, Node`);
      ofPeers[peer.name] = await measurePeer(peer, answers.first, list, PEER_LIMIT_MS);
    }
    results.push({
      name,
      ...sizes,
      shown: inNode.shown,
      answer_bytes: prepared.first.length,
      refresh_bytes: prepared.refresh[0].length,
      node: { times: inNode.times, first: firstInNode },
      chromium: { times: inChromium.times, first: firstInChromium },
      native: natives[at],
      peers: ofPeers
    });
  }
} finally {
  await browser.close();
}

const modules = join(root, 'bench/node_modules');
const all = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0].model,
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 1e9),
    load: Number(loadavg()[2].toFixed(1))
  },
  versions: {
    node: process.versions.node,
    chromium: browser.version,
    rust: output('rustc', ['--version']).split(' ')[1],
    peers: Object.fromEntries(others.map(peer => [peer.name, peer.package]))
  },
  sizes: {
    'this engine': sizeOf([join(built, 'scoped_launcher_bg.wasm')]),
    'this engine, its JavaScript': sizeOf([join(built, 'scoped_launcher.js')]),
    'cedar-wasm': sizeOf([join(modules, '@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm')])
  },
  workloads: results
};
const json = `${JSON.stringify(all, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value), 2)}\n`;
writeFileSync(join(folder, 'results.json'), json);
if (named.length) {
  console.log(page(all));
} else {
  writeFileSync(join(root, 'bench/results.json'), json);
  mkdirSync(join(root, 'docs/images'), { recursive: true });
  writeFileSync(join(root, 'docs/images/benchmarks.svg'), plot(all));
  writeFileSync(join(root, 'docs/explanation/benchmarks.md'), page(all));
  report('wrote bench/results.json, docs/explanation/benchmarks.md and docs/images/benchmarks.svg');
}
