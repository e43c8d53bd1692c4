import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ICard } from '../wasm/scoped_launcher.js';

/**
 * The command that opens the policy's own cards.
 */
export const OPEN_COMMAND = 'scoped-launcher:open';

/**
 * Describes a launcher item for the engine.
 *
 * @param item - What an extension added to the launcher.
 * @param trans - The bundle of `jupyterlab`: its words for the launcher's own categories.
 * @returns The card, or null for an item that must open a kernel, a proxied service or one of the
 * policy's own cards but does not say which in a way known here: nobody can decide on it.
 */
export function toCard(
  item: ILauncher.IItemOptions,
  trans: TranslationBundle
): ICard | null {
  const target = targetOf(item);
  return (
    target && {
      id: `${target.kind}:${target.owner ? `${target.owner}/` : ''}${target.name}`,
      ...target,
      category: plainCategory(item.category ?? '', trans),
      command: item.command,
      tags: [
        ...tagsOf(item.metadata),
        ...tagsOf(field(item.metadata, 'kernel'))
      ]
    }
  );
}

type Target = Pick<ICard, 'kind' | 'name' | 'owner'>;

const PROXY_PREFIX = 'server-proxy:';

function targetOf({ command, args }: ILauncher.IItemOptions): Target | null {
  switch (command) {
    case 'server-proxy:open': {
      const id = field(args, 'id');
      return typeof id === 'string' && id.startsWith(PROXY_PREFIX)
        ? { kind: 'proxy', name: id.slice(PROXY_PREFIX.length) }
        : null;
    }
    case OPEN_COMMAND:
      return ownTarget(args);
  }
  // Any extension's card that starts a kernel is a kernel card, not JupyterLab's two alone.
  const kernel =
    field(args, 'kernelName') ?? field(field(args, 'kernelPreference'), 'name');
  if (kernel === undefined || kernel === null || kernel === '') {
    // Without a name it starts none by itself: the visitor picks from the kernels there are.
    return { kind: 'command', name: command };
  }
  return typeof kernel === 'string' ? { kind: 'kernel', name: kernel } : null;
}

function ownTarget(args: unknown): Target | null {
  const kind = field(args, 'kind');
  const name = field(args, 'name');
  const owner = field(args, 'owner');
  if (typeof name !== 'string') {
    return null;
  }
  if (kind === 'service') {
    return { kind, name };
  }
  return kind === 'server' && typeof owner === 'string'
    ? { kind, name, owner }
    : null;
}

/**
 * A policy is written once for all languages: the names of JupyterLab's own categories stay English.
 */
function plainCategory(category: string, trans: TranslationBundle): string {
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
 * The texts under `tags`: launcher metadata and kernelspec metadata are written by anybody.
 */
export function tagsOf(metadata: unknown): string[] {
  const tags = field(metadata, 'tags');
  return Array.isArray(tags)
    ? tags.filter((tag): tag is string => typeof tag === 'string')
    : [];
}

function field(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null
    ? (object as Record<string, unknown>)[name]
    : undefined;
}
