/**
 * JupyterLab from the oldest version that this package allows to the newest.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchChromium, waitUntil } from '../browser/browser.mjs';
import { startHub } from './hub.mjs';
import { Visitor } from './lab.mjs';
import { SETTINGS, classCards } from './settings.mjs';

const LABS = ['lab44', 'lab45', 'newest'];
// The policy's `refresh`, with time for a busy machine.
const UPDATE_SECONDS = 20;

describe('versions of JupyterLab', { timeout: 900_000 }, () => {
  let hub, browser;

  before(async () => {
    const trials = {};
    for (const environment of LABS) {
      trials[environment] = { environment, files: SETTINGS };
    }
    hub = await startHub(trials);
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const as = (name, check) => Visitor.as(browser, hub, name, check);

  for (const lab of LABS) {
    test(`${lab}: the launcher, the menus and their changes`, () =>
      as(lab, async visitor => {
        await visitor.openLab();
        await waitUntil(
          () => visitor.cards(),
          cards => cards.some(card => card.includes('Python 3')),
          30,
          'cards that no rule hides'
        );
        assert.deepEqual(classCards(await visitor.cards()), []);
        const menu = await visitor.menu('File', 'New');
        assert.ok(menu.includes('Notebook'), String(menu));
        assert.ok(!menu.includes('Terminal'), String(menu));
        await visitor.takeScreenshot(`${lab}-outside`);

        await hub.addToClass(lab);
        const expected = [
          'Class: Class & co',
          'Class: Class card',
          'Console: Class Python',
          'Console: Class colon',
          'Notebook: Class Python',
          // jupyter-remote-desktop-proxy
          ...(lab === 'newest' ? ['Notebook: Desktop [↗]'] : []),
          'Notebook: Übung <b>1</b>',
          'Other: Terminal'
        ];
        const inside = await waitUntil(
          () => visitor.cards().then(classCards),
          cards => cards.length >= expected.length,
          UPDATE_SECONDS,
          'cards of the class'
        );
        assert.deepEqual(inside.sort(), expected);
        assert.ok((await visitor.menu('File', 'New')).includes('Terminal'));
        await visitor.takeScreenshot(`${lab}-inside`);
        assert.deepEqual(visitor.ownProblems(), []);
      }));
  }
});
