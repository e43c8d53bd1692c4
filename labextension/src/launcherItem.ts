import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ILauncher } from '@jupyterlab/launcher';
import type { KernelSpec } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Card, CardKind } from '../wasm/scoped_launcher.js';

/**
 * The command that opens the policy's own cards. Its arguments are an `IPolicyCard`.
 */
export const OPEN_COMMAND = 'scoped-launcher:open';

/**
 * The command of a card that is shown locked: it explains the card that the policy hides.
 */
export const EXPLAIN_COMMAND = 'scoped-launcher:explain-card';

/**
 * The command of a card in the picture of somebody else's launcher.
 */
export const PREVIEW_COMMAND = 'scoped-launcher:preview-card';

/**
 * Where the texts on launcher items come from.
 */
export interface ITextSource {
  /** Has the labels of the items' commands. */
  readonly commands: JupyterFrontEnd['commands'];
  /** The bundle of `jupyterlab`, which translates the launcher's own texts. */
  readonly trans: TranslationBundle;
  /** The language of the page, as JupyterLab writes it. */
  readonly language: string;
}

/**
 * Describes a launcher item for the engine.
 *
 * @param item - What an extension added to the launcher.
 * @param texts - Where the texts on the item come from.
 * @returns The card. Null for a locked card and for one in a picture, which stand for other cards, and for an item that must open a kernel, a proxied service or one of the
 * policy's own cards, but whose arguments do not say which: no rule can match it.
 */
export function toCard(
  item: ILauncher.IItemOptions,
  texts: ITextSource
): Card | null {
  const target = getTarget(item);
  return (
    target && {
      id: `${target.kind}:${target.owner ? `${target.owner}/` : ''}${target.name}`,
      ...target,
      category: getEnglishCategory(item.category, texts.trans),
      command: item.command,
      tags: [
        ...getTags(item.metadata),
        ...getTags(getProperty(item.metadata, 'kernel'))
      ],
      // What a kernel is called, and its language, the engine knows from the kernelspecs.
      title: target.kind === 'kernel' ? undefined : getTitle(item, texts),
      args: getArgs(target.kind, item.args)
    }
  );
}

/**
 * @param card - A card, whose kernel the engine knows from the kernelspecs.
 * @param specs - The kernels that the server lists.
 * @returns The card with what stands on it and its language, if it is a listed kernel's: for people, and for those who have no
 * kernelspecs.
 */
export function withKernelspec(
  card: Card,
  specs: KernelSpec.ISpecModels | null
): Card {
  const spec =
    card.kind === 'kernel' ? specs?.kernelspecs[card.name ?? ''] : undefined;
  return spec
    ? { ...card, title: spec.display_name, language: spec.language }
    : card;
}

/**
 * What a card opens.
 */
type CardTarget = Pick<
  Card,
  'kind' | 'name' | 'owner' | 'policy_card' | 'policy_title'
>;

const PROXY_ID_PREFIX = 'server-proxy:';

function getTarget({ command, args }: ILauncher.IItemOptions) {
  switch (command) {
    case 'server-proxy:open':
      return getProxyTarget(args);
    case OPEN_COMMAND:
      return getPolicyCardTarget(args);
    case EXPLAIN_COMMAND:
    case PREVIEW_COMMAND:
      return null;
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
  const policy_card = getText(args, 'policy_card');
  const policy_title = getText(args, 'policy_title');
  // Any extension may execute the command: the type is a claim, which the last case checks.
  const kind = getProperty(args, 'kind') as CardKind;
  switch (kind) {
    case 'service':
    case 'link':
      return { kind, name, policy_card, policy_title };
    case 'server':
      return typeof owner === 'string'
        ? { kind, name, owner, policy_card, policy_title }
        : null;
    case 'kernel':
    case 'proxy':
    case 'profile':
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
 * JupyterLab's own names of sections and cards, which policies use whatever the language of the page.
 */
interface IOwnNames {
  /** The English name of each section, by its name in the page. */
  categories: ReadonlyMap<string, string>;
  /** The English title of each card, by its title in the page. */
  titles: ReadonlyMap<string, string>;
}

/**
 * The names in the language of a bundle. Each command is described, and a translation takes long.
 */
const ownNames = new WeakMap<TranslationBundle, IOwnNames>();

function getOwnNames(labTrans: TranslationBundle): IOwnNames {
  const known = ownNames.get(labTrans);
  if (known) {
    return known;
  }
  const names: IOwnNames = {
    categories: new Map([
      [labTrans.__('Notebook'), 'Notebook'],
      [labTrans.__('Console'), 'Console'],
      [labTrans.__('Other'), 'Other']
    ]),
    titles: new Map([
      [labTrans.__('Terminal'), 'Terminal'],
      [labTrans.__('Text File'), 'Text File'],
      [labTrans.__('Markdown File'), 'Markdown File'],
      [labTrans.__('Python File'), 'Python File'],
      [labTrans.__('R File'), 'R File'],
      [labTrans.__('Julia File'), 'Julia File'],
      [labTrans.__('Show Contextual Help'), 'Show Contextual Help']
    ])
  };
  ownNames.set(labTrans, names);
  return names;
}

/**
 * The name of a section; in English if it is one of JupyterLab's own.
 *
 * @param category - The category of an item, as it is in the page.
 * @param labTrans - The bundle of `jupyterlab`.
 */
export function getEnglishCategory(
  category: string | undefined,
  labTrans: TranslationBundle
): string {
  return category
    ? (getOwnNames(labTrans).categories.get(category) ?? category)
    : 'Other';
}

/**
 * What stands on an item; in English if it is one of JupyterLab's own.
 */
function getTitle(
  { command, args }: ILauncher.IItemOptions,
  { commands, trans: labTrans }: ITextSource
): string | undefined {
  const label = getLabel(commands, command, args);
  return label ? (getOwnNames(labTrans).titles.get(label) ?? label) : undefined;
}

/**
 * @returns The label of a command. Empty if it has none, or if the extension that computes it fails.
 */
function getLabel(
  commands: ITextSource['commands'],
  command: string,
  args: ILauncher.IItemOptions['args']
): string {
  try {
    const label: unknown = commands.label(command, { ...args });
    return typeof label === 'string' ? label : '';
  } catch (error) {
    console.warn(
      `Scoped launcher: the command ${command} fails to return its label.`,
      error
    );
    return '';
  }
}

/**
 * The arguments by which rules tell items with one command apart. Servers decide on all other kinds, too, and know no
 * arguments.
 */
function getArgs(
  kind: CardKind,
  args: ILauncher.IItemOptions['args']
): Card['args'] {
  const given = kind === 'link' ? getProperty(args, 'args') : args;
  if ((kind !== 'link' && kind !== 'command') || !given) {
    return undefined;
  }
  try {
    // Without what JSON cannot express. A value that refers to itself makes it throw.
    const plain: unknown = JSON.parse(JSON.stringify(given));
    return isObject(plain) ? (sortNames(plain) as Card['args']) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sorts the names in a JSON value, since the engine compares arguments as texts.
 */
function sortNames(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sortNames);
  }
  if (!isObject(value)) {
    return value;
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, part]) => [name, sortNames(part)])
  );
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

function getText(object: unknown, name: string): string | undefined {
  const value = getProperty(object, name);
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
