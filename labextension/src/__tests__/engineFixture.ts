import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, initSync } from '../../wasm/scoped_launcher.js';
import type { ITextSource } from '../launcherItem';

/**
 * @returns Texts of a page in English, with the labels of some commands.
 */
export function createTexts(labels: Record<string, string> = {}): ITextSource {
  const commands = new CommandRegistry();
  for (const [command, label] of Object.entries(labels)) {
    commands.addCommand(command, {
      label,
      describedBy: { args: null },
      execute: () => undefined
    });
  }
  return {
    commands,
    trans: nullTranslator.load('jupyterlab'),
    language: nullTranslator.languageCode
  };
}

/**
 * @returns The real engine, from the file that `npm run build:wasm` writes.
 */
export function createEngine(): Engine {
  const file = join(__dirname, '../../wasm/scoped_launcher_bg.wasm');
  initSync({ module: readFileSync(file) });
  return new Engine();
}

/**
 * @returns A complete context of a visitor in these groups.
 */
export function createContext(
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
 * @returns What the server would answer: the bytes that `Engine.setContext` takes.
 */
export function toBytes(context: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(context));
}

/**
 * Shows the kernel and the tools of a class, and the terminal, to the group `class` only.
 */
export const POLICY = {
  version: 1,
  refresh: '20s',
  rules: [
    {
      id: 'class',
      match: [
        {
          kernel: 'class_*',
          proxy: 'class-*',
          command: 'terminal:*',
          service: 'class-web'
        },
        { category: 'Console' }
      ],
      show_when: { group: 'class' }
    }
  ]
};
