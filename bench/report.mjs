// Writes docs/explanation/benchmarks.md from the results of a run.
import { budgets, WHERE } from './budgets.mjs';

/** A time in milliseconds, with two digits at least. */
function time(ms) {
  if (ms >= 99_500) {
    return `${Math.round(ms / 1000).toLocaleString('en')} s`;
  }
  if (ms >= 9950) {
    return `${(ms / 1000).toFixed(0)} s`;
  }
  if (ms >= 1000) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  return `${Number(ms.toPrecision(2))} ms`;
}

const number = value => value.toLocaleString('en');
const kilobytes = bytes => `${number(Math.round(bytes / 1000))} KB`;
const row = cells => `| ${cells.join(' | ')} |`;

function table(head, rows) {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

function timesTable({ name, cards, rules, scopes, groups, answer_bytes, node, chromium }) {
  const kinds = Object.keys(node.times['this engine']);
  const rows = Object.entries({ node, chromium }).flatMap(([where, { times, first }]) =>
    Object.keys(times).map(contestant => [
      `${contestant}, ${WHERE[where]}`,
      time(first[contestant].first_ms),
      ...kinds.map(kind => time(times[contestant][kind].ms))
    ])
  );
  return `### ${name[0].toUpperCase()}${name.slice(1)}: ${number(cards)} cards, ${number(rules)} rules, ${number(scopes)} scopes, ${number(groups)} groups; an answer of ${kilobytes(answer_bytes)}

${table(['', 'first run', ...kinds], rows)}`;
}

function peersTable({ workloads, versions }) {
  const head = ['', ...workloads.flatMap(({ name }) => [`${name}: policy`, `${name}: all cards`])];
  const rows = Object.keys(versions.peers).map(peer => [
    `${peer} (${versions.peers[peer]})`,
    ...workloads.flatMap(({ peers, cards }) => {
      const { setup_ms, pass_ms, cards: asked } = peers[peer];
      return [time(setup_ms), asked < cards ? `${time(pass_ms)} (extrapolated from ${number(asked)} cards)` : time(pass_ms)];
    })
  ]);
  return table(head, rows);
}

function nativeTable({ workloads }) {
  return table(
    ['native', 'compile the policy', 'match the cards', 'refresh', 'pass'],
    workloads.map(({ name, native }) => [
      name,
      ...['compile_ms', 'set_cards_ms', 'refresh_ms', 'pass_ms'].map(key => time(native[key]))
    ])
  );
}

/** The page, from what `run.mjs` found. */
export function page(results) {
  const { machine, versions, sizes, workloads, date } = results;
  const starts = Object.keys(WHERE).map(where => `${time(workloads.at(-1)[where].first['this engine'].start_ms)} in ${WHERE[where]}`);
  return `<!-- Written by bench/run.mjs (make bench). Change that, not this page. -->

# Benchmarks

\`make bench\` times the WebAssembly that ships (\`labextension/wasm\`), through the interface that the labextension uses. It
runs it in Node and in headless Chromium, beside other ways to decide the same cards. Before it measures, it compares all decisions
card by card, and stops if two differ. \`bench/results.json\` has the numbers of this page; \`node bench/check-budgets.mjs\` fails if
one of them misses its budget.

${date}; ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB of memory, average load ${machine.load}; Node ${versions.node}, Chromium ${versions.chromium},
Rust ${versions.rust}. All numbers are from one run. Other work on the machine makes times longer; the contestants take turns, so that it meets all of them.

![Time of one pass against the number of cards](../images/benchmarks.svg)

## What is measured

Each contestant starts from the bytes of the server's answer (\`GET scoped-launcher/context\`), which the Python package's engine makes, and
ends with a decision on every card. \`fetch\` gives the same bytes to all of them, without a network.

- **first run**: the first such run in a fresh process or page, after the code is loaded. It is mostly the work of the just-in-time compiler. Compiling and
  starting the WebAssembly comes before it: ${starts.join(', ')}.
- **cold**: the same with a warm compiler: read the answer and its policy, match the cards, decide them.
- **refresh**: an answer without a policy, because the page has it already. The visitor has joined or left a group, so all cards are decided again.
- **refresh, same context**: the usual answer: nothing has changed.
- **pass**: decide all cards at a time at which other rules are in force. Policy, context and cards are in memory.

All are medians (of first runs: of 7, or 3 at the largest size; what takes seconds is run once or twice). What runs in less than a millisecond is timed many times.

## Times

**indexed JavaScript** (\`bench/indexed.mjs\`) is what a careful programmer writes: rules are indexed, globs compiled once, cards matched once.
**plain JavaScript** (\`bench/loops.mjs\`) compiles globs once, and goes through all rules for each card. At the largest size only a
sample of its cards is timed, in the table of other policy engines.

${workloads.map(timesTable).join('\n\n')}

At 20 cards, JavaScript is as fast or faster: the calls between JavaScript and WebAssembly cost more than the decisions.

## Other policy engines

In Node, on the same answers. **policy** is the time to read the answer and set up the policy; **all cards** the time to decide all of them with the policy set up.
None of these engines keeps cards in memory. Each is told what it has no words for: which kernels are shown, which scopes the visitor holds, which rules are in force.

${peersTable(results)}

## The engine without a browser

The same Rust code in the server (\`cargo bench\`), without reading the answer:

${nativeTable(results)}

## Sizes

${table(
  ['', 'raw', 'brotli'],
  Object.entries(sizes).map(([name, { raw, brotli }]) => [name, kilobytes(raw), kilobytes(brotli)])
)}

## Budgets

${table(
  ['what', 'budget', 'measured', ''],
  budgets(results).map(({ what, budget, measured, met }) => [what, budget, measured, met ? 'met' : '**not met**'])
)}

\`make test\` does not measure seconds. It fails when the WebAssembly grows (\`scripts/check-size.mjs\`) or when the native engine executes more
instructions on a fixed workload (\`scripts/check-instructions.mjs\`); \`bench/limits.json\` has the recorded values.

## Elsewhere

\`make bench\` also prints, without recording them, the times of the scope algebra beside JupyterHub's own (\`bench/scopes.py\`) and what the server
extension costs a Jupyter server at its start (\`bench/server.py\`). How long JupyterLab takes until its first
card, with and without this package, is measured by \`node bench/first-card.mjs\`, which needs a quiet machine; its numbers are in [The first card](labextension.md#the-first-card).
`;
}
