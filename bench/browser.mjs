// The same measurements in headless Chromium, on pages of a server that has this repository's files.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };

function serve(root) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    // Isolated from other origins, a page has a clock with steps of 5 µs instead of 100.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>bench</title>');
      return;
    }
    const file = join(root, path);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve({ server, url: `http://127.0.0.1:${server.address().port}/` }));
  });
}

/** Starts Chromium; `close` ends it. */
export async function openBrowser(root) {
  const { server, url } = await serve(root);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--headless']
  });

  /** Runs a function in a fresh page of a fresh profile. */
  async function inPage(run, argument, report = () => {}) {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    page.on('console', message => report(message.text()));
    try {
      await page.goto(url);
      return await page.evaluate(run, argument);
    } finally {
      await context.close();
    }
  }

  return {
    version: browser.version(),
    /** As `measure` in Node. */
    measure: (file, names, report) =>
      inPage(
        async ({ file, names }) => {
          const [{ measure, prepare }, { openContestant }] = await Promise.all([
            import('/bench/measure.mjs'),
            import('/bench/contestants.mjs')
          ]);
          const workload = prepare(await (await fetch(file)).json());
          const wasm = await (await fetch('/labextension/wasm/scoped_launcher_bg.wasm')).arrayBuffer();
          const contestants = [];
          for (const name of names) {
            contestants.push(await openContestant(name, '/labextension/wasm/scoped_launcher.js', wasm));
          }
          return measure(workload, contestants, kind => console.log(kind));
        },
        { file, names },
        report
      ),
    /** As `first-run.mjs` in Node. */
    firstRun: (file, name) =>
      inPage(
        async ({ file, name }) => {
          const [{ firstRun, prepare }, { openContestant }] = await Promise.all([
            import('/bench/measure.mjs'),
            import('/bench/contestants.mjs')
          ]);
          const workload = prepare(await (await fetch(file)).json());
          const wasm = await (await fetch('/labextension/wasm/scoped_launcher_bg.wasm')).arrayBuffer();
          return firstRun(workload, () => openContestant(name, '/labextension/wasm/scoped_launcher.js', wasm));
        },
        { file, name }
      ),
    async close() {
      await browser.close();
      server.close();
    }
  };
}
