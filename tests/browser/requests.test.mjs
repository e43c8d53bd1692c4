/**
 * A student asks to join the class, the instructor gets a mail and approves, and her open launcher follows: on a real Hub with a
 * mail server, in real Chromium.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { findViolations } from './axe.mjs';
import {
  BrowserUser,
  CLASS,
  CLASS_CARDS,
  SCREENSHOTS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

const REASON = 'I study <b>snakes</b>';
const UPDATE_SECONDS = 15;

describe('a student who asks to join the class', { timeout: 300_000 }, () => {
  let hub, browser, mmuster, profx, joinPage, classUrl;

  before(async () => {
    hub = await startHub();
    browser = await launchChromium();
    profx = await BrowserUser.logIn(browser, hub, 'profx');
    mmuster = await BrowserUser.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const readMails = async () => {
    const page = await profx.context.request.get(hub.mails);
    return page.text();
  };

  const assertAccessible = async page =>
    assert.deepEqual(await findViolations(page), []);

  test('the page about a refused service leads to the page on which she asks', async () => {
    const page = await mmuster.context.newPage();
    await page.goto(`${hub.url}user/mmuster/class1234-tools/`);
    await page
      .getByRole('link', { name: `You may ask to join the group ${CLASS}.` })
      .click();
    await page.getByRole('heading', { name: `Join ${CLASS}` }).waitFor();
    await page.close();
  });

  test('the panel leads to the page on which she asks', async () => {
    await mmuster.page
      .getByRole('button', { name: 'Why can’t I see a card?' })
      .click();
    const opened = mmuster.context.waitForEvent('page');
    await mmuster.page
      .locator('.jp-ScopedLauncher-panel')
      .getByRole('link', { name: `Ask to join ${CLASS}` })
      .first()
      .click();
    joinPage = await opened;
    await joinPage.getByRole('heading', { name: `Join ${CLASS}` }).waitFor();
    await joinPage.getByText('Class1234_Semester02').waitFor();
    await assertAccessible(joinPage);
    await joinPage.getByLabel('Reason (optional)').fill(REASON);
    await joinPage.screenshot({ path: `${SCREENSHOTS}join.png` });
    await joinPage.emulateMedia({ colorScheme: 'dark' });
    await joinPage.screenshot({ path: `${SCREENSHOTS}join-dark.png` });
    await joinPage.emulateMedia({ colorScheme: 'light' });
    await joinPage.getByRole('button', { name: 'Ask to join' }).click();
    await joinPage.getByText('waits for a decision').waitFor();
    assert.equal(await joinPage.locator('main b').count(), 0);
  });

  test('the instructor gets a mail with a link to the page of the class', async () => {
    const page = await waitUntil(
      readMails,
      text => text.includes('mmuster asks to join'),
      UPDATE_SECONDS,
      'the mail'
    );
    assert.ok(page.includes('profx@example.edu'));
    const mails = await profx.context.newPage();
    await mails.goto(hub.mails);
    await mails
      .frameLocator('iframe')
      .first()
      .getByRole('link', { name: 'Approve or decline' })
      .waitFor();
    await mails.screenshot({ path: `${SCREENSHOTS}mail.png` });
    await mails.close();
    assert.ok(page.includes('I study &lt;b&gt;snakes&lt;/b&gt;'));
    classUrl = /href="([^"]+\/classes\/[^"]+)"/.exec(page)[1];
    await waitUntil(
      async () => {
        await joinPage.reload();
        return joinPage.locator('main').innerText();
      },
      text => text.includes('have been sent a mail'),
      UPDATE_SECONDS,
      'that the mail was sent'
    );
    await joinPage.screenshot({ path: `${SCREENSHOTS}join-asked.png` });
  });

  test('her panel says that she has asked', async () => {
    const panel = mmuster.page.locator('.jp-ScopedLauncher-panel');
    await panel.getByRole('button', { name: 'Ask again' }).click();
    await panel
      .getByText('You have asked. Your request waits for a decision.')
      .first()
      .waitFor();
  });

  test('the page of the class is usable on a phone, in dark mode and without scripts', async () => {
    const context = await browser.newContext({
      storageState: await profx.context.storageState(),
      javaScriptEnabled: false,
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 }
    });
    const page = await context.newPage();
    await page.goto(classUrl);
    await page.getByText('I study <b>snakes</b>').waitFor();
    await page.screenshot({
      path: `${SCREENSHOTS}class-page-dark.png`,
      fullPage: true
    });
    await page.getByLabel('User names').fill('eextern, nobody-here');
    await page.getByRole('button', { name: 'Add them' }).click();
    await page.getByText('Added: eextern').waitFor();
    await page
      .getByText('nobody-here: JupyterHub knows no such user')
      .waitFor();
    await page.getByRole('button', { name: 'Remove eextern' }).click();
    await page.getByText('Removed: eextern').waitFor();
    await page.getByRole('button', { name: /^Undo/ }).click();
    await page.getByText('Added: eextern').waitFor();
    await context.close();
  });

  test('the instructor approves with the keyboard, and her open launcher follows', async () => {
    await mmuster.openLauncher();
    const reloads = mmuster.reloadCount;
    const page = await profx.context.newPage();
    await page.goto(classUrl);
    await assertAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.screenshot({
      path: `${SCREENSHOTS}class-page.png`,
      fullPage: true
    });
    await page.getByRole('checkbox', { name: 'Select mmuster' }).focus();
    if (!(await page.getByRole('checkbox').first().isChecked())) {
      await page.keyboard.press('Space');
    }
    await page.getByRole('button', { name: 'Approve the selected' }).focus();
    const began = performance.now();
    await page.keyboard.press('Enter');
    await waitUntil(
      () => mmuster.classCards(),
      cards => cards.length === CLASS_CARDS.length,
      UPDATE_SECONDS,
      'cards of the class'
    );
    console.log(`her launcher: ${Math.round(performance.now() - began)} ms`);
    assert.equal(mmuster.reloadCount, reloads);
    await page.getByText('Added: mmuster').waitFor();
    await page.screenshot({
      path: `${SCREENSHOTS}class-page-approved.png`,
      fullPage: true
    });
    await joinPage.reload();
    await joinPage.getByText(`You are a member of ${CLASS}`).waitFor();
    await waitUntil(
      readMails,
      text => text.includes('mmuster@example.edu'),
      UPDATE_SECONDS,
      'the mail to the student'
    );
  });

  test('the start page lists the classes and the requests', async () => {
    const page = await profx.context.newPage();
    await page.goto(`${hub.url}services/scoped-launcher/`);
    await page.getByRole('link', { name: CLASS }).waitFor();
    await assertAccessible(page);
    await page.screenshot({ path: `${SCREENSHOTS}service-home.png` });
    await joinPage.goto(`${hub.url}services/scoped-launcher/`);
    await joinPage.getByText('approved').waitFor();
    assert.equal(await joinPage.getByText('Your classes').count(), 0);
  });

  test('an instructor asks for nothing at the Hub that the Hub would refuse', async () => {
    const answer = await mmuster.page.goto(classUrl);
    assert.equal(answer.status(), 403);
    await mmuster.page.getByText('may not change the group').waitFor();
  });
});
