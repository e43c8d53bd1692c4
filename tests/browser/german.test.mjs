/**
 * JupyterLab in German: texts of this package are in German, and rules match what they match in English.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import {
  BrowserUser,
  CLASS,
  CLASS_CARDS,
  SCREENSHOTS,
  launchChromium,
  waitUntil
} from './browser.mjs';
import { startHub } from './hub.mjs';

const catalogue = new URL(
  '../../jupyterlab_scoped_launcher/locale/de_DE/LC_MESSAGES/jupyterlab_scoped_launcher.json',
  import.meta.url
);

describe('JupyterLab in German', { timeout: 300_000 }, () => {
  let hub, browser, mmuster, profx, german;

  before(async () => {
    german = JSON.parse(await readFile(catalogue, 'utf8'));
    hub = await startHub(async homes => {
      for (const name of ['mmuster', 'eextern']) {
        const settings = join(
          homes,
          name,
          '.jupyter/lab/user-settings/@jupyterlab/translation-extension'
        );
        await mkdir(settings, { recursive: true });
        await writeFile(
          join(settings, 'plugin.jupyterlab-settings'),
          JSON.stringify({ locale: 'de_DE' })
        );
      }
    });
    browser = await launchChromium();
    profx = await BrowserUser.logIn(browser, hub, 'profx');
    mmuster = await BrowserUser.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  test('the launcher is in German, without the cards of the class', async () => {
    await mmuster.page
      .locator('.jp-Launcher-sectionTitle', { hasText: 'Konsole' })
      .waitFor();
    assert.deepEqual(await mmuster.classCards(), []);
  });

  test('a service that is refused says so in German', async () => {
    const page = await mmuster.context.newPage();
    const answer = await page.goto(`${hub.url}user/mmuster/class1234-tools/`);
    assert.equal(answer.status(), 403);
    const text = await page.locator('main').innerText();
    assert.match(text, /Ausgeblendet: nur sichtbar für Benutzer des Kernels/);
    assert.match(text, /Wenden Sie sich an profx@example\.edu\./);
    await page.screenshot({ path: `${SCREENSHOTS}refused-german.png` });
    await page.close();
  });

  test('a change of the class takes effect, and its section comes first', async () => {
    await profx.addToGroup(CLASS, 'mmuster');
    await waitUntil(
      () => mmuster.classCards(),
      cards => cards.length === CLASS_CARDS.length,
      15,
      'cards of the class'
    );
    const titles = await mmuster.page
      .locator('.jp-Launcher-sectionTitle')
      .allTextContents();
    assert.equal(titles[0].trim(), 'Class 1234');
    await mmuster.takeScreenshot(`${SCREENSHOTS}german.png`);
  });

  test('rules match the English names of categories and cards', async () => {
    await mmuster.context.grantPermissions([
      'clipboard-read',
      'clipboard-write'
    ]);
    await mmuster.runCommand(german['Copy the Launcher Cards'][0]);
    await mmuster.page
      .locator('.Toastify__toast', { hasText: /\d+ Karten wurden kopiert\./ })
      .waitFor();
    const { cards } = JSON.parse(
      await mmuster.page.evaluate(() => navigator.clipboard.readText())
    );
    const categories = new Set(cards.map(card => card.category));
    for (const category of ['Class 1234', 'Notebook', 'Console', 'Other']) {
      assert.ok(categories.has(category), category);
    }
    const shown = await mmuster.cards();
    for (const [command, title, germanTitle] of [
      ['terminal:create-new', 'Terminal', 'Terminal'],
      ['fileeditor:create-new-markdown-file', 'Markdown File', 'Markdown-Datei']
    ]) {
      const card = cards.find(copied => copied.command === command);
      assert.equal(card.title, title);
      assert.ok(shown.includes(germanTitle), `${germanTitle}: ${shown}`);
    }
  });

  test('cards of the policy are in German', async () => {
    await hub.editPolicy(text =>
      text.replace(
        'title: Class 1234 workbench',
        'title: {en: Class 1234 workbench, de: Arbeitsplatz der Klasse 1234}'
      )
    );
    await mmuster.page
      .locator('.jp-LauncherCard', { hasText: 'Arbeitsplatz der Klasse 1234' })
      .first()
      .waitFor();
  });

  test('an error is explained in German', async () => {
    const eextern = await BrowserUser.logIn(browser, hub, 'eextern', {
      '**/scoped-launcher/context*': route =>
        route.fulfill({ status: 500, body: 'Internal Server Error' })
    });
    await eextern.openLab();
    await eextern
      .problems()
      .getByText('Einige Karten des Starters sind ausgeblendet.')
      .waitFor();
    await eextern.close();
  });
});
