/**
 * Measures in real Chromium how long after the Hub's answer to a change of a group a card is in an open launcher.
 *
 * usage: node bench/live.mjs ROUNDS, with HUB as JSON {url, api_url, token, password} in the environment
 *
 * Prints the milliseconds of each round, as JSON.
 */
import { BrowserUser, launchChromium } from '../tests/browser/browser.mjs';

const hub = JSON.parse(process.env.HUB);
const rounds = Number(process.argv[2] ?? 50);

const change = async method => {
  const answer = await fetch(`${hub.api_url}/groups/class/users`, {
    method,
    headers: { Authorization: `token ${hub.token}` },
    body: JSON.stringify({ users: ['mmuster'] })
  });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  await answer.arrayBuffer();
  return performance.now();
};

const browser = await launchChromium();
const times = { shown: [], hidden: [] };
try {
  const user = await BrowserUser.logIn(browser, hub, 'mmuster');
  await user.openLab();
  const isShown = wanted =>
    user.page.waitForFunction(
      expected =>
        [...document.querySelectorAll('.jp-LauncherCard-label')].some(
          label => label.textContent.trim() === 'Live card'
        ) === expected,
      wanted,
      { polling: 20, timeout: 60_000 }
    );
  await isShown(false);
  // The server subscribes while the page loads.
  await new Promise(resolve => setTimeout(resolve, 5000));
  for (let round = 0; round < rounds; round++) {
    const added = await change('POST');
    await isShown(true);
    times.shown.push(performance.now() - added);
    const removed = await change('DELETE');
    await isShown(false);
    times.hidden.push(performance.now() - removed);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(times));
