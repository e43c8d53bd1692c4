// The budgets of DESIGN.md that a run of bench/run.mjs can check. Sizes are those of scripts/check-size.mjs too.
import { readFileSync } from 'node:fs';

const limits = JSON.parse(readFileSync(new URL('limits.json', import.meta.url), 'utf8'));
const KB = 1000;

/** Each budget with what was measured: `{what, budget, measured, met}`, all of them texts but `met`. */
export function budgets(results) {
  const found = [];
  const size = results.sizes['this engine'];
  for (const kind of ['raw', 'brotli']) {
    const budget = limits.size.budget[kind];
    found.push({
      what: `size of the .wasm, ${kind}`,
      budget: `at most ${budget / KB} KB`,
      measured: `${(size[kind] / KB).toFixed(0)} KB`,
      met: size[kind] <= budget
    });
  }
  const workload = name => results.workloads.find(load => load.name === name);
  const times = (load, where) => load[where].times;

  function atMost(name, kind, limit) {
    const load = workload(name);
    for (const where of load ? ['node', 'chromium'] : []) {
      const ratio = times(load, where)['this engine'][kind].ms / times(load, where)['indexed JavaScript'][kind].ms;
      found.push({
        what: `${kind}, ${name}, ${WHERE[where]}`,
        budget: `at most ${limit} × indexed JavaScript`,
        measured: `${ratio.toFixed(2)} ×`,
        met: ratio <= limit
      });
    }
  }

  function faster(name, limit) {
    const load = workload(name);
    for (const where of load ? ['node', 'chromium'] : []) {
      const ratio = times(load, where)['indexed JavaScript'].pass.ms / times(load, where)['this engine'].pass.ms;
      found.push({
        what: `pass, ${name}, ${WHERE[where]}`,
        budget: `at least ${limit} × faster than indexed JavaScript`,
        measured: `${ratio.toFixed(1)} ×`,
        met: ratio >= limit
      });
    }
  }

  function fasterThanPeer(name, peer, limit) {
    const load = workload(name);
    if (load) {
      const ratio = load.peers[peer].pass_ms / load.node.times['this engine'].pass.ms;
      found.push({
        what: `pass, ${name}, Node`,
        budget: `at least ${limit.toLocaleString('en')} × faster than ${peer}`,
        measured: `${Number(ratio.toPrecision(2)).toLocaleString('en')} ×`,
        met: ratio >= limit
      });
    }
  }

  atMost('campus', 'cold', 0.7);
  atMost('huge', 'cold', 0.4);
  atMost('campus', 'refresh', 1);
  atMost('huge', 'refresh', 1);
  faster('campus', 2);
  faster('huge', 5);
  for (const peer of ['cedar-wasm', 'casbin']) {
    fasterThanPeer('campus', peer, 1000);
    fasterThanPeer('huge', peer, 10_000);
  }
  return found;
}

/** The places of measurement, as tables name them. */
export const WHERE = { node: 'Node', chromium: 'Chromium' };
