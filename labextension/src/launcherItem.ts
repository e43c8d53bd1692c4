import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Card, CardKind } from '../wasm/scoped_launcher.js';

/**
 * The command that opens the policy's own cards. Its arguments are a `PolicyCard`.
 */
export const OPEN_COMMAND = 'scoped-launcher:open';

/**
 * Describes a launcher item for the engine.
 *
 * @param item - What an extension added to the launcher.
 * @param trans - The bundle of `jupyterlab`, which translates the launcher's own categories.
 * @returns The card. Null for an item that must open a kernel, a proxied service or one of the
 * policy's own cards, but whose arguments do not say which: no rule can match it.
 */
export function toCard(
  item: ILauncher.IItemOptions,
  trans: TranslationBundle
): Card | null {
  const target = getTarget(item);
  return (
    target && {
      id: `${target.kind}:${target.owner ? `${target.owner}/` : ''}${target.name}`,
      ...target,
      category: getEnglishCategory(item.category ?? '', trans),
      command: item.command,
      tags: [
        ...getTags(item.metadata),
        ...getTags(getProperty(item.metadata, 'kernel'))
      ]
    }
  );
}

/**
 * What a card opens.
 */
type CardTarget = Pick<Card, 'kind' | 'name' | 'owner'>;

const PROXY_ID_PREFIX = 'server-proxy:';

function getTarget({ command, args }: ILauncher.IItemOptions) {
  switch (command) {
    case 'server-proxy:open':
      return getProxyTarget(args);
    case OPEN_COMMAND:
      return getPolicyCardTarget(args);
    default:
      return getCommandTarget(command, args);
  }
}

/**
 * The target of a card of jupyter-server-proxy.
 */
function getProxyTarget(args: unknown): CardTarget | null {
  const id = getProperty(args, 'id');
  return typeof id === 'string' && id.startsWith(PROXY_ID_PREFIX)
    ? { kind: 'proxy', name: id.slice(PROXY_ID_PREFIX.length) }
    : null;
}

/**
 * The target of one of the policy's own cards.
 */
function getPolicyCardTarget(args: unknown): CardTarget | null {
  const name = getProperty(args, 'name');
  const owner = getProperty(args, 'owner');
  if (typeof name !== 'string') {
    return null;
  }
  // Any extension may execute the command: the type is a claim, which the last case checks.
  const kind = getProperty(args, 'kind') as CardKind;
  switch (kind) {
    case 'service':
      return { kind, name };
    case 'server':
      return typeof owner === 'string' ? { kind, name, owner } : null;
    case 'kernel':
    case 'proxy':
    case 'command':
      // A policy adds no such cards.
      return null;
    default:
      return rejectUnknownKind(kind);
  }
}

/**
 * The compiler reports a call with a kind that the cases before it forget.
 */
function rejectUnknownKind(kind: never): null {
  return null;
}

/**
 * The target of any other card. Other extensions start kernels too, with JupyterLab's arguments.
 */
function getCommandTarget(command: string, args: unknown): CardTarget | null {
  const kernel =
    getProperty(args, 'kernelName') ??
    getProperty(getProperty(args, 'kernelPreference'), 'name');
  if (kernel === undefined || kernel === null || kernel === '') {
    // Without a name the command starts no kernel by itself: the visitor selects a listed one.
    return { kind: 'command', name: command };
  }
  return typeof kernel === 'string' ? { kind: 'kernel', name: kernel } : null;
}

/**
 * Policies use the English names of JupyterLab's own categories, whatever the language of the page.
 */
function getEnglishCategory(
  category: string,
  trans: TranslationBundle
): string {
  switch (category) {
    case trans.__('Notebook'):
      return 'Notebook';
    case trans.__('Console'):
      return 'Console';
    case trans.__('Other'):
    case '':
      return 'Other';
    default:
      return category;
  }
}

/**
 * @param metadata - The metadata of a launcher item or a kernelspec, which can have any shape.
 * @returns The texts of its `tags`.
 */
export function getTags(metadata: unknown): string[] {
  const tags = getProperty(metadata, 'tags');
  return Array.isArray(tags)
    ? tags.filter((tag): tag is string => typeof tag === 'string')
    : [];
}

function getProperty(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null
    ? (object as Record<string, unknown>)[name]
    : undefined;
}
