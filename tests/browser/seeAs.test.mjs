/**
 * An admin sees the launcher as a user whom they name: the same as that user's own, in two browsers side by side.
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

const DASHBOARD = 'dash-1 of profx';
const SENTENCE = 'You see the launcher as mmuster.';
const VISIBLE = '.jp-Launcher:visible';
// A pass of the grants service and a refresh of the launcher (5 s each in the example), with time for a busy machine.
const UPDATE_SECONDS = 5 + 5 + 15;

describe('the launcher as a user', { timeout: 300_000 }, () => {
  let hub, browser, admin, mmuster, profx, adminsCards;

  before(async () => {
    hub = await startHub(undefined, 'admin_hub_config.py');
    await hub.editPolicy(text =>
      text.replace(
        'id: class1234-kernel',
        'id: class1234-kernel\n    locked: true'
      )
    );
    browser = await launchChromium();
    [admin, mmuster, profx] = await Promise.all(
      ['admin', 'mmuster', 'profx'].map(name =>
        BrowserUser.logIn(browser, hub, name)
      )
    );
    await Promise.all([admin.openLab(), mmuster.openLab()]);
    await profx.startNamedServer('dash-1');
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const panel = user => user.page.locator('.jp-ScopedLauncher-panel');
  const banner = () =>
    admin.page.locator('.jp-ScopedLauncher-previewing:visible');

  /** The rows of the panel: card, section, state and why. The fifth column is for those who write rules. */
  const rows = user =>
    panel(user)
      .locator('tbody tr')
      .evaluateAll(rows =>
        rows.map(row =>
          [...row.cells].slice(0, 4).map(cell => cell.innerText.trim())
        )
      );

  async function openPanel(user) {
    await user.runCommand('Launcher Access');
    await panel(user).locator('tbody tr').nth(3).waitFor();
    await panel(user).getByRole('button', { name: 'Ask again' }).click();
  }

  /** Waits until the admin reads what the user herself reads. */
  async function comparePictures() {
    await openPanel(mmuster);
    await openPanel(admin);
    const own = await waitUntil(
      () => rows(mmuster),
      rows => rows.length > 5,
      UPDATE_SECONDS,
      'her panel'
    );
    await waitUntil(
      () => rows(admin),
      seen => JSON.stringify(seen) === JSON.stringify(own),
      UPDATE_SECONDS,
      `the panel ${JSON.stringify(own)}`
    );
    await Promise.all([admin.openLauncher(), mmuster.openLauncher()]);
    const cards = await mmuster.cardsBySection(VISIBLE);
    await waitUntil(
      () => admin.cardsBySection(VISIBLE),
      seen => JSON.stringify(seen) === JSON.stringify(cards),
      UPDATE_SECONDS,
      `the cards ${JSON.stringify(cards)}`
    );
    return { cards, rows: own };
  }

  test('the name is completed from the Hub, and a banner says who is seen', async () => {
    adminsCards = await admin.cardsBySection();
    await admin.runCommand('See the Launcher as');
    const dialog = admin.page.getByRole('dialog');
    await dialog.getByLabel('User').pressSequentially('mmu');
    await waitUntil(
      () =>
        dialog
          .locator('datalist option')
          .evaluateAll(options => options.map(option => option.value)),
      names => JSON.stringify(names) === '["mmuster"]',
      10,
      'the names'
    );
    // Chromium draws the list outside of the page.
    await dialog.getByLabel('User').fill('mmuster');
    await dialog.getByRole('button', { name: 'See', exact: true }).click();
    await banner().getByText(SENTENCE).first().waitFor();
  });

  test('it is hers: she is not in the class', async () => {
    const { cards, rows } = await comparePictures();
    assert.ok(cards.includes('Notebook: Class 1234, semester 02 (locked)'));
    assert.ok(!cards.some(card => card.endsWith('workbench')));
    assert.ok(rows.some(([, , state]) => state === 'Locked'));
    await admin.takeScreenshot(`${SCREENSHOTS}see-as-user.png`);
  });

  test('it is hers: she has joined the class', async () => {
    await profx.addToGroup(CLASS, 'mmuster');
    await waitUntil(
      () => mmuster.cards(),
      cards => cards.includes(DASHBOARD),
      UPDATE_SECONDS,
      'her cards'
    );
    const { cards, rows } = await comparePictures();
    for (const label of [...CLASS_CARDS, DASHBOARD]) {
      assert.ok(cards.some(card => card.endsWith(label)));
    }
    assert.ok(rows.every(([, , state]) => state === 'Shown'));
    assert.ok(await banner().getByText(SENTENCE).first().isVisible());
    await admin.takeScreenshot(`${SCREENSHOTS}see-as-user-in-class.png`);
  });

  test('the banner ends it', async () => {
    await banner().getByRole('button', { name: 'End' }).first().click();
    await banner().first().waitFor({ state: 'detached' });
    await waitUntil(
      () => admin.cardsBySection(VISIBLE),
      cards => JSON.stringify(cards) === JSON.stringify(adminsCards),
      UPDATE_SECONDS,
      `the cards of the admin, ${JSON.stringify(adminsCards)}`
    );
  });

  test('a policy that breaks while it is in use is told to admins alone, where the launcher is', async () => {
    let good;
    // Her page is told of the change in the same moment as the admin's.
    const asked = mmuster.context.waitForEvent('response', response =>
      response.url().includes('scoped-launcher/context')
    );
    await hub.editPolicy(text => {
      good = text;
      return `${text}\nrulez: []\n`;
    });
    const problem = admin
      .problems()
      .getByText('The last good policy is in use.');
    await problem.first().waitFor({ timeout: UPDATE_SECONDS * 1000 });
    await admin.problems().locator('summary').first().click();
    await admin.problems().getByText('rulez').first().waitFor();
    await admin.takeScreenshot(`${SCREENSHOTS}broken-policy-admin.png`);
    // She has asked since then, too, and keeps her cards.
    await (await asked).finished();
    assert.equal(await mmuster.problems().count(), 0);
    assert.equal((await mmuster.classCards()).length, CLASS_CARDS.length);
    await hub.editPolicy(() => good);
    await problem
      .first()
      .waitFor({ state: 'detached', timeout: UPDATE_SECONDS * 1000 });
  });
});
