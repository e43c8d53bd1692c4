/**
 * The example of an extension that asks this package, built and installed as its README says: its shortcut is in the
 * status bar of those whom the policy lets use the service.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { BrowserUser, CLASS, launchChromium, waitUntil } from './browser.mjs';
import { startHub } from './hub.mjs';

const LABEL = 'Class 1234 tools';
const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the status bar shortcut', { timeout: 300_000 }, () => {
  let hub, browser, mmuster, profx, prefix;

  before(async () => {
    prefix = await mkdtemp(join(tmpdir(), 'status-shortcut-'));
    await promisify(execFile)(
      join(root, 'scripts', 'build-example.sh'),
      ['status-shortcut', prefix],
      { cwd: root }
    );
    const labextensions = join(prefix, 'share', 'jupyter', 'labextensions');
    hub = await startHub(async homes => {
      await configureLab(join(homes, 'mmuster'), {
        extra_labextensions_path: [labextensions]
      });
      // Nothing but the example is installed here.
      await configureLab(join(homes, 'eextern'), {
        labextensions_path: [labextensions]
      });
    });
    browser = await launchChromium();
    mmuster = await BrowserUser.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
    profx = await BrowserUser.logIn(browser, hub, 'profx');
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
    await rm(prefix, { recursive: true, force: true });
  });

  const shortcut = user => user.page.getByRole('link', { name: LABEL });

  test('a student outside the class does not have it', async () => {
    await waitUntil(
      () => mmuster.cards(),
      cards => cards.includes('Terminal'),
      30,
      'the cards that no rule matches'
    );
    await mmuster.page.locator('#jp-main-statusbar').waitFor();
    const link = mmuster.page.locator('.jp-StatusShortcut');
    await link.waitFor({ state: 'attached' });
    assert.equal(await link.textContent(), LABEL);
    assert.equal(await link.isVisible(), false);
  });

  test('it appears when she joins the class, and opens the service', async () => {
    await profx.addToGroup(CLASS, 'mmuster');
    await shortcut(mmuster).waitFor();
    assert.equal(mmuster.reloadCount, 0);
    const pagePromise = mmuster.context.waitForEvent('page');
    await shortcut(mmuster).click();
    const tools = await pagePromise;
    await tools.waitForLoadState();
    assert.match(tools.url(), /\/user\/mmuster\/class1234-tools\/$/);
    assert.match(await tools.locator('body').innerText(), /class 1234/i);
    await tools.close();
  });

  test('it goes when she leaves, and a notification says why', async () => {
    await profx.removeFromGroup(CLASS, 'mmuster');
    await shortcut(mmuster).waitFor({ state: 'hidden' });
    const notification = mmuster.page.locator('.Toastify__toast', {
      hasText: LABEL
    });
    await notification.waitFor();
    assert.match(await notification.innerText(), /profx@example\.edu/);
  });

  test('everybody has it where this package is not installed', async () => {
    const eextern = await BrowserUser.logIn(browser, hub, 'eextern');
    await eextern.openLab();
    await shortcut(eextern).waitFor();
    await eextern.close();
  });
});

/** Sets up JupyterLab in a user's home, with a shortcut to the tools of the class. */
async function configureLab(home, options) {
  const jupyter = join(home, '.jupyter');
  const settings = join(
    jupyter,
    'lab/user-settings/jupyterlab-status-shortcut'
  );
  await mkdir(settings, { recursive: true });
  await writeFile(
    join(jupyter, 'jupyter_server_config.json'),
    JSON.stringify({ LabApp: options })
  );
  await writeFile(
    join(settings, 'plugin.jupyterlab-settings'),
    JSON.stringify({ service: 'class1234-tools', label: LABEL })
  );
}
