/**
 * JupyterLab on a laptop, without a Hub: governed cards are as the policy says for that, and the panel says why.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { BrowserUser, launchChromium, waitUntil } from './browser.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const POLICY = `
version: 1
no_hub: hide
rules:
  - id: terminals
    match: {command: "terminal:*"}
    show_when: {group: staff}
    contact: desk@example.edu
`;

describe('JupyterLab without a Hub', { timeout: 120_000 }, () => {
  let folder, lab, browser, user;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'no-hub-'));
    await writeFile(join(folder, 'policy.yaml'), POLICY);
    const port = await findFreePort();
    lab = spawn(
      join(root, '.venv', 'bin', 'jupyter'),
      [
        'lab',
        '--no-browser',
        '--allow-root',
        '--ServerApp.ip=127.0.0.1',
        `--ServerApp.port=${port}`,
        '--ServerApp.port_retries=0',
        '--IdentityProvider.token=',
        '--ScopedLauncher.policy_file=policy.yaml'
      ],
      { cwd: folder, env: { ...process.env, HOME: folder }, stdio: 'ignore' }
    );
    process.once('exit', () => lab.kill());
    const url = `http://127.0.0.1:${port}/`;
    await waitUntil(
      async () => (await fetch(`${url}api`).catch(() => null))?.ok ?? false,
      isUp => isUp,
      60,
      'the server'
    );
    browser = await launchChromium();
    const context = await browser.newContext();
    user = new BrowserUser({ url }, 'local', context);
    user.page = await context.newPage();
    await user.page.goto(`${url}lab`);
    await user.page.locator('.jp-Launcher').first().waitFor();
  });

  after(async () => {
    await browser?.close();
    if (lab && lab.exitCode === null) {
      lab.kill();
      await once(lab, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  });

  test('cards that a rule matches are hidden, others are shown, and nothing is said to be wrong', async () => {
    await waitUntil(
      () => user.cards(),
      cards => cards.some(card => card.startsWith('Python 3')),
      30,
      'the cards that no rule matches'
    );
    assert.ok(!(await user.cards()).includes('Terminal'));
    assert.equal(await user.problems().count(), 0);
    assert.equal(await user.notifications().count(), 0);
  });

  test('the panel says that there is no Hub, and offers no form', async () => {
    await user.page
      .getByRole('button', { name: 'Why can’t I see a card?' })
      .click();
    const row = user.page
      .locator('.jp-ScopedLauncher-panel')
      .getByRole('row')
      .filter({ hasText: 'Terminal' });
    await row.waitFor();
    const text = await row.innerText();
    assert.match(text, /Hidden/);
    assert.match(text, /no JupyterHub/i);
    await row.getByRole('link', { name: /desk@example\.edu/ }).waitFor();
    assert.equal(await row.getByRole('link', { name: /join/ }).count(), 0);
  });
});

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
