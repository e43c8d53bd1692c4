import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { DisposableSet } from '@lumino/disposable';
import { OPEN_COMMAND } from '../launcherItem';
import type { ILauncherState } from '../launcherState';
import type { IExplainedCard, Subject } from './accessClient';
import type { AccessModel } from './accessModel';
import { CommandIDs } from './commands';
import { createLockedItem, translateCategory } from './lockedCards';

/**
 * The style sheet and the shortcuts know by this class of the page that a picture is shown.
 */
const PREVIEW_CLASS = 'jp-mod-scopedLauncherPreview';

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
    // First the decider: the cards of the picture are in no launcher before it knows them.
    this._state.previewDecider = {
      decide: all => all.map(item => item.command === CommandIDs.previewCard)
    };
    for (const item of this._createItems()) {
      this._items.add(this._launcher.add(item));
    }
    document.body.classList.add(PREVIEW_CLASS);
    return true;
  }

  /**
   * Shows the visitor's own launcher again, whether the server answers or not.
   */
  async end(): Promise<void> {
    document.body.classList.remove(PREVIEW_CLASS);
    this._model.endPreview();
    this._removeItems();
    this._state.previewDecider = null;
    await this._model.load();
  }

  /**
   * One item for each card that the other sees, also as a locked one. It looks like the card.
   */
  private _createItems(): ILauncher.IItemOptions[] {
    const cards = this._model.access?.cards ?? [];
    return cards
      .filter(card => card.visible || card.locked)
      .map(card => {
        const item = this._getItem(card);
        const args: ReadonlyPartialJSONObject = {
          title: card.title ?? card.name,
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

  /**
   * @returns The launcher item that the other's page would have. Undefined if this page knows none.
   */
  private _getItem(card: IExplainedCard): ILauncher.IItemOptions | undefined {
    const item = this._model.pageCards.get(card.id)?.item;
    if (!card.visible) {
      return createLockedItem(card, item, this._labTrans);
    }
    return item ?? (card.policy_card ? createPolicyItem(card) : undefined);
  }

  private _removeItems(): void {
    this._items.dispose();
    this._items = new DisposableSet();
  }

  private _items = new DisposableSet();
}

/**
 * The launcher item of one of the policy's own cards. The launcher's filter adds the section's rank.
 */
function createPolicyItem(card: IExplainedCard): ILauncher.IItemOptions {
  const known = Object.entries(card).filter(([, value]) => value !== null);
  return {
    command: OPEN_COMMAND,
    args: Object.fromEntries(known),
    rank: card.rank ?? undefined
  };
}
