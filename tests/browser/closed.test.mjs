/**
 * Whatever goes wrong or comes late on the way to a decision, no governed card is in the page before
 * it, not for a moment.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { CLASS_CARDS, Person, eventually, launchChromium } from './browser.mjs';
import { startHub } from './hub.mjs';

const CLASS = 'PythonForMorons101';
const DELAY_SECONDS = 4;
const WASM = '**/*.wasm*';
const CONTEXT = '**/scoped-launcher/context*';
const SETTINGS = '**/api/settings/*scoped-launcher*';

/** A route that is DELAY_SECONDS late, and notes when it has let the first request through. */
function lateRoute() {
  const late = async route => {
    await sleep(DELAY_SECONDS * 1000);
    late.passed = true;
    // The page may have gone meanwhile.
    await route.continue().catch(() => {});
  };
  late.passed = false;
  return late;
}
const notFound = route => route.fulfill({ status: 404, body: 'not here' });
const serverError = route =>
  route.fulfill({ status: 500, body: 'Internal Server Error' });
const forbidden = route =>
  route.fulfill({ status: 403, json: { message: 'Forbidden' } });
const html = route =>
  route.fulfill({ contentType: 'text/html', body: '<title>Log in</title>' });
const oneSecondLate = async route => {
  await sleep(1000);
  await route.continue().catch(() => {});
};
const wrongShape = route => route.fulfill({ json: { hub: 'yes', policy: 7 } });
const cutOff = route => route.abort('connectionreset');

describe('a launcher without a decision', { timeout: 600_000 }, () => {
  let hub, browser;

  before(async () => {
    hub = await startHub();
    browser = await launchChromium();
    const profx = await Person.logIn(browser, hub, 'profx');
    await profx.addToClass(CLASS, 'mmuster');
    await profx.close();
    // So that both servers run when the first test starts its clock.
    for (const user of ['mmuster', 'eextern']) {
      await withLab(user, {}, () => {});
    }
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  async function withLab(user, routes, look) {
    const person = await Person.logIn(browser, hub, user, routes);
    try {
      await person.openLab();
      await look(person);
    } finally {
      await person.close();
    }
  }

  const isWhole = cards => cards.length === CLASS_CARDS.length;

  for (const [what, pattern] of Object.entries({
    engine: WASM,
    context: CONTEXT
  })) {
    test(`the ${what} comes ${DELAY_SECONDS} s late: nothing flashes up for an outsider`, async () => {
      const late = lateRoute();
      await withLab('eextern', { [pattern]: late }, async eextern => {
        await eventually(
          () => eextern.cards(),
          cards => late.passed && cards.includes('Terminal'),
          DELAY_SECONDS + 20,
          'the cards that nothing governs'
        );
        await sleep(2000);
        assert.deepEqual(eextern.everInserted, []);
      });
    });

    test(`the ${what} comes ${DELAY_SECONDS} s late: a member's cards wait for it`, async () => {
      const late = lateRoute();
      const tooEarly = [];
      await withLab('mmuster', { [pattern]: late }, async mmuster => {
        mmuster.onInsert = card => late.passed || tooEarly.push(card);
        await eventually(
          () => mmuster.classCards(),
          isWhole,
          DELAY_SECONDS + 20,
          'class cards'
        );
        assert.deepEqual(tooEarly, []);
      });
    });
  }

  const faults = {
    'the engine is missing': { [WASM]: notFound },
    'the engine is garbage': { [WASM]: html },
    'the context answers 500': { [CONTEXT]: serverError },
    'the context answers 500 before the settings come': {
      [CONTEXT]: serverError,
      [SETTINGS]: oneSecondLate
    },
    'the context answers 403': { [CONTEXT]: forbidden },
    'the context is a login page': { [CONTEXT]: html },
    'the context has a wrong shape': { [CONTEXT]: wrongShape },
    'the connection is cut': { [CONTEXT]: cutOff }
  };
  for (const [fault, routes] of Object.entries(faults)) {
    test(`${fault}: closed, with one quiet notification, for a member too`, () =>
      withLab('mmuster', routes, async mmuster => {
        const notifications = mmuster.notifications();
        await notifications.first().waitFor({ timeout: 30_000 });
        await sleep(2000);
        await eventually(
          () => notifications.count(),
          count => count === 1,
          2,
          `notifications (${mmuster.console.join('; ')})`
        );
        assert.deepEqual(mmuster.everInserted, []);
        assert.doesNotMatch(
          await mmuster.page.locator('body').innerText(),
          /Traceback|undefined/
        );
      }));
  }
});
