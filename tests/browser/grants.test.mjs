/**
 * The second founding story: the class may open the instructor's `dash-*` servers and never his
 * default server, and the launcher shows a card for each as long as that is so.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { Person, eventually, launchChromium } from './browser.mjs';
import { startHub } from './hub.mjs';

const CLASS = 'PythonForMorons101';
const CARD = 'dash-1 of profx';
// A pass of the grants service, a refresh of the launcher (5 s each in the example), and time for two busy cores.
const FOLLOWS_WITHIN = 5 + 5 + 10;
const pictures = new URL('../../target/pictures/', import.meta.url).pathname;

describe('a granted server', { timeout: 180_000 }, () => {
  let hub, browser, mmuster, profx, dashboard;

  before(async () => {
    await mkdir(pictures, { recursive: true });
    hub = await startHub();
    dashboard = `${hub.url}user/profx/dash-1/`;
    browser = await launchChromium();
    profx = await Person.logIn(browser, hub, 'profx');
    await profx.addToClass(CLASS, 'mmuster');
    // Not only shared by nobody: it runs.
    await profx.openLab();
    mmuster = await Person.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  /** What a person gets at an address who asks for it with all redirects, as for a new session. */
  async function statusOf(person, url) {
    return (await person.context.request.get(url)).status();
  }

  test('the instructor starts a dashboard, and its card appears in her open launcher', async () => {
    assert.ok(!(await mmuster.cards()).includes(CARD));
    await profx.startNamedServer('dash-1');
    await eventually(
      () => mmuster.cards(),
      cards => cards.includes(CARD),
      FOLLOWS_WITHIN,
      `no card ${CARD}`
    );
    assert.equal(mmuster.reloads, 0);
    await mmuster.takePicture(`${pictures}mmuster-granted.png`);
  });

  test('the card opens the dashboard, after the Hub has asked her once', async () => {
    const opened = mmuster.context.waitForEvent('page');
    await mmuster.clickCard(CARD);
    const page = await opened;
    const answered = page.waitForResponse(
      response => response.url() === dashboard && response.status() === 200
    );
    await page.getByRole('button', { name: 'Authorize' }).click();
    await answered;
    await page.getByText('You are mmuster.').waitFor();
    assert.equal(page.url(), dashboard);
    await page.close();
  });

  test('she enters neither his default server nor anything else of his', async () => {
    assert.equal(await statusOf(profx, `${hub.url}user/profx/lab`), 200);
    assert.equal(await statusOf(mmuster, `${hub.url}user/profx/lab`), 403);
  });

  test('outside the class, the Hub refuses the dashboard', async () => {
    const eextern = await Person.logIn(browser, hub, 'eextern');
    assert.equal(await statusOf(eextern, dashboard), 403);
    await eextern.close();
  });

  test('the instructor removes her: the card goes, and a new session is refused', async () => {
    await profx.removeFromClass(CLASS, 'mmuster');
    await eventually(
      () => mmuster.cards(),
      cards => !cards.includes(CARD),
      FOLLOWS_WITHIN,
      `the card ${CARD}`
    );
    assert.equal(mmuster.reloads, 0);
    const again = await Person.logIn(browser, hub, 'mmuster');
    assert.equal(await statusOf(again, dashboard), 403);
    await again.close();
  });
});
