import type { CommandRegistry } from '@lumino/commands';
import type { Card } from '../../wasm/scoped_launcher.js';
import type { ILauncherState } from '../launcherState';
import {
  type CommandArgs,
  CommandCards,
  type ICommandCard,
  getCommandKey,
  withoutPlace
} from './commandCards';

/**
 * What was decided on a command with its arguments.
 */
export interface ICommandDecision {
  /** Whether menus, palettes and toolbars leave it out. */
  isHidden: boolean;
  /** What it opens; null if the arguments do not say. */
  card: Card | null;
}

/**
 * What is kept of a command with its arguments.
 */
interface IKnownCommand extends ICommandDecision {
  command: string;
  args: CommandArgs;
  /** Null if the arguments do not say what it opens. */
  described: ICommandCard | null;
  /** Its label when it was decided: rules may be about that. */
  label: string;
  /** Up to which change of the commands the label is known to be that. */
  revision: number;
}

/**
 * How many commands with arguments are kept. With more, it starts over.
 */
const MAX_KNOWN = 5000;

/**
 * The id of a command that nobody has. Rules that match it match whatever command there is.
 */
const ANY_ID = 'scoped-launcher:any-command';

const ANY_COMMAND: Card = {
  id: `command:${ANY_ID}`,
  kind: 'command',
  name: ANY_ID,
  command: ANY_ID,
  title: ANY_ID,
  tags: []
};

/**
 * Decides on commands with their arguments as on launcher cards, and keeps what was decided: menus and palettes ask about
 * hundreds of commands each time they open.
 *
 * A command is hidden if a rule matches it and it is not shown, also while the visitor's permissions are not known. Where no rule
 * matches, only what the launcher has a card for is hidden with its card. Rules that match any command at all are about the
 * launcher's cards: they leave the other commands, such as those that save or close.
 */
export class CommandDecisions {
  /**
   * @param _commands - The commands.
   * @param _state - What decides on cards.
   */
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _state: ILauncherState
  ) {
    this._cards = new CommandCards(_state);
    _commands.commandChanged.connect(this._onCommandChanged, this);
  }

  /**
   * @param command - The id of a command.
   * @param args - Its arguments.
   */
  decide(command: string, args: CommandArgs): ICommandDecision {
    const key = getCommandKey(command, args);
    const known = this._known.get(key);
    if (known && this._isCurrent(known)) {
      return known;
    }
    if (!known && this._known.size >= MAX_KNOWN) {
      this._known.clear();
    }
    const plain = withoutPlace(args);
    const described = this._cards.describe(command, plain);
    const decided = {
      command,
      args: plain,
      described,
      label: this._getLabel(command, plain),
      revision: this._revision,
      ...this._decide(described)
    };
    this._known.set(key, decided);
    return decided;
  }

  /**
   * Decides again on all that was asked about.
   *
   * @returns Whether that hides or shows any of it.
   */
  update(): boolean {
    this._isAnyGoverned = null;
    let hasChanged = false;
    for (const known of this._known.values()) {
      const { isHidden } = known;
      Object.assign(known, this._decide(known.described));
      hasChanged ||= known.isHidden !== isHidden;
    }
    return hasChanged;
  }

  /**
   * Stops following commands and launcher.
   */
  dispose(): void {
    this._commands.commandChanged.disconnect(this._onCommandChanged, this);
    this._cards.dispose();
  }

  private _decide(described: ICommandCard | null): ICommandDecision {
    if (!described) {
      return { isHidden: false, card: null };
    }
    const { card, isInLauncher, isLauncherCommand } =
      this._cards.place(described);
    const { isShown, isGoverned } = this._state.decideCard(card);
    const isHidden =
      !isShown &&
      (isGoverned
        ? card.kind !== 'command' ||
          isLauncherCommand ||
          !this._governsAnyCommand()
        : isInLauncher && this._state.status === 'ready');
    return { isHidden, card };
  }

  private _governsAnyCommand(): boolean {
    this._isAnyGoverned ??= this._state.decideCard(ANY_COMMAND).isGoverned;
    return this._isAnyGoverned;
  }

  /**
   * Labels may change with every change of the commands, which are many: they are compared when somebody asks.
   */
  private _isCurrent(known: IKnownCommand): boolean {
    if (known.revision !== this._revision) {
      if (known.label !== this._getLabel(known.command, known.args)) {
        return false;
      }
      known.revision = this._revision;
    }
    return true;
  }

  private _getLabel(command: string, args: CommandArgs): string {
    try {
      return this._commands.label(command, args);
    } catch {
      // `toCard` reports it, and leaves the title out.
      return '';
    }
  }

  private _onCommandChanged(): void {
    this._revision += 1;
    this._cards.update();
  }

  private readonly _cards: CommandCards;
  private readonly _known = new Map<string, IKnownCommand>();
  private _revision = 0;
  private _isAnyGoverned: boolean | null = null;
}
