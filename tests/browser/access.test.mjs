/**
 * Why a card is hidden: the panel, locked cards, the launcher as somebody else sees it, and what is wrong. On a real Hub, in
 * real Chromium.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import {
  BrowserUser,
  CLASS,
  CLASS_CARDS,
  SCREENSHOTS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

const VISIBLE = '.jp-Launcher:visible';
const KERNEL_CARD = 'Class 1234, semester 02';
// The `refresh` of the example's policy, with time for a busy machine.
const UPDATE_SECONDS = 20;

const lockTheKernel = text =>
  text.replace('id: class1234-kernel', 'id: class1234-kernel\n    locked: true');

describe('why a card is hidden', { timeout: 500_000 }, () => {
  let hub, browser, mmuster, profx;

  before(async () => {
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
    await mmuster.takeScreenshot(`${SCREENSHOTS}access-panel.png`);
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
    await mmuster.takeScreenshot(`${SCREENSHOTS}locked-card.png`);
    await card.focus();
    await mmuster.page.keyboard.press('Enter');
    const dialog = mmuster.page.getByRole('dialog');
    await dialog.getByText(/shown only to members of group/).waitFor();
    await dialog.getByRole('link', { name: /profx@example\.edu/ }).waitFor();
    await mmuster.takeScreenshot(`${SCREENSHOTS}locked-card-explained.png`);
    await mmuster.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('screen readers are told of cards that come; the card under the mouse stays under it', async () => {
    await mmuster.page.setViewportSize({ width: 1280, height: 500 });
    await mmuster.page.evaluate(() => {
      window.messages = [];
      const node = document.querySelector('.jp-ScopedLauncher-announcer');
      new MutationObserver(() => messages.push(node.textContent)).observe(
        node,
        { childList: true, characterData: true, subtree: true }
      );
    });
    const terminal = mmuster.page
      .locator('.jp-LauncherCard:visible', { hasText: 'Terminal' })
      .first();
    await terminal.hover();
    const before = await terminal.boundingBox();
    await profx.addToGroup(CLASS, 'mmuster');
    await waitUntil(
      () => mmuster.classCards(),
      cards => cards.length === CLASS_CARDS.length,
      UPDATE_SECONDS,
      'cards of the class'
    );
    const messages = await waitUntil(
      () => mmuster.page.evaluate(() => window.messages),
      messages =>
        /Class 1234: 2 cards added\./.test(messages.join(' ')) &&
        /Notebook: 1 card added\./.test(messages.join(' ')),
      UPDATE_SECONDS,
      'messages for screen readers'
    );
    assert.equal(messages.length, 1, `more than one message: ${messages}`);
    const after = await terminal.boundingBox();
    assert.ok(
      Math.abs(after.y - before.y) <= 1,
      `the card was at ${before.y} and is at ${after.y}`
    );
    await mmuster.page.setViewportSize({ width: 1280, height: 900 });
  });

  test('an instructor sees the launcher as a member, as the member sees it', async () => {
    await mmuster.openLauncher();
    await profx.openLab();
    const own = await profx.cardsBySection();
    await seeAs(profx, CLASS);
    const sentence = `You see the launcher as a member of ${CLASS}.`;
    const isSaid = profx.page.getByText(sentence);
    await isSaid.filter({ visible: true }).first().waitFor();
    const members = await mmuster.cardsBySection(VISIBLE);
    assert.ok(
      CLASS_CARDS.every(card => members.some(text => text.includes(card)))
    );
    await waitUntil(
      () => profx.cardsBySection(VISIBLE),
      cards => JSON.stringify(cards) === JSON.stringify(members),
      UPDATE_SECONDS,
      `the cards ${JSON.stringify(members)}`
    );
    // In the launcher, and in the status bar.
    assert.equal(await isSaid.filter({ visible: true }).count(), 2);
    await profx.takeScreenshot(`${SCREENSHOTS}see-as.png`);

    await profx.clickCard(KERNEL_CARD);
    await profx.page.getByText('Cards open nothing meanwhile.').waitFor();
    await profx.page.keyboard.press('Escape');
    await profx.page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(await profx.cardsBySection(VISIBLE), members);

    // The panel is about the member, too.
    await profx.runCommand('Launcher Access');
    await panel(profx).getByText('“you” is that person').waitFor();
    assert.match(
      await row(profx, KERNEL_CARD).innerText(),
      /Shown to members of group/
    );
    await profx.page
      .locator('.jp-ScopedLauncher-previewing:visible')
      .getByRole('button', { name: 'End' })
      .click();
    await waitUntil(
      () => row(profx, KERNEL_CARD).innerText(),
      text => /Locked/.test(text),
      UPDATE_SECONDS,
      'his own panel'
    );
    await profx.openLauncher();
    const again = () => profx.cardsBySection(VISIBLE);
    await waitUntil(
      again,
      cards => JSON.stringify(cards) === JSON.stringify(own),
      UPDATE_SECONDS,
      `his own cards ${JSON.stringify(own)}`
    );

    // Escape ends it, too.
    await seeAs(profx, '');
    const inNoGroup = profx.page
      .getByText('You see the launcher as somebody who is in no group.')
      .filter({ visible: true });
    await inNoGroup.first().waitFor();
    await profx.page.locator('.jp-LauncherCard:visible').first().focus();
    await profx.page.keyboard.press('Escape');
    await inNoGroup.first().waitFor({ state: 'detached' });
    await waitUntil(
      again,
      cards => JSON.stringify(cards) === JSON.stringify(own),
      UPDATE_SECONDS,
      'his own cards'
    );
  });

  test('whoever may not read a user at the Hub is told to name groups', async () => {
    await profx.runCommand('See the Launcher as');
    const dialog = profx.page.getByRole('dialog');
    await dialog.getByLabel('User').fill('mmuster');
    await dialog.getByRole('button', { name: 'See', exact: true }).click();
    const refusal = profx.page
      .getByRole('dialog')
      .getByText(/name groups instead/);
    await refusal.waitFor();
    await profx.page.keyboard.press('Escape');
    await refusal.waitFor({ state: 'detached' });
    assert.equal(
      await profx.page.locator('.jp-ScopedLauncher-previewing').count(),
      0
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
    await profx.takeScreenshot(`${SCREENSHOTS}access-panel-details.png`);
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

  test('a launcher says that the policy has an error, for as long as it has', async () => {
    let good;
    await hub.editPolicy(text => {
      good = text;
      return `${text}\nrulez: []\n`;
    });
    // Her server starts with it.
    const eextern = await BrowserUser.logIn(browser, hub, 'eextern');
    await eextern.openLab();
    const problem = eextern
      .problems()
      .getByText('The launcher policy of this server has an error.');
    await problem.waitFor();
    await eextern.takeScreenshot(`${SCREENSHOTS}invalid-policy.png`);
    // Longer than a notification stays.
    await sleep(11_000);
    assert.ok(await problem.isVisible());
    assert.equal(await eextern.notifications().count(), 0);
    assert.equal(await eextern.problems().getByText('rulez').count(), 0);
    assert.deepEqual(await eextern.cards(), []);
    await hub.editPolicy(() => good);
    await eextern.problems().getByRole('button').first().click().catch(() => {});
    await problem.waitFor({ state: 'detached', timeout: 60_000 });
    assert.ok((await eextern.cards()).includes('Terminal'));
    await eextern.close();
  });

  test('the panel can be read at 400 px and in the dark theme', async () => {
    await profx.runCommand('Launcher Access');
    await profx.page.keyboard.press('Control+b');
    await profx.page.setViewportSize({ width: 400, height: 800 });
    await row(profx, 'Terminal').waitFor();
    await sleep(500);
    const overflow = await panel(profx).evaluate(
      node => node.scrollWidth - node.clientWidth
    );
    assert.ok(overflow <= 1, `${overflow} px wider than the panel`);
    await profx.takeScreenshot(`${SCREENSHOTS}access-panel-narrow.png`);
    await profx.page.setViewportSize({ width: 1280, height: 900 });
    await profx.useTheme('JupyterLab Dark');
    await profx.takeScreenshot(`${SCREENSHOTS}access-panel-dark.png`);
    await profx.openLauncher();
    await profx.page
      .locator('.jp-LauncherCard:visible', { hasText: '(locked)' })
      .first()
      .waitFor();
    await profx.takeScreenshot(`${SCREENSHOTS}locked-card-dark.png`);
  });
});

/** Shows the launcher as somebody in these groups, separated by commas. */
async function seeAs(user, groups) {
  await user.runCommand('See the Launcher as');
  const dialog = user.page.getByRole('dialog');
  await dialog.getByLabel(/Or groups/).fill(groups);
  await dialog.getByRole('button', { name: 'See', exact: true }).click();
}
