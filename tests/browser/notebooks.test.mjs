/**
 * A notebook that is open when its reader is removed from the class, on a real Hub, in real Chromium: its kernel goes on, nothing
 * hangs, and it stays a notebook of the class.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import {
  BrowserUser,
  CLASS,
  CLASS_CARDS,
  SCREENSHOTS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

const KERNEL = 'class1234_semester02';
const KERNEL_CARD = 'Class 1234, semester 02';
// The `refresh` of the example's policy, with time for a busy machine.
const UPDATE_SECONDS = 25;

describe('an open notebook', { timeout: 400_000 }, () => {
  let hub, browser, mmuster, profx;

  before(async () => {
    hub = await startHub();
    browser = await launchChromium();
    [mmuster, profx] = await Promise.all(
      ['mmuster', 'profx'].map(name => BrowserUser.logIn(browser, hub, name))
    );
    await profx.addToGroup(CLASS, 'mmuster');
    await mmuster.openLab();
    await waitUntil(
      () => mmuster.classCards(),
      cards => cards.length === CLASS_CARDS.length,
      UPDATE_SECONDS,
      'cards of the class'
    );
    await mmuster.clickCard(KERNEL_CARD);
    await idle();
  });

  // Also after a test that fails, so that the next ones are not about it.
  afterEach(() => mmuster?.context.unroute('**/scoped-launcher/context*'));

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const notebook = () => mmuster.page.locator('.jp-NotebookPanel:visible');
  const note = () => notebook().locator('.jp-ScopedLauncher-kernelNote');
  const dialog = () => mmuster.page.getByRole('dialog');
  const idle = () =>
    notebook()
      .locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
      .waitFor({ timeout: 60_000 });

  /** Writes into the last cell of the notebook, and runs it; returns its output. */
  async function run(code) {
    const cells = notebook().locator('.jp-CodeCell');
    const content = cells.last().locator('.cm-content');
    const count = await cells.count();
    await waitUntil(
      async () => {
        // While a notebook opens, it takes the focus from the cell: keys would be commands then, and inserted text is not.
        if ((await content.innerText()).trim() === '') {
          await content.click();
          await mmuster.page.keyboard.insertText(code);
        }
        return (await content.innerText()).trim();
      },
      text => text === code,
      20,
      'the code in the cell'
    );
    const cell = cells.nth(count - 1);
    return waitUntil(
      async () => {
        const prompt = await cell.locator('.jp-InputPrompt').innerText();
        if (/\[ \]/.test(prompt)) {
          // Also these keys are lost if the cell loses the focus just now.
          await cell.locator('.cm-content').press('Shift+Enter');
          await mmuster.page.waitForTimeout(1000);
        }
        const outputs = cell.locator('.jp-OutputArea-output');
        return { prompt, output: (await outputs.allInnerTexts()).join('\n') };
      },
      ({ prompt, output }) => /\[\d+\]/.test(prompt) && output !== '',
      30,
      `the output of ${code}`
    );
  }

  /** What is on disk of the notebook. */
  async function readFile() {
    const answer = await mmuster.context.request.get(
      `${hub.url}user/mmuster/api/contents/Untitled.ipynb`
    );
    // While it is renamed, there is none.
    return (await answer.json()).content ?? { metadata: {} };
  }

  /** Saves the notebook; JupyterLab asks for a name the first time. */
  async function save() {
    await mmuster.page.keyboard.press('Control+s');
    const rename = dialog().getByRole('button', { name: /^Rename/ });
    await rename.click({ timeout: 3000 }).catch(() => {});
  }

  test('its kernel goes on when its reader is removed from the class, and says that it is the last time', async () => {
    assert.match((await run('x = 41; x + 1')).output, /42/);
    await save();
    await waitUntil(
      readFile,
      content => content.metadata.kernelspec?.name === KERNEL,
      20,
      'the saved notebook'
    );
    await profx.removeFromGroup(CLASS, 'mmuster');
    await note().waitFor({ timeout: UPDATE_SECONDS * 1000 });
    assert.match(
      await note().innerText(),
      /Class 1234, semester 02: you may not start this kernel any more\. The one that runs here goes on/
    );
    assert.match((await run('x + 2')).output, /43/);
    await mmuster.takeScreenshot(`${SCREENSHOTS}notebook-note.png`);
    await mmuster.useTheme('JupyterLab Dark');
    await mmuster.takeScreenshot(`${SCREENSHOTS}notebook-note-dark.png`);
    await mmuster.useTheme('JupyterLab Light');
  });

  test('a refused restart says why and whom to ask, and nothing hangs', async () => {
    await mmuster.runCommand('Restart Kernel…');
    await dialog().getByRole('button', { name: 'Confirm Kernel Restart' }).click();
    await dialog().getByText(/shown only to members of group/).waitFor();
    await dialog().getByRole('link', { name: /profx@example\.edu/ }).waitFor();
    await dialog().getByText(/goes on, with all its variables/).waitFor();
    await mmuster.takeScreenshot(`${SCREENSHOTS}notebook-restart-refused.png`);
    await dialog().getByRole('button', { name: 'Close' }).click();
    await idle();
    assert.match((await run('x + 3')).output, /44/, 'variables are kept');
  });

  test('a refused restart whose page does not know yet heals the kernel', async () => {
    // The page still lists the kernel when the instructor removes her a moment ago.
    await profx.addToGroup(CLASS, 'mmuster');
    await note().waitFor({
      state: 'detached',
      timeout: UPDATE_SECONDS * 1000
    });
    await mmuster.context.route('**/scoped-launcher/context*', route =>
      route.abort()
    );
    await profx.removeFromGroup(CLASS, 'mmuster');
    // The server asks the Hub at most every two seconds.
    await mmuster.page.waitForTimeout(2500);
    await mmuster.runCommand('Restart Kernel…');
    await dialog().getByRole('button', { name: 'Confirm Kernel Restart' }).click();
    await dialog()
      .getByText(/shown only to members of group/)
      .waitFor({ timeout: 30_000 });
    await dialog().getByRole('button', { name: 'Close' }).click();
    await idle();
    assert.match((await run('x + 4')).output, /45/, 'variables are kept');
  });

  test('opened without its kernel, it starts no other, and stays what it is on disk', async () => {
    await save();
    await mmuster.runCommand('Close and Shut Down Notebook');
    const confirm = dialog().getByRole('button', { name: /Ok|Shut Down|Yes/i });
    if (await confirm.isVisible().catch(() => false)) {
      await confirm.click();
    }
    await notebook().waitFor({ state: 'detached' });
    await mmuster.page
      .locator('.jp-DirListing-item', { hasText: 'Untitled.ipynb' })
      .dblclick();
    await notebook().waitFor();
    await note().waitFor({ timeout: UPDATE_SECONDS * 1000 });
    assert.match(
      await note().innerText(),
      /the kernel of this document, is not available to you/
    );
    const sessions = await mmuster.context.request.get(
      `${hub.url}user/mmuster/api/sessions`
    );
    assert.deepEqual(await sessions.json(), [], 'no kernel was started');
    await mmuster.takeScreenshot(`${SCREENSHOTS}notebook-without-kernel.png`);
    await save();
    assert.equal((await readFile()).metadata.kernelspec.name, KERNEL);
    // The kernels that she may use are offered.
    await note().getByRole('button', { name: /Choose another/ }).click();
    const options = await dialog().locator('option').allTextContents();
    assert.ok(options.some(text => text.includes('Python 3')));
    assert.ok(!options.some(text => text.includes('Class 1234')));
    await mmuster.page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    // A cell that is run keeps its outputs.
    await notebook().locator('.jp-CodeCell .cm-content').first().click();
    await mmuster.page.keyboard.press('Shift+Enter');
    await dialog().getByText(/shown only to members of group/).waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
    await notebook()
      .locator('.jp-CodeCell')
      .first()
      .locator('.jp-OutputArea-output', { hasText: '42' })
      .waitFor();
  });

  test('back in the class, it starts its own kernel again', async () => {
    await profx.addToGroup(CLASS, 'mmuster');
    await note().waitFor({
      state: 'detached',
      timeout: UPDATE_SECONDS * 1000
    });
    await waitUntil(
      async () => {
        const sessions = await mmuster.context.request.get(
          `${hub.url}user/mmuster/api/sessions`
        );
        return (await sessions.json()).map(session => session.kernel.name);
      },
      names => names.includes(KERNEL),
      UPDATE_SECONDS,
      'the kernels that run'
    );
  });
});
