/**
 * The Hub service on a real Hub, in real Chromium: an open launcher follows a change of a group within a second,
 * without asking the Hub.
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

// A launcher that polls needs 5 s, the `refresh` of the example's policy, and 2.5 s on average.
const LIVE_MS = 2000;
const ROUNDS = 5;

describe('a launcher that is told of changes', { timeout: 300_000 }, () => {
  let hub, browser, mmuster, profx, contextLoads;

  before(async () => {
    hub = await startHub();
    browser = await launchChromium();
    mmuster = await BrowserUser.logIn(browser, hub, 'mmuster');
    contextLoads = 0;
    mmuster.page.on('request', request => {
      contextLoads += request.url().includes('scoped-launcher/context') ? 1 : 0;
    });
    await mmuster.openLab();
    profx = await BrowserUser.logIn(browser, hub, 'profx');
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  /** How long after the instructor's click her launcher shows so many cards of the class. */
  async function measure(change, count) {
    await change();
    const changed = performance.now();
    await waitUntil(
      () => mmuster.classCards(),
      cards => cards.length === count,
      30,
      `${count} cards of the class`
    );
    return performance.now() - changed;
  }

  test('she sees the cards within a second, and loses them within a second', async () => {
    await waitUntil(
      () => mmuster.classCards(),
      cards => cards.length === 0,
      30,
      'no cards of the class'
    );
    await sleep(8000); // her server has subscribed, and the page knows that
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      times.push(
        await measure(
          () => profx.addToGroup(CLASS, 'mmuster'),
          CLASS_CARDS.length
        )
      );
      times.push(
        await measure(() => profx.removeFromGroup(CLASS, 'mmuster'), 0)
      );
    }
    console.log(
      `milliseconds: ${times.map(time => Math.round(time)).join(', ')}`
    );
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    assert.ok(median < LIVE_MS, `median ${median} ms`);
  });

  test('her page asks seldom', async () => {
    await sleep(2000);
    const loads = contextLoads;
    await sleep(15_000); // three times `refresh`
    assert.equal(contextLoads, loads);
  });
});
