/**
 * Packages that people install beside this one.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchChromium, waitUntil } from '../browser/browser.mjs';
import { startHub } from './hub.mjs';
import { Visitor } from './lab.mjs';
import { classCards, settingsWith } from './settings.mjs';

const UPDATE_SECONDS = 20;

describe('packages beside this one', { timeout: 900_000 }, () => {
  let hub, browser;

  before(async () => {
    hub = await startHub({
      tools: {
        environment: 'newest',
        files: settingsWith(
          '@jupyterlab/git',
          '@voila-dashboards/jupyterlab-preview',
          '@jupyter-server/resource-usage'
        )
      },
      together: {
        environment: 'newest',
        files: settingsWith(
          '@jupyter/collaboration-extension',
          '@jupyter/docprovider-extension'
        )
      },
      conda: {
        environment: 'newest',
        args: [
          '--ServerApp.kernel_spec_manager_class=nb_conda_kernels.CondaKernelSpecManager'
        ],
        files: settingsWith()
      }
    });
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const as = (name, check) => Visitor.as(browser, hub, name, check);

  test('jupyterlab-git, voila, jupyter-resource-usage: menus, buttons and the status bar', () =>
    as('tools', async visitor => {
      await visitor.openLab();
      await visitor.page.getByText(/^Mem/).first().waitFor();
      assert.deepEqual(await visitor.menu('Git'), ['Help']);
      await visitor.openNotebook();
      // Voila's button runs its command, and knows nothing of whether it may.
      const voila = visitor.page.getByRole('button', {
        name: 'Render with Voilà'
      });
      await voila.click();
      const refusal = visitor.page.locator('.jp-Dialog', {
        hasText: 'No previews outside the class.'
      });
      await refusal.waitFor();
      await visitor.takeScreenshot('tools-outside');
      await visitor.page.keyboard.press('Escape');
      await refusal.waitFor({ state: 'detached' });

      await hub.addToClass('tools');
      await waitUntil(
        () => visitor.menu('Git'),
        entries => entries.length > 3,
        UPDATE_SECONDS,
        'entries of the menu Git'
      );
      await voila.click();
      const preview = visitor.page.frameLocator('iframe[src*="voila"]');
      await preview.locator('body').waitFor();
      assert.equal(await refusal.count(), 0);
      await visitor.takeScreenshot('tools-inside');
      assert.deepEqual(visitor.ownProblems(), []);
    }));

  test('jupyter-collaboration: the notebook runs, and the launcher follows the class', () =>
    as('together', async visitor => {
      await visitor.openLab();
      assert.deepEqual(classCards(await visitor.cards()), []);
      await visitor.openNotebook();
      // JupyterLab forgets a cell that is run while the kernel starts.
      await visitor.page.getByText(/Python 3 .*\| Idle/).first().waitFor();
      assert.equal(await visitor.runCell('6 * 7'), '42');
      await visitor.page.getByRole('button', { name: 'New Launcher' }).first().click();
      await hub.addToClass('together');
      await waitUntil(
        () => visitor.cards().then(classCards),
        cards => cards.length >= 6,
        UPDATE_SECONDS,
        'cards of the class'
      );
      assert.deepEqual(visitor.ownProblems(), []);
    }));

  test('nb_conda_kernels: kernels of conda environments', () =>
    as('conda', async visitor => {
      await visitor.openLab();
      const notebooks = async () =>
        (await visitor.cards()).filter(card => card.startsWith('Notebook: Py'));
      const outside = ['Notebook: Python [conda env:free]'];
      await waitUntil(
        notebooks,
        cards => cards.some(card => card.includes('conda env:free')),
        30,
        'the kernel of an environment'
      );
      assert.ok((await notebooks()).includes(outside[0]));
      assert.ok(!String(await notebooks()).includes('class-ai'));
      await hub.addToClass('conda');
      await waitUntil(
        notebooks,
        cards => cards.includes('Notebook: Python [conda env:class-ai]'),
        UPDATE_SECONDS,
        'the kernel of the class'
      );
      await visitor.takeScreenshot('conda-inside');
      assert.deepEqual(visitor.ownProblems(), []);
    }));

});
