/**
 * Grants on a real Hub, in real Chromium: the class may open the instructor's `dash-*` servers but never his
 * default server, and the launcher shows a card for each server as long as the share exists.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { BrowserUser, launchChromium, waitUntil } from './browser.mjs';
import { startHub } from './hub.mjs';

const CLASS = 'PythonForMorons101';
const CARD = 'dash-1 of profx';
// A pass of the grants service and a refresh of the launcher (5 s each in the example), with time for a busy machine.
const UPDATE_SECONDS = 5 + 5 + 10;
const screenshots = new URL('../../target/screenshots/', import.meta.url)
  .pathname;

describe('a granted server', { timeout: 180_000 }, () => {
  let hub, browser, mmuster, profx, dashboard;

  before(async () => {
    await mkdir(screenshots, { recursive: true });
    hub = await startHub();
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
    await mmuster.takeScreenshot(`${screenshots}mmuster-granted.png`);
  });

  test('the card opens the dashboard, after she has authorized it once', async () => {
    const pagePromise = mmuster.context.waitForEvent('page');
    await mmuster.clickCard(CARD);
    const page = await pagePromise;
    const responsePromise = page.waitForResponse(
      response => response.url() === dashboard && response.status() === 200
    );
    await page.getByRole('button', { name: 'Authorize' }).click();
    await responsePromise;
    await page.getByText('You are mmuster.').waitFor();
    assert.equal(page.url(), dashboard);
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
});
