/**
 * Jupyter Notebook 7: its menu New, and the pages that it opens.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchChromium, waitUntil } from '../browser/browser.mjs';
import { startHub } from './hub.mjs';
import { Visitor } from './lab.mjs';
import { SETTINGS } from './settings.mjs';

const VERSIONS = { lab44: '7.4.2', lab45: '7.5.8', newest: '7.6.5' };
const UPDATE_SECONDS = 20;
const FOR_THE_CLASS = ['Class Python', 'Class colon', 'Terminal'];

describe('Notebook', { timeout: 900_000 }, () => {
  let hub, browser;

  before(async () => {
    const trials = {};
    for (const environment of Object.keys(VERSIONS)) {
      trials[environment] = { environment, files: SETTINGS };
    }
    hub = await startHub(trials);
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  for (const [name, version] of Object.entries(VERSIONS)) {
    test(`${version}: the menu New follows the class`, () =>
      Visitor.as(browser, hub, name, async visitor => {
        await visitor.open('tree');
        const forTheClass = async () => {
          const entries = await visitor.newEntries();
          return FOR_THE_CLASS.filter(entry => entries.includes(entry));
        };
        const outside = await waitUntil(
          () => visitor.newEntries(),
          entries => entries.includes('Free for all'),
          30,
          'entries that no rule hides'
        );
        assert.ok(outside.some(entry => entry.startsWith('Python 3')));
        assert.deepEqual(await forTheClass(), []);
        assert.equal(await visitor.status('class:colon/'), 403);
        await visitor.takeScreenshot(`notebook-${version}-outside`);

        await hub.addToClass(name);
        await waitUntil(
          forTheClass,
          entries => entries.length === FOR_THE_CLASS.length,
          UPDATE_SECONDS,
          'entries for the class'
        );
        await visitor.takeScreenshot(`notebook-${version}-inside`);

        // A notebook of its own page, where this package is active as well.
        const [page] = await Promise.all([
          visitor.context.waitForEvent('page'),
          visitor.chooseNew('Class Python')
        ]);
        visitor.listen(page);
        await page.locator('.jp-Notebook').waitFor({ timeout: 60_000 });
        assert.match(page.url(), /\/notebooks\//);

        await hub.removeFromClass(name);
        await waitUntil(
          forTheClass,
          entries => entries.length === 0,
          UPDATE_SECONDS,
          'no entries for the class'
        );
        assert.deepEqual(visitor.ownProblems(), []);
        assert.deepEqual(
          visitor.problems.filter(problem => /failed to activate/i.test(problem)),
          []
        );
      }));
  }
});
