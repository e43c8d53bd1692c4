/**
 * Chromium, and what people do in it: log in, open JupyterLab, look at the launcher, manage a class.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

/** The cards that the policy of the class example governs, by what is written on them. */
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

/** Calls `read` until `wanted` accepts what it answers, and answers that; fails after `seconds`. */
export async function eventually(read, wanted, seconds, what) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (wanted(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${what}: still ${JSON.stringify(value)} after ${seconds} s`
      );
    }
    await sleep(100);
  }
}

/** One person in a browser window of their own, logged in at the Hub. */
export class Person {
  /** @param routes {[pattern]: handler} for Playwright's `route`, in force from the first request */
  static async logIn(browser, hub, user, routes = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 }
    });
    const person = new Person(hub, user, context);
    await context.exposeBinding('recordGovernedCard', (_source, card) => {
      person.everInserted.push(card);
      person.onInsert(card);
    });
    await context.addInitScript(watchForCards, 'Class 1234');
    for (const [pattern, handler] of Object.entries(routes)) {
      await context.route(pattern, handler);
    }
    person.page = await context.newPage();
    person.page.on('console', said => person.console.push(said.text()));
    await person.page.goto(`${hub.url}hub/login?next=%2Fhub%2Fhome`);
    await person.page.getByLabel('Username').fill(user);
    await person.page.getByLabel('Password').fill(hub.password);
    await person.page.getByRole('button', { name: 'Sign in' }).click();
    await person.page.waitForURL('**/hub/home');
    return person;
  }

  constructor(hub, user, context) {
    this.hub = hub;
    this.user = user;
    this.context = context;
    /** The text of every governed card that any document of this person ever inserted. */
    this.everInserted = [];
    this.onInsert = () => {};
    this.reloads = 0;
    /** What the page has written to its console. */
    this.console = [];
  }

  /** Opens JupyterLab (starting the server, if need be) and waits until it is restored. */
  async openLab() {
    const lab = encodeURIComponent(`/user/${this.user}/lab`);
    await this.page.goto(`${this.hub.url}hub/spawn/${this.user}?next=${lab}`);
    await this.page
      .locator('.jp-Launcher')
      .first()
      .waitFor({ timeout: 90_000 });
    this.page.on('domcontentloaded', () => this.reloads++);
  }

  /** What is written on each card of the open launcher. */
  cards() {
    return this.page
      .locator('.jp-LauncherCard')
      .evaluateAll(cards =>
        cards.map(card =>
          card.querySelector('.jp-LauncherCard-label')?.textContent.trim()
        )
      );
  }

  /** Which of the class's cards the open launcher has, each once, sorted. */
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

  /** Keeps a picture of the page, without JupyterLab's own question about news. */
  async takePicture(path) {
    const no = this.page
      .locator('.Toastify__toast')
      .getByRole('button', { name: 'No', exact: true });
    if (await no.isVisible()) {
      await no.click();
      await no.waitFor({ state: 'detached' });
    }
    await this.page.waitForFunction(() =>
      [...document.images].every(image => image.complete)
    );
    await this.page.screenshot({ path });
  }

  /** The messages that this extension shows. */
  notifications() {
    return this.page.locator('.Toastify__toast', { hasText: /launcher/i });
  }

  /** Opens one more launcher, as with the button with the plus sign. */
  async openLauncher() {
    await this.page
      .getByRole('button', { name: 'New Launcher' })
      .first()
      .click();
    await this.page.locator('.jp-Launcher:visible').waitFor();
  }

  /** Asks her own server for a kernel, past the launcher; answers the status and the message. */
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

  /** Makes and starts a named server on the Hub's home page, as its owner does. */
  async startNamedServer(name) {
    await this.page.goto(`${this.hub.url}hub/home`);
    await this.page.getByLabel('server name').fill(name);
    await this.page.getByRole('button', { name: 'Add New Server' }).click();
    await this.page
      .getByRole('row', { name })
      .getByRole('button', { name: 'start' })
      .click();
    await this.page.waitForURL(`**/user/${this.user}/${name}/**`);
  }

  /** Opens the class on the Hub's admin page, as an instructor does. */
  async openClass(group) {
    await this.page.goto(`${this.hub.url}hub/admin`);
    await this.page.getByText('Manage Groups').click();
    await this.page.getByText(group).click();
    await this.page.getByText(`Editing Group ${group}`).waitFor();
  }

  async addToClass(group, user) {
    await this.openClass(group);
    await this.page.getByPlaceholder('Add by username').fill(user);
    await this.page.getByRole('button', { name: 'Add user' }).click();
    await this.page.locator('.users-container').getByText(user).waitFor();
    await this.applyToClass();
  }

  async removeFromClass(group, user) {
    await this.openClass(group);
    await this.page.locator('.users-container').getByText(user).click();
    await this.applyToClass();
  }

  async applyToClass() {
    const answered = this.page.waitForResponse(
      response =>
        response.url().includes('/users') &&
        ['POST', 'DELETE'].includes(response.request().method())
    );
    await this.page.getByRole('button', { name: 'Apply' }).click();
    const response = await answered;
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
 * Runs in the page before any of its scripts: reports every governed card at the moment when it is
 * inserted, however short it stays. Looks at text and attributes that change later, too.
 */
function watchForCards(marker) {
  const report = node => {
    const element = node instanceof Element ? node : node.parentElement;
    const card = element?.closest(
      '.jp-LauncherCard, .jp-Launcher-item, [data-category]'
    );
    if (card && card.outerHTML.includes(marker)) {
      window.recordGovernedCard(card.textContent.trim());
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
