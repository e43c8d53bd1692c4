import type { ILauncher } from '@jupyterlab/launcher';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Card } from '../../wasm/scoped_launcher.js';
import type { ILauncherState } from '../launcherState';

/**
 * The arguments of a command.
 */
export type CommandArgs = ReadonlyPartialJSONObject;

/**
 * A command with its arguments, as a card that is in no section. The engine takes a kernel without a section for both of its cards.
 */
export interface ICommandCard {
  /** The id of the command. */
  command: string;
  /** What it opens. */
  card: Card;
  /** Says which item of the launcher runs the same. */
  itemKey: string;
}

/**
 * What the launcher has for a command with its arguments.
 */
export interface IPlacedCard {
  /** What it opens: the card of the launcher's item, if there is one. */
  card: Card;
  /** Whether the launcher has a card for it. */
  isInLauncher: boolean;
  /** Whether some card of a launcher runs this command, with whatever arguments. */
  isLauncherCommand: boolean;
}

/**
 * Arguments that say where a command was asked for, not what it opens.
 */
const PLACE_ARGS = new Set([
  'isContextMenu',
  'isLauncher',
  'isMenu',
  'isPalette',
  '_luminoEvent'
]);

/**
 * The commands of the cards that JupyterLab itself makes: an application without a launcher has them, too.
 */
const LAUNCHER_COMMANDS = [
  'console:create',
  'fileeditor:create-new',
  'fileeditor:create-new-markdown-file',
  'inspector:open',
  'notebook:create-new',
  'terminal:create-new'
];

/**
 * Describes commands as cards: by the launcher's item that runs the same, or else by command and arguments alone.
 */
export class CommandCards {
  /**
   * @param _state - Has the launcher's items, and describes them.
   */
  constructor(private readonly _state: ILauncherState) {
    _state.items?.changed.connect(this.update, this);
  }

  /**
   * Describes a command by itself. The description holds until its label changes.
   *
   * @param command - The id of a command.
   * @param args - Its arguments.
   * @returns Null if the arguments do not say what the command opens.
   */
  describe(command: string, args: CommandArgs): ICommandCard | null {
    const card = this._state.toCard({
      command,
      args: withoutPlace(args) as ILauncher.IItemOptions['args']
    });
    return (
      card && {
        command,
        card: { ...card, category: undefined },
        itemKey: getItemKey(command, args, card)
      }
    );
  }

  /**
   * Finds what the launcher has for a command now.
   */
  place({ command, card, itemKey }: ICommandCard): IPlacedCard {
    this._indexItems();
    const item = this._items.get(itemKey);
    return {
      card: item ?? card,
      isInLauncher: item !== undefined,
      isLauncherCommand: this._commands.has(command)
    };
  }

  /**
   * Reads the launcher's items again before the next command is placed: some have come or gone, or have other labels.
   */
  update(): void {
    this._isIndexed = false;
  }

  /**
   * Stops following the launcher.
   */
  dispose(): void {
    this._state.items?.changed.disconnect(this.update, this);
  }

  private _indexItems(): void {
    if (this._isIndexed) {
      return;
    }
    this._isIndexed = true;
    this._items.clear();
    this._commands = new Set(LAUNCHER_COMMANDS);
    for (const item of this._state.items?.getAllItems() ?? []) {
      this._commands.add(item.command);
      const card = this._state.toCard(item);
      if (card) {
        const args = (item.args ?? {}) as CommandArgs;
        this._items.set(getItemKey(item.command, args, card), card);
      }
    }
  }

  /** The cards of the launcher's items. */
  private readonly _items = new Map<string, Card>();
  /** The commands of the launcher's items. */
  private _commands = new Set<string>();
  private _isIndexed = false;
}

/**
 * @returns The same for an item of the launcher and for all that does the same elsewhere.
 */
function getItemKey(command: string, args: CommandArgs, card: Card): string {
  if (card.kind !== 'command') {
    return `${command} ${card.id}`;
  }
  // The launcher adds the folder of the file browser to the arguments of its items.
  const sorted = Object.entries(args)
    .filter(([name]) => name !== 'cwd')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return getCommandKey(command, Object.fromEntries(sorted));
}

/**
 * @returns The arguments without those that say where the command was asked for.
 */
export function withoutPlace(args: CommandArgs): CommandArgs {
  return Object.fromEntries(
    Object.entries(args).filter(([name]) => !PLACE_ARGS.has(name))
  );
}

/**
 * @returns The same text for a command with the same arguments, except for those that say where it was asked for. Arguments that
 * refer to themselves do not count: no rule can be about them.
 */
export function getCommandKey(command: string, args: CommandArgs): string {
  let key = command;
  for (const name in args) {
    if (!PLACE_ARGS.has(name)) {
      const value = args[name];
      // Texts with their length cannot be taken for other arguments. Menus ask often enough for this to be worth it.
      key +=
        typeof value === 'string'
          ? ` ${name}:${value.length}:${value}`
          : ` ${name}=${toJson(value)}`;
    }
  }
  return key;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}
