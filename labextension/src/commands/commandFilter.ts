import type { CommandRegistry } from '@lumino/commands';
import type { ILauncherState } from '../launcherState';
import type { Card } from '../../wasm/scoped_launcher.js';
import type { CommandArgs } from './commandCards';
import { CommandDecisions } from './commandDecisions';

/**
 * What the filter needs besides the decisions.
 */
export interface ICommandFilterOptions {
  /**
   * Tells the visitor why something does not open.
   *
   * @returns A promise of what to reject the execution with.
   */
  refuse(card: Card): Promise<Error>;

  /**
   * Whether a command with these arguments only shows what runs already.
   */
  opensRunning(args: CommandArgs): boolean;
}

/**
 * Applies the policy to the commands of the application: whoever asks the registry, such as menus, palettes, toolbars and
 * context menus, gets the answer that the launcher gets, and a hidden command is not executed.
 *
 * An execution that is refused rejects, as one that fails does. Whoever uses the result of a command, such as the widget that it
 * opens, could not go on without it, and the layout restorer forgets what it cannot restore. Nobody uses that of a key binding.
 */
export class CommandFilter {
  /**
   * @param _commands - The commands of the application.
   * @param _state - What decides on cards.
   * @param _options - What else it needs.
   */
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _state: ILauncherState,
    private readonly _options: ICommandFilterOptions
  ) {
    this._decisions = new CommandDecisions(_commands, _state);
    const isVisible = _commands.isVisible.bind(_commands);
    const isEnabled = _commands.isEnabled.bind(_commands);
    this._execute = _commands.execute.bind(_commands);
    _commands.isVisible = (id, args) =>
      isVisible(id, args) && !this._isHidden(id, args);
    // A key binding of a disabled command does nothing at all. An enabled one executes it, which says why it may not.
    _commands.isEnabled = (id, args) =>
      isEnabled(id, args) && (isKeyBinding(args) || !this._isHidden(id, args));
    _commands.execute = (id, args) =>
      this._isRefused(id, args)
        ? this._executeLater(id, args)
        : this._execute(id, args);
    _state.changed.connect(this._update, this);
    _state.items?.changed.connect(this._updateLater, this);
  }

  /**
   * Gives the commands back as they were.
   */
  dispose(): void {
    clearTimeout(this._timer);
    this._state.changed.disconnect(this._update, this);
    this._state.items?.changed.disconnect(this._updateLater, this);
    this._decisions.dispose();
    const commands = this._commands as Partial<CommandRegistry>;
    delete commands.isVisible;
    delete commands.isEnabled;
    delete commands.execute;
  }

  private _isHidden(id: string, args: CommandArgs | undefined): boolean {
    return this._decisions.decide(id, args ?? {}).isHidden;
  }

  private _isRefused(id: string, args: CommandArgs | undefined): boolean {
    return (
      this._commands.hasCommand(id) &&
      this._isHidden(id, args) &&
      !this._options.opensRunning(args ?? {})
    );
  }

  /**
   * Executes a hidden command if it is not hidden any more once the visitor's permissions are known: the layout is restored
   * before that. Refuses it otherwise.
   */
  private async _executeLater(
    id: string,
    args: CommandArgs | undefined
  ): Promise<unknown> {
    await this._untilDecided();
    if (!this._isRefused(id, args)) {
      return this._execute(id, args) as Promise<unknown>;
    }
    const { card } = this._decisions.decide(id, args ?? {});
    const error = await this._options.refuse(card!);
    if (isKeyBinding(args)) {
      return undefined;
    }
    throw error;
  }

  /**
   * @returns A promise that resolves when the visitor's permissions are known, or when it is known that they cannot be.
   */
  private _untilDecided(): Promise<void> {
    const isDecided = () =>
      this._state.error !== null ||
      !['pending', 'expired', undefined].includes(this._state.status);
    if (isDecided()) {
      return Promise.resolve();
    }
    return new Promise(resolve => {
      const onChanged = () => {
        if (isDecided()) {
          this._state.changed.disconnect(onChanged);
          resolve();
        }
      };
      this._state.changed.connect(onChanged);
    });
  }

  /**
   * Lets menus, palettes and toolbars ask again, if the answers are others.
   */
  private _update(): void {
    if (this._decisions.update()) {
      this._commands.notifyCommandChanged();
    }
  }

  /**
   * Extensions add items one by one: decides once for all of them.
   */
  private _updateLater(): void {
    this._timer ??= setTimeout(() => {
      this._timer = undefined;
      this._update();
    });
  }

  private readonly _decisions: CommandDecisions;
  private readonly _execute: CommandRegistry['execute'];
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function isKeyBinding(args: CommandArgs | undefined): boolean {
  return !!args && '_luminoEvent' in args;
}
