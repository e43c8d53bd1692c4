/**
 * An exam on a real Hub, in real Chromium: whatever the launcher hides, menus, the command palette, context menus, key bindings
 * and the kernel picker do not offer either, and they follow while JupyterLab is open.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import {
  BrowserUser,
  SCREENSHOTS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

/** Whose members write the exam. */
const EXAM = 'PythonForMorons101';
// The `refresh` of the example's policy, with time for a busy machine.
const UPDATE_SECONDS = 5 + 15;
const MESSAGE = 'There are no terminals during the exam.';
const KERNEL = 'Python 3 (ipykernel)';

const RULES = `
rules:
  - id: exam-terminals
    match: { command: "terminal:*" }
    hide_when: { group: ${EXAM} }
    message: ${MESSAGE}
    contact: profx@example.edu
  - id: exam-kernels
    match: { kernel: "*" }
    hide_when: { group: ${EXAM} }
  - id: exam-tools
    match: { proxy: class1234-tools }
    hide_when: { group: ${EXAM} }
  - id: exam-files
    match: { command: "filebrowser:create-new-file" }
    hide_when: { group: ${EXAM} }
`;

const SHORTCUTS = '@jupyterlab/shortcuts-extension:shortcuts';

describe('an exam', { timeout: 300_000 }, () => {
  let hub, browser, student, teacher;

  before(async () => {
    hub = await startHub();
    const policy = await readFile(hub.policyFile, 'utf8');
    await writeFile(hub.policyFile, policy.split('\nrules:')[0] + RULES);
    browser = await launchChromium();
    student = await BrowserUser.logIn(browser, hub, 'mmuster');
    await student.openLab();
    await bindKeys();
    teacher = await BrowserUser.logIn(browser, hub, 'profx');
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  /** Ctrl+Alt+Y opens a terminal. */
  async function bindKeys() {
    const shortcut = {
      command: 'terminal:create-new',
      keys: ['Ctrl Alt Y'],
      selector: 'body'
    };
    await student.page.evaluate(
      async ([plugin, raw]) => {
        const { baseUrl } = JSON.parse(
          document.getElementById('jupyter-config-data').textContent
        );
        const response = await fetch(`${baseUrl}lab/api/settings/${plugin}`, {
          method: 'PUT',
          headers: { 'X-XSRFToken': /_xsrf=([^;]*)/.exec(document.cookie)[1] },
          body: JSON.stringify({ raw })
        });
        if (!response.ok) {
          throw new Error(`settings: ${response.status}`);
        }
      },
      [SHORTCUTS, JSON.stringify({ shortcuts: [shortcut] })]
    );
    await student.page.reload();
    await student.page.locator('.jp-Launcher').first().waitFor();
  }

  async function openNewMenu() {
    const { page } = student;
    await page.getByRole('menuitem', { name: 'File', exact: true }).click();
    await page
      .locator('.lm-Menu-itemLabel', { hasText: /^New$/ })
      .first()
      .hover();
  }

  /** The entries of File > New. */
  async function menuEntries() {
    const { page } = student;
    await openNewMenu();
    const submenu = page.locator('#jp-mainmenu-file-new');
    await submenu.waitFor();
    const entries = await submenu
      .locator('.lm-Menu-item:visible .lm-Menu-itemLabel')
      .allTextContents();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    return entries;
  }

  /** The entries of the command palette that contain a text. */
  async function paletteEntries(text) {
    const { page } = student;
    await page.keyboard.press('Control+Shift+c');
    const input = page.locator('.lm-CommandPalette-input');
    await input.fill(text);
    await page.waitForTimeout(300);
    const entries = await page
      .locator('.lm-CommandPalette-item:visible .lm-CommandPalette-itemLabel')
      .allTextContents();
    await page.keyboard.press('Escape');
    return entries;
  }

  /** The entries of the context menu of the file browser. */
  async function contextMenuEntries() {
    const { page } = student;
    await page
      .locator('.jp-DirListing-content')
      .click({ button: 'right', position: { x: 80, y: 300 } });
    const menu = page.locator('.lm-Menu');
    await menu.first().waitFor();
    const entries = await menu
      .first()
      .locator('.lm-Menu-item:visible .lm-Menu-itemLabel')
      .allTextContents();
    await page.keyboard.press('Escape');
    return entries.filter(Boolean);
  }

  /** The kernels that the picker offers for a new notebook. */
  async function pickerKernels() {
    const { page } = student;
    await openNewMenu();
    await page
      .locator('#jp-mainmenu-file-new .lm-Menu-item', { hasText: 'Notebook' })
      .click();
    const dialog = page.locator('.jp-Dialog');
    await dialog.waitFor();
    const kernels = await dialog.locator('option').allTextContents();
    const [selected] = await dialog
      .locator('select')
      .evaluateAll(selects =>
        selects.map(select => select.selectedOptions[0]?.textContent)
      );
    await dialog.getByRole('button', { name: 'No Kernel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.jp-Notebook:visible').waitFor();
    await student.runCommand('Close Tab');
    // It may have been changed: its kernel has been selected.
    const discard = page.getByRole('button', { name: 'Discard' });
    await waitUntil(
      async () => {
        if (await discard.isVisible()) {
          await discard.click();
        }
        return page.locator('.jp-Notebook:visible').count();
      },
      count => count === 0,
      10,
      'open notebooks'
    );
    return { kernels, selected };
  }

  /** How many kernels run. */
  async function kernelCount() {
    const answer = await student.context.request.get(
      `${hub.url}user/mmuster/api/kernels`
    );
    return (await answer.json()).length;
  }

  /** The kernels that the open dialog offers to start. Then closes it with a button. */
  async function dialogKernels(button) {
    const dialog = student.page.getByRole('dialog');
    await dialog.getByText('Select Kernel').first().waitFor();
    const kernels = await dialog.locator('option').allTextContents();
    await dialog.getByRole('button', { name: button }).click();
    await dialog.waitFor({ state: 'detached' });
    return kernels.filter(kernel => /python/i.test(kernel));
  }

  /** Shows the tab with this name. */
  const showTab = name =>
    student.page
      .locator('#jp-main-dock-panel .lm-TabBar-tab', { hasText: name })
      .first()
      .click();

  const hasTerminal = cards => cards.includes('Terminal');

  test('before it, everything is offered', async () => {
    await waitUntil(() => student.cards(), hasTerminal, 30, 'cards');
    const cards = await student.cards();
    assert.ok(cards.includes(KERNEL) && cards.includes('Class 1234 tools'));
    assert.ok((await menuEntries()).includes('Terminal'));
    assert.ok((await paletteEntries('New Terminal')).includes('New Terminal'));
    assert.ok((await contextMenuEntries()).includes('New File'));
    const { kernels, selected } = await pickerKernels();
    assert.ok(kernels.includes(KERNEL));
    assert.ok(selected, 'a kernel is preselected');
  });

  test('before it, a console has kernels beside it', async () => {
    const { page } = student;
    await page
      .locator('.jp-LauncherCard', { hasText: 'Python File' })
      .first()
      .click();
    await page.locator('.jp-FileEditor').waitFor();
    await student.openLauncher();
    await page
      .locator('.jp-Launcher-section:visible', { hasText: 'Console' })
      .locator('.jp-LauncherCard', { hasText: KERNEL })
      .click();
    await page
      .locator('.jp-ConsolePanel .jp-Toolbar-kernelName', { hasText: KERNEL })
      .waitFor();
    // The "+" beside its tab.
    await student.openLauncher();
    const cards = await student.cardsBySection('.jp-Launcher:visible');
    assert.ok(cards.includes(`Console: ${KERNEL}`), cards.join());
    await waitUntil(kernelCount, count => count === 1, 30, 'running kernels');
  });

  test('when it begins, nothing of it is left in an open JupyterLab', async () => {
    await teacher.addToGroup(EXAM, 'mmuster');
    await waitUntil(
      () => student.cards(),
      cards => !hasTerminal(cards),
      UPDATE_SECONDS,
      'cards'
    );
    const cards = await student.cards();
    assert.ok(!cards.includes('Class 1234 tools'));
    const entries = await menuEntries();
    assert.ok(!entries.includes('Terminal'));
    assert.ok(entries.includes('Text File'), 'the menu is not empty');
    assert.deepEqual(await paletteEntries('New Terminal'), []);
    const contextEntries = await contextMenuEntries();
    assert.ok(!contextEntries.includes('New File'));
    assert.ok(contextEntries.includes('New Folder'));
    assert.equal(student.reloadCount, 1, 'the reload of bindKeys alone');
    await student.takeScreenshot(`${SCREENSHOTS}exam.png`);
  });

  test('the last kernel goes from launcher and picker, too', async () => {
    await waitUntil(
      () => student.cards(),
      cards => !cards.includes(KERNEL),
      UPDATE_SECONDS,
      'cards'
    );
    const { kernels, selected } = await waitUntil(
      pickerKernels,
      ({ kernels }) => !kernels.includes(KERNEL),
      UPDATE_SECONDS,
      'the kernel picker'
    );
    assert.deepEqual(
      kernels.filter(kernel => /python/i.test(kernel)),
      []
    );
    assert.doesNotMatch(selected ?? '', /python/i, 'it is not preselected');
  });

  test('no kernel is reached from a console or an editor', async () => {
    const { page } = student;
    await showTab('Console 1');
    await student.openLauncher();
    assert.deepEqual(
      (await student.cardsBySection('.jp-Launcher:visible')).filter(card =>
        /python 3/i.test(card)
      ),
      []
    );
    // The console's own button, and the menu.
    await showTab('Console 1');
    await page.locator('.jp-ConsolePanel .jp-Toolbar-kernelName').click();
    assert.deepEqual(await dialogKernels('Cancel'), []);
    await openNewMenu();
    await page
      .locator('#jp-mainmenu-file-new .lm-Menu-item', { hasText: 'Console' })
      .click();
    assert.deepEqual(await dialogKernels('No Kernel'), []);
    await showTab('untitled.py');
    await page.getByRole('menuitem', { name: 'File', exact: true }).click();
    await page
      .locator('#jp-mainmenu-file .lm-Menu-item', { hasText: 'Console for' })
      .click();
    assert.deepEqual(await dialogKernels('No Kernel'), []);
    await page.waitForTimeout(1000);
    assert.equal(await kernelCount(), 1, 'none has started');
  });

  test('a key binding says why it opens nothing', async () => {
    const { page } = student;
    await page.keyboard.press('Control+Alt+y');
    const dialog = page.locator('.jp-Dialog');
    await dialog.waitFor();
    const text = await dialog.innerText();
    assert.match(text, /Terminal is not available/);
    assert.ok(text.includes(MESSAGE), text);
    const link = dialog.getByRole('link', { name: 'profx@example.edu' });
    assert.equal(await link.getAttribute('href'), 'mailto:profx@example.edu');
    await student.takeScreenshot(`${SCREENSHOTS}exam-refused.png`);
    await dialog.getByRole('button', { name: 'OK' }).click();
    assert.equal(await page.locator('.jp-Terminal').count(), 0);
  });

  test('when it is over, everything is back', async () => {
    await teacher.removeFromGroup(EXAM, 'mmuster');
    await waitUntil(() => student.cards(), hasTerminal, UPDATE_SECONDS, 'cards');
    assert.ok((await menuEntries()).includes('Terminal'));
    assert.ok((await paletteEntries('New Terminal')).includes('New Terminal'));
    assert.ok((await contextMenuEntries()).includes('New File'));
    await waitUntil(
      () => student.cards(),
      cards => cards.includes(KERNEL),
      UPDATE_SECONDS,
      'cards'
    );
    const { kernels, selected } = await pickerKernels();
    assert.ok(kernels.includes(KERNEL));
    assert.ok(selected, 'a kernel is preselected');
    await student.page.keyboard.press('Control+Alt+y');
    await student.page.locator('.jp-Terminal').waitFor();
  });

  test('a terminal from before is not restored, and she reads why', async () => {
    const { page } = student;
    const lab = page.url();
    await waitUntil(
      async () => {
        const workspace = `${hub.url}user/mmuster/lab/api/workspaces/default`;
        return (await student.context.request.get(workspace)).text();
      },
      workspace => workspace.includes('"terminal:'),
      30,
      'what JupyterLab restores'
    );
    await page.goto('about:blank');
    await teacher.addToGroup(EXAM, 'mmuster');
    await page.goto(lab);
    const dialog = page.locator('.jp-Dialog');
    const text = await waitUntil(
      async () => {
        const [text] = await dialog.allInnerTexts();
        if (text?.includes('Select Kernel')) {
          // Of a notebook that is restored, too.
          await dialog.getByRole('button', { name: 'No Kernel' }).click();
        }
        return text ?? '';
      },
      text => text.includes('Terminal is not available'),
      30,
      'the dialog'
    );
    assert.ok(text.includes(MESSAGE), text);
    assert.equal(await page.locator('.jp-Terminal').count(), 0);
  });
});
