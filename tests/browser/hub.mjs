/**
 * The class example on a real Hub, with its own state in a temporary folder and on free ports.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Starts the Hub. Resolves when users can log in.
 *
 * @param prepareHomes Called with the folder of users' homes before the Hub starts.
 * @param config The name of a file here with the configuration of the Hub, which includes the example's.
 */
export async function startHub(prepareHomes = async () => {}, config) {
  const state = await mkdtemp(join(tmpdir(), 'class-hub-'));
  await prepareHomes(join(state, 'home'));
  const demo = spawn(
    join(root, '.venv', 'bin', 'python'),
    [
      ...['scripts/demo.py', '--state', state, '--port', '0'],
      ...(config ? ['--config', join('tests', 'browser', config)] : [])
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] }
  );
  // When the test run is interrupted, the tests' own `after` does not run.
  process.once('exit', () => demo.kill('SIGTERM'));
  const stop = async () => {
    if (demo.exitCode === null && demo.signalCode === null) {
      demo.kill('SIGTERM');
      await once(demo, 'exit');
    }
    await rm(state, { recursive: true, force: true });
  };
  let url;
  for await (const line of createInterface({ input: demo.stdout })) {
    url ??= /is running: (\S+)/.exec(line)?.[1];
    const mails = /mail to profx is here: (\S+)/.exec(line)?.[1];
    if (mails) {
      demo.stdout.resume();
      const log = join(state, 'hub.log');
      return {
        url,
        // Where the mails that the Hub sends are shown.
        mails,
        password: await readFile(join(state, 'password'), 'utf8'),
        // The servers read it again when it changes.
        policyFile: join(state, 'policy.yaml'),
        log: () => readFile(log, 'utf8'),
        /** Replaces the policy file, which the servers follow. */
        editPolicy: async edit => {
          const file = join(state, 'policy.yaml');
          await writeFile(file, edit(await readFile(file, 'utf8')));
        },
        stop
      };
    }
  }
  await stop();
  throw new Error('The Hub did not start. Its log is above.');
}
