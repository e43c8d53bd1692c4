/**
 * Chromium, and what users do in it: log in, open JupyterLab, use the launcher, manage a group.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** The group of the class in the class example. */
export const CLASS = 'PythonForMorons101';

/** The folder of the tests' screenshots. */
export const SCREENSHOTS = fileURLToPath(
  new URL('../../target/screenshots/', import.meta.url)
);

/** The labels of the cards that a rule of the class example matches. */
export const CLASS_CARDS = [
  'Class 1234 tools',
  'Class 1234 workbench',
  'Class 1234, semester 02'
];

export function launchChromium() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  });
}

/** Calls `read` until `condition` accepts its result, and returns that. Throws after `seconds`. */
export async function waitUntil(read, condition, seconds, description) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (condition(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${description}: still ${JSON.stringify(value)} after ${seconds} s`
      );
    }
    await sleep(100);
  }
}

/** A user of the Hub, logged in, with a browser context of their own. */
export class BrowserUser {
  /**
   * @param name The name of the user.
   * @param routes {[pattern]: handler} for Playwright's `route`, used from the first request on.
   */
  static async logIn(browser, hub, name, routes = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 }
    });
    const user = new BrowserUser(hub, name, context);
    await context.exposeBinding('recordCard', (_source, card) => {
      user.insertedCards.push(card);
      user.onCardInserted(card);
    });
    await context.addInitScript(observeCards, 'Class 1234');
    for (const [pattern, handler] of Object.entries(routes)) {
      await context.route(pattern, handler);
    }
    user.page = await context.newPage();
    user.page.on('console', message =>
      user.consoleMessages.push(message.text())
    );
    await user.page.goto(`${hub.url}hub/login?next=%2Fhub%2Fhome`);
    await user.page.getByLabel('Username').fill(name);
    await user.page.getByLabel('Password').fill(hub.password);
    await user.page.getByRole('button', { name: 'Sign in' }).click();
    await user.page.waitForURL('**/hub/home');
    return user;
  }

  constructor(hub, name, context) {
    this.hub = hub;
    this.name = name;
    this.context = context;
    /** The text of each card of the class that any page of this user has inserted, however briefly. */
    this.insertedCards = [];
    this.onCardInserted = () => {};
    /** How often the page has loaded since `openLab`. */
    this.reloadCount = 0;
    /** What the page has written to its console. */
    this.consoleMessages = [];
  }

  /** Opens JupyterLab and waits for its launcher. Starts the server if it is not running. */
  async openLab() {
    const lab = encodeURIComponent(`/user/${this.name}/lab`);
    await this.page.goto(`${this.hub.url}hub/spawn/${this.name}?next=${lab}`);
    await this.page
      .locator('.jp-Launcher')
      .first()
      .waitFor({ timeout: 90_000 });
    this.page.on('domcontentloaded', () => this.reloadCount++);
  }

  /** The label of each card in the open launcher. */
  cards() {
    return this.page
      .locator('.jp-LauncherCard')
      .evaluateAll(cards =>
        cards.map(card =>
          card.querySelector('.jp-LauncherCard-label')?.textContent.trim()
        )
      );
  }

  /** The cards in the open launchers, or in those that a selector means, each as `SECTION: LABEL`, sorted. */
  async cardsBySection(launcher = '.jp-Launcher') {
    const cards = await this.page
      .locator(`${launcher} .jp-Launcher-section`)
      .evaluateAll(sections =>
        sections.flatMap(section =>
          [...section.querySelectorAll('.jp-LauncherCard-label')].map(
            label =>
              `${section.querySelector('.jp-Launcher-sectionTitle').textContent.trim()}: ${label.textContent.trim()}`
          )
        )
      );
    return cards.sort();
  }

  /** Which of the class's cards the open launcher has, each once, in the order of CLASS_CARDS. */
  async classCards() {
    const cards = await this.cards();
    return CLASS_CARDS.filter(card => cards.includes(card));
  }

  clickCard(label) {
    return this.page
      .locator('.jp-LauncherCard', { hasText: label })
      .first()
      .click();
  }

  /** Saves a screenshot of the page, without JupyterLab's own question about news. */
  async takeScreenshot(path) {
    const declineButton = this.page
      .locator('.Toastify__toast')
      .getByRole('button', { name: 'No', exact: true });
    if (await declineButton.isVisible()) {
      await declineButton.click();
      await declineButton.waitFor({ state: 'detached' });
    }
    await this.page.waitForFunction(() =>
      [...document.images].every(image => image.complete)
    );
    await this.page.screenshot({ path });
  }

  /** What launchers say that is wrong. */
  problems() {
    return this.page.locator('.jp-ScopedLauncher-problem:visible');
  }

  /** The notifications of this extension that are shown. */
  notifications() {
    return this.page.locator('.Toastify__toast', { hasText: /launcher/i });
  }

  /** Opens another launcher, with the button with the plus sign. */
  async openLauncher() {
    await this.page
      .getByRole('button', { name: 'New Launcher' })
      .first()
      .click();
    await this.page.locator('.jp-Launcher:visible').waitFor();
  }

  /** Runs a command of the command palette. */
  async runCommand(label) {
    await this.page.keyboard.press('Control+Shift+c');
    await this.page.locator('.lm-CommandPalette-input').fill(label);
    await this.page
      .locator('.lm-CommandPalette-item', { hasText: label })
      .first()
      .click();
  }

  /** Changes the theme, by its whole name, and waits until the page has it. */
  async useTheme(theme) {
    await this.page.keyboard.press('Control+Shift+c');
    await this.page
      .locator('.lm-CommandPalette-input')
      .fill(`Use Theme: ${theme}`);
    await this.page
      .locator('.lm-CommandPalette-itemLabel')
      .filter({ hasText: new RegExp(`: ${theme}$`) })
      .click();
    await this.page.waitForFunction(
      theme => document.body.dataset.jpThemeName === theme,
      theme
    );
    // JupyterLab covers the page meanwhile.
    await this.page
      .locator('#jupyterlab-splash')
      .waitFor({ state: 'detached' });
  }

  /** What the command that copies the launcher's cards puts into the clipboard. */
  async copyLauncherCards() {
    await this.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await this.runCommand('Copy the Launcher Cards');
    const notification = this.page
      .locator('.Toastify__toast', { hasText: /Copied \d+ cards/ })
      .first();
    await notification.locator('.jp-Notification-Toast-Close').click();
    return JSON.parse(
      await this.page.evaluate(() => navigator.clipboard.readText())
    ).cards;
  }

  /** Starts a kernel on the user's own server without the launcher; returns the status and the message. */
  startKernel(name) {
    return this.page.evaluate(async name => {
      const { baseUrl } = JSON.parse(
        document.getElementById('jupyter-config-data').textContent
      );
      const response = await fetch(`${baseUrl}api/kernels`, {
        method: 'POST',
        headers: { 'X-XSRFToken': /_xsrf=([^;]*)/.exec(document.cookie)[1] },
        body: JSON.stringify({ name })
      });
      return {
        status: response.status,
        message: (await response.json()).message
      };
    }, name);
  }

  /** Creates and starts a named server on the Hub's home page. */
  async startNamedServer(name) {
    await this.page.goto(`${this.hub.url}hub/home`);
    await this.page.getByLabel('server name').fill(name);
    await this.page.getByRole('button', { name: 'Add New Server' }).click();
    await this.page
      .getByRole('row', { name })
      .getByRole('button', { name: 'start' })
      .click();
    await this.page.waitForURL(`**/user/${this.name}/${name}/**`);
  }

  /** Opens a group on the Hub's admin page. */
  async openGroup(group) {
    await this.page.goto(`${this.hub.url}hub/admin`);
    await this.page.getByText('Manage Groups').click();
    await this.page.getByText(group).click();
    await this.page.getByText(`Editing Group ${group}`).waitFor();
  }

  async addToGroup(group, user) {
    await this.openGroup(group);
    await this.page.getByPlaceholder('Add by username').fill(user);
    await this.page.getByRole('button', { name: 'Add user' }).click();
    await this.page.locator('.users-container').getByText(user).waitFor();
    await this.applyGroupChanges();
  }

  async removeFromGroup(group, user) {
    await this.openGroup(group);
    await this.page.locator('.users-container').getByText(user).click();
    await this.applyGroupChanges();
  }

  async applyGroupChanges() {
    const responsePromise = this.page.waitForResponse(
      response =>
        response.url().includes('/users') &&
        ['POST', 'DELETE'].includes(response.request().method())
    );
    await this.page.getByRole('button', { name: 'Apply' }).click();
    const response = await responsePromise;
    if (!response.ok()) {
      throw new Error(
        `${response.request().method()} ${response.url()}: ${response.status()}`
      );
    }
  }

  close() {
    return this.context.close();
  }
}

/**
 * Runs in the page before any of its scripts. Reports each card whose HTML contains `marker` at the moment when it
 * is inserted, however soon it is removed, or when its text or attributes change.
 */
function observeCards(marker) {
  const report = node => {
    const element = node instanceof Element ? node : node.parentElement;
    const card = element?.closest(
      '.jp-LauncherCard, .jp-Launcher-item, [data-category]'
    );
    if (card && card.outerHTML.includes(marker)) {
      window.recordCard(card.textContent.trim());
    }
  };
  new MutationObserver(records => {
    for (const record of records) {
      report(record.target);
      for (const node of record.addedNodes) {
        report(node);
        node.querySelectorAll?.('.jp-LauncherCard').forEach(report);
      }
    }
  }).observe(document, {
    attributes: true,
    characterData: true,
    childList: true,
    subtree: true
  });
}
