/**
 * Whatever fails or is slow before a decision, no card that a rule matches is in the page until it has been decided
 * on, not even for a moment.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  BrowserUser,
  CLASS,
  CLASS_CARDS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

const DELAY_SECONDS = 4;
const WASM = '**/*.wasm*';
const CONTEXT = '**/scoped-launcher/context*';
const SETTINGS = '**/api/settings/*scoped-launcher*';

/** A route that continues after DELAY_SECONDS, and records that it has continued a request. */
function createDelayedRoute() {
  const delayed = async route => {
    await sleep(DELAY_SECONDS * 1000);
    delayed.hasContinued = true;
    // The page may be closed meanwhile.
    await route.continue().catch(() => {});
  };
  delayed.hasContinued = false;
  return delayed;
}
const notFound = route => route.fulfill({ status: 404, body: 'not here' });
const serverError = route =>
  route.fulfill({ status: 500, body: 'Internal Server Error' });
const forbidden = route =>
  route.fulfill({ status: 403, json: { message: 'Forbidden' } });
const htmlPage = route =>
  route.fulfill({ contentType: 'text/html', body: '<title>Log in</title>' });
const oneSecondDelay = async route => {
  await sleep(1000);
  await route.continue().catch(() => {});
};
const wrongShape = route => route.fulfill({ json: { hub: 'yes', policy: 7 } });
const resetConnection = route => route.abort('connectionreset');

describe('a launcher without a decision', { timeout: 600_000 }, () => {
  let hub, browser;

  before(async () => {
    hub = await startHub();
    browser = await launchChromium();
    const profx = await BrowserUser.logIn(browser, hub, 'profx');
    await profx.addToGroup(CLASS, 'mmuster');
    await profx.close();
    // Both servers run before the first test measures time.
    for (const name of ['mmuster', 'eextern']) {
      await withOpenLab(name, {}, () => {});
    }
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  async function withOpenLab(name, routes, check) {
    const user = await BrowserUser.logIn(browser, hub, name, routes);
    try {
      await user.openLab();
      await check(user);
    } finally {
      await user.close();
    }
  }

  const hasAllCards = cards => cards.length === CLASS_CARDS.length;

  for (const [part, pattern] of Object.entries({
    engine: WASM,
    context: CONTEXT
  })) {
    test(`the ${part} is ${DELAY_SECONDS} s late: a user outside the class never sees its cards`, async () => {
      const delayed = createDelayedRoute();
      await withOpenLab('eextern', { [pattern]: delayed }, async eextern => {
        await waitUntil(
          () => eextern.cards(),
          cards => delayed.hasContinued && cards.includes('Terminal'),
          DELAY_SECONDS + 20,
          'the cards that no rule matches'
        );
        await sleep(2000);
        assert.deepEqual(eextern.insertedCards, []);
      });
    });

    test(`the ${part} is ${DELAY_SECONDS} s late: a member sees the cards only after it`, async () => {
      const delayed = createDelayedRoute();
      const insertedEarly = [];
      await withOpenLab('mmuster', { [pattern]: delayed }, async mmuster => {
        mmuster.onCardInserted = card =>
          delayed.hasContinued || insertedEarly.push(card);
        await waitUntil(
          () => mmuster.classCards(),
          hasAllCards,
          DELAY_SECONDS + 20,
          'cards of the class'
        );
        assert.deepEqual(insertedEarly, []);
      });
    });
  }

  const faults = {
    'the engine is missing': { [WASM]: notFound },
    'the engine is an HTML page': { [WASM]: htmlPage },
    'the context answers 500': { [CONTEXT]: serverError },
    'the context answers 500 before the settings are loaded': {
      [CONTEXT]: serverError,
      [SETTINGS]: oneSecondDelay
    },
    'the server extension is not enabled': { [CONTEXT]: notFound },
    'the context answers 403': { [CONTEXT]: forbidden },
    'the context is a login page': { [CONTEXT]: htmlPage },
    'the context has a wrong shape': { [CONTEXT]: wrongShape },
    'the connection is reset': { [CONTEXT]: resetConnection }
  };
  for (const [fault, routes] of Object.entries(faults)) {
    test(`${fault}: the cards of the class stay hidden from a member, and the launcher alone says so`, () =>
      withOpenLab('mmuster', routes, async mmuster => {
        const problems = mmuster.problems();
        await problems.first().waitFor({ timeout: 30_000 });
        await sleep(2000);
        assert.deepEqual(
          [await problems.count(), await mmuster.notifications().count()],
          [1, 0],
          mmuster.consoleMessages.join('; ')
        );
        assert.deepEqual(mmuster.insertedCards, []);
        assert.doesNotMatch(
          await mmuster.page.locator('body').innerText(),
          /Traceback|undefined/
        );
      }));
  }

  test('the Hub does not answer: a member keeps her cards, and the launcher says so for as long as it is', async () => {
    let isAway = true;
    const away = async route => {
      const response = await route.fetch();
      const context = await response.json();
      await route.fulfill({
        response,
        json: isAway
          ? {
              ...context,
              stale: true,
              // As the server answers it then.
              page: { ...context.page, refresh_s: null }
            }
          : context
      });
    };
    await withOpenLab('mmuster', { [CONTEXT]: away }, async mmuster => {
      const problem = mmuster.problems();
      await problem.first().waitFor({ timeout: 30_000 });
      assert.match(
        await problem.innerText(),
        /JupyterHub does not answer\. The launcher shows what you could use before\./
      );
      await waitUntil(
        () => mmuster.classCards(),
        hasAllCards,
        30,
        'cards of the class'
      );
      assert.equal(await mmuster.notifications().count(), 0);
      isAway = false;
      // The page looks again when the visitor comes back to it.
      await mmuster.openLauncher();
      await problem.first().waitFor({ state: 'detached', timeout: 30_000 });
      assert.ok(hasAllCards(await mmuster.classCards()));
    });
  });
});
