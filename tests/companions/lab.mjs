/**
 * A user of the trials, in Chromium.
 */
import { SCREENSHOTS } from '../browser/browser.mjs';

export class Visitor {
  /** Logs in at the Hub. */
  static async logIn(browser, hub, name) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 }
    });
    const visitor = new Visitor(hub, name, context);
    visitor.page = await visitor.newPage();
    await visitor.page.goto(`${hub.url}hub/login?next=%2Fhub%2Fhome`);
    await visitor.page.getByLabel('Username').fill(name);
    await visitor.page.getByLabel('Password').fill(hub.password);
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await visitor.page.waitForURL(/\/hub\//);
    return visitor;
  }

  /** Logs in, checks something, and leaves. A failure has a screenshot, and what the pages have complained of. */
  static async as(browser, hub, name, check) {
    const visitor = await Visitor.logIn(browser, hub, name);
    try {
      await check(visitor);
    } catch (error) {
      await visitor.takeScreenshot(`${name}-failed`);
      throw new Error(`${visitor.problems.join('\n')}`, { cause: error });
    } finally {
      await visitor.close();
    }
  }

  constructor(hub, name, context) {
    this.hub = hub;
    this.name = name;
    this.context = context;
    /** What pages have written to their consoles as warnings and errors. */
    this.problems = [];
  }

  async newPage() {
    const page = await this.context.newPage();
    this.listen(page);
    return page;
  }

  /** Keeps what a page complains of. */
  listen(page) {
    page.on('pageerror', error => this.problems.push(`error: ${error}`));
    page.on('console', message => {
      if (['warning', 'error'].includes(message.type())) {
        this.problems.push(`${message.type()}: ${message.text()}`);
      }
    });
  }

  /** What concerns this package among the problems. */
  ownProblems() {
    return this.problems.filter(problem => /scoped/i.test(problem));
  }

  /** Opens a page of a server, and starts the server if it does not run. */
  async open(path = 'lab', { owner = this.name, server = '' } = {}) {
    const start = `${this.hub.url}hub/spawn/${owner}${server && `/${server}`}`;
    if (owner === this.name) {
      await this.page.goto(start);
      await this.page.waitForURL(url => /\/user\//.test(url.pathname), {
        timeout: 120_000
      });
    } else {
      await this.page.goto(
        `${this.hub.url}user/${owner}/${server && `${server}/`}`
      );
      // The Hub asks visitors before it tells somebody else's server who they are.
      await this.page.getByRole('button', { name: 'Authorize' }).click();
      await this.page.waitForURL(url => /\/user\//.test(url.pathname));
    }
    this.base = this.page
      .url()
      .replace(/(\/user\/[^/]+\/).*$/, server ? `$1${server}/` : '$1');
    await this.page.goto(`${this.base}${path}`);
  }

  async openLab(options) {
    await this.open('lab?reset', options);
    await this.page
      .locator('.jp-Launcher, .jp-NewLauncher')
      .first()
      .waitFor({ timeout: 90_000 });
  }

  /** The cards in the launcher, each as `SECTION: LABEL`. */
  cards() {
    return this.page
      .locator('.jp-Launcher-section')
      .evaluateAll(sections =>
        sections.flatMap(section =>
          [...section.querySelectorAll('.jp-LauncherCard-label')]
            .filter(label => label.offsetParent)
            .map(
              label =>
                `${section.querySelector('.jp-Launcher-sectionTitle').textContent.trim()}: ${label.textContent.trim()}`
            )
        )
      );
  }

  /** The titles of the launcher's sections. */
  async sections() {
    const titles = await this.page
      .locator('.jp-Launcher-sectionTitle')
      .allTextContents();
    return titles.map(title => title.trim());
  }

  /** The enabled and visible entries of a menu, opened by clicking on `path`. */
  async menu(...path) {
    for (const [depth, label] of path.entries()) {
      const item = this.page
        .locator(depth ? '.lm-Menu-item' : '.lm-MenuBar-item')
        .filter({ hasText: new RegExp(`^${label}`) });
      await (depth ? item.first().hover() : item.first().click());
    }
    const menu = this.page.locator('.lm-Menu').last();
    await menu.waitFor();
    await this.page.waitForTimeout(500);
    const entries = await this.page
      .locator('.lm-Menu')
      .last()
      .locator('.lm-Menu-item:not(.lm-mod-hidden):not(.lm-mod-disabled)')
      .locator('.lm-Menu-itemLabel')
      .allTextContents();
    await this.page.keyboard.press('Escape');
    await this.page.keyboard.press('Escape');
    return entries.filter(Boolean);
  }

  /** The status of a page of the server. */
  status(path) {
    // Chromium knows the subdomains of localhost, Node does not.
    return this.page.evaluate(
      async url => (await fetch(url)).status,
      `${this.base}${path}`
    );
  }

  /** Opens a new notebook of Python 3 from the launcher. */
  async openNotebook() {
    await this.page
      .locator('.jp-LauncherCard[data-category="Notebook"]', {
        hasText: 'Python 3'
      })
      .click();
    await this.page.locator('.jp-Notebook:visible').waitFor();
  }

  /** Runs code in the first cell of the open notebook; returns what it prints. */
  async runCell(code) {
    await this.page.locator('.jp-Notebook:visible .cm-content').first().click();
    await this.page.keyboard.type(code);
    await this.page.keyboard.press('Shift+Enter');
    const output = this.page.locator('.jp-OutputArea-output:visible').first();
    await output.waitFor({ timeout: 60_000 });
    return (await output.innerText()).trim();
  }

  /** Opens Notebook's menu New in its list of files; returns its entries. */
  async openNew() {
    await this.page
      .locator('.jp-FileBrowser-toolbar .lm-MenuBar-item', { hasText: 'New' })
      .click();
    await this.page.locator('.lm-Menu').waitFor();
    return this.page
      .locator('.lm-Menu .lm-Menu-item:not(.lm-mod-hidden)')
      .locator('.lm-Menu-itemLabel');
  }

  /** The entries of Notebook's menu New. */
  async newEntries() {
    const entries = await (await this.openNew()).allTextContents();
    await this.page.keyboard.press('Escape');
    await this.page.locator('.lm-Menu').waitFor({ state: 'detached' });
    return entries.filter(Boolean);
  }

  async chooseNew(entry) {
    await (await this.openNew()).getByText(entry, { exact: true }).click();
  }

  async takeScreenshot(name) {
    await this.page.screenshot({
      path: `${SCREENSHOTS}companions/${name}.png`
    });
  }

  close() {
    return this.context.close();
  }
}
