import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, initSync } from '../../wasm/scoped_launcher.js';

/**
 * The real engine, read from where `npm run build:wasm` puts it.
 */
export function newEngine(): Engine {
  const file = join(__dirname, '../../wasm/scoped_launcher_bg.wasm');
  initSync({ module: readFileSync(file) });
  return new Engine();
}

/**
 * A whole context.
 */
export function contextOf(
  groups: string[],
  document: object = POLICY
): Record<string, unknown> {
  return {
    hub: true,
    user: 'ann',
    admin: false,
    groups,
    scopes: [],
    shares: [],
    server: { owner: 'ann', name: '' },
    now: new Date().toISOString(),
    age_s: 0,
    stale: false,
    warnings: [],
    policy: { state: 'ok', etag: JSON.stringify(document), document }
  };
}

/**
 * The class sees its kernel, its tools and the terminal.
 */
export const POLICY = {
  version: 1,
  refresh: '20s',
  rules: [
    {
      id: 'class',
      match: {
        kernel: 'class_*',
        proxy: 'class-*',
        command: 'terminal:*',
        category: 'Console',
        service: 'class-web'
      },
      show_when: { group: 'class' }
    }
  ]
};
