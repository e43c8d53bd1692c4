// Compares the contestants' decisions, then times them. Runs in Node and in a browser.
import { clock, install, moveClock, setAnswer } from './fetch.mjs';
import { LATER_MS } from './workload.mjs';

/** How long one batch of runs of one contestant takes at least, and how many rounds of batches there are. */
const BATCH_MS = 40;
const ROUNDS = 15;
/** What takes longer than this is run in fewer rounds. */
const SLOW_MS = 1000;
const SLOW_ROUNDS = 2;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : undefined;
}

const bytes = text => new TextEncoder().encode(text);

/** A workload as `run.mjs` writes it, with its answers as bytes. */
export function prepare({ answers, cards }) {
  return { first: bytes(answers.first), refresh: answers.refresh.map(bytes), cards };
}

/** From the answer's bytes to decided cards, with nothing known before. */
async function cold({ first, cards }, contestant) {
  setAnswer(first);
  const start = clock();
  const page = contestant.create();
  await contestant.load(page);
  contestant.setCards(page, cards);
  const decisions = contestant.decide(page);
  return { ms: clock() - start, page, decisions };
}

/** The first run in a page or process, and what starting the engine took before it. */
export async function firstRun(workload, start) {
  install();
  const begin = clock();
  const contestant = await start();
  const startMs = clock() - begin;
  const { ms, decisions } = await cold(workload, contestant);
  return { start_ms: startMs, first_ms: ms, shown: decisions.reduce((sum, n) => sum + n, 0) };
}

/** The runs that are timed: each returns what it took, in milliseconds, without what it has to prepare. */
const RUNS = {
  cold: {
    async run(workload, contestant) {
      const { ms, page } = await cold(workload, contestant);
      contestant.dispose(page);
      return ms;
    }
  },
  // Another context with each answer: the visitor has left or joined a group.
  refresh: {
    async run(workload, contestant, page, n) {
      setAnswer(workload.refresh[(n + 1) % workload.refresh.length]);
      const start = clock();
      await contestant.load(page);
      contestant.decide(page);
      return clock() - start;
    }
  },
  // The same context with each answer.
  'refresh, same context': {
    async run(workload, contestant, page) {
      setAnswer(workload.refresh[0]);
      const start = clock();
      await contestant.load(page);
      contestant.decide(page);
      return clock() - start;
    }
  },
  // At another time, at which other rules are in force. Short ones are timed several at once.
  pass: {
    run(workload, contestant, page, n, repeat) {
      const start = clock();
      for (let i = 0; i < repeat; i++) {
        moveClock((n + i) % 2 ? 0 : LATER_MS);
        contestant.decide(page);
      }
      return (clock() - start) / repeat;
    },
    repeats: true
  }
};

/** Fails where two contestants decide differently on a card, in any of the situations that are timed. */
async function compare(workload, contestants) {
  const situations = [];
  let shown;
  for (const contestant of contestants) {
    const { page, decisions } = await cold(workload, contestant);
    const found = [['cold', decisions]];
    moveClock(LATER_MS);
    found.push(['later', contestant.decide(page)]);
    moveClock(0);
    for (const n of [1, 0]) {
      setAnswer(workload.refresh[n]);
      await contestant.load(page);
      found.push([`refresh ${n}`, contestant.decide(page)]);
    }
    contestant.dispose(page);
    shown ??= decisions.reduce((sum, n) => sum + n, 0);
    for (const [at, [name, own]] of found.entries()) {
      const expected = (situations[at] ??= own);
      const card = workload.cards.findIndex((_, n) => expected[n] !== own[n]);
      if (card >= 0 || expected.length !== own.length) {
        const what = JSON.stringify(workload.cards[card]);
        throw new Error(`${contestants[0].name} and ${contestant.name} decide differently (${name}) on card ${card}: ${what}`);
      }
    }
  }
  return shown;
}

/**
 * Times the contestants in turns, so that what else the machine does meets all of them.
 *
 * Returns how many cards are shown, and for each contestant and kind of run the median, the quartiles and the number of runs.
 */
export async function measure(workload, contestants, report = () => {}) {
  install();
  const shown = await compare(workload, contestants);
  const times = Object.fromEntries(contestants.map(({ name }) => [name, {}]));
  const pages = [];
  for (const contestant of contestants) {
    const { page } = await cold(workload, contestant);
    pages.push({ contestant, page });
  }
  for (const [kind, { run, repeats }] of Object.entries(RUNS)) {
    report(kind);
    const states = pages.map(({ contestant, page }) => ({ contestant, page, n: 0, repeat: 1, results: [] }));
    for (let round = -1; round < ROUNDS; round++) {
      for (const state of states) {
        const { contestant, page, results } = state;
        if (round >= SLOW_ROUNDS && results[0] > SLOW_MS) {
          continue;
        }
        const end = clock() + BATCH_MS;
        const batch = [];
        do {
          const ms = await run(workload, contestant, page, state.n, state.repeat);
          state.n += state.repeat;
          batch.push(ms);
        } while (clock() < end && batch.length < 2000);
        moveClock(0);
        if (round >= 0) {
          results.push(...batch);
        } else if (repeats) {
          // After the round that warms up: so many that the clock's steps do not matter. Odd, to change the time each run.
          const fit = Math.ceil(0.5 / Math.max(median(batch), 0.0001));
          state.repeat = fit + ((fit + 1) % 2);
        }
      }
    }
    for (const { contestant, results } of states) {
      const sorted = results.sort((a, b) => a - b);
      const quantile = q => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
      times[contestant.name][kind] = { ms: median(results), q1_ms: quantile(0.25), q3_ms: quantile(0.75), runs: results.length };
    }
  }
  pages.forEach(({ contestant, page }) => contestant.dispose(page));
  return { shown, times };
}
