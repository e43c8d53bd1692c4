/**
 * The founding story, on a real Hub with real Chromium: an instructor adds a student to a class and
 * removes her, and the launcher that she has open follows.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { CLASS_CARDS, Person, eventually, launchChromium } from './browser.mjs';
import { startHub } from './hub.mjs';

const CLASS = 'PythonForMorons101';
// The example's `refresh`, and time for two busy cores.
const REFRESH_SECONDS = 5;
const FOLLOWS_WITHIN = REFRESH_SECONDS + 10;
const pictures = new URL('../../target/pictures/', import.meta.url).pathname;

const isEmpty = cards => cards.length === 0;
const isWhole = cards => cards.length === CLASS_CARDS.length;

describe('the class example', { timeout: 300_000 }, () => {
  let hub, browser, mmuster, profx;

  before(async () => {
    await mkdir(pictures, { recursive: true });
    hub = await startHub();
    browser = await launchChromium();
    mmuster = await Person.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
    profx = await Person.logIn(browser, hub, 'profx');
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test('a student outside the class has a launcher without its cards', async () => {
    await eventually(
      () => mmuster.cards(),
      cards => cards.includes('Python 3 (ipykernel)') && cards.includes('Terminal'),
      30,
      'the cards that nothing governs'
    );
    assert.deepEqual(await mmuster.classCards(), []);
    await mmuster.takePicture(`${pictures}mmuster-outside.png`);
  });

  test('her server knows the class kernel: only the policy hides it', async () => {
    const answer = await mmuster.context.request.get(`${hub.url}user/mmuster/api/kernelspecs`);
    assert.ok('class1234_semester02' in (await answer.json()).kernelspecs);
  });

  test('the instructor adds her, and all cards appear in her open launcher', async () => {
    assert.deepEqual(mmuster.everInserted, [], 'no card of the class before its time');
    await profx.addToClass(CLASS, 'mmuster');
    await eventually(() => mmuster.classCards(), isWhole, FOLLOWS_WITHIN, 'cards of the class');
    assert.equal(mmuster.reloads, 0);
    for (const card of CLASS_CARDS) {
      assert.ok(mmuster.everInserted.includes(card), `the observer saw ${card} come`);
    }
    await mmuster.takePicture(`${pictures}mmuster-in-class.png`);
  });

  test('her cards have names for a screen reader, and are reached by the keyboard', async () => {
    for (const name of CLASS_CARDS) {
      const card = mmuster.page.locator('.jp-LauncherCard', { hasText: name }).first();
      assert.match(await card.ariaSnapshot(), new RegExp(name.replace(/[()]/g, '\\$&')));
      assert.notEqual(await card.getAttribute('tabindex'), '-1');
      await card.focus();
      assert.ok(await card.evaluate(element => element === document.activeElement));
    }
  });

  test('the card of the Hub service opens it, and the Hub lets her in', async () => {
    const answer = await mmuster.context.request.get(`${hub.url}services/class1234-web/`);
    assert.equal(answer.status(), 200);
    assert.match(await answer.text(), /You are mmuster/);
  });

  test('the card of the class kernel starts that kernel', async () => {
    const started = mmuster.page.waitForResponse(
      response =>
        response.url().includes('/api/sessions') && response.request().method() === 'POST'
    );
    await mmuster.page
      .locator('.jp-LauncherCard[data-category="Notebook"]', { hasText: 'Class 1234, semester 02' })
      .click();
    const session = await (await started).json();
    assert.equal(session.kernel.name, 'class1234_semester02');
  });

  test('the card of the proxied service opens it', async () => {
    const page = await mmuster.context.newPage();
    await page.goto(`${hub.url}user/mmuster/class1234-tools/`);
    await page.getByLabel('Your Python program').fill('print(x');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('status').getByText(/Line 1: '\(' was never closed/).waitFor();
    await page.close();
  });

  test('the instructor removes her, and all cards go', async () => {
    await mmuster.openLauncher();
    await eventually(() => mmuster.classCards(), isWhole, FOLLOWS_WITHIN, 'cards of the class');
    await profx.removeFromClass(CLASS, 'mmuster');
    await eventually(() => mmuster.classCards(), isEmpty, FOLLOWS_WITHIN, 'cards of the class');
    assert.equal(mmuster.reloads, 0);
    assert.ok((await mmuster.cards()).includes('Terminal'), 'the other cards stay');
  });

  test('outside the class, the Hub refuses its service', async () => {
    const eextern = await Person.logIn(browser, hub, 'eextern');
    const answer = await eextern.context.request.get(`${hub.url}services/class1234-web/`);
    assert.equal(answer.status(), 403);
    await eextern.close();
  });

  test('the instructor sees the class and no other group, and enters nobody’s server', async () => {
    await profx.page.goto(`${hub.url}hub/admin`);
    await profx.page.getByText('mmuster').first().waitFor();
    await profx.takePicture(`${pictures}profx-users.png`);
    await profx.page.getByText('Manage Groups').click();
    await profx.page.getByText(CLASS).waitFor();
    await profx.takePicture(`${pictures}profx-groups.png`);
    assert.equal(await profx.page.getByText('instructors', { exact: true }).count(), 0);
    const entered = await profx.context.request.get(`${hub.url}user/mmuster/api/contents`);
    assert.equal(entered.status(), 403);
  });

  test('no page, address or log shows a token', async () => {
    const shown = /[?&](token|access_token|code)=(?!\[secret\]|\.\.\.)[^\s&]+/g;
    assert.deepEqual((await hub.log()).match(shown) ?? [], []);
    assert.doesNotMatch(mmuster.page.url(), /token/);
  });
});
