/**
 * Hubs that are set up in other ways: a base URL, a domain for each user, named and shared servers, and the older way of
 * JupyterHub to start a server.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchChromium, waitUntil } from '../browser/browser.mjs';
import { startHub } from './hub.mjs';
import { Visitor } from './lab.mjs';
import { SETTINGS, classCards } from './settings.mjs';

const UPDATE_SECONDS = 20;
const trial = { environment: 'newest', files: SETTINGS };

/** The launcher of the server that the visitor has open follows the class. */
async function followsTheClass(hub, visitor, name) {
  await waitUntil(
    () => visitor.cards(),
    cards => cards.some(card => card.includes('Python 3')),
    30,
    'cards that no rule hides'
  );
  assert.deepEqual(classCards(await visitor.cards()), []);
  assert.equal(await visitor.status('class:colon/'), 403);
  await hub.addToClass(visitor.name);
  await waitUntil(
    () => visitor.cards().then(classCards),
    cards => cards.length >= 6,
    UPDATE_SECONDS,
    'cards of the class'
  );
  await visitor.takeScreenshot(name);
  assert.equal(await visitor.status('class:colon/'), 200);
  const [page] = await Promise.all([
    visitor.context.waitForEvent('page'),
    visitor.page
      .locator('.jp-LauncherCard', { hasText: 'Class card' })
      .first()
      .click()
  ]);
  await page.waitForLoadState();
  assert.match(page.url(), /\/api\/status$/, 'the card opens its page');
  await hub.removeFromClass(visitor.name);
  await waitUntil(
    () => visitor.cards().then(classCards),
    cards => cards.length === 0,
    UPDATE_SECONDS,
    'no cards of the class'
  );
  assert.deepEqual(visitor.ownProblems(), []);
}

for (const [name, options] of Object.entries({
  'a base URL': { baseUrl: '/jupyter/' },
  'a domain for each user': { subdomain: true }
})) {
  describe(name, { timeout: 400_000 }, () => {
    let hub, browser;

    before(async () => {
      hub = await startHub({ ann: trial }, options);
      browser = await launchChromium();
    });

    after(async () => {
      await browser?.close();
      await hub?.stop();
    });

    test('the launcher follows the class', async () => {
      const ann = await Visitor.logIn(browser, hub, 'ann');
      await ann.openLab();
      await followsTheClass(hub, ann, name.replaceAll(' ', '-'));
    });
  });
}

describe('servers of other sorts', { timeout: 600_000 }, () => {
  let hub, browser;

  before(async () => {
    hub = await startHub({
      ann: trial,
      bob: trial,
      old: {
        ...trial,
        variables: { JUPYTERHUB_SINGLEUSER_EXTENSION: '0' }
      }
    });
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test('a named server', async () => {
    const ann = await Visitor.logIn(browser, hub, 'ann');
    await ann.openLab({ server: 'second' });
    assert.match(ann.base, /\/user\/ann\/second\/$/);
    await followsTheClass(hub, ann, 'named-server');
    await ann.close();
  });

  test('JUPYTERHUB_SINGLEUSER_EXTENSION=0', async () => {
    const old = await Visitor.logIn(browser, hub, 'old');
    await old.openLab();
    await followsTheClass(hub, old, 'without-singleuser-extension');
    await old.close();
  });

  test('a server that its owner shares: the visitor counts, not the owner', async () => {
    const ann = await Visitor.logIn(browser, hub, 'ann');
    await ann.openLab();
    await hub.addToClass('ann');
    await hub.api('POST', 'shares/ann/', { user: 'bob' });
    const bob = await Visitor.logIn(browser, hub, 'bob');
    await bob.openLab({ owner: 'ann' });
    await waitUntil(
      () => ann.cards().then(classCards),
      cards => cards.length >= 6,
      UPDATE_SECONDS,
      'cards of the class for its owner'
    );
    await followsTheClass(hub, bob, 'shared-server');
    assert.ok(classCards(await ann.cards()).length >= 6);
    await ann.close();
    await bob.close();
  });
});
