/**
 * The class example on a real Hub, in real Chromium: an instructor adds a student to a class and removes her, and
 * the launcher that she has open shows and hides the cards of the class.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import {
  BrowserUser,
  CLASS,
  CLASS_CARDS,
  SCREENSHOTS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';
import { preview } from './preview.mjs';

// The `refresh` of the example's policy.
const REFRESH_SECONDS = 5;
// With time for a busy machine.
const UPDATE_SECONDS = REFRESH_SECONDS + 10;

const hasNoCards = cards => cards.length === 0;
const hasAllCards = cards => cards.length === CLASS_CARDS.length;

describe('the class example', { timeout: 300_000 }, () => {
  let hub, browser, mmuster, profx;
  /** What her server lists while she is in the class. */
  let serverCards;

  before(async () => {
    hub = await startHub();
    browser = await launchChromium();
    mmuster = await BrowserUser.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
    profx = await BrowserUser.logIn(browser, hub, 'profx');
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test('a student outside the class does not see its cards', async () => {
    await waitUntil(
      () => mmuster.cards(),
      cards =>
        cards.includes('Python 3 (ipykernel)') && cards.includes('Terminal'),
      30,
      'the cards that no rule matches'
    );
    assert.deepEqual(await mmuster.classCards(), []);
    await mmuster.takeScreenshot(`${SCREENSHOTS}mmuster-outside.png`);
  });

  test('she can copy the cards that she sees, and no others', async () => {
    const titles = (await mmuster.copyLauncherCards()).map(card => card.title);
    assert.deepEqual(titles.sort(), (await mmuster.cards()).sort());
  });

  test('her server refuses what her launcher hides', async () => {
    const listed = await mmuster.context.request.get(
      `${hub.url}user/mmuster/api/kernelspecs`
    );
    const specs = (await listed.json()).kernelspecs;
    assert.ok(!('class1234_semester02' in specs), 'not listed');
    const answer = await mmuster.startKernel('class1234_semester02');
    assert.equal(answer.status, 403);
    assert.match(
      answer.message,
      /profx@example\.edu/,
      'the message has the contact'
    );
    const tools = await mmuster.context.request.get(
      `${hub.url}user/mmuster/class1234-tools/`
    );
    assert.equal(tools.status(), 403);
  });

  test('the instructor adds her, and her open launcher shows all cards of the class', async () => {
    assert.deepEqual(
      mmuster.insertedCards,
      [],
      'no card of the class was ever inserted'
    );
    await profx.addToGroup(CLASS, 'mmuster');
    await waitUntil(
      () => mmuster.classCards(),
      hasAllCards,
      UPDATE_SECONDS,
      'cards of the class'
    );
    assert.equal(mmuster.reloadCount, 0);
    await mmuster.takeScreenshot(`${SCREENSHOTS}mmuster-in-class.png`);
    for (const card of CLASS_CARDS) {
      const wasInserted = mmuster.insertedCards.some(inserted =>
        inserted.includes(card)
      );
      assert.ok(wasInserted, `${card} was inserted`);
    }
  });

  test('the command preview shows what her launcher shows, in the class', async () => {
    const listed = await mmuster.context.request.get(
      `${hub.url}user/mmuster/scoped-launcher/cards`
    );
    serverCards = await listed.json();
    assert.deepEqual(
      await mmuster.cardsBySection(),
      await preview('mmuster', [CLASS], serverCards)
    );
  });

  test('the section of the class comes first, as the policy says', async () => {
    const titles = await mmuster.page
      .locator('.jp-Launcher-sectionTitle')
      .allTextContents();
    assert.deepEqual(titles.map(title => title.trim()).slice(0, 2), [
      'Class 1234',
      'Notebook'
    ]);
  });

  test('a card shows the image that the policy names', async () => {
    const image = mmuster.page
      .locator('.jp-LauncherCard', { hasText: 'Class 1234 workbench' })
      .locator('svg image');
    const source = await image.getAttribute('href');
    const answer = await mmuster.context.request.get(source);
    assert.equal(answer.status(), 200, source);
    assert.equal(answer.headers()['content-type'], 'image/svg+xml');
    assert.match(answer.headers()['content-security-policy'], /sandbox/);
  });

  test('her cards have accessible names and can have the keyboard focus', async () => {
    for (const name of CLASS_CARDS) {
      const card = mmuster.page.getByRole('button', { name }).first();
      await card.focus();
      assert.ok(
        await card.evaluate(element => element === document.activeElement)
      );
      assert.equal(await card.getAttribute('tabindex'), '0');
    }
  });

  test('the card of the Hub service opens it, and the Hub allows it', async () => {
    const pagePromise = mmuster.context.waitForEvent('page');
    await mmuster.clickCard('Class 1234 workbench');
    const workbench = await pagePromise;
    await workbench.getByText('You are mmuster.').waitFor();
    await workbench.getByLabel('Ask the class').fill('What is <b>a</b> moron?');
    await workbench.getByRole('button', { name: 'Ask' }).click();
    await workbench.getByText('What is <b>a</b> moron?').waitFor();
    assert.equal(workbench.url(), `${hub.url}services/class1234-web/`);
    await workbench.close();
  });

  test('the card of the proxied service opens it with the keyboard', async () => {
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
    const responsePromise = mmuster.page.waitForResponse(
      response =>
        response.url().includes('/api/sessions') &&
        response.request().method() === 'POST'
    );
    await mmuster.clickCard('Class 1234, semester 02');
    const session = await (await responsePromise).json();
    assert.equal(session.kernel.name, 'class1234_semester02');
  });

  test('the instructor removes her, and her open launcher hides all cards of the class', async () => {
    await mmuster.openLauncher();
    await waitUntil(
      () => mmuster.classCards(),
      hasAllCards,
      UPDATE_SECONDS,
      'cards of the class'
    );
    await profx.removeFromGroup(CLASS, 'mmuster');
    await waitUntil(
      () => mmuster.classCards(),
      hasNoCards,
      UPDATE_SECONDS,
      'cards of the class'
    );
    assert.equal(mmuster.reloadCount, 0);
    assert.ok(
      (await mmuster.cards()).includes('Terminal'),
      'the other cards are still shown'
    );
    // The same cards, as her server listed them before.
    assert.deepEqual(
      await mmuster.cardsBySection(),
      await preview('mmuster', [], serverCards)
    );
  });

  test('the Hub refuses the service to a user outside the class', async () => {
    const eextern = await BrowserUser.logIn(browser, hub, 'eextern');
    const answer = await eextern.context.request.get(
      `${hub.url}services/class1234-web/`
    );
    assert.equal(answer.status(), 403);
    await eextern.close();
  });

  test("the instructor sees the class and no other group, and cannot open a student's server", async () => {
    await profx.page.goto(`${hub.url}hub/admin`);
    await profx.page.getByText('mmuster').first().waitFor();
    await profx.takeScreenshot(`${SCREENSHOTS}profx-users.png`);
    await profx.page.getByText('Manage Groups').click();
    await profx.page.getByText(CLASS).waitFor();
    await profx.takeScreenshot(`${SCREENSHOTS}profx-groups.png`);
    assert.equal(
      await profx.page.getByText('instructors', { exact: true }).count(),
      0
    );
    const response = await profx.context.request.get(
      `${hub.url}user/mmuster/api/contents`
    );
    assert.equal(response.status(), 403);
  });

  test("the Hub refuses to let the instructor start or stop a student's server, although the admin page has the button", async () => {
    await profx.page.goto(`${hub.url}hub/admin`);
    const responsePromise = profx.page.waitForResponse(response =>
      response.url().includes('/server')
    );
    await profx.page
      .getByRole('row', { name: 'mmuster' })
      .getByRole('button', { name: /^(Start|Stop) Server$/ })
      .click();
    // For him, the servers of users whom he does not manage do not exist.
    assert.equal((await responsePromise).status(), 404);
  });

  test('the instructor, who is not in the class, sees no card of it', async () => {
    await profx.openLab();
    await waitUntil(
      () => profx.cards(),
      cards => cards.includes('Terminal'),
      30,
      'the cards that no rule matches'
    );
    assert.deepEqual(profx.insertedCards, []);
    await profx.takeScreenshot(`${SCREENSHOTS}profx.png`);
  });

  test('no log or URL contains a token', async () => {
    const secret =
      /[?&](token|access_token|code)=(?!\[secret\]|\.\.\.)[^\s&]+/g;
    assert.deepEqual((await hub.log()).match(secret) ?? [], []);
    assert.doesNotMatch(mmuster.page.url(), /token/);
  });
});
