/**
 * How long JupyterLab takes until its first launcher card, with and without the labextension: on the Hub of the class example,
 * in alternating starts with a fresh browser profile each.
 *
 * usage: node bench/first-card.mjs [STARTS]          (of each; 9, if it is not given)
 */
import { mkdir, readdir, rm, symlink, writeFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { BrowserUser, launchChromium } from '../tests/browser/browser.mjs';
import { startHub } from '../tests/browser/hub.mjs';

const starts = Number(process.argv[2] ?? 9);
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

try {
  for (let start = -1; start < starts; start++) {
    for (const [kind, name] of Object.entries(users)) {
      const user = await BrowserUser.logIn(browser, hub, name);
      await user.context.addInitScript(() => {
        new MutationObserver(() => {
          if (!window.firstCard && document.querySelector('.jp-LauncherCard')) {
            window.firstCard = performance.now();
          }
        }).observe(document, { childList: true, subtree: true });
      });
      await user.openLab();
      await user.page.waitForFunction(() => window.firstCard);
      const time = await user.page.evaluate(() => window.firstCard);
      const isThere = await user.page.evaluate(() =>
        document
          .getElementById('jupyter-config-data')
          .textContent.includes('"jupyterlab-scoped-launcher"')
      );
      if (isThere !== (kind === 'with')) {
        throw new Error(`${name}: the labextension is ${isThere ? '' : 'not '}there`);
      }
      // The first start of each also starts the server.
      if (start >= 0) {
        times[kind].push(time);
        console.log(kind.padEnd(8), time.toFixed(0), 'ms');
      }
      await user.close();
    }
  }
  for (const [kind, all] of Object.entries(times)) {
    const sorted = all.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    console.log(
      `${kind}: median ${median.toFixed(0)} ms, from ${sorted[0].toFixed(0)} to ${sorted.at(-1).toFixed(0)} ms`
    );
  }
} finally {
  await browser.close();
  await hub.stop();
  await rm(others, { recursive: true });
}
