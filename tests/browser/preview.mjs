/**
 * What the command line says that a user's launcher shows.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs `scoped-launcher preview` with the policy of the class example.
 *
 * @param cards What the route `scoped-launcher/cards` of the user's server has answered.
 * @returns The cards, each as `SECTION: LABEL`, sorted.
 */
export async function preview(user, groups, cards) {
  const folder = await mkdtemp(join(tmpdir(), 'preview-'));
  try {
    const file = join(folder, 'cards.json');
    await writeFile(file, JSON.stringify(cards));
    const { stdout } = await promisify(execFile)(
      join(root, '.venv', 'bin', 'scoped-launcher'),
      [
        ...['preview', 'examples/class-hub/policy.yaml', '--user', user],
        ...groups.flatMap(group => ['--group', group]),
        ...['--cards', file, '--format', 'json']
      ],
      { cwd: root }
    );
    return JSON.parse(stdout)
      .cards.filter(card => card.visible[user])
      .map(card => `${card.category}: ${card.title}`)
      .sort();
  } finally {
    await rm(folder, { recursive: true });
  }
}
