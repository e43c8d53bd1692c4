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
      cards =>
        cards.includes('Python 3 (ipykernel)') && cards.includes('Terminal'),
      30,
      'the cards that nothing governs'
    );
    assert.deepEqual(await mmuster.classCards(), []);
    await mmuster.takePicture(`${pictures}mmuster-outside.png`);
  });

  test('what her launcher hides, her server refuses too', async () => {
    const listed = await mmuster.context.request.get(
      `${hub.url}user/mmuster/api/kernelspecs`
    );
    const specs = (await listed.json()).kernelspecs;
    assert.ok(!('class1234_semester02' in specs), 'not listed');
    const answer = await mmuster.startKernel('class1234_semester02');
    assert.equal(answer.status, 403);
    assert.match(answer.message, /profx@example\.edu/, 'says whom to ask');
    const tools = await mmuster.context.request.get(
      `${hub.url}user/mmuster/class1234-tools/`
    );
    assert.equal(tools.status(), 403);
  });

  test('the instructor adds her, and all cards appear in her open launcher', async () => {
    assert.deepEqual(
      mmuster.everInserted,
      [],
      'no card of the class before its time'
    );
    await profx.addToClass(CLASS, 'mmuster');
    await eventually(
      () => mmuster.classCards(),
      isWhole,
      FOLLOWS_WITHIN,
      'cards of the class'
    );
    assert.equal(mmuster.reloads, 0);
    await mmuster.takePicture(`${pictures}mmuster-in-class.png`);
    for (const card of CLASS_CARDS) {
      const seen = mmuster.everInserted.some(inserted =>
        inserted.includes(card)
      );
      assert.ok(seen, `the observer saw ${card} come`);
    }
  });

  test('a card has the image that the policy names', async () => {
    const image = mmuster.page
      .locator('.jp-LauncherCard', { hasText: 'Class 1234 workbench' })
      .locator('svg image');
    const source = await image.getAttribute('href');
    const answer = await mmuster.context.request.get(source);
    assert.equal(answer.status(), 200, source);
    assert.equal(answer.headers()['content-type'], 'image/svg+xml');
    assert.match(answer.headers()['content-security-policy'], /sandbox/);
  });

  test('her cards have names for a screen reader, and are reached by the keyboard', async () => {
    for (const name of CLASS_CARDS) {
      const card = mmuster.page.getByRole('button', { name }).first();
      await card.focus();
      assert.ok(
        await card.evaluate(element => element === document.activeElement)
      );
      assert.equal(await card.getAttribute('tabindex'), '0');
    }
  });

  test('the card of the Hub service opens it, and the Hub lets her in', async () => {
    const opened = mmuster.context.waitForEvent('page');
    await mmuster.clickCard('Class 1234 workbench');
    const board = await opened;
    await board.getByText('You are mmuster.').waitFor();
    await board.getByLabel('Ask the class').fill('What is <b>a</b> moron?');
    await board.getByRole('button', { name: 'Ask' }).click();
    await board.getByText('What is <b>a</b> moron?').waitFor();
    assert.equal(board.url(), `${hub.url}services/class1234-web/`);
    await board.close();
  });

  test('the card of the proxied service opens it, by the keyboard', async () => {
    await mmuster.page
      .getByRole('button', { name: 'Class 1234 tools' })
      .focus();
    await mmuster.page.keyboard.press('Enter');
    const tools = mmuster.page.frameLocator('iframe[src*="class1234-tools"]');
    await tools.getByLabel('Your Python program').fill('print(x');
    await tools.getByRole('button', { name: 'Check' }).click();
    await tools.getByText("Line 1: '(' was never closed.").waitFor();
  });

  test('the card of the class kernel starts that kernel', async () => {
    await mmuster.openLauncher();
    const started = mmuster.page.waitForResponse(
      response =>
        response.url().includes('/api/sessions') &&
        response.request().method() === 'POST'
    );
    await mmuster.clickCard('Class 1234, semester 02');
    const session = await (await started).json();
    assert.equal(session.kernel.name, 'class1234_semester02');
  });

  test('the instructor removes her, and all cards go', async () => {
    await mmuster.openLauncher();
    await eventually(
      () => mmuster.classCards(),
      isWhole,
      FOLLOWS_WITHIN,
      'cards of the class'
    );
    await profx.removeFromClass(CLASS, 'mmuster');
    await eventually(
      () => mmuster.classCards(),
      isEmpty,
      FOLLOWS_WITHIN,
      'cards of the class'
    );
    assert.equal(mmuster.reloads, 0);
    assert.ok(
      (await mmuster.cards()).includes('Terminal'),
      'the other cards stay'
    );
  });

  test('outside the class, the Hub refuses its service', async () => {
    const eextern = await Person.logIn(browser, hub, 'eextern');
    const answer = await eextern.context.request.get(
      `${hub.url}services/class1234-web/`
    );
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
    assert.equal(
      await profx.page.getByText('instructors', { exact: true }).count(),
      0
    );
    const entered = await profx.context.request.get(
      `${hub.url}user/mmuster/api/contents`
    );
    assert.equal(entered.status(), 403);
  });

  test('the Hub refuses what the admin page offers to the instructor beyond the class', async () => {
    await profx.page.goto(`${hub.url}hub/admin`);
    const refused = profx.page.waitForResponse(response =>
      response.url().includes('/server')
    );
    await profx.page
      .getByRole('row', { name: 'mmuster' })
      .getByRole('button', { name: /^(Start|Stop) Server$/ })
      .click();
    // Whom he may not manage is not there, for him.
    assert.equal((await refused).status(), 404);
  });

  test('the instructor sees no card of the class either: he is not in it', async () => {
    await profx.openLab();
    await eventually(
      () => profx.cards(),
      cards => cards.includes('Terminal'),
      30,
      'the cards that nothing governs'
    );
    assert.deepEqual(profx.everInserted, []);
    await profx.takePicture(`${pictures}profx.png`);
  });

  test('no page, address or log shows a token', async () => {
    const shown = /[?&](token|access_token|code)=(?!\[secret\]|\.\.\.)[^\s&]+/g;
    assert.deepEqual((await hub.log()).match(shown) ?? [], []);
    assert.doesNotMatch(mmuster.page.url(), /token/);
  });
});
