/**
 * WCAG 2.2 AA: axe finds no violation in what this package adds, in all themes of JupyterLab, and the keyboard is enough.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { findViolations } from './axe.mjs';
import { BrowserUser, CLASS, SCREENSHOTS, launchChromium } from './browser.mjs';
import { startHub } from './hub.mjs';

const KERNEL_CARD = 'Class 1234, semester 02';
const WHY = 'Why can’t I see a card?';
const screenshots = `${SCREENSHOTS}accessibility/`;

const THEMES = {
  light: 'JupyterLab Light',
  dark: 'JupyterLab Dark',
  contrast: 'JupyterLab Dark High Contrast'
};

const PANEL = '.jp-ScopedLauncher-panel';

/** The button that clears a search box, which JupyterLab's own component leaves without a name. */
const NOT_OURS = {
  exclude: [{ fromShadowDom: ['.jp-FilterBox', '.clear-button'] }]
};

describe('accessibility', { timeout: 600_000 }, () => {
  let hub, browser, mmuster, profx;

  before(async () => {
    hub = await startHub();
    await hub.editPolicy(text =>
      text
        .replace('id: class1234-kernel', 'id: class1234-kernel\n    locked: true')
        .replace(
          'rules:',
          'rules:\n  - { id: exam, match: { command: "terminal:*" }, hide_when: { user: mmuster }, message: No terminals today. }'
        )
    );
    browser = await launchChromium();
    mmuster = await BrowserUser.logIn(browser, hub, 'mmuster');
    await mmuster.openLab();
    profx = await BrowserUser.logIn(browser, hub, 'profx');
    await profx.addToGroup(CLASS, 'profx');
    await profx.openLab();
  });

  after(async () => {
    await browser?.close();
    await hub?.stop();
  });

  async function check(user, name, include, options) {
    const path = `${screenshots}${name}.png`;
    await (user.takeScreenshot?.(path) ?? user.page.screenshot({ path }));
    assert.deepEqual(await findViolations(user.page, include, options), []);
  }

  for (const [name, theme] of Object.entries(THEMES)) {
    describe(`theme ${theme}`, () => {
      test('the launcher, with locked cards and the policy’s own', async () => {
        await mmuster.useTheme(theme);
        await profx.useTheme(theme);
        await mmuster.openLauncher();
        await mmuster.page
          .locator('.jp-LauncherCard:visible', { hasText: '(locked)' })
          .first()
          .waitFor();
        await check(mmuster, `launcher-locked-${name}`, ['.jp-Launcher']);
        await profx.openLauncher();
        await profx.page
          .locator('.jp-LauncherCard:visible', { hasText: 'workbench' })
          .first()
          .waitFor();
        await check(profx, `launcher-${name}`, ['.jp-Launcher']);
      });

      test('the explanation of a locked card', async () => {
        await mmuster.page
          .locator('.jp-LauncherCard:visible', { hasText: '(locked)' })
          .first()
          .click();
        await check(mmuster, `locked-${name}`, ['.jp-Dialog']);
        await mmuster.page.keyboard.press('Escape');
        await mmuster.page.locator('.jp-Dialog').waitFor({ state: 'detached' });
      });

      test('the panel', async () => {
        await mmuster.runCommand('Launcher Access');
        await mmuster.page
          .locator(PANEL)
          .getByRole('row')
          .filter({ hasText: KERNEL_CARD })
          .first()
          .waitFor();
        await check(mmuster, `panel-${name}`, [PANEL], NOT_OURS);
        await profx.runCommand('Launcher Access');
        await profx.page.locator(PANEL).getByText('Copy as a rule').first().waitFor();
        await check(profx, `panel-details-${name}`, [PANEL], NOT_OURS);
      });

      test('the launcher as somebody else sees it', async () => {
        await profx.runCommand('See the Launcher as');
        const dialog = profx.page.getByRole('dialog');
        await dialog.getByLabel(/Or groups/).fill('guests');
        await check(profx, `see-as-dialog-${name}`, ['.jp-Dialog']);
        await dialog.getByRole('button', { name: 'See', exact: true }).click();
        await profx.openLauncher();
        await profx.page
          .locator('.jp-ScopedLauncher-previewing:visible')
          .first()
          .waitFor();
        await check(profx, `see-as-${name}`, ['.jp-Launcher']);
        await profx.page
          .locator('.jp-ScopedLauncher-previewing:visible')
          .getByRole('button', { name: 'End' })
          .first()
          .click();
      });
    });
  }

  for (const colorScheme of ['light', 'dark']) {
    test(`the page about a refused service, and the pages of the example, ${colorScheme}`, async () => {
      for (const [user, path, name] of [
        [mmuster, 'user/mmuster/class1234-tools/', 'refused'],
        [profx, 'user/profx/class1234-tools/', 'tools'],
        [profx, 'services/class1234-web/', 'workbench']
      ]) {
        const page = await user.context.newPage();
        await page.emulateMedia({ colorScheme });
        await page.goto(`${hub.url}${path}`);
        await check({ page }, `${name}-${colorScheme}`, ['body'], {
          // The header is Jupyter Server's own.
          exclude: name === 'refused' ? ['#header'] : []
        });
        await page.close();
      }
    });
  }

  test('the keyboard is enough', async () => {
    const { page } = mmuster;
    await mmuster.useTheme(THEMES.light);
    await mmuster.openLauncher();
    const focused = () =>
      page.evaluate(() => document.activeElement.textContent.trim());
    const tabTo = async expected => {
      for (let presses = 0; presses < 60; presses++) {
        const text = await focused();
        if (text === expected || expected.test?.(text)) {
          return;
        }
        await page.keyboard.press('Tab');
      }
      throw new Error(`The keyboard does not reach ${expected}`);
    };
    await page.locator('.jp-Launcher:visible').focus();
    await tabTo(`${KERNEL_CARD} (locked)`);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // The dialog hears keys when it has the focus, which it gets a moment after it is shown.
    await page.waitForFunction(() =>
      document.activeElement.closest('.jp-Dialog')
    );
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(
      await focused(),
      `${KERNEL_CARD} (locked)`,
      'the focus returns to the card'
    );
    await tabTo(WHY);
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement).outlineStyle
    );
    assert.notEqual(outline, 'none', 'the focus is visible');
    await page.keyboard.press('Enter');
    await page.locator(PANEL).waitFor();
    await tabTo('Ask again');
    await page.keyboard.press('Enter');
    await tabTo('Card');
    await page.keyboard.press('Enter');
    const header = page
      .locator(PANEL)
      .getByRole('columnheader', { name: 'Card' });
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    await tabTo(/^[^\n]{0,40}profx@example\.edu$/);
  });

  test('icons do not shrink at 420 px, letters neither', async () => {
    const { page } = profx;
    const sizes = () =>
      page
        .locator('.jp-Launcher:visible .jp-LauncherCard-icon > *')
        .evaluateAll(icons =>
          icons.map(icon => {
            const { width, height } = icon.getBoundingClientRect();
            return `${icon.className.baseVal ?? icon.className}: ${Math.round(width)} x ${Math.round(height)}`;
          })
        );
    await profx.openLauncher();
    await page.waitForTimeout(500);
    const wide = await sizes();
    assert.ok(wide.length > 5);
    await page.keyboard.press('Control+b');
    await page.setViewportSize({ width: 420, height: 800 });
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${screenshots}420-launcher.png` });
    assert.deepEqual(await sizes(), wide);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.keyboard.press('Control+b');
  });

  for (const [name, viewport] of Object.entries({
    'at 1,280 px': { width: 1280, height: 900 },
    'at 200 % zoom': { width: 640, height: 450 },
    'at 400 px': { width: 400, height: 800 }
  })) {
    test(`nothing is cut off ${name}`, async () => {
      const { page } = mmuster;
      if (viewport.width === 400) {
        // The file browser would leave no room.
        await page.keyboard.press('Control+b');
      }
      const file = `${screenshots}${viewport.width}`;
      await mmuster.openLauncher();
      await page.setViewportSize(viewport);
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${file}-launcher.png` });
      await page.setViewportSize({ width: 1280, height: 900 });
      await mmuster.runCommand('Launcher Access');
      await page.setViewportSize(viewport);
      await page.locator(PANEL).getByRole('row').nth(2).waitFor();
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${file}-panel.png` });
      assert.deepEqual(await findCutOff(page, PANEL), []);
      const table = page.locator(`${PANEL} .jp-ScopedLauncher-tableScroll`);
      assert.ok(
        await table.evaluate(
          ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth
        ),
        'the reasons are reached without scrolling sideways'
      );
      assert.deepEqual(await findViolations(page, [PANEL], NOT_OURS), []);
      const refused = await mmuster.context.newPage();
      await refused.setViewportSize(viewport);
      await refused.goto(`${hub.url}user/mmuster/class1234-tools/`);
      const contact = refused.getByRole('link', { name: 'profx@example.edu' });
      const { x, width } = await contact.boundingBox();
      assert.ok(x >= 0 && x + width <= viewport.width, 'the contact is cut off');
      await refused.screenshot({ path: `${file}-refused.png` });
      assert.deepEqual(await findCutOff(refused, 'main'), []);
      await refused.close();
      await page.setViewportSize({ width: 1280, height: 900 });
    });
  }
});

/** Elements with a text that is wider than they are, or that end right of the part that can be scrolled to. */
function findCutOff(page, selector) {
  return page
    .locator(selector)
    .locator('button, a, p, h1, h2, dd, dt, td, th, span')
    .evaluateAll(elements =>
      elements
        .filter(element => {
          const style = getComputedStyle(element);
          return (
            element.checkVisibility() &&
            style.overflowX !== 'visible' &&
            element.scrollWidth > element.clientWidth + 1
          );
        })
        .map(element => element.outerHTML.slice(0, 200))
    );
}
