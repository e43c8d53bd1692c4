/**
 * A Hub whose users have servers in different environments, and what an admin does with it.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const environments =
  process.env.COMPANIONS ?? join(root, 'target', 'companions');

async function getFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/**
 * Starts the Hub. Resolves when users can log in.
 *
 * @param trials For each user: `environment` (a folder of target/companions), `variables` and `args` of the server, and
 * `files` in the user's home, each by its path.
 * @param options `baseUrl`, and `subdomain` for a Hub at hub.localhost.
 */
export async function startHub(trials, { baseUrl = '/', subdomain } = {}) {
  const state = await mkdtemp(join(tmpdir(), 'companions-'));
  const token = randomBytes(16).toString('hex');
  const port = await getFreePort();
  const settings = {};
  for (const [user, trial] of Object.entries(trials)) {
    settings[user] = { variables: {}, args: [], ...trial, files: undefined };
    for (const [path, content] of Object.entries(trial.files ?? {})) {
      const file = join(state, 'home', user, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(
        file,
        typeof content === 'string' ? content : JSON.stringify(content)
      );
    }
  }
  await makeKernel(
    join(state, 'kernels', 'class', 'kernels', 'class_python'),
    'Class Python'
  );
  for (const environment of ['class-ai', 'free']) {
    const folder = join(state, 'conda', 'envs', environment);
    await makeKernel(join(folder, 'share', 'jupyter', 'kernels', 'python3'));
  }
  const hub = spawn(
    join(root, '.venv', 'bin', 'python'),
    ['-m', 'jupyterhub', '-f', join(here, 'jupyterhub_config.py')],
    {
      cwd: state,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(
          delimiter
        ),
        COMPANIONS_STATE: state,
        COMPANIONS_ENVIRONMENTS: environments,
        COMPANIONS_TRIALS: JSON.stringify(settings),
        COMPANIONS_TOKEN: token,
        COMPANIONS_PORT: String(port),
        COMPANIONS_BASE_URL: baseUrl,
        COMPANIONS_SUBDOMAIN_HOST: subdomain
          ? `http://hub.localhost:${port}`
          : ''
      }
    }
  );
  const logFile = join(state, 'hub.log');
  const log = createWriteStream(logFile);
  hub.stdout.pipe(log);
  hub.stderr.pipe(log);
  process.once('exit', () => hub.kill('SIGTERM'));

  const api = async (method, path, body) => {
    const response = await fetch(
      `http://127.0.0.1:${port}${baseUrl}hub/api/${path}`,
      {
        method,
        headers: {
          Authorization: `token ${token}`,
          Host: subdomain ? `hub.localhost:${port}` : `127.0.0.1:${port}`
        },
        body: body && JSON.stringify(body)
      }
    );
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status}`);
    }
    return response.status === 204 ? null : response.json().catch(() => null);
  };
  const readLog = () => readFile(logFile, 'utf8');
  for (const deadline = Date.now() + 60_000; ; ) {
    try {
      await api('GET', '');
      break;
    } catch (error) {
      if (Date.now() > deadline || hub.exitCode !== null) {
        throw new Error(`The Hub did not start:\n${await readLog()}`, {
          cause: error
        });
      }
      await sleep(300);
    }
  }
  return {
    url: subdomain
      ? `http://hub.localhost:${port}${baseUrl}`
      : `http://127.0.0.1:${port}${baseUrl}`,
    password: token,
    api,
    readLog,
    addToClass: user =>
      api('POST', 'groups/class/users', { users: [user] }),
    removeFromClass: user =>
      api('DELETE', 'groups/class/users', { users: [user] }),
    async stop() {
      for (const user of Object.keys(trials)) {
        await api('DELETE', `users/${user}/server`).catch(() => {});
      }
      if (hub.exitCode === null) {
        hub.kill('SIGTERM');
        await once(hub, 'exit');
      }
      await rm(state, { recursive: true, force: true, maxRetries: 5 });
    }
  };
}

async function makeKernel(folder, displayName = 'Python 3') {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'kernel.json'),
    JSON.stringify({
      argv: ['python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      display_name: displayName,
      language: 'python'
    })
  );
}
