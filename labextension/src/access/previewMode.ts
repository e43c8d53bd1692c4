import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { DisposableSet } from '@lumino/disposable';
import type { ILauncherState } from '../launcherState';
import type { Subject } from './accessClient';
import type { AccessModel } from './accessModel';
import { CommandIDs } from './commands';
import { translateCategory } from './lockedCards';

/**
 * Shows the launcher as somebody else sees it: a picture, whose cards open nothing. Nothing is done as them.
 */
export class PreviewMode {
  /**
   * @param _launcher - Where the cards of the picture are added.
   * @param _state - The launcher.
   * @param _model - The cards with their decisions.
   * @param _labTrans - The bundle of `jupyterlab`.
   */
  constructor(
    private readonly _launcher: ILauncher,
    private readonly _state: ILauncherState,
    private readonly _model: AccessModel,
    private readonly _labTrans: TranslationBundle
  ) {}

  /** As whom; null while the launcher is the visitor's own. */
  get subject(): Subject | null {
    return this._model.subject;
  }

  /**
   * Shows the picture, from a new answer of the server.
   *
   * @returns A promise of whether it is shown. If not, the model has the error, and everything is as before.
   */
  async start(subject: Subject): Promise<boolean> {
    if (!(await this._model.load(subject))) {
      return false;
    }
    this._removeItems();
    const items = this._createItems();
    // First the decider: the cards of the picture are in no launcher before it knows them.
    this._state.previewDecider = {
      decide: all => all.map(item => item.command === CommandIDs.previewCard)
    };
    for (const item of items) {
      this._items.add(this._launcher.add(item));
    }
    return true;
  }

  /**
   * Shows the visitor's own launcher again.
   */
  async end(): Promise<void> {
    this._state.previewDecider = null;
    this._removeItems();
    this._model.access = null;
    await this._model.load(null);
  }

  /**
   * One item for each card that the other sees, which looks like the card.
   */
  private _createItems(): ILauncher.IItemOptions[] {
    const cards = this._model.access?.cards ?? [];
    return cards
      .filter(card => card.visible)
      .map(card => {
        const item = this._model.pageCards.get(card.id)?.item;
        const args: ReadonlyPartialJSONObject = {
          title: card.title ?? card.name,
          icon: card.icon ?? undefined,
          command: item?.command,
          args: item?.args
        };
        return {
          ...item,
          command: CommandIDs.previewCard,
          args: args as ILauncher.IItemOptions['args'],
          category: item?.category ?? translateCategory(card, this._labTrans)
        };
      });
  }

  private _removeItems(): void {
    this._items.dispose();
    this._items = new DisposableSet();
  }

  private _items = new DisposableSet();
}

/**
 * As whom the launcher is looked at, in words.
 */
export function describeSubject(
  subject: Subject,
  trans: TranslationBundle
): string {
  if ('user' in subject) {
    return trans.__('You see the launcher as %1.', subject.user);
  }
  return subject.groups.length > 0
    ? trans.__(
        'You see the launcher as a member of %1.',
        subject.groups.join(', ')
      )
    : trans.__('You see the launcher as somebody who is in no group.');
}
