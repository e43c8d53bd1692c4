import type { ILauncher } from '@jupyterlab/launcher';
import type { Signal } from '@lumino/signaling';

type Item = ILauncher.IItemOptions;

/**
 * Says which launcher items are shown.
 */
export interface IJudge {
  /**
   * @param items - All items of the launcher.
   * @returns For each, whether it is shown.
   */
  judge(items: readonly Item[]): boolean[];
}

/**
 * Stands between the launcher's model and everything that draws it.
 *
 * From its construction on, `model.items()` yields only what the judge shows; without a judge, nothing.
 * Whether an item is shown is asked whenever the launcher is drawn, so an item that another extension
 * adds later is never in the page before it was judged.
 */
export class Gate {
  /**
   * @param model - The launcher's model. Other packages' launchers (jupyterlab-launchpad) have the same.
   */
  constructor(model: ILauncher.IModel) {
    this._model = model;
    this._items = model.items.bind(model);
    model.items = () => this._show()[Symbol.iterator]();
  }

  /**
   * Whom to ask. Call `update` after a change.
   */
  judge: IJudge | null = null;

  /**
   * Draws the launchers again if they would look different now.
   *
   * @returns Whether they do.
   */
  update(): boolean {
    const before = this._shown;
    const after = this._show();
    if (
      before.length === after.length &&
      before.every((item, i) => item === after[i])
    ) {
      return false;
    }
    // The interface promises a signal to listen to; the models are VDomModels, which emit it.
    (this._model.stateChanged as Signal<ILauncher.IModel, void>).emit();
    return true;
  }

  private _show(): Item[] {
    const items = [...this._items()];
    const verdicts = this.judge?.judge(items) ?? [];
    this._shown = items.filter((_, i) => verdicts[i] === true);
    return this._shown;
  }

  private readonly _model: ILauncher.IModel;
  private readonly _items: () => IterableIterator<Item>;
  private _shown: Item[] = [];
}
