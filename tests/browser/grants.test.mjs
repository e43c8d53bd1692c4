/**
 * Grants on a real Hub, in real Chromium: the class may open the instructor's `dash-*` servers but never his
 * default server, and the launcher shows a card for each server as long as the share exists.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import {
  BrowserUser,
  CLASS,
  SCREENSHOTS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

const CARD = 'dash-1 of profx';
// A pass of the Hub service and a refresh of the launcher (5 s each in the example), with time for a busy machine.
const UPDATE_SECONDS = 5 + 5 + 10;

describe('a granted server', { timeout: 300_000 }, () => {
  let hub, browser, mmuster, profx, dashboard, lab;

  before(async () => {
    hub = await startHub();
    // A server with JupyterLab, beside the dashboards, which are pages.
    await hub.editPolicy(text =>
      text.replaceAll('"profx/dash-*"', '["profx/dash-*", "profx/lab-*"]')
    );
    dashboard = `${hub.url}user/profx/dash-1/`;
    browser = await launchChromium();
    profx = await BrowserUser.logIn(browser, hub, 'profx');
    await profx.addToGroup(CLASS, 'mmuster');
    // His default server runs, so that only the missing share keeps others out.
    await profx.openLab();
    mmuster = await BrowserUser.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  /** Clicks a card. Returns its page, on which the Hub may ask for an authorization first. */
  async function openCard(label) {
    const pagePromise = mmuster.context.waitForEvent('page');
    await mmuster.clickCard(label);
    return pagePromise;
  }

  /** The status of the response to a user, after all redirects. */
  async function getStatus(user, url) {
    return (await user.context.request.get(url)).status();
  }

  test('the instructor starts a dashboard, and her open launcher shows its card', async () => {
    assert.ok(!(await mmuster.cards()).includes(CARD));
    await profx.startNamedServer('dash-1');
    await waitUntil(
      () => mmuster.cards(),
      cards => cards.includes(CARD),
      UPDATE_SECONDS,
      `cards with ${CARD}`
    );
    assert.equal(mmuster.reloadCount, 0);
    await mmuster.takeScreenshot(`${SCREENSHOTS}mmuster-granted.png`);
  });

  test('the card opens the dashboard, after she has authorized it once', async () => {
    const page = await openCard(CARD);
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.getByText('You are mmuster.').waitFor();
    // The Hub, which redirects to it, counts.
    assert.equal(page.url().replace('?redirects=1', ''), dashboard);
    await page.close();
  });

  test('she cannot open his default server', async () => {
    assert.equal(await getStatus(profx, `${hub.url}user/profx/lab`), 200);
    assert.equal(await getStatus(mmuster, `${hub.url}user/profx/lab`), 403);
  });

  test('the Hub refuses the dashboard to a user outside the class', async () => {
    const eextern = await BrowserUser.logIn(browser, hub, 'eextern');
    assert.equal(await getStatus(eextern, dashboard), 403);
    await eextern.close();
  });

  test('the card of a dashboard that is stopped leads to the page that says so', async () => {
    await profx.page.goto(`${hub.url}hub/home`);
    await profx.page
      .getByRole('row', { name: 'dash-1' })
      .getByRole('button', { name: 'stop' })
      .click();
    const startButton = profx.page
      .getByRole('row', { name: 'dash-1' })
      .getByRole('button', { name: 'start' });
    await startButton.waitFor();
    assert.ok((await mmuster.cards()).includes(CARD));
    const page = await openCard(CARD);
    await page.getByText(/Server not running/i).waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}dashboard-stopped.png` });
    await page.close();
    await startButton.click();
    await profx.page.waitForURL('**/user/profx/dash-1/**');
  });

  test('she opens a JupyterLab that is shared with her', async () => {
    await profx.startNamedServer('lab-1');
    await waitUntil(
      () => mmuster.cards(),
      cards => cards.includes('lab-1 of profx'),
      UPDATE_SECONDS,
      'the card of the shared JupyterLab'
    );
    lab = await openCard('lab-1 of profx');
    await lab.getByRole('button', { name: 'Authorize' }).click();
    await lab
      .locator('.jp-LauncherCard', { hasText: 'Class 1234 tools' })
      .waitFor({ timeout: 60_000 });
  });

  test('the instructor removes her: the card is hidden, and the Hub refuses a new session', async () => {
    await profx.removeFromGroup(CLASS, 'mmuster');
    await waitUntil(
      () => mmuster.cards(),
      cards => !cards.includes(CARD),
      UPDATE_SECONDS,
      `cards without ${CARD}`
    );
    assert.equal(mmuster.reloadCount, 0);
    const newSession = await BrowserUser.logIn(browser, hub, 'mmuster');
    assert.equal(await getStatus(newSession, dashboard), 403);
    await newSession.close();
  });

  test('the shared JupyterLab that she has open says so, and offers nothing that would be refused', async () => {
    await lab
      .getByText('You no longer have access to this server.')
      .first()
      .waitFor({ timeout: UPDATE_SECONDS * 1000 });
    await waitUntil(
      () => lab.locator('.jp-LauncherCard').count(),
      count => count === 0,
      UPDATE_SECONDS,
      'cards'
    );
    await lab.screenshot({ path: `${SCREENSHOTS}access-revoked.png` });
    // Nothing hangs: what the server refuses says so at once.
    await lab.getByRole('menuitem', { name: 'File', exact: true }).click();
    await lab.locator('.lm-Menu-itemLabel', { hasText: /^New$/ }).hover();
    await lab
      .locator('#jp-mainmenu-file-new .lm-Menu-item', { hasText: 'Text File' })
      .click();
    await lab.getByText('Forbidden').first().waitFor();
  });
});
