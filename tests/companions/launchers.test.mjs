/**
 * Packages that add cards to the launcher, and one that replaces it.
 */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';

import { launchChromium, waitUntil } from '../browser/browser.mjs';
import { startHub } from './hub.mjs';
import { Visitor } from './lab.mjs';
import { LINKS, classCards, settingsWith } from './settings.mjs';

const UPDATE_SECONDS = 20;

describe('packages that change the launcher', { timeout: 900_000 }, () => {
  let hub, browser;

  before(async () => {
    const variables = {
      JUPYTER_APP_LAUNCHER_PATH: fileURLToPath(new URL('apps', import.meta.url))
    };
    hub = await startHub({
      cards: {
        environment: 'newest',
        variables,
        files: {
          ...settingsWith(
            'jupyter_app_launcher',
            'jupyterlab-launcher-shortcuts',
            'launcher-links'
          ),
          ...LINKS
        }
      },
      launchpad: {
        environment: 'newest',
        variables,
        files: settingsWith('jupyterlab-launchpad', 'jupyter_app_launcher')
      },
      sagemaker: {
        environment: 'newest',
        files: settingsWith('@amzn/sagemaker-jproxy-launcher-ext')
      }
    });
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test('jupyter_app_launcher, jupyter-launcher-shortcuts, launcher-links, jupyter-server-proxy, jupyter-remote-desktop-proxy', () =>
    Visitor.as(browser, hub, 'cards', async visitor => {
      await addXsrfToken(visitor, '**/launcher-shortcuts/shortcuts');
      await visitor.openLab();
      const free = [
        "Applications: Free application",
        'Links: Free link',
        'Notebook: Free shortcut',
        "Übungen 'n' <i>more</i>: Free for all"
      ];
      const outside = await waitUntil(
        () => visitor.cards(),
        cards => free.every(card => cards.some(other => other.startsWith(card))),
        30,
        'cards that no rule hides'
      );
      assert.deepEqual(classCards(outside), []);
      assert.deepEqual(
        (await visitor.sections()).filter(section =>
          /Class|Week 1/.test(section)
        ),
        [],
        'no empty section of the class'
      );
      await visitor.takeScreenshot('cards-outside');
      for (const [path, status] of [
        // jupyter-server-proxy itself never reaches entries with a space or an umlaut in their names.
        ['class%201%20&%20co/', 404],
        ['class.%C3%BCmlaut/', 404],
        ['class:colon/', 403],
        ['desktop-websockify/', 403],
        ['free/', 200]
      ]) {
        assert.equal(await visitor.status(path), status, path);
      }

      await hub.addToClass('cards');
      const inside = await waitUntil(
        () => visitor.cards().then(classCards),
        cards => cards.length >= 13,
        UPDATE_SECONDS,
        'cards of the class'
      );
      assert.deepEqual(inside.sort(), [
        'Class: Class & co',
        'Class: Class application',
        'Class: Class card',
        'Class: Class shell',
        'Console: Class Python',
        'Console: Class colon',
        'Links: Class link',
        'Notebook: Class Python',
        'Notebook: Class shortcut',
        'Notebook: Desktop [↗]',
        'Notebook: Übung <b>1</b>',
        'Other: Terminal',
        'Week 1: Class notes'
      ]);
      await visitor.takeScreenshot('cards-inside');
      // A card has its image in any section. JupyterLab decodes what an icon has.
      const images = await visitor.page
        .locator('.jp-LauncherCard', { hasText: 'Class & co' })
        .locator('image')
        .evaluateAll(images => images.map(image => image.getAttribute('href')));
      assert.match(images.join(), /\/server-proxy\/icon\/class 1 /);
      assert.equal(await visitor.status('class:colon/'), 200);

      await hub.removeFromClass('cards');
      await waitUntil(
        () => visitor.cards().then(classCards),
        cards => cards.length === 0,
        UPDATE_SECONDS,
        'no cards of the class'
      );
      assert.deepEqual(visitor.ownProblems(), []);
    }));

  test('sagemaker-jproxy-launcher-ext: its cards, by their arguments and their URLs', () =>
    Visitor.as(browser, hub, 'sagemaker', async visitor => {
      await addXsrfToken(visitor, '**/server-proxy/servers-info');
      await visitor.openLab();
      const ofTheClass = ['Class & co', 'Class colon', 'Free for all', 'Übung <b>1</b>'];
      // It puts all of them into the section Other, where jupyter-server-proxy has none.
      const cards = async () =>
        (await visitor.cards())
          .filter(card => card.startsWith('Other: '))
          .map(card => card.slice('Other: '.length));
      await waitUntil(
        cards,
        cards => cards.includes('Text File'),
        30,
        'cards that no rule hides'
      );
      const hidden = async () =>
        (await cards()).filter(card => ofTheClass.includes(card)).sort();
      assert.deepEqual(await hidden(), []);
      await hub.addToClass('sagemaker');
      await waitUntil(
        hidden,
        cards => cards.length === ofTheClass.length,
        UPDATE_SECONDS,
        'cards of the class'
      );
      await visitor.takeScreenshot('sagemaker-inside');
      await hub.removeFromClass('sagemaker');
      await waitUntil(
        hidden,
        cards => cards.length === 0,
        UPDATE_SECONDS,
        'no cards of the class'
      );
      assert.deepEqual(visitor.ownProblems(), []);
    }));

  test('jupyterlab-launchpad: its cards and its table of kernels', () =>
    Visitor.as(browser, hub, 'launchpad', async visitor => {
      await visitor.openLab();
      const text = () => visitor.page.locator('#jp-main-dock-panel').innerText();
      const ofTheClass = /Class & co|Class application|Class colon|Class card|Class Python|Übung|Terminal/g;
      await waitUntil(
        text,
        text => /Free for all/.test(text) && /Python 3/.test(text),
        30,
        'what no rule hides'
      );
      await visitor.takeScreenshot('launchpad-outside');
      assert.deepEqual((await text()).match(ofTheClass), null);
      await hub.addToClass('launchpad');
      await waitUntil(
        text,
        text => new Set(text.match(ofTheClass)).size === 7,
        UPDATE_SECONDS,
        'what is for the class'
      );
      await visitor.takeScreenshot('launchpad-inside');
      await hub.removeFromClass('launchpad');
      await waitUntil(
        text,
        text => !text.match(ofTheClass),
        UPDATE_SECONDS,
        'nothing for the class'
      );
      assert.deepEqual(visitor.ownProblems(), []);
    }));
});

/**
 * Adds the token that JupyterHub wants since 4.1 to the requests that a package makes without it, with and without this package.
 */
async function addXsrfToken(visitor, requests) {
  await visitor.context.route(requests, async route => {
    const cookies = await visitor.context.cookies(visitor.base);
    const xsrf = cookies.find(
      cookie => cookie.name === '_xsrf' && visitor.base.endsWith(cookie.path)
    );
    await route.continue({
      headers: { ...route.request().headers(), 'X-XSRFToken': xsrf.value }
    });
  });
}
