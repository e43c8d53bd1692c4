/**
 * Why a card is hidden: the panel, locked cards, the launcher as somebody else sees it, and what is wrong. On a real Hub, in
 * real Chromium.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import {
  BrowserUser,
  CLASS_CARDS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

const CLASS = 'PythonForMorons101';
const VISIBLE = '.jp-Launcher:visible';
const KERNEL_CARD = 'Class 1234, semester 02';
// The `refresh` of the example's policy, with time for a busy machine.
const UPDATE_SECONDS = 20;
const screenshots = new URL('../../target/screenshots/', import.meta.url)
  .pathname;

const lockTheKernel = text =>
  text.replace('id: class1234-kernel', 'id: class1234-kernel\n    locked: true');

describe('why a card is hidden', { timeout: 400_000 }, () => {
  let hub, browser, mmuster, profx;

  before(async () => {
    await mkdir(screenshots, { recursive: true });
    hub = await startHub();
    browser = await launchChromium();
    [mmuster, profx] = await Promise.all(
      ['mmuster', 'profx'].map(name => BrowserUser.logIn(browser, hub, name))
    );
    await Promise.all([mmuster.openLab(), profx.openLab()]);
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const panel = user => user.page.locator('.jp-ScopedLauncher-panel');
  const row = (user, title) =>
    panel(user).getByRole('row').filter({ hasText: title }).first();

  test('the link in the launcher opens the panel, which explains the hidden card', async () => {
    await mmuster.page
      .getByRole('button', { name: 'Why can’t I see a card?' })
      .click();
    const kernel = row(mmuster, KERNEL_CARD);
    await kernel.waitFor();
    const text = await kernel.innerText();
    assert.match(text, /Hidden/);
    assert.match(text, /shown only to members of group PythonForMorons101/);
    assert.match(text, /Rule: class1234-kernel/);
    const link = kernel.getByRole('link', { name: /profx@example\.edu/ });
    const mail = new URL(await link.getAttribute('href'));
    assert.equal(mail.protocol, 'mailto:');
    assert.match(mail.searchParams.get('subject'), /mmuster.*Class 1234/);
    assert.match(mail.searchParams.get('body'), /hub\/admin/);
    assert.match(await row(mmuster, 'Terminal').innerText(), /Shown/);
    assert.equal(
      await panel(mmuster).getByText('Copy as a rule').count(),
      0,
      'details are for those who may preview'
    );
    await panel(mmuster).getByText(/Asked \d+ s ago/).waitFor();
    await mmuster.takeScreenshot(`${screenshots}access-panel.png`);
  });

  test('the panel is filtered and sorted with the keyboard', async () => {
    const filter = panel(mmuster).getByRole('searchbox').first();
    await filter.focus();
    await mmuster.page.keyboard.type('semester');
    await waitUntil(
      () => panel(mmuster).locator('tbody tr').count(),
      count => count > 0 && count <= 3,
      10,
      'rows with the typed text'
    );
    const header = panel(mmuster).getByRole('columnheader', { name: 'Card' });
    await header.getByRole('button').focus();
    await mmuster.page.keyboard.press('Enter');
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    await mmuster.page.keyboard.press('Enter');
    assert.equal(await header.getAttribute('aria-sort'), 'descending');
  });

  test('a locked card is shown greyed in its section, and explains itself', async () => {
    await hub.editPolicy(lockTheKernel);
    await mmuster.openLauncher();
    const card = mmuster.page
      .locator('.jp-LauncherCard:visible', {
        hasText: `${KERNEL_CARD} (locked)`
      })
      .first();
    await card.waitFor({ timeout: UPDATE_SECONDS * 1000 });
    assert.equal(await card.getAttribute('data-category'), 'Notebook');
    await mmuster.takeScreenshot(`${screenshots}locked-card.png`);
    await card.focus();
    await mmuster.page.keyboard.press('Enter');
    const dialog = mmuster.page.getByRole('dialog');
    await dialog.getByText(/shown only to members of group/).waitFor();
    await dialog.getByRole('link', { name: /profx@example\.edu/ }).waitFor();
    await mmuster.takeScreenshot(`${screenshots}locked-card-explained.png`);
    await mmuster.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('an instructor sees the launcher as a member, as the member sees it', async () => {
    await profx.addToGroup(CLASS, 'mmuster');
    await mmuster.openLauncher();
    await waitUntil(
      () => mmuster.classCards(),
      cards => cards.length === CLASS_CARDS.length,
      UPDATE_SECONDS,
      'cards of the class'
    );
    await profx.openLab();
    const own = await profx.cardsBySection();
    await profx.runCommand('See the Launcher as');
    const dialog = profx.page.getByRole('dialog');
    await dialog.getByLabel(/Or groups/).fill(CLASS);
    await dialog.getByRole('button', { name: 'See', exact: true }).click();
    await profx.page
      .getByText(`You see the launcher as a member of ${CLASS}.`)
      .first()
      .waitFor();
    const members = await mmuster.cardsBySection(VISIBLE);
    await waitUntil(
      () => profx.cardsBySection(VISIBLE),
      cards => JSON.stringify(cards) === JSON.stringify(members),
      UPDATE_SECONDS,
      `the cards ${JSON.stringify(members)}`
    );
    await profx.takeScreenshot(`${screenshots}see-as.png`);

    await profx.clickCard(KERNEL_CARD);
    await profx.page.getByText('Cards open nothing meanwhile.').waitFor();
    await profx.page.keyboard.press('Escape');
    await profx.page
      .locator('.jp-ScopedLauncher-previewing:visible')
      .getByRole('button', { name: 'End' })
      .first()
      .click();
    await waitUntil(
      () => profx.cardsBySection(),
      cards => JSON.stringify(cards) === JSON.stringify(own),
      UPDATE_SECONDS,
      'his own cards'
    );
  });

  test('a student may not see the launcher as somebody else', async () => {
    const answer = await mmuster.context.request.get(
      `${hub.url}user/mmuster/scoped-launcher/visitors`
    );
    assert.equal(answer.status(), 403);
    await mmuster.page.keyboard.press('Control+Shift+c');
    await mmuster.page.locator('.lm-CommandPalette-input').fill('See the Laun');
    assert.equal(
      await mmuster.page
        .locator('.lm-CommandPalette-item', { hasText: 'See the Launcher as' })
        .count(),
      0
    );
    await mmuster.page.keyboard.press('Escape');
  });

  test('the rule that the panel copies is accepted, and matches the card', async () => {
    await profx.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await profx.runCommand('Launcher Access');
    const kernel = row(profx, KERNEL_CARD);
    await kernel.waitFor();
    await profx.takeScreenshot(`${screenshots}access-panel-details.png`);
    await kernel.getByRole('button', { name: /as a rule/ }).click();
    const rule = await waitUntil(
      () => profx.page.evaluate(() => navigator.clipboard.readText()),
      text => text.includes('match'),
      10,
      'the clipboard'
    );
    const folder = await mkdtemp(join(tmpdir(), 'copied-rule-'));
    try {
      const file = join(folder, 'policy.yaml');
      await writeFile(file, `version: 1\nrules:\n${rule}`);
      const root = new URL('../../', import.meta.url).pathname;
      const { stdout } = await promisify(execFile)(
        join(root, '.venv', 'bin', 'scoped-launcher'),
        ['explain', file, '--user', 'x', '--card', 'kernel:class1234_semester02']
      );
      assert.match(stdout, /WRITE-THE-GROUP/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('the launcher says that the policy file is broken while the last good one is in use', async () => {
    let good;
    await hub.editPolicy(text => {
      good = text;
      return `${text}\nrulez: []\n`;
    });
    await mmuster.openLauncher();
    // The student is not told, and keeps her cards.
    assert.equal((await mmuster.classCards()).length, CLASS_CARDS.length);
    await hub.editPolicy(() => good);
  });

  test('the panel and the launcher are usable in the dark theme and on a narrow screen', async () => {
    await mmuster.openLauncher();
    await mmuster.runCommand('Theme: JupyterLab Dark');
    await mmuster.page.waitForFunction(
      () => document.body.dataset.jpThemeLight === 'false'
    );
    await mmuster.runCommand('Launcher Access');
    // The text that was typed into the filter is still there.
    await row(mmuster, KERNEL_CARD).waitFor();
    await mmuster.takeScreenshot(`${screenshots}access-panel-dark.png`);
    await mmuster.page.setViewportSize({ width: 400, height: 800 });
    await mmuster.takeScreenshot(`${screenshots}access-panel-narrow.png`);
    await mmuster.page.setViewportSize({ width: 1280, height: 900 });
  });
});
