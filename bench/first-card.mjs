/**
 * How long JupyterLab takes until its first launcher card, with and without this package: on the Hub of the class example,
 * in alternating starts with a fresh browser profile each. Also how much processor time the page's main thread has used until
 * then, which depends less on what else the machine does.
 *
 * usage: node bench/first-card.mjs [PAIRS]          (of starts; 12, if it is not given)
 */
import { mkdir, readdir, rm, symlink, writeFile, mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { BrowserUser, launchChromium } from '../tests/browser/browser.mjs';
import { startHub } from '../tests/browser/hub.mjs';

const pairs = Number(process.argv[2] ?? 12);
const root = fileURLToPath(new URL('..', import.meta.url));
const installed = join(root, '.venv/share/jupyter/labextensions');
const others = await mkdtemp(join(tmpdir(), 'labextensions-'));
for (const name of await readdir(installed)) {
  if (name !== 'jupyterlab-scoped-launcher') {
    await symlink(join(installed, name), join(others, name));
  }
}
const hub = await startHub(async homes => {
  const jupyter = join(homes, 'eextern', '.jupyter');
  await mkdir(jupyter, { recursive: true });
  await writeFile(
    join(jupyter, 'jupyter_server_config.json'),
    JSON.stringify({
      LabApp: { labextensions_path: [others] },
      ServerApp: { jpserver_extensions: { jupyterlab_scoped_launcher: false } }
    })
  );
});
const browser = await launchChromium();
const users = { with: 'mmuster', without: 'eextern' };
const times = { with: [], without: [] };
const processorTimes = { with: [], without: [] };

/** Opens JupyterLab; returns after how many milliseconds the first card was in the page, and the main thread's processor time. */
async function measure(kind) {
  const user = await BrowserUser.logIn(browser, hub, users[kind]);
  await user.context.addInitScript(() => {
    new MutationObserver(() => {
      if (!window.firstCard && document.querySelector('.jp-LauncherCard')) {
        window.firstCard = performance.now();
      }
    }).observe(document, { childList: true, subtree: true });
  });
  const devtools = await user.context.newCDPSession(user.page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await readTaskTime(devtools);
  await user.openLab();
  await user.page.waitForFunction(() => window.firstCard);
  const processorTime = (await readTaskTime(devtools)) - before;
  const time = await user.page.evaluate(() => window.firstCard);
  const isThere = await user.page.evaluate(() =>
    document
      .getElementById('jupyter-config-data')
      .textContent.includes('"jupyterlab-scoped-launcher"')
  );
  if (isThere !== (kind === 'with')) {
    throw new Error(`${kind}: the labextension is ${isThere ? '' : 'not '}there`);
  }
  await user.close();
  return [time, processorTime];
}

/** The processor time of all tasks of the page so far, in milliseconds. */
async function readTaskTime(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** The median, the middle half and the range. */
function summarize(all) {
  const sorted = all.toSorted((a, b) => a - b);
  const at = share => {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)];
    return below + (sorted[Math.ceil(place)] - below) * (place % 1);
  };
  const [least, low, median, high, most] = [0, 0.25, 0.5, 0.75, 1].map(share =>
    at(share).toFixed(0)
  );
  return `median ${median} ms, half of them from ${low} to ${high} ms, all from ${least} to ${most} ms`;
}

try {
  // The first start of each also starts the server.
  await measure('with');
  await measure('without');
  console.log(`average load before: ${loadavg()[0].toFixed(2)}`);
  for (let pair = 0; pair < pairs; pair++) {
    const order = ['with', 'without'];
    for (const kind of pair % 2 ? order.reverse() : order) {
      const [time, processorTime] = await measure(kind);
      times[kind].push(time);
      processorTimes[kind].push(processorTime);
      console.log(
        `${kind.padEnd(8)} ${time.toFixed(0)} ms, processor ${processorTime.toFixed(0)} ms`
      );
    }
  }
  for (const [what, of] of Object.entries({
    'until the first card': times,
    'processor time of the main thread': processorTimes
  })) {
    console.log(what);
    for (const [kind, all] of Object.entries(of)) {
      console.log(`  ${kind}: ${summarize(all)}`);
    }
    const differences = of.with.map((time, i) => time - of.without[i]);
    console.log(`  with - without, in pairs: ${summarize(differences)}`);
  }
  console.log(`average load after: ${loadavg()[0].toFixed(2)}`);
} finally {
  await browser.close();
  await hub.stop();
  await rm(others, { recursive: true });
}
