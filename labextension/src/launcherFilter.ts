import type { ILauncher } from '@jupyterlab/launcher';
import type { Signal } from '@lumino/signaling';
import type { ICardDecider } from './decisionSource';

type Item = ILauncher.IItemOptions;

/**
 * Filters the items of the launcher's model, so that every launcher renders only those that are shown.
 *
 * From its construction on, `model.items()` yields only what the decider shows; without a decider, nothing.
 * It asks the decider each time a launcher renders, so an item that another extension adds later is never
 * in the page before it has been decided.
 */
export class LauncherFilter {
  /**
   * @param model - The launcher's model. Launchers of other packages (jupyterlab-launchpad) have the same.
   */
  constructor(model: ILauncher.IModel) {
    this._model = model;
    this._getAllItems = model.items.bind(model);
    model.items = () => this._filterItems()[Symbol.iterator]();
  }

  /**
   * What decides. Call `update` after a change.
   */
  decider: ICardDecider | null = null;

  /**
   * Renders the launchers again if the shown items have changed.
   *
   * @returns Whether they have.
   */
  update(): boolean {
    const before = this._shownItems;
    const after = this._filterItems();
    if (
      before.length === after.length &&
      before.every((item, i) => item === after[i])
    ) {
      return false;
    }
    // The interface offers a signal to listen to only; the models are VDomModels, whose signal can be emitted.
    (this._model.stateChanged as Signal<ILauncher.IModel, void>).emit();
    return true;
  }

  private _filterItems(): Item[] {
    const items = [...this._getAllItems()];
    const decisions = this.decider?.decide(items) ?? [];
    this._shownItems = items.filter((_, i) => decisions[i] === true);
    return this._shownItems;
  }

  private readonly _model: ILauncher.IModel;
  private readonly _getAllItems: () => IterableIterator<Item>;
  /** What `model.items()` has yielded last. */
  private _shownItems: Item[] = [];
}
