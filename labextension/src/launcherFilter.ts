import type { ILauncher } from '@jupyterlab/launcher';
import type { ISignal, Signal } from '@lumino/signaling';
import type { ICardDecider } from './decisionSource';

type Item = ILauncher.IItemOptions;

/**
 * The commands of items that are no cards: launcher-links puts one first in each of its sections, and hides it.
 */
const PLACEHOLDER = /:sentinel-/;

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
   * The order of sections: for the category of an item, its rank; undefined for JupyterLab's own order.
   *
   * Call `update` after a change. JupyterLab before 4.6 ignores it.
   */
  set getSectionRank(
    getRank: (category: string | undefined) => number | undefined
  ) {
    this._getSectionRank = getRank;
    this._hasNewRanks = true;
  }

  /**
   * Renders the launchers again if the shown items or their sections' ranks have changed.
   *
   * @returns Whether they have.
   */
  update(): boolean {
    const before = this._shownItems;
    const after = this._filterItems();
    const hasNewRanks = this._hasNewRanks;
    this._hasNewRanks = false;
    if (
      !hasNewRanks &&
      before.length === after.length &&
      before.every((item, i) => item === after[i])
    ) {
      return false;
    }
    // The interface offers a signal to listen to only; the models are VDomModels, whose signal can be emitted.
    (this._model.stateChanged as Signal<ILauncher.IModel, void>).emit();
    return true;
  }

  /**
   * Emitted when an item is added or removed, and when others are shown.
   */
  get changed(): ISignal<ILauncher.IModel, void> {
    return this._model.stateChanged;
  }

  /**
   * @returns The items that are shown now.
   */
  getShownItems(): readonly Item[] {
    return this._filterItems();
  }

  /**
   * @returns All items, also those that are hidden.
   */
  getAllItems(): readonly Item[] {
    return [...this._getAllItems()];
  }

  private _filterItems(): Item[] {
    const items = [...this._getAllItems()];
    const decisions = this.decider?.decide(items) ?? [];
    this._shownItems = withoutEmptySections(
      items.filter((_, i) => decisions[i] === true)
    ).map(item => this._withSectionRank(item));
    return this._shownItems;
  }

  /**
   * @returns A copy of the item with the rank of its section. It is the same copy each time, since launchers know
   * items by identity: a new one would be rendered as another card.
   */
  private _withSectionRank(item: Item): Item {
    const copy = this._copies.get(item) ?? { ...item };
    this._copies.set(item, copy);
    const categoryRank =
      this._getSectionRank(item.category) ?? item.categoryRank;
    return Object.assign(copy, item, { categoryRank });
  }

  private readonly _model: ILauncher.IModel;
  private readonly _getAllItems: () => IterableIterator<Item>;
  private _getSectionRank: (
    category: string | undefined
  ) => number | undefined = () => undefined;
  private _hasNewRanks = false;
  private readonly _copies = new WeakMap<Item, Item>();
  /** What `model.items()` has yielded last. */
  private _shownItems: Item[] = [];
}

/**
 * @returns The items without the placeholders of sections that have nothing else.
 */
function withoutEmptySections(items: Item[]): Item[] {
  const filled = new Set(
    items
      .filter(item => !PLACEHOLDER.test(item.command))
      .map(item => item.category)
  );
  return items.filter(
    item => !PLACEHOLDER.test(item.command) || filled.has(item.category)
  );
}
